"""Parameters of samplers that the search chooses: values to try, not ranges.

Rows are prepared once for each value and shared by all trials that choose it, so
tuning a method costs preparations, and no more trials than any other arm has. Light.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from engine.core import format as figures
from engine.core.methods import registry, repair
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue
from engine.core.result import Result

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


def settings(arm: Arm) -> int:
    """Return how many settings of the samplers there are to choose among."""
    return math.prod(map(len, choices(arm).values()))


def first(arm: Arm) -> dict[str, ParamValue]:
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
    tried = figures.plural(settings(arm), "setting")
    fair = ", in as many trials as any arm" if equal else ""
    return f"the search chose {values}, of {tried}{fair}"


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
