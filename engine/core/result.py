"""The result of a run: one frozen value, built from its state and read as JSON.

Its JSON is the document of a run. Light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from engine.core.arm_result import ArmAtPoint, ArmResult, ErrorInfo, arm_result
from engine.core.costs import Costs, ErrorCosts, error_costs
from engine.core.errors import UsageError, unknown
from engine.core.events import DatasetInfo, Proof, SplitInfo, ThinCheck, Work
from engine.core.experiment import DecisionSpec, Experiment, references
from engine.core.format import (
    brief,
    merge_texts,
    plural,
    point_name,
    point_short,
    share,
    without_numbers,
)
from engine.core.outcome import (
    Choice,
    Comparison,
    CostWinner,
    Detectable,
    FoldComparison,
    OperatingPoint,
    Scored,
    Skill,
    Verdict,
)
from engine.core.prevalence import Prevalence
from engine.core.repeated_splits import SplitSummary
from engine.core.review import Review
from engine.core.state import State
from engine.core.subgroups import SubgroupColumn
from engine.core.version import __version__

if TYPE_CHECKING:
    from engine.core.record import Run

_MOST_LABEL: Final = 24
FEWEST_ROWS: Final = 20
"""With fewer test rows of a class no interval of a cost or a ranking is given."""


class MatchedPoint(OperatingPoint, frozen=True, kw_only=True):
    """The point of the control whose out-of-fold recall is that of an arm at 0.5."""

    arm: str
    control: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to, finished or not.

    Of several models `comparison`, `folds`, `cost_winners`, `detectable` and `matched`
    hold those of one model after another, and `across` compares them: each without a
    method, and with what is recommended for it, with the best one without a method.
    A value that is undefined (a precision where nothing was predicted positive) is
    None. Arms keep the experiment's order. `note` and `tags` are those of a stored run.
    Of several splits all is of the first one, but for `splits`, `work`, and what the
    verdict says of them.
    """

    schema: Literal[1]
    imbtui: str
    run: str
    status: str
    error: ErrorInfo | None
    experiment: Experiment | None
    costs: Costs | None
    dataset: DatasetInfo | None
    split: SplitInfo | None
    arms: tuple[ArmResult, ...]
    comparison: tuple[Comparison, ...]
    across: tuple[Comparison, ...] = ()
    folds: tuple[FoldComparison, ...]
    cost_winners: tuple[CostWinner, ...]
    detectable: tuple[Detectable, ...]
    matched: tuple[MatchedPoint, ...]
    skill: Skill | None
    verdict: Verdict | None
    proof: Proof | None
    warnings: tuple[str, ...]
    work: Work
    seconds: float
    versions: dict[str, str]
    thinning: ThinCheck | UnsetType = UNSET
    subgroups: tuple[SubgroupColumn, ...] | UnsetType = UNSET
    review: Review | UnsetType = UNSET
    splits: SplitSummary | UnsetType = UNSET
    note: str | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET

    # The table ------------------------------------------------------------------------

    @property
    def test_rows(self) -> dict[str, int]:
        """Test rows of each class; empty before the split."""
        return self.split.test if self.split else {}

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of more than two, the rarest first; else none."""
        return self.dataset.several if self.dataset else ()

    @property
    def rarest(self) -> str | None:
        """The rarest of more than two classes; None of two."""
        return next(iter(self.classes), None)

    @property
    def positive(self) -> str:
        """The positive class; of more than two the rarest."""
        known = self.dataset.positive if self.dataset else None
        return self.rarest or known or "positive"

    @property
    def negative(self) -> str:
        """What is not positive, in a word."""
        if self.classes:
            return "the rest"
        labels = self.dataset.classes if self.dataset else {}
        return next((name for name in labels if name != self.positive), "negative")

    def select_class(self, klass: str | None) -> str | None:
        """Return the class that is looked at against all others; None of two classes.

        Raises
        ------
        UsageError
            If there is no such class.
        """
        if klass is None or klass in self.classes:
            return klass or self.rarest
        if self.classes:
            raise unknown(f"no class {klass!r}", self.classes, field="class")
        if self.dataset is not None and klass == self.dataset.positive:
            return None
        raise UsageError(
            f"no class {klass!r} to look at: the run has two classes",
            "leave the class out",
            field="class",
        )

    def test_rows_text(self, klass: str | None = None) -> str:
        """Say how many positives, or rows of a class, are among the test rows."""
        counts = self.test_rows
        if not counts:
            return ""
        rows = counts.get(klass or self.positive, 0)
        what = f"{plural(rows, 'positive')} in"
        if self.classes:
            what = f"class {brief(klass or self.positive, _MOST_LABEL)}: {rows:,} of"
        text = f"{what} {sum(counts.values()):,} test rows"
        if self.dataset and (sample := self.dataset.sampled):
            text += f" · sample {sample.rows:,} of {sample.of:,} rows"
        if self.prevalence:
            text += f" · in use {share(self.prevalence, 1)} positive"
        return text

    @property
    def prevalence(self) -> Prevalence:
        """The share of positives in use that costs and precision are for, if given."""
        return self.costs.prevalence if self.costs else UNSET

    @property
    def scarce(self) -> tuple[str, int] | None:
        """The class for whose few test rows nothing is compared; None if there is none.

        Of more than two classes two need enough.
        """
        counts = self.test_rows
        large = sorted(counts, key=counts.__getitem__)[-2:]
        if len(large) < 2 or counts[large[0]] >= FEWEST_ROWS:
            return None
        return large[0], counts[large[0]]

    @property
    def scarcity(self) -> str:
        """Why few differences are tested, where it is for want of test rows."""
        if self.scarce is None or self.verdict is None:
            return ""
        name, rows = self.scarce
        return (
            f"Few differences are tested: there are {rows:,} test rows of "
            f"class {brief(name, _MOST_LABEL)}, and {FEWEST_ROWS} are needed."
        )

    # Operating points -----------------------------------------------------------------

    @property
    def decision(self) -> DecisionSpec:
        """What the experiment says of costs and operating points."""
        return self.experiment.decision if self.experiment else DecisionSpec()

    @property
    def point_names(self) -> tuple[str, ...]:
        """The operating points that some arm has, in their order."""
        points = (point for arm in self.arms for point in arm.operating_points)
        return tuple(dict.fromkeys(point.name for point in points))

    @property
    def point_name(self) -> str:
        """The experiment's own operating point, or the first one that there is."""
        own, known = self.decision.at, self.point_names
        return own if own in known or not known else known[0]

    def select_point(self, name: str | None) -> str:
        """Return the operating point that is asked for, or else the run's own.

        Raises
        ------
        UsageError
            If arms have results, but none at the one asked for.
        """
        known = self.point_names
        if name is None or not known:
            return name or self.point_name
        if name not in known:
            what = f"the run has no operating point {name!r}"
            raise unknown(what, known, field="at")
        return name

    def follow_point(self, name: str) -> str:
        """Return the point that the recommended one follows; any other as it is.

        What is compared at an operating point is found by that name.
        """
        return self.aim if name == "recommended" else name

    @property
    def aim(self) -> str:
        """The operating point that the recommended one follows."""
        aim = self.decision.aim
        # Of more than two classes there are fewer.
        return aim if aim in self.point_names else "cost"

    def costs_of(self, klass: str | None = None) -> Costs | None:
        """Return the costs that decide; those of one class against the rest.

        None where they are assumed and the table is not known yet.
        """
        if self.costs is None or self.dataset is None:
            known = self.decision.cost_fn is not None or self.decision.cost_fn_column
            return self.decision.costs({}, "") if known else None
        if klass is None or klass not in self.dataset.classes:
            return self.costs
        return self.costs.against(klass, self.dataset.classes)

    def error_costs(self, klass: str | None = None) -> ErrorCosts:
        """Return what a miss and a false alarm cost; 0 where that is unknown.

        Assumed costs of more than two classes are of each another.
        """
        costs = self.costs_of(klass)
        many = klass is None and self.classes and costs is not None and costs.assumed
        return error_costs(None if many else costs)

    def point_label(
        self, name: str, klass: str | None = None, *, aimed: bool = True
    ) -> str:
        """Return what an operating point is called, of all classes or of one.

        What the recommended one follows is named with it if `aimed`.
        """
        return point_name(
            name,
            **self.error_costs(klass),
            several=klass is None and bool(self.classes),
            aim=self.aim if aimed else "",
        )

    def point_short(self, name: str, klass: str | None = None) -> str:
        """Return what an operating point is called where there is little room."""
        several = klass is None and bool(self.classes)
        return point_short(name, **self.error_costs(klass), several=several)

    # Arms -----------------------------------------------------------------------------

    @property
    def choice(self) -> Choice | None:
        """What the verdict recommends, if it came to something."""
        return self.verdict.choice if self.verdict else None

    @property
    def done(self) -> tuple[ArmResult, ...]:
        """The arms with a result."""
        return tuple(arm for arm in self.arms if arm.operating_points)

    def scored(self, klass: str | None = None) -> dict[str, Scored]:
        """Return the scores of each arm, of more than two classes for one of them."""
        scores = {arm.name: arm.scored(klass) for arm in self.done}
        return {name: own for name, own in scores.items() if own is not None}

    def at_point(self, name: str) -> list[ArmAtPoint]:
        """Return the arms at an operating point, the fewest missed first.

        Then those with fewer false alarms; of more than two classes then those of the
        greatest macro recall.
        """
        rarest = self.rarest
        each = (ArmAtPoint.of(arm, arm.at(name), rarest) for arm in self.done)
        arms = [placed for placed in each if placed is not None]
        if rarest is None:
            return sorted(arms, key=lambda placed: (placed.missed, placed.alarms))
        macro = "macro_recall"
        return sorted(
            arms,
            key=lambda placed: (placed.missed, -(placed.point.metric(macro) or 0.0)),
        )


