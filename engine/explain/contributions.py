"""One score taken apart: what each column of the table added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.client.explain import Contributions, ContributionsShown, Part
from engine.data import view
from engine.errors import SpecError
from engine.explain.calls import call

if TYPE_CHECKING:
    from engine.explain.bench import Bench
    from engine.explain.model import Model

__all__ = ["contributions"]


def contributions(
    bench: Bench, request: Contributions, model: Model
) -> ContributionsShown:
    """Return what made the score of a test row.

    Parameters
    ----------
    bench : Bench
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
    found = [Part(column=name, cell=cells[name], value=v) for name, v in sums.items()]
    labels = bench.dataset.labels
    return ContributionsShown(
        id=request.id,
        arm=calls.arm,
        policy=calls.policy,
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


def _place(bench: Bench, row: int) -> int:
    """Return the place of a row of the table among the test rows."""
    found = np.flatnonzero(bench.numbers == row)
    if len(found):
        return int(found[0])
    rows = len(bench.table.frame)
    if 1 <= row <= rows:
        raise SpecError(
            f"row {row:,} is no test row: the arms learned from it, or it has no class",
            "take one that imbtui errors lists",
        )
    raise SpecError(
        f"no row {row:,}: the table has {rows:,}", "take one that imbtui errors lists"
    )
