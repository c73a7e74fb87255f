"""A plan without what its units do not look at, to be sent to other machines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.splits.folds import Fold
from engine.train.plan import Plan


def slim(plan: Plan) -> Plan:
    """Return a plan whose units come to the same, and that has fewer bytes.

    Rows that are neither fitted on, nor validated, nor tested are left out, and the
    others are numbered anew. Numbers that 32 bits hold exactly have 32: whoever
    calculates with them makes them 64 again.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Plan
        For units only: of its dataset it has the features, the classes, the weights of
        rows and what it costs to miss them.
    """
    split, dataset = plan.split, plan.dataset
    used = np.zeros(len(dataset.y), dtype=bool)
    for fold in plan.all_folds:
        for rows in plan.indices(fold):
            used[rows] = True
    used[split.to_validate(split.train)] = True
    place = np.cumsum(used) - 1

    def numbered(rows: np.ndarray) -> np.ndarray:
        return np.asarray(place[rows[used[rows]]])

    kept = split.thinning
    if kept is not None:
        seen = None if kept.validated is None else kept.validated[used]
        kept = replace(kept, kept=kept.kept[used], validated=seen)
    frame = _narrow(dataset.frame, used)
    weights = None if dataset.weights is None else dataset.weights[used]
    own = None if dataset.miss_costs is None else dataset.miss_costs[used]
    return replace(
        plan,
        dataset=replace(
            dataset,
            frame=frame,
            whole=frame,
            y=dataset.y[used],
            weights=weights,
            miss_costs=own,
            there=np.ones(len(frame), dtype=bool),
            groups=None,
            times=None,
            test=None,
            even=None,
            file_rows=None,
            found=None,
        ),
        split=replace(
            split,
            train=numbered(split.train),
            test=numbered(split.test),
            thinning=kept,
        ),
        folds=tuple(
            Fold(numbered(fold.fit), numbered(fold.validation)) for fold in plan.folds
        ),
    )


def _narrow(frame: pd.DataFrame, used: np.ndarray) -> pd.DataFrame:
    """Return some rows, with numbers of 32 bits where that loses nothing."""
    cells: dict[str, pd.Series] = {}
    for name, column in frame.items():
        some = column[used].reset_index(drop=True)
        if some.dtype == np.float64:
            with np.errstate(over="ignore"):
                narrow = some.astype(np.float32)
            if narrow.astype(np.float64).equals(some):
                some = narrow
        cells[str(name)] = some
    return pd.DataFrame(cells, copy=False)
