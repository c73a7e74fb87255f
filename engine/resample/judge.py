"""What will become of arms on the training rows of a table, tried on a part of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
import numpy as np

from engine.client import lab
from engine.errors import ArmError, EngineError
from engine.execute import machine
from engine.folds import cut
from engine.resample import cost, registry, tuning
from engine.resample.bench import Bench
from engine.resample.preflight import Facts, Seen, examine, fitting
from engine.resample.probe import Probed, probe
from engine.resample.repair import scaled, wanted
from engine.spec import Arm, SearchSpec, SplitSpec

__all__ = ["facts_of", "judge"]

BUDGET = 4.0
"""Seconds of one core for all arms together: a person waits for it."""
NEAR = 0.02
"""Share of the rows asked for that a small part may be off."""
MOST_CELLS = 40_000_000
"""Numbers that are encoded at most; of more rows it is told by a part of them."""


def judge(
    bench: Bench,
    request: lab.Judge,
    *,
    budget: float = BUDGET,
    patience: float = 3600.0,
    repeats: int = 1,
) -> lab.Judged:
    """Tell what will become of arms, before they are run.

    Parameters
    ----------
    bench : Bench
        The training rows of a table.
    request : Judge
        The arms, and the folds that they are to be prepared for.
    budget : float, default=4.0
        Seconds of one core that trying may take.
    patience : float, default=3600.0
        Seconds that all preparations of an arm may take.
    repeats : int, default=1
        Times the folds are drawn.

    Returns
    -------
    Judged
        A finding for each arm, in the order asked for.
    """
    began = time.monotonic()
    arms = [tuning.settled(arm, tuning.first(arm)) for arm in request.arms]
    spec = SearchSpec(folds=request.folds, repeats=repeats)
    known = facts_of(bench, spec, patience=patience)
    try:
        known = known._replace(smallest=_smallest(bench, spec))
        hopeless: ArmError | None = None
    except EngineError as error:  # A run would refuse these rows, whatever the arm.
        hopeless = ArmError(error.message, error.remedy, code=error.code)
    tried: dict[str, Seen] = {}
    if hopeless is None:
        # What cannot work is not tried; whether it is too slow is told by trying.
        idle = Seen(seconds=0.0)
        able = [a for a in arms if examine(a, known, idle).status != "cannot"]
        tried = _tried(bench, able, budget)
    findings = tuple(
        _searched(
            asked, examine(arm, known, tried.get(arm.name, Seen(problem=hopeless)))
        )
        for asked, arm in zip(request.arms, arms, strict=True)
    )
    return lab.Judged(
        id=request.id, findings=findings, seconds=time.monotonic() - began
    )


def _searched(arm: Arm, found: lab.Finding) -> lab.Finding:
    """Say of what the search chooses that only its first setting was judged."""
    if not arm.tuned or found.status == "cannot":
        return found
    note = (
        f"told for the first of {tuning.settings(arm)} settings of the remedy; each "
        "that the search tries is prepared for every fold"
    )
    told: lab.Finding = msgspec.structs.replace(found, notes=(note, *found.notes))
    return told


def facts_of(bench: Bench, spec: SearchSpec, *, patience: float = 3600.0) -> Facts:
    """Return what is known of the training rows.

    Parameters
    ----------
    bench : Bench
    spec : SearchSpec
        Folds and repeats count.
    patience : float, default=3600.0
        Seconds that all preparations of an arm may take.
    """
    counts = bench.counts(bench.y)
    layout = bench.features.layout_
    categories = int(layout.categorical.sum())
    free = machine.available()
    return Facts(
        counts=counts,
        smallest=fitting(counts, spec.folds),
        numbers=len(layout.names) - categories,
        categories=categories,
        features=bench.width,
        memory=None if free is None else int(machine.SHARE * free),
        patience=patience,
        folds=spec.folds,
        repeats=spec.repeats,
        positive=bench.labels[1] if len(bench.labels) == 2 else None,
    )


def _smallest(bench: Bench, spec: SearchSpec) -> dict[str, int]:
    """Return the fewest rows of each class that a fold is fitted on.

    Raises
    ------
    TargetError
        If the rows cannot be cut into so many folds.
    """
    folds = cut(bench.dataset, bench.split.train, spec, SplitSpec(), seed=bench.seed)
    found = [bench.counts(bench.dataset.y[fold.fit]) for fold in folds]
    return {label: min(one[label] for one in found) for label in bench.labels}


def _tried(bench: Bench, arms: Sequence[Arm], budget: float) -> dict[str, Seen]:
    """Try arms on the training rows, or on evenly spread ones if they are many."""
    total = len(bench.y)
    most = max(1, min(total, MOST_CELLS // bench.width))
    places = np.linspace(0, total - 1, most).astype(np.int64)
    y = bench.y[places]
    probed = probe(
        arms,
        bench.rows(places),
        y,
        seed=bench.seed,
        budget=budget,
        layout=bench.features.layout_,
        legalise=bench.features.legalise,
        labels=bench.labels,
    )
    return {
        arm.name: _seen(arm, probed[arm.name], bench, bench.counts(y))
        for arm in arms
        if arm.name in probed
    }


def _seen(arm: Arm, found: Probed, bench: Bench, tried: dict[str, int]) -> Seen:
    """Return what trying has shown of all training rows."""
    counts = bench.counts(bench.y)
    if sum(tried.values()) < sum(counts.values()):
        less, more = (_law(arm, known, bench.width) for known in (tried, counts))
        longer = more / less if less > 0 else 1.0
        return Seen(seconds=longer * found.seconds, rows=found.rows)
    done = found.treated
    if found.whole and done is not None:
        return Seen(
            seconds=found.seconds,
            rows=found.rows,
            after=bench.counts(done.y),
            repairs=done.repairs,
            notes=done.notes,
            problem=found.problem,
        )
    after, notes = _expected(arm, found, bench)
    return Seen(
        seconds=found.seconds,
        rows=found.rows,
        after=after,
        notes=notes,
        problem=found.problem,
    )


def _expected(
    arm: Arm, found: Probed, bench: Bench
) -> tuple[dict[str, int] | None, tuple[str, ...]]:
    """Return the rows expected of each class, where what is asked for does not tell.

    A part of the rows was treated: of all of them the same share is expected.
    """
    if found.treated is None or found.given is None:
        return None, ()
    (step,) = arm.steps
    before, after = bench.counts(found.given), bench.counts(found.treated.y)
    step = scaled(step, before, len(found.given) / found.total)
    whole = bench.counts(bench.y)
    asked, most = None, dict[str, int]()
    if registry.sampler(step.sampler).group == "combined":
        # It adds exactly what is asked for, and then only drops rows.
        most = wanted(arm.steps[0], whole) or {}
    else:
        asked = wanted(step, before)
    if asked and all(abs(after[c] - asked[c]) <= NEAR * asked[c] for c in asked):
        return None, ()
    counts = {
        label: round(after[label] * count / before[label]) if before[label] else 0
        for label, count in whole.items()
    }
    counts = {label: min(n, most.get(label, n)) for label, n in counts.items()}
    told = f"rows afterwards as of {len(found.given):,} rows that were tried"
    return counts, (told, *found.treated.notes)


def _law(arm: Arm, counts: dict[str, int], features: int) -> float:
    return cost.arm_estimate(
        arm,
        rows=sum(counts.values()),
        minority=min(n for n in counts.values() if n),
        features=features,
    ).seconds
