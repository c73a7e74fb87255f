"""Test rows that an arm gets wrong, or right, and what made the score of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core import explain
from engine.core.errors import SpecError, unknown
from engine.data import view
from engine.explain.groups import with_level
from engine.explain.predictions import Predictions, pairs, predict, rows_of_kind

if TYPE_CHECKING:
    from engine.explain.model import Model
    from engine.explain.stored_run import ReopenedRun


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
    start = min(max(request.start, 0), len(places))
    page = places[start : start + min(max(request.count, 0), view.MOST_ROWS)]
    return explain.RowsShown(
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
        pairs=pairs(pred),
        level=level,
        target=bench.dataset.info.target,
    )


def _rows(
    bench: ReopenedRun, pred: Predictions, places: np.ndarray
) -> list[explain.ErrorRow]:
    frame = bench.cells.iloc[places]
    texts = view.page(frame, bench.dataset.profile, id=0, start=0, count=len(places))
    labels = bench.dataset.labels
    return [
        explain.ErrorRow(
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
    pred = predict(bench, request)
    place = _place(bench, request.row)
    parts = model.contributions(model.X[place : place + 1])[0]
    if pred.place is not None:
        parts = parts[pred.place]
    parts = parts.astype(np.float64)
    sums: dict[str, float] = dict.fromkeys((c.name for c in bench.dataset.columns), 0.0)
    for owner, value in zip(model.owners, parts[:-1].tolist(), strict=True):
        sums[owner] += value
    texts = view.page(
        bench.cells.iloc[[place]], bench.dataset.profile, id=0, start=0, count=1
    )
    cells = dict(zip(texts.columns, texts.rows[0], strict=True))
    shown = [
        explain.Contribution(column=name, cell=cells[name], value=v)
        for name, v in sums.items()
    ]
    labels = bench.dataset.labels
    return explain.ContributionsShown(
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
