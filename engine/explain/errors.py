"""Test rows that an arm gets wrong, or right: which, what made a score, and where.

Rows of a kind in pages, the contributions to the score of one, and misses by the
levels of a column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from msgspec.structs import replace

from engine.core.costs import wilson
from engine.core.errors import SpecError, unknown
from engine.core.experiment import references
from engine.core.explain import (
    Contribution,
    Contributions,
    ContributionsShown,
    ErrorGroups,
    ErrorRow,
    ErrorRows,
    GroupsShown,
    Level,
    RowsShown,
    Uneven,
)
from engine.core.messages import Order
from engine.core.seeds import child
from engine.data import profile, wording
from engine.data.levels import Levels, levels
from engine.evaluate.bootstrap import holm
from engine.evaluate.subgroups import Decided, Groups, compare_subgroups, spread
from engine.explain.model import Predictions, calibrated, pairs, predict, rows_of_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.core.subgroups import SubgroupColumn, SubgroupGap
    from engine.data.profile import ColumnProfile
    from engine.explain.model import FinalModel
    from engine.explain.stored_run import ReopenedRun


# Rows ---------------------------------------------------------------------------------

UPWARDS = ("missed", "left")
"""Kinds whose worst, or surest, rows have the lowest scores."""


def error_rows(bench: ReopenedRun, request: ErrorRows) -> RowsShown:
    """Return a page of test rows of a kind.

    Parameters
    ----------
    bench : ReopenedRun
    request : ErrorRows

    Raises
    ------
    SpecError
        If there is no such arm, operating point, class, column or level.
    """
    pred = predict(bench, request)
    chosen = rows_of_kind(pred, request.kind)
    level = ""
    if request.where is not None:
        column, level = request.where
        chosen = chosen & with_level(bench, column, level)
    if request.against is not None:
        if (other := request.against) not in pred.predicted:
            raise unknown(f"arm {other!r} has no result in this run", pred.others)
        chosen = chosen & (pred.own != pred.predicted[other])
    places = np.flatnonzero(chosen)
    scores = pred.own_scores[places]
    upwards = (request.kind in UPWARDS) == (request.order == "worst")
    # Of equal scores as they stand.
    places = places[np.argsort(scores if upwards else -scores, kind="stable")]
    if request.sort is not None:
        places = places[_sorted(bench, pred, places, request.sort)]
    start = min(max(request.start, 0), len(places))
    page = places[start : start + min(max(request.count, 0), profile.MOST_ROWS)]
    return RowsShown(
        id=request.id,
        arm=pred.arm,
        at=pred.at,
        klass=pred.klass,
        kind=request.kind,
        threshold=pred.thresholds.get(pred.arm),
        confusion=pred.confusion(),
        columns=tuple(column.name for column in bench.dataset.profile),
        rows=tuple(_rows(bench, pred, page)),
        start=start,
        total=len(places),
        others=pred.others,
        pairs=pairs(pred, references(bench.plan.experiment.arms)),
        level=level,
        target=bench.dataset.info.target,
    )


def _sorted(
    bench: ReopenedRun, pred: Predictions, places: np.ndarray, order: Order
) -> np.ndarray:
    """Return the order of rows by a column of those that are listed."""
    lead = [bench.numbers, pred.own_scores, *(pred.scores[arm] for arm in pred.others)]
    place, reverse = order
    if place < len(lead):
        series = pd.Series(lead[place][places])
        return profile.sort_places(series, profile.column(series), reverse=reverse)
    column = bench.dataset.profile[place - len(lead)]
    # Not the cells as the file has them: those are texts.
    frame = bench.table.frame[bench.dataset.there]
    series = frame[column.name].iloc[bench.split.test[places]]
    return profile.sort_places(series, column, reverse=reverse)


def _rows(bench: ReopenedRun, pred: Predictions, places: np.ndarray) -> list[ErrorRow]:
    frame = bench.cells.iloc[places]
    texts = profile.page(frame, bench.dataset.profile, id=0, start=0, count=len(places))
    labels = bench.dataset.labels
    return [
        ErrorRow(
            number=int(bench.numbers[place]),
            cells=cells,
            score=float(pred.own_scores[place]),
            label=labels[int(bench.y[place])],
            predicted=pred.label_text(place, labels),
            others=tuple(float(pred.scores[a][place]) for a in pred.others),
            others_positive=tuple(bool(pred.predicted[a][place]) for a in pred.others),
        )
        for cells, place in zip(texts.rows, places.tolist(), strict=True)
    ]


def contributions(
    bench: ReopenedRun, request: Contributions, model: FinalModel
) -> ContributionsShown:
    """Return what made the score of a test row.

    Parameters
    ----------
    bench : ReopenedRun
    request : Contributions
    model : FinalModel
        That of the arm.

    Returns
    -------
    ContributionsShown

    Raises
    ------
    SpecError
        If that is no test row.
    RunFailedError
        If contributions are not known of its model.

    References
    ----------
    Lundberg, S. M. et al. (2020). From local explanations to global understanding with
    explainable AI for trees. Nature Machine Intelligence 2, 56-67. The values are
    XGBoost's own (``pred_contribs``), or coefficients times the cells of a linear
    model; those of one column's parts are summed.
    """
    pred = predict(bench, request)
    place = _place(bench, request.row)
    parts = model.contributions(model.X[place : place + 1])[0]
    if pred.place is not None:
        parts = parts[pred.place]
    parts = parts.astype(np.float64)
    sums: dict[str, float] = dict.fromkeys((c.name for c in bench.dataset.columns), 0.0)
    for owner, value in zip(model.owners, parts[:-1].tolist(), strict=True):
        sums[owner] += value
    texts = profile.page(
        bench.cells.iloc[[place]], bench.dataset.profile, id=0, start=0, count=1
    )
    cells = dict(zip(texts.columns, texts.rows[0], strict=True))
    shown = [
        Contribution(column=name, cell=cells[name], value=v) for name, v in sums.items()
    ]
    labels = bench.dataset.labels
    return ContributionsShown(
        id=request.id,
        arm=pred.arm,
        at=pred.at,
        klass=pred.klass,
        row=request.row,
        label=labels[int(bench.y[place])],
        predicted=pred.label_text(place, labels),
        score=float(pred.own_scores[place]),
        threshold=pred.thresholds.get(pred.arm),
        margin=float(parts.sum()),
        bias=float(parts[-1]),
        compared=pred.place is not None,
        parts=tuple(sorted(shown, key=lambda one: -abs(one.value))),
        others={name: float(pred.scores[name][place]) for name in pred.others},
    )


def _place(bench: ReopenedRun, row: int) -> int:
    """Return the place of a row of the table among the test rows."""
    shown = np.flatnonzero(bench.numbers == row)
    if len(shown):
        return int(shown[0])
    raise SpecError(
        f"row {row:,} of {len(bench.table.frame):,} is no test row with a class",
        "take one of the rows that an arm gets wrong",
        action="errors",
    )


# Groups -------------------------------------------------------------------------------

MOST_LEVELS = 50
MOST_COLUMNS = 200
"""Columns that are compared at most, in the order of the table."""
MOST_RANKED = 20


def error_groups(bench: ReopenedRun, request: ErrorGroups) -> GroupsShown:
    """Count an arm's misses and false alarms by the levels of a column.

    Parameters
    ----------
    bench : ReopenedRun
    request : ErrorGroups

    Raises
    ------
    SpecError
        If there is no such arm, operating point, class or column.
    """
    pred = predict(bench, request)
    columns = columns_to_group(bench)
    predicted = pred.own
    one = Levels(np.zeros(len(predicted), int), ("all",))
    overall = by_level(pred.truth, predicted, one)[0]
    counted: list[Level] = []
    gaps: tuple[SubgroupGap, ...] = ()
    cut = ""
    if request.column is not None:
        of = levels_of(bench, request.column)
        counted, cut = by_level(pred.truth, predicted, of), of.cut
        gaps = tuple(_gaps(bench, pred, request, of))
    return GroupsShown(
        id=request.id,
        arm=pred.arm,
        at=pred.at,
        klass=pred.klass,
        overall=overall,
        column=request.column,
        levels=tuple(counted[:MOST_LEVELS]),
        more=max(0, len(counted) - MOST_LEVELS),
        cut=cut,
        gaps=gaps,
        ranking=tuple(_ranking(bench, pred, columns[:MOST_COLUMNS])),
        columns=columns,
    )


def _gaps(
    bench: ReopenedRun, pred: Predictions, request: ErrorGroups, of: Levels
) -> Iterator[SubgroupGap]:
    """Yield an arm's gaps between the levels of a column.

    If the column was named for it, the run has those at the recommended operating
    point, adjusted over all such columns.
    """
    compared = bench.state.compared
    if compared and compared.subgroups and pred.at == "recommended":
        for one in compared.subgroups if not request.thresholds else ():
            if one.column == request.column:
                yield from (gap for gap in one.gaps if gap.arm == pred.arm)
                return
    if len(of.names) > MOST_LEVELS:
        return
    control = references(bench.plan.experiment.arms)
    names = [name for name in (pred.arm, control.get(pred.arm)) if name in pred.scores]
    found = _compare(bench, pred, names, request.column or "", of)
    yield from (gap for gap in found.gaps if gap.arm == pred.arm)


def compare_by(bench: ReopenedRun, pred: Predictions, column: str) -> SubgroupColumn:
    """Return what every arm does on each level of a column, and the gaps.

    Parameters
    ----------
    bench : ReopenedRun
    pred : Predictions
    column : str

    Raises
    ------
    SpecError
        If there is no such column, or it has more than 50 levels.
    """
    of = levels_of(bench, column)
    if len(of.names) > MOST_LEVELS:
        raise SpecError(
            f"{column!r} has {len(of.names):,} levels",
            f"groups are compared by a column of at most {MOST_LEVELS}",
        )
    return _compare(bench, pred, tuple(pred.scores), column, of)


def _compare(
    bench: ReopenedRun,
    pred: Predictions,
    arms: Iterable[str],
    column: str,
    of: Levels,
) -> SubgroupColumn:
    learned = bench.dataset.info.roles.get(column) == "feature"
    (found,) = compare_subgroups(
        [Groups(column, of.codes, of.names, of.cut, learned=learned)],
        {
            name: Decided(pred.predicted[name], calibrated(bench, pred, name))
            for name in arms
        },
        pred.truth.astype(np.intp),
        control=references(bench.plan.experiment.arms),
        seed=child(bench.plan.experiment.seed, "subgroups"),
    )
    return found


def by_level(truth: np.ndarray, predicted: np.ndarray, of: Levels) -> list[Level]:
    """Return misses and false alarms in each level, the most missed first.

    Parameters
    ----------
    truth, predicted : numpy.ndarray of shape (n_rows,), dtype bool
        Which rows are positive, and which are predicted positive.
    of : Levels

    Examples
    --------
    >>> truth, rows = np.array([1, 1, 0, 1], bool), np.array([1, 0, 1, 0], bool)
    >>> for level in by_level(truth, rows, Levels(np.array([0, 0, 0, 1]), ("f", "m"))):
    ...     print(level.level, level.missed, level.positives, level.alarms)
    f 1 2 1
    m 1 1 0
    """
    rows = (truth | ~truth, truth, truth & ~predicted, ~truth & predicted)
    counts = [np.bincount(of.codes[r], minlength=len(of.names)).tolist() for r in rows]
    every = int(truth.sum())
    recall = int((truth & predicted).sum()) / every if every else 0.0
    made = []
    for name, total, positives, fn, fp in zip(of.names, *counts, strict=True):
        negatives, interval = total - positives, wilson(positives - fn, positives)
        made.append(
            Level(
                level=name,
                rows=total,
                positives=positives,
                missed=fn,
                alarms=fp,
                recall=(positives - fn) / positives if positives else None,
                recall_ci=interval,
                alarm_rate=fp / negatives if negatives else None,
                alarm_rate_ci=wilson(fp, negatives),
                below=interval is not None and interval[1] < recall,
            )
        )
    return sorted(
        made, key=lambda level: (-level.missed, -level.positives, -level.rows)
    )


def _ranking(
    bench: ReopenedRun, pred: Predictions, columns: tuple[str, ...]
) -> list[Uneven]:
    """Return the columns over which misses are spread the most unevenly."""
    truth = pred.truth
    missed = truth & ~pred.own
    if not missed.any() or not (truth & ~missed).any():
        return []
    share = missed.sum() / truth.sum()
    uneven: list[Uneven] = []
    for name in columns:
        of = levels_of(bench, name)
        many = len(of.names)
        positives = np.bincount(of.codes[truth], minlength=many)
        misses = np.bincount(of.codes[missed], minlength=many)
        if (positives > 0).sum() < 2:
            continue
        seed = child(bench.plan.experiment.seed, "uneven", name)
        worst = int(np.argmax(misses - share * positives))
        uneven.append(
            Uneven(
                column=name,
                p=spread(misses, positives, seed=seed),
                adjusted_p=1.0,
                level=of.names[worst],
                missed=int(misses[worst]),
                positives=int(positives[worst]),
            )
        )
    adjusted = holm([u.p for u in uneven])
    uneven = [replace(u, adjusted_p=p) for u, p in zip(uneven, adjusted, strict=True)]
    return sorted(uneven, key=lambda u: u.p)[:MOST_RANKED]


# Levels of a column -------------------------------------------------------------------


def columns_to_group(bench: ReopenedRun) -> tuple[str, ...]:
    """Return the columns by which misses can be usefully counted, in their order.

    Those that a model learned from or that were named for it, and others of few levels,
    but for the target and the weights.
    """
    roles = bench.dataset.info.roles
    named = bench.plan.experiment.data.subgroups or ()

    def is_useful(column: ColumnProfile) -> bool:
        role = roles.get(column.name, "")
        few = role != "id" and 1 < column.levels <= MOST_LEVELS
        own = role not in ("target", "weight")
        wanted = column.name in named or role in ("feature", "group", "time")
        return wanted or (own and few)

    return tuple(c.name for c in bench.dataset.profile if is_useful(c))


def levels_of(bench: ReopenedRun, name: str) -> Levels:
    """Return the level of each test row in a column (`engine.data.levels`)."""
    return levels(bench.dataset, bench.split.train, bench.split.test, name)


def with_level(bench: ReopenedRun, column: str, level: str) -> np.ndarray:
    """Return which test rows have a level, or a cell, in a column.

    Parameters
    ----------
    bench : ReopenedRun
    column : str
    level : str
        As `levels` names it, or a cell as the file has it.

    Raises
    ------
    SpecError
        If there is no such column, or no test row has that.
    """
    codes, names, _ = levels_of(bench, column)
    rows = np.isin(codes, [place for place, name in enumerate(names) if name == level])
    if not rows.any():
        cells = bench.cells[column].map(str, na_action="ignore")
        rows = np.asarray(cells == level, dtype=bool)
    if rows.any():
        return rows
    raise SpecError(
        f"no test row has {level!r} in {column!r}",
        f"it has: {wording.listed([repr(name) for name in names[:MOST_LEVELS]])}",
    )