def decode(data: bytes | str, source: str) -> Result:
    """Return the result that a file or another process holds as JSON.

    Parameters
    ----------
    data : bytes or str
    source : str
        What it is from, for the error.

    Raises
    ------
    UsageError
        If it is no result document of this schema; says which field is wrong.

    Examples
    --------
    >>> decode(b'{"schema": 1}', "a.json")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    engine.core.errors.UsageError: 'a.json' is no result of this imbtui: Object missing
    ...
    """
    try:
        return msgspec.json.decode(data, type=Result)
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{source!r} is no result of this imbtui: {error}",
            "write it again from its run, as JSON",
        ) from None


def build(state: State, *, run: str, status: str | None = None) -> Result:
    """Return the result of a run.

    Parameters
    ----------
    state : State
        The run's events, reduced.
    run : str
        The run's id.
    status : str or None, default=None
        What the store says; the state's own status when None.
    """
    compared = state.compared
    declared = state.experiment.arms if state.experiment else ()
    matched = sorted(compared.matched.items()) if compared else []
    of = references(declared)
    return Result(
        schema=1,
        imbtui=__version__,
        run=run,
        status=status or state.status,
        error=ErrorInfo.of(state.error) if state.error else None,
        experiment=state.experiment,
        costs=state.costs,
        dataset=state.dataset,
        split=state.split,
        arms=tuple(map(arm_result, state.arms, declared)),
        comparison=compared.comparison if compared else (),
        across=compared.across if compared else (),
        folds=compared.folds if compared else (),
        cost_winners=compared.cost_winners if compared else (),
        detectable=compared.detectable if compared else (),
        matched=tuple(
            MatchedPoint(arm=arm, control=of[arm], **msgspec.structs.asdict(point))
            for arm, point in matched
        ),
        skill=compared.skill if compared else None,
        verdict=compared.verdict if compared else None,
        proof=compared.proof if compared else None,
        thinning=compared.thinning if compared else UNSET,
        subgroups=compared.subgroups if compared else UNSET,
        review=compared.review if compared else UNSET,
        splits=state.summary or UNSET,
        warnings=_sort_warnings(state),
        work=state.work,
        seconds=round(state.seconds, 3),
        versions=state.versions,
    )


