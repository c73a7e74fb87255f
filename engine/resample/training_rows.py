"""The training rows of the loaded table, encoded, and what arms make of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from engine.core import lab, space
from engine.core.errors import EngineError
from engine.core.execution import Progress, silent
from engine.core.experiment import DataSpec, FeatureSpec, SearchSpec, SplitSpec
from engine.core.methods import registry
from engine.core.methods.grammar import Arm
from engine.core.methods.preflight import FitFacts, Probe, examine, fitting
from engine.core.methods.ratio import share_evenly, share_fairly
from engine.core.methods.repair import scale_counts, target_counts
from engine.core.seeds import child
from engine.data import roles
from engine.features.encoder import Features
from engine.io import machine
from engine.resample import method
from engine.resample.probe import Probed, key_of, probe
from engine.splits.folds import cut
from engine.splits.holdout import Split, divide

if TYPE_CHECKING:
    import pandas as pd

    from engine.core.messages import Load
    from engine.data.load import Table
    from engine.data.roles import Dataset


MOST_CELLS = 50_000_000
"""Numbers that are encoded at most; more rows are a sample of themselves."""
TRIED_CELLS = 40_000_000
BUDGET = 4.0
"""Seconds of one core for all arms together: a user waits for it."""
NEAR = 0.02
"""Share of the rows asked for that a small part may be off."""
BRIEF = 1.0
"""Seconds of one core to measure a single arm in, while a user waits for it."""
FEW = 5_000
"""So few rows are treated whatever they take: nothing is measured before."""
LEAST_ROWS = 200


@dataclass
class TrainingRows:
    """Training rows under some choices, with what is needed to show them.

    Attributes
    ----------
    dataset : Dataset
        As a run prepares it: the training rows say what each column is.
    split : Split
        The hold-out. Nothing here looks at its test rows.
    features : Features
        Fitted on all training rows.
    seed : int
        The experiment's.
    took : dict of str to float
        Seconds of treating all training rows, as measured, by what an arm does.
    """

    dataset: Dataset
    split: Split
    features: Features
    seed: int
    took: dict[str, float] = field(default_factory=dict, repr=False)
    _encoded: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)

    @classmethod
    def encode(
        cls,
        dataset: Dataset,
        split: Split,
        seed: int,
        max_categories: int = FeatureSpec().max_categories,
    ) -> TrainingRows:
        """Fit the encoding of a table that is split."""
        features = Features(dataset.columns, max_categories=max_categories)
        features.fit(dataset.frame, at=split.fit)
        return cls(dataset=dataset, split=split, features=features, seed=seed)

    @classmethod
    def prepare(
        cls,
        table: Table,
        data: DataSpec,
        way: SplitSpec | None,
        *,
        seed: int,
        multiclass: bool = True,
        progress: Progress = silent,
    ) -> TrainingRows:
        """Prepare, split and encode a table as a run with these choices would.

        Parameters
        ----------
        table, data, multiclass
            As of `engine.data.roles.prepare`.
        way : SplitSpec or None
            How test rows are kept apart; with None all rows are training rows.
        seed : int
            The experiment's.
        progress : callable, optional
            Called with the stage.

        Raises
        ------
        TargetError, SpecError
            If the choices give no training rows.
        """
        dataset = roles.prepare(table, data, way, multiclass=multiclass)
        every = np.arange(len(dataset.y))
        split = Split(train=every, test=every[:0])
        if way is not None:
            progress("splitting", 0, None)
            split = divide(dataset, way, seed=seed, thin=data.thin)
            dataset = roles.prepare(
                table, data, way, train=split.train, multiclass=multiclass
            )
        return cls.encode(dataset, split, seed)

    @cached_property
    def y(self) -> np.ndarray:
        """The class of each training row, as its place in `labels`."""
        return np.asarray(self.dataset.y[self.split.fit].astype(np.int64))

    @property
    def weights(self) -> np.ndarray | None:
        """What each training row weighs, if the rows have weights."""
        own = self.dataset.weights
        return None if own is None else own[self.split.fit]

    @cached_property
    def numbers(self) -> np.ndarray:
        """The number of each training row in the table, from 1."""
        return np.asarray(np.flatnonzero(self.dataset.there)[self.split.fit] + 1)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the classes are called, by number."""
        return self.dataset.labels

    @property
    def width(self) -> int:
        """Columns of the encoded rows."""
        return len(self.features.names_)

    def counts(self, y: np.ndarray) -> dict[str, int]:
        """Return rows by label; none is left out."""
        counts = np.bincount(y, minlength=len(self.labels)).tolist()
        return dict(zip(self.labels, counts, strict=True))

    def rows(self, places: np.ndarray) -> np.ndarray:
        """Return training rows encoded; those asked for last are kept."""
        if self._encoded is None or not np.array_equal(self._encoded[0], places):
            rows = self.features.transform(self.dataset.frame, self.split.fit[places])
            self._encoded = places, rows
        return self._encoded[1]

    def cells(self, places: np.ndarray) -> pd.DataFrame:
        """Return training rows as the table has them."""
        cells: pd.DataFrame = self.dataset.frame.iloc[self.split.fit[places]]
        return cells

    def apply(
        self,
        arm: Arm,
        X: np.ndarray,
        y: np.ndarray,
        *,
        trace: bool = True,
        weights: np.ndarray | None = None,
    ) -> method.MethodRows:
        """Apply an arm to encoded training rows, or to a part of them."""
        return method.apply(
            arm,
            X,
            y,
            seed=self.seed,
            legalise=self.features.legalise,
            layout=self.features.layout_,
            labels=self.labels,
            whole=len(self.y),
            trace=trace,
            weights=weights,
        )

    def places(self, arm: Arm, patience: float) -> np.ndarray:
        """Return which training rows are treated: all, if that is no matter.

        Parameters
        ----------
        arm : Arm
        patience : float
            Seconds that its treatment may take.

        Returns
        -------
        numpy.ndarray of int64
            Places among the training rows, growing. Where all would take too long,
            a draw of them, in which no class goes short that has so few rows.
        """
        total = len(self.y)
        most = min(total, max(LEAST_ROWS, MOST_CELLS // self.width))
        seconds = self.seconds(arm)
        if seconds > patience:
            # In powers of two: another measurement draws the same rows again.
            fit = max(1, math.floor(total * patience / seconds))
            most = min(most, max(LEAST_ROWS, 1 << (fit.bit_length() - 1)))
        if most >= total:
            return np.arange(total)
        # Rows per class that are asked for are scaled by the share of all rows.
        requested = any(step.params.get("counts") for step in arm.steps)
        share = share_evenly if requested else share_fairly
        return np.sort(self.draw("rows", self.y, np.arange(total), most, share))

    def draw(
        self,
        what: str,
        y: np.ndarray,
        rows: np.ndarray,
        most: int,
        share: Callable[[list[int], int], list[int]] = share_fairly,
    ) -> np.ndarray:
        """Draw some rows, so that no class goes short; `what` seeds the draw."""
        rng = np.random.default_rng(child(self.seed, "preview", what))
        counts = np.bincount(y[rows], minlength=len(self.labels)).tolist()
        parts = [
            rng.permutation(rows[y[rows] == label])[:many]
            for label, many in enumerate(share(counts, most))
        ]
        return np.concatenate(parts)

    def seconds(self, arm: Arm) -> float:
        """Return what treating all training rows takes, measured if nobody has."""
        if not arm.steps or len(self.y) <= FEW:
            return 0.0
        key = method_key(arm)
        if key not in self.took:
            self.measure([arm], BRIEF)
        return self.took[key]

    def measure(
        self, arms: Sequence[Arm], budget: float, check: Callable[[], object] = object
    ) -> dict[str, Probed]:
        """Try arms on the training rows, or on evenly spread ones if they are many.

        Parameters
        ----------
        arms : sequence of Arm
        budget : float
            Seconds of one core that it may take.
        check : callable, optional
            Called before each part; it may raise, to end this.

        Returns
        -------
        dict of str to Probed
            By the names of the arms that have steps; their seconds are those of all
            training rows.
        """
        total = len(self.y)
        most = max(1, min(total, TRIED_CELLS // self.width))
        places = np.linspace(0, total - 1, most).astype(np.int64)
        probed = probe(
            arms,
            self.rows(places),
            self.y[places],
            seed=self.seed,
            budget=budget,
            layout=self.features.layout_,
            legalise=self.features.legalise,
            labels=self.labels,
            check=check,
        )
        for arm in arms:
            if arm.steps:
                one = probed[arm.name]
                if one.seconds is not None:
                    seconds = one.seconds * float((total / most) ** one.grows)
                    one = probed[arm.name] = one._replace(seconds=seconds)
                self.took[method_key(arm)] = one.seconds or 0.0
        return probed


def method_key(arm: Arm) -> str:
    """Return what an arm does, whatever it is called."""
    return " + ".join(map(key_of, arm.steps))


def prepare_rows(table: Table, request: Load) -> TrainingRows:
    """Prepare, split and encode a table as a run with these choices would."""
    data = msgspec.structs.replace(request.data, mute=())
    return TrainingRows.prepare(table, data, request.split, seed=request.seed)


# What will become of arms -----------------------------------------------------------


def forecast(
    bench: TrainingRows, request: lab.Preflight, *, budget: float = BUDGET
) -> lab.PreflightReport:
    """Predict what becomes of arms, before they are run.

    Parameters
    ----------
    bench : TrainingRows
        The training rows of a table.
    request : Preflight
        The arms, and the folds that they are to be prepared for.
    budget : float, default=4.0
        Seconds of one core that trying may take.

    Returns
    -------
    PreflightReport
        A finding for each arm, in the order asked for.
    """
    began = time.monotonic()
    arms = [space.fix_setting(arm, space.first_setting(arm)) for arm in request.arms]
    spec = SearchSpec(folds=request.folds)
    known = facts_of(bench, spec)
    try:
        known = known._replace(smallest=_smallest(bench, spec))
        hopeless: EngineError | None = None
    except EngineError as error:  # A run would refuse these rows, whatever the arm.
        hopeless = error
    probes: dict[str, Probe] = {}
    if hopeless is None:
        # What cannot work is not tried; whether it is too slow is found by trying.
        idle = Probe(seconds=0.0)
        able = [a for a in arms if examine(a, known, idle).status != "cannot"]
        probed = bench.measure(able, budget)
        stepped = (a for a in able if a.steps)
        probes = {a.name: _as_probe(a, probed[a.name], bench) for a in stepped}
    blocked = Probe(problem=hopeless)
    findings = tuple(
        _note_search(requested, examine(arm, known, probes.get(arm.name, blocked)))
        for requested, arm in zip(request.arms, arms, strict=True)
    )
    return lab.PreflightReport(
        id=request.id, findings=findings, seconds=time.monotonic() - began
    )


def _note_search(arm: Arm, finding: lab.Finding) -> lab.Finding:
    """Note that only the first setting of a searched method was checked."""
    if not arm.tuned or finding.status == "cannot":
        return finding
    note = (
        f"checked with the first of {space.count_settings(arm)} settings of the "
        "method; each one that the search tries is prepared for every fold"
    )
    noted: lab.Finding = msgspec.structs.replace(finding, notes=(note, *finding.notes))
    return noted


def facts_of(bench: TrainingRows, search: SearchSpec) -> FitFacts:
    """Return what is known of the training rows."""
    counts = bench.counts(bench.y)
    layout = bench.features.layout_
    categories = int(layout.categorical.sum())
    free = machine.available()
    return FitFacts(
        counts=counts,
        smallest=fitting(counts, search.folds),
        numbers=len(layout.names) - categories,
        categories=categories,
        features=bench.width,
        memory=None if free is None else int(machine.SHARE * free),
        search=search,
        positive=bench.labels[1] if len(bench.labels) == 2 else None,
        weighted=bench.weights is not None,
    )


def _smallest(bench: TrainingRows, spec: SearchSpec) -> dict[str, int]:
    """Return the fewest rows of each class that a fold is fitted on.

    Raises
    ------
    TargetError
        If the rows cannot be cut into so many folds.
    """
    folds = cut(bench.dataset, bench.split.train, spec, SplitSpec(), seed=bench.seed)
    fits = [bench.counts(bench.dataset.y[bench.split.to_fit(f.fit)]) for f in folds]
    return {label: min(counts[label] for counts in fits) for label in bench.labels}


def _as_probe(arm: Arm, probed: Probed, bench: TrainingRows) -> Probe:
    """Return what trying has shown of all training rows."""
    seen = Probe(seconds=probed.seconds, rows=probed.rows if probed.seconds else 0)
    if probed.total < len(bench.y):
        return seen
    done = probed.treated
    if probed.whole and done is not None:
        return seen._replace(
            after=bench.counts(done.y),
            repairs=done.repairs,
            notes=done.notes,
            problem=probed.problem,
        )
    after, notes = _expect(arm, probed, bench)
    return seen._replace(after=after, notes=notes, problem=probed.problem)


def _expect(
    arm: Arm, probed: Probed, bench: TrainingRows
) -> tuple[dict[str, int] | None, tuple[str, ...]]:
    """Return the rows expected of each class, where what is asked for does not tell.

    A part of the rows was treated: of all of them the same share is expected.
    """
    if probed.treated is None or probed.given is None:
        return None, ()
    (step,) = arm.steps
    before, after = bench.counts(probed.given), bench.counts(probed.treated.y)
    step = scale_counts(step, before, len(probed.given) / probed.total)
    whole = bench.counts(bench.y)
    requested, most = None, dict[str, int]()
    if registry.sampler(step.sampler).group == "combined":
        # It adds exactly what is asked for, and then only drops rows.
        most = target_counts(arm.steps[0], whole) or {}
    else:
        requested = target_counts(step, before)
    if requested and all(
        abs(after[c] - requested[c]) <= NEAR * requested[c] for c in requested
    ):
        return None, ()
    counts = {
        label: round(after[label] * count / before[label]) if before[label] else 0
        for label, count in whole.items()
    }
    counts = {label: min(n, most.get(label, n)) for label, n in counts.items()}
    note = f"rows afterwards as of {len(probed.given):,} rows that were tried"
    return counts, (note, *probed.treated.notes)
