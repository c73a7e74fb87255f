"""Search spaces of XGBoost's parameters, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.errors import unknown
from engine.core.experiment import ModelSpec, Space
from engine.core.methods import registry, tuning
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import Kind, Parameter, ParamValue, Range

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


SPACES: dict[Space, dict[str, Range]] = {
    # Deep trees undo the effect of resampling (they learn each synthetic row), so
    # the article's study is done with shallow ones.
    "shallow": {
        "learning_rate": Range(0.02, 0.3, 0.1, log=True),
        "max_depth": Range(1, 4, 3, whole=True),
        "min_child_weight": Range(1.0, 50.0, 1.0, log=True),
        "subsample": Range(0.5, 1.0, 1.0),
        "colsample_bytree": Range(0.5, 1.0, 1.0),
        "reg_lambda": Range(0.1, 20.0, 1.0, log=True),
    },
    "wide": {
        "learning_rate": Range(0.005, 0.3, 0.1, log=True),
        "max_depth": Range(1, 10, 6, whole=True),
        "min_child_weight": Range(1.0, 100.0, 1.0, log=True),
        "subsample": Range(0.4, 1.0, 1.0),
        "colsample_bytree": Range(0.3, 1.0, 1.0),
        "reg_lambda": Range(0.01, 100.0, 1.0, log=True),
        "reg_alpha": Range(0.001, 10.0, 0.001, log=True),
        "gamma": Range(0.0, 5.0, 0.0),
    },
    # As SageMaker publishes them for its built-in XGBoost; depth 0 means no limit
    # there and is left out.
    "sagemaker": {
        "learning_rate": Range(0.1, 0.5, 0.3),
        "max_depth": Range(1, 10, 6, whole=True),
        "min_child_weight": Range(0.0, 120.0, 1.0),
        "reg_alpha": Range(0.0, 1000.0, 0.0),
        "reg_lambda": Range(0.0, 1000.0, 1.0),
        "gamma": Range(0.0, 5.0, 0.0),
        "subsample": Range(0.5, 1.0, 1.0),
        "colsample_bytree": Range(0.5, 1.0, 1.0),
    },
    "fixed": {},
}


FIXABLE: dict[str, tuple[float, float]] = {
    "learning_rate": (0.0, 1.0),
    "max_depth": (0, 64),
    "max_leaves": (0, 65536),
    "min_child_weight": (0.0, 1e9),
    "max_delta_step": (0.0, 1e9),
    "gamma": (0.0, 1e9),
    "subsample": (0.01, 1.0),
    "colsample_bytree": (0.01, 1.0),
    "colsample_bylevel": (0.01, 1.0),
    "colsample_bynode": (0.01, 1.0),
    "reg_lambda": (0.0, 1e9),
    "reg_alpha": (0.0, 1e9),
}
"""Parameters that an experiment may fix, with their bounds (inclusive)."""

_WHOLE = ("max_depth", "max_leaves")


def check(model: ModelSpec) -> None:
    """Refuse parameters that XGBoost would ignore, or that are the engine's to set.

    Raises
    ------
    SpecError
        If there is no such space or parameter, or a value does not fit.
    """
    ranges(model)
    for name, value in model.params.items():
        if name not in FIXABLE:
            raise unknown(f"no model parameter {name!r}", FIXABLE, name)
        kind: Kind = "integer" if name in _WHOLE else "number"
        Parameter(name, kind, 0, *FIXABLE[name], "").check("the model", value)


def ranges(model: ModelSpec, arm: Arm | None = None) -> dict[str, Range]:
    """Return what is searched of the model: its space without what is fixed.

    Parameters
    ----------
    model : ModelSpec
    arm : Arm or None, default=None
        An ensemble has a space of its own; it is as fixed as XGBoost's.

    Raises
    ------
    SpecError
        If there is no space of that name.
    """
    space, fixed = SPACES[model.space], model.params
    if arm is not None and arm.ensemble is not None and space:
        space, fixed = registry.ensemble(arm.ensemble).space, arm.params
    return {name: r for name, r in space.items() if name not in fixed}


def first(model: ModelSpec, arm: Arm | None = None) -> dict[str, ParamValue]:
    """Return the first setting tried: about XGBoost's defaults, for every arm.

    Those of the arm's samplers come last, where the search chooses them.
    """
    started: dict[str, ParamValue] = {
        name: int(r.start) if r.whole else float(r.start)
        for name, r in ranges(model, arm).items()
    }
    return started if arm is None else started | tuning.first(arm)


def distributions(
    model: ModelSpec, arm: Arm | None = None
) -> dict[str, BaseDistribution]:
    """Return the search space in Optuna's terms.

    The model's parameters come first, so that arms whose samplers are searched too
    draw the same of them as the others.
    """
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    space: dict[str, BaseDistribution] = {
        name: IntDistribution(int(r.low), int(r.high), log=r.log)
        if r.whole
        else FloatDistribution(r.low, r.high, log=r.log)
        for name, r in ranges(model, arm).items()
    }
    if arm is not None:
        for name, values in tuning.choices(arm).items():
            space[name] = CategoricalDistribution(values)
    return space
