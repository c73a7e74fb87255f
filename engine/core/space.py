"""What is searched: ranges of the model's parameters, values of the samplers'.

Rows are prepared once for each setting of the samplers and shared by all trials that
choose it, so tuning a method costs preparations, and no more trials than any other arm
has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from engine.core import format as figures
from engine.core import models
from engine.core.experiment import ModelSpec
from engine.core.methods import registry, repair
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue, Range
from engine.core.result import Result

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


# The model's parameters ---------------------------------------------------------------


def check_model(model: ModelSpec) -> None:
    """Refuse parameters that XGBoost would ignore, or that are the engine's to set.

    Raises
    ------
    SpecError
        If there is no such parameter, or a value does not fit.
    """
    models.get(models.XGBOOST).check("the model", model.params)


def ranges(model: ModelSpec, arm: Arm | None = None) -> dict[str, Range]:
    """Return what is searched of an arm's model: its space without what is fixed.

    Parameters
    ----------
    model : ModelSpec
    arm : Arm or None, default=None
        Whose model, or ensemble, is meant; XGBoost when None.
    """
    entry = models.get(models.XGBOOST if arm is None else arm.learner)
    fixed = models.fixed_params(model, arm)
    return {n: r for n, r in entry.space(model.space).items() if n not in fixed}


# The samplers' settings ---------------------------------------------------------------


_MOST_NAME = 40


def choices(arm: Arm) -> dict[str, tuple[ParamValue, ...]]:
    """Return the values to try of each searched parameter.

    Returns
    -------
    dict of str to tuple
        By ``SAMPLER.PARAMETER``, with the step's number behind the sampler's name if
        it occurs twice. In the order of the steps.

    Examples
    --------
    >>> from engine.core.methods.grammar import Step
    >>> choices(Arm(name="a", steps=(Step("smote", tune={"k_neighbors": (3, 5)}),)))
    {'smote.k_neighbors': (3, 5)}
    """
    return {
        key: registry.tries(arm.steps[place])[name]
        for key, (place, name) in _places(arm).items()
    }


def is_searched(model: ModelSpec, arm: Arm) -> bool:
    """Tell whether the search chooses anything of an arm; else it has one trial."""
    return bool(arm.tuned or ranges(model, arm))


def count_settings(arm: Arm) -> int:
    """Return how many settings of the samplers there are to choose among."""
    return math.prod(map(len, choices(arm).values()))


def first_setting(arm: Arm) -> dict[str, ParamValue]:
    """Return the setting of the first trial: the defaults where they are tried."""
    chosen: dict[str, ParamValue] = {}
    for key, (place, name) in _places(arm).items():
        step = arm.steps[place]
        tried = registry.tries(step)[name]
        default = registry.default(step.sampler, name)
        chosen[key] = default if default in tried else tried[0]
    return chosen


def setting(arm: Arm, params: Mapping[str, ParamValue]) -> dict[str, ParamValue]:
    """Return what a trial's parameters say of the arm's samplers."""
    return {key: params[key] for key in _places(arm) if key in params}


def fix_setting(arm: Arm, chosen: Mapping[str, ParamValue]) -> Arm:
    """Return an arm with a setting fixed, and nothing left to search.

    Examples
    --------
    >>> from engine.core.methods.grammar import Step
    >>> arm = Arm(name="a", steps=(Step("smote", tune={"k_neighbors": (3, 5)}),))
    >>> fix_setting(arm, {"smote.k_neighbors": 3}).steps[0].params
    {'k_neighbors': 3}
    """
    if not arm.tuned:
        return arm
    params = [dict(step.params) for step in arm.steps]
    for key, (place, name) in _places(arm).items():
        params[place][name] = chosen[key]
    steps = tuple(
        repair.without_defaults(msgspec.structs.replace(step, params=fixed, tune={}))
        for step, fixed in zip(arm.steps, params, strict=True)
    )
    return msgspec.structs.replace(arm, steps=steps)


def _places(arm: Arm) -> dict[str, tuple[int, str]]:
    names = [step.sampler for step in arm.steps]
    places: dict[str, tuple[int, str]] = {}
    for place, name in arm.tuned:
        sampler = names[place]
        number = f"{place + 1}" if names.count(sampler) > 1 else ""
        places[f"{sampler}{number}.{name}"] = (place, name)
    return places


def chosen_settings(result: Result) -> list[str]:
    """Return a sentence per arm whose samplers were searched."""
    equal = len({arm.search.trials for arm in result.arms}) <= 1
    declared = result.experiment.arms if result.experiment else ()
    texts = [
        (arm.name, choice_text(own, arm.search.best_params, equal=equal))
        for arm, own in zip(result.arms, declared, strict=False)
    ]
    return [
        f"{figures.brief(name, _MOST_NAME)}: {text}" for name, text in texts if text
    ]


def choice_text(
    arm: Arm, params: Mapping[str, ParamValue] | None, *, equal: bool
) -> str:
    """Say what the search chose of an arm's samplers; nothing if that was not asked.

    Parameters
    ----------
    arm : Arm
    params : mapping or None
        Those of its best trial; None if there is none yet.
    equal : bool
        Whether every arm had as many trials.

    Examples
    --------
    >>> from engine.core.methods.grammar import Step
    >>> arm = Arm(name="a", steps=(Step("smote", tune={"ratio": (0.5, 1.0)}),))
    >>> choice_text(arm, {"max_depth": 3, "smote.ratio": 0.5}, equal=True)
    'the search chose smote.ratio 0.5, of 2 settings, in as many trials as any arm'
    """
    if not arm.tuned or not params:
        return ""
    chosen = setting(arm, params)
    values = ", ".join(f"{name} {figures.plain(v)}" for name, v in chosen.items())
    tried = figures.plural(count_settings(arm), "setting")
    fair = ", in as many trials as any arm" if equal else ""
    return f"the search chose {values}, of {tried}{fair}"


# Both ---------------------------------------------------------------------------------


def first_trial(model: ModelSpec, arm: Arm | None = None) -> dict[str, ParamValue]:
    """Return the first setting tried: about the defaults of its model, for every arm.

    Those of the arm's samplers come last, where the search chooses them.
    """
    started: dict[str, ParamValue] = {
        name: int(r.start) if r.whole else float(r.start)
        for name, r in ranges(model, arm).items()
    }
    return started if arm is None else started | first_setting(arm)


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
        for name, values in choices(arm).items():
            space[name] = CategoricalDistribution(values)
    return space
