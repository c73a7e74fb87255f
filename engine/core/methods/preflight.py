"""What will become of an arm, predicted before it is run. Light.

What would fail is repaired before it fails (`engine.core.methods.repair`), what cannot
be repaired is said with what would help, and both with the rows, the time and the
memory that are expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.core import models
from engine.core.errors import ArmError, EngineError
from engine.core.experiment import SearchSpec
from engine.core.lab import Finding
from engine.core.methods import cost, ratio, registry
from engine.core.methods.grammar import Arm, Step
from engine.core.methods.postcheck import why_idle
from engine.core.methods.repair import (
    attempts,
    classes_to_grow,
    column_error,
    rows_of,
    scale_counts,
    target_counts,
)

if TYPE_CHECKING:
    from engine.core.messages import TableInfo

RARE = 0.1
"""Share of minority rows below which no cluster is expected to be half minority."""
_DRAWN = ("balanced-bagging", "rus-boost")
"""Ensembles whose models see a draw of the rows, which one row may be missing from."""


class FitFacts(NamedTuple):
    """What is known of the rows that arms are to be fitted on.

    Attributes
    ----------
    counts : mapping of label to int
        Training rows of each class.
    smallest : mapping of label to int
        Rows of each class in the fitting part of the smallest fold; see `fitting`.
    numbers, categories : int
        Feature columns of either sort; a flag is a category.
    features : int
        Columns after encoding: a level each.
    memory : int or None
        Bytes that there are.
    search : SearchSpec
        How often an arm's rows are prepared, and how long that may take.
    positive : str or None
        The class that weights are for; the rarest if nothing is known of it.
    weighted : bool
        Whether a column weighs the rows.
    """

    counts: Mapping[str, int]
    smallest: Mapping[str, int]
    numbers: int
    categories: int
    features: int
    memory: int | None = None
    search: SearchSpec = SearchSpec()
    positive: str | None = None
    weighted: bool = False


class Probe(NamedTuple):
    """What treating the training rows, or a part of them, has shown of an arm.

    Attributes
    ----------
    seconds : float or None
        What one treatment of all of them takes; None if that was not found out.
    rows : int
        Rows that were treated to know; 0 if none was.
    after : mapping of label to int, or None
        Rows of each class afterwards; None if counts alone say it.
    repairs : tuple of str or None
        What was changed, if all of them were treated.
    notes : tuple of str
        What was said then, or of the part that was treated.
    problem : EngineError or None
        Why all of them cannot be treated, if that was tried.
    """

    seconds: float | None = None
    rows: int = 0
    after: Mapping[str, int] | None = None
    repairs: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    problem: EngineError | None = None


def fitting(counts: Mapping[str, int], folds: int) -> dict[str, int]:
    """Return the rows of each class that the smallest fold leaves to fit on.

    Parameters
    ----------
    counts : mapping of label to int
        Training rows.
    folds : int
        Stratified ones; a fold validates its share of each class, rounded up.

    Examples
    --------
    >>> fitting({"no": 100, "yes": 6}, 5)
    {'no': 80, 'yes': 4}
    """
    return {label: n - -(-n // folds) for label, n in counts.items()}


def facts(
    table: TableInfo,
    *,
    search: SearchSpec | None = None,
    max_categories: int = 30,
    memory: int | None = None,
) -> FitFacts | None:
    """Return what is known from a table's description, or None without classes.

    Parameters
    ----------
    table : TableInfo
        As the service described it: training rows, and columns with their roles.
    search : SearchSpec, optional
        Its folds, repeats, trials and patience.
    max_categories : int, default=30
        Levels of a category that have a column each.
    memory : int or None, default=None
        Bytes that there are.
    """
    search = search or SearchSpec()
    if len(table.train) < 2 or not all(table.train.values()):
        return None
    numbers = categories = features = 0
    for column in table.columns:
        if column.role != "feature":
            continue
        flag = column.missing > 0
        if column.kind in ("number", "integer", "boolean"):
            number = column.kind != "boolean"
            numbers += number
            # That a number is missing is a flag of its own.
            categories += flag + (not number)
            features += 1 + flag
        else:
            categories += 1
            features += min(max_categories, column.levels + flag)
    return FitFacts(
        counts=table.train,
        smallest=fitting(table.train, search.folds),
        numbers=numbers,
        categories=categories,
        features=max(1, features),
        memory=memory,
        search=search,
        positive=table.positive,
        weighted=any(column.role == "weight" for column in table.columns),
    )


def model_refusal(
    arm: Arm, counts: Mapping[str, int], *, weighted: bool = False
) -> ArmError | None:
    """Return why an arm's model cannot learn from such rows, if it cannot.

    Parameters
    ----------
    arm : Arm
    counts : mapping of str to int
        Training rows of each class, before the method.
    weighted : bool, default=False
        Whether the rows of the table have weights.

    Examples
    --------
    >>> from engine.core.methods import grammar
    >>> rows = {"no": 900, "yes": 90}
    >>> model_refusal(grammar.parse("smote"), rows, weighted=True) is None
    True
    >>> model_refusal(grammar.parse("easy-ensemble"), rows, weighted=True).code
    'weights'
    """
    entry = models.get(arm.learner)
    needs = entry.needs
    if not models.is_installed(entry):
        return ArmError(
            f"{arm.learner} needs {entry.package}, which is not installed",
            f"install it: {models.install(entry)}",
            code="library",
        )
    if weighted and not needs.weights and arm.ensemble:
        return ArmError(
            f"imbalanced-learn's {arm.ensemble} takes no weights of rows",
            "use balanced-random-forest, rus-boost or weights, or no weight column",
            code="weights",
            field="data.weight",
        )
    if (weighted or arm.weights) and not needs.weights:
        return ArmError(
            f"{arm.learner} takes no weights",
            "use another model, or no weights",
            code="weights",
            field="data.weight" if weighted else "arms",
        )
    if len(counts) > 2 and not needs.classes:
        return ArmError(
            f"{arm.learner} tells two classes apart, the table has {len(counts)}",
            "use another model, or name the positive class: the rest is one class then",
            code="classes",
            field="data.positive",
        )
    if needs.max_rows is not None:
        rows, _ = cost.estimate_memory(arm, counts, 1)
        if rows > needs.max_rows:
            return ArmError(
                f"{arm.learner} would be fitted on {rows:,} rows, and takes "
                f"{needs.max_rows:,} at most: its time grows with their square",
                "use random-under with it, another model, or a sample of the rows",
                code="too-many-rows",
                field="data.read.rows",
            )
    return None


def examine(arm: Arm, known: FitFacts, seen: Probe | None = None) -> Finding:
    """Tell what will become of an arm.

    Parameters
    ----------
    arm : Arm
    known : FitFacts
    seen : Probe, optional
        What was tried (`engine.resample.probe`); else counts alone say it.

    Returns
    -------
    Finding
        ``cannot`` with why and what would help, ``repaired`` with what is changed and
        why, or ``runs``.

    Examples
    --------
    >>> from engine.core.methods import grammar
    >>> few = {"no": 900, "yes": 6}
    >>> rows = FitFacts(few, fitting(few, 5), numbers=3, categories=0, features=3)
    >>> found = examine(grammar.parse("smote"), rows)
    >>> found.status, found.after
    ('repaired', {'no': 900, 'yes': 900})
    >>> found.repairs
    ('k_neighbors 5 → 3: only 4 minority rows to fit on, in the smallest fold',)
    >>> examine(grammar.parse("smotenc"), rows).fix
    'use smote'
    """
    seen = seen or Probe()
    followed = _RowTracker(known)
    problem: EngineError | None = None
    size: int | None = None
    try:
        followed.follow(arm)
        _, size = cost.estimate_memory(arm, known.counts, known.features)
        refused = cost.refusal(
            arm,
            known.counts,
            known.search,
            seconds=seen.seconds,
            size=size,
            memory=known.memory,
        )
        problem = refused or seen.problem
    except EngineError as error:
        problem = error
    repairs = followed.repairs(seen)
    status: Literal["runs", "repaired", "cannot"] = "repaired" if repairs else "runs"
    after = followed.counts if seen.after is None else seen.after
    return Finding(
        arm=arm.name,
        status="cannot" if problem else status,
        repairs=repairs,
        problem=problem.message if problem else "",
        fix=problem.fix if problem else "",
        field=problem.field if problem else None,
        notes=(*followed.notes, *(followed.idle if seen.after is None else seen.notes)),
        before=dict(known.counts),
        after=dict(known.counts if size is None else after),
        open=followed.open and seen.after is None,
        seconds=(seen.seconds or 0.0) if size is not None else 0.0,
        bytes=size or 0,
        measured=seen.rows > 0,
    )


class _RowTracker:
    """Follows the rows of each class through an arm, and gathers notes.

    Attributes
    ----------
    counts : dict of label to int
        Rows of each class after the steps so far.
    open : bool
        Whether it is unknown how many of them a cleaner drops.
    notes : list of str
    idle : list of str
        What is said of steps that change nothing.
    """

    def __init__(self, known: FitFacts) -> None:
        self.counts = dict(known.counts)
        self.open = False
        self.notes: list[str] = []
        self.idle: list[str] = []
        self._known = known
        self._smallest = dict(known.smallest)
        self._share = sum(self._smallest.values()) / max(1, sum(self.counts.values()))
        self._whole: list[str] = []
        self._folded: list[str] = []

    def repairs(self, seen: Probe) -> tuple[str, ...]:
        """Return what is changed for all training rows, then what for fewer."""
        whole = self._whole if seen.repairs is None else seen.repairs
        fewer = (f"{one}, in the smallest fold" for one in self._folded)
        return (*whole, *fewer)

    def follow(self, arm: Arm) -> None:
        """Follow an arm.

        Raises
        ------
        EngineError
            If it cannot work.
        """
        if len(self.counts) < 2 or not all(self.counts.values()):
            raise ArmError("there is one class only", "give rows of another class")
        refused = model_refusal(arm, self.counts, weighted=self._known.weighted)
        if refused is not None:
            raise refused
        between = ratio.ends(self.counts)
        gone = next((c for c, n in self._smallest.items() if not n), None)
        if gone is not None:
            raise ArmError(
                f"a fold has no {rows_of(2, gone, self.counts, between[0])} to fit on",
                "give fewer folds, or more rows of that class",
                code="one-class",
            )
        if arm.ensemble is not None:
            few = self._smallest[between[0]]
            if few < 2 and arm.ensemble in _DRAWN:
                rows = rows_of(2, between[0], self.counts, between[0])
                raise ArmError(
                    f"{arm.ensemble} needs at least 2 {rows} to fit on, there is {few} "
                    "in the smallest fold",
                    "give fewer folds, or use balanced-random-forest or weights",
                    code="too-few-positives",
                )
            self.notes.append("each of its models balances the rows that it sees")
        elif arm.weights is True and len(self.counts) == 2 and not self._known.weighted:
            heavy = self._known.positive
            if heavy not in self.counts:
                heavy = between[0]
            weight = sum(self.counts.values()) / self.counts[heavy] - 1
            self.notes.append(f"each row of {heavy!r} weighs {weight:.3g}")
        for step in arm.steps:
            self._step(step, between)

    def _step(self, step: Step, between: tuple[str, str]) -> None:
        known = self._known
        wrong = column_error(
            step.sampler, numbers=known.numbers, categories=known.categories
        )
        if wrong is not None:
            raise wrong
        entry = registry.sampler(step.sampler)
        whole = next(attempts(step, self.counts, between=between)).repairs
        fewer = scale_counts(step, self._smallest, self._share)
        folded = next(attempts(fewer, self._smallest, between=between)).repairs
        self._whole += whole
        self._folded += (repair for repair in folded if repair not in whole)
        grows = bool(classes_to_grow(step, self.counts, between))
        rare = self.counts[between[0]] / sum(self.counts.values()) < RARE
        left = "cluster_balance_threshold" not in step.params
        if grows and rare and left and step.sampler == "kmeans-smote":
            # What is repaired where the minority is rare all over the table.
            tried = attempts(step, self.counts, between=between)
            first, second = next(tried), next(tried)
            self._whole += second.repairs[len(first.repairs) :]
        wanted = target_counts(step, self.counts, between)
        if wanted is None or entry.group == "combined":
            self.open = True
        elif wanted == self.counts:
            why = why_idle(step, self.counts, between)
            self.idle.append(f"{step.sampler} changes nothing: {why}")
        self.counts = wanted or self.counts
        self._smallest = target_counts(fewer, self._smallest, between) or self._smallest