def of_run(state: State, run: Run, *, name: str | None = None) -> Result:
    """Return the result of a stored run, with its note and tags.

    Parameters
    ----------
    state : State
    run : Run
    name : str or None, default=None
        Stands for the run's id.

    Returns
    -------
    Result
        As of `build`. `status` is ``running``, also before the first event, ``done``,
        ``failed``, ``cancelled``, or ``interrupted``: its process is gone.
    """
    status = "running" if run.status == "queued" else run.status
    result = build(state, run=name or run.id, status=status)
    return msgspec.structs.replace(
        result,
        experiment=result.experiment or run.experiment,
        note=run.note,
        tags=tuple(run.tags),
    )


def _sort_warnings(state: State) -> tuple[str, ...]:
    """Return what was warned of: of the run, then of each arm, whichever came first.

    Of several splits once each, with how many have it; texts that differ in their
    numbers only are one.
    """
    names = [arm.name for arm in state.arms]

    def place(text: str) -> tuple[int, str]:
        of = [n for n, name in enumerate(names) if text.startswith(f"{name}: ")]
        return (of[0] + 1, text) if of else (0, "")

    warned = state.warnings
    if state.splits:
        parts = [one.warnings for one in (state, *state.splits)]
        alike: dict[str, dict[int, list[str]]] = {}
        for number, texts in enumerate(parts):
            for text in texts:
                of = alike.setdefault(without_numbers(text), {})
                of.setdefault(number, []).append(text)
        warned = tuple(
            f"{text} (in {len(of)} of {len(parts)} splits)"
            for of in alike.values()
            for text in merge_texts(t for texts in of.values() for t in texts)
        )
    return tuple(sorted(warned, key=place))
