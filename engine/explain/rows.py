"""Test rows that an arm gets wrong, or right, and what made the score of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.client import explain
from engine.data import view
from engine.errors import SpecError, unknown
from engine.explain.calls import Predictions, call, of_kind, pairs
from engine.explain.groups import with_level

if TYPE_CHECKING:
    from engine.explain.bench import ReopenedRun
    from engine.explain.model import Model


UPWARDS = ("missed", "left")
"""Kinds whose worst, or surest, rows have the lowest scores."""


def error_rows(bench: ReopenedRun, request: explain.ErrorRows) -> explain.RowsShown:
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
    calls = call(bench, request)
    chosen = of_kind(calls, request.kind)
    level = ""
    if request.where is not None:
        column, level = request.where
        chosen = chosen & with_level(bench, column, level)
    if request.against is not None:
        if (other := request.against) not in calls.called:
            raise unknown(f"arm {other!r} has no result in this run", calls.others)
        chosen = chosen & (calls.called[calls.arm] != calls.called[other])
    places = np.flatnonzero(chosen)
    scores = calls.scores[calls.arm][places]
    upwards = (request.kind in UPWARDS) == (request.order == "worst")
    # Of equal scores as they stand.
    places = places[np.argsort(scores if upwards else -scores, kind="stable")]
    start = min(max(request.start, 0), len(places))
    page = places[start : start + min(max(request.count, 0), view.MOST_ROWS)]
    return explain.RowsShown(
        id=request.id,
        arm=calls.arm,
        at=calls.at,
        klass=calls.klass,
        kind=request.kind,
        threshold=calls.thresholds.get(calls.arm),
        confusion=calls.confusion(),
        columns=tuple(column.name for column in bench.dataset.profile),
        rows=tuple(_rows(bench, calls, page)),
        start=start,
        total=len(places),
        others=calls.others,
        pairs=pairs(calls),
        level=level,
        target=bench.dataset.info.target,
    )


def _rows(
    bench: ReopenedRun, calls: Predictions, places: np.ndarray
) -> list[explain.ErrorRow]:
    frame = bench.cells.iloc[places]
    texts = view.page(frame, bench.dataset.profile, id=0, start=0, count=len(places))
    labels = bench.dataset.labels
    found = []
    for cells, place in zip(texts.rows, places.tolist(), strict=True):
        found.append(
            explain.ErrorRow(
                number=int(bench.numbers[place]),
                cells=cells,
                score=float(calls.scores[calls.arm][place]),
                label=labels[int(bench.y[place])],
                said=calls.saying(place, labels),
                others=tuple(float(calls.scores[a][place]) for a in calls.others),
                called=tuple(bool(calls.called[a][place]) for a in calls.others),
            )
        )
    return found


def contributions(
    bench: ReopenedRun, request: explain.Contributions, model: Model
) -> explain.ContributionsShown:
    """Return what made the score of a test row.

    Parameters
    ----------
    bench : ReopenedRun
    request : Contributions
    model : Model
        That of the arm.

    Returns
    -------
    ContributionsShown

    Raises
    ------
    SpecError
        If that is no test row.
    RunFailedError
        If the arm is an ensemble.

    References
    ----------
    Lundberg, S. M. et al. (2020). From local explanations to global understanding with
    explainable AI for trees. Nature Machine Intelligence 2, 56-67. The values are
    XGBoost's own (``pred_contribs``); those of one column's parts are summed.
    """
    calls = call(bench, request)
    place = _place(bench, request.row)
    parts = model.contributions(model.X[place : place + 1])[0]
    if calls.place is not None:
        parts = parts[calls.place]
    parts = parts.astype(np.float64)
    sums: dict[str, float] = dict.fromkeys((c.name for c in bench.dataset.columns), 0.0)
    for owner, value in zip(model.owners, parts[:-1].tolist(), strict=True):
        sums[owner] += value
    texts = view.page(
        bench.cells.iloc[[place]], bench.dataset.profile, id=0, start=0, count=1
    )
    cells = dict(zip(texts.columns, texts.rows[0], strict=True))
    found = [
        explain.Contribution(column=name, cell=cells[name], value=v)
        for name, v in sums.items()
    ]
    labels = bench.dataset.labels
    return explain.ContributionsShown(
        id=request.id,
        arm=calls.arm,
        at=calls.at,
        klass=calls.klass,
        row=request.row,
        label=labels[int(bench.y[place])],
        said=calls.saying(place, labels),
        score=float(calls.scores[calls.arm][place]),
        threshold=calls.thresholds.get(calls.arm),
        margin=float(parts.sum()),
        bias=float(parts[-1]),
        compared=calls.place is not None,
        parts=tuple(sorted(found, key=lambda one: -abs(one.value))),
        others={name: float(calls.scores[name][place]) for name in calls.others},
    )


def _place(bench: ReopenedRun, row: int) -> int:
    """Return the place of a row of the table among the test rows."""
    found = np.flatnonzero(bench.numbers == row)
    if len(found):
        return int(found[0])
    raise SpecError(
        f"row {row:,} of {len(bench.table.frame):,} is no test row with a class",
        "take one of the rows that an arm gets wrong",
        action="errors",
    )
