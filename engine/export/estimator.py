"""The model of an arm as a classifier of a library, with what its rows weigh."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.core.models import fixed_params
from engine.core.state import FINAL_FOLD
from engine.export.case import Case
from engine.train.finish import class_weights, cost_ratio
from engine.train.models.port import find


def estimator(case: Case) -> Any:
    """Return an arm's model, unfitted, with the parameters that the search found.

    Parameters
    ----------
    case : Case
        With an arm that has a model, and is no ensemble.

    Raises
    ------
    SpecError
        If no library does what the run did.
    """
    chosen, arm = case.chosen, case.chosen.arm
    final = next(fold for fold in chosen.state.chosen if fold.fold == FINAL_FOLD)
    return find(arm.learner).estimator(
        {**fixed_params(case.experiment.model, arm), **chosen.params},
        seed=case.experiment.seed,
        rounds=chosen.best.rounds,
        shape=(sum(final.after.values()), len(case.features().names_)),
        class_weight=class_weight(case),
        weighed=bool(case.data.weight),
    )


def class_weight(case: Case) -> dict[int, float] | None:
    """Return what a row of each class weighs, of two the positive one's; None if 1.

    Of more than two they are 1 on average.
    """
    if not case.chosen.arm.weights:
        return None
    if not case.multiclass and case.chosen.arm.weights == "cost":
        return {1: cost_ratio(case.plan)}
    rows = case.rows()
    if not case.multiclass:
        return {1: rows.positive_weight}
    each = class_weights(case.plan, case.chosen.arm, rows.mass)
    own = np.ones(len(rows.y)) if rows.weights is None else rows.weights
    mean = (each[rows.y] * own).mean() / own.mean()
    return dict(enumerate((each / mean).tolist()))
