"""Parameters of samplers that the search chooses: values to try, not ranges.

Rows are prepared once for each value and shared by all trials that choose it, so
tuning a method costs preparations, and no more trials than any other arm has. Light.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from engine.resample import registry, repair
from engine.resample.grammar import Arm
from engine.resample.samplers import ParamValue


def choices(arm: Arm) -> dict[str, tuple[ParamValue, ...]]:
    """Return the values to try of each searched parameter.

    Returns
    -------
    dict of str to tuple
        By ``SAMPLER.PARAMETER``, with the step's number behind the sampler's name if
        it occurs twice. In the order of the steps.

    Examples
    --------
    >>> from engine.resample.grammar import Step
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


def fix_setting(arm: Arm, chosen: Mapping[str, ParamValue]) -> Arm:
    """Return an arm with a setting fixed, and nothing left to search.

    Examples
    --------
    >>> from engine.resample.grammar import Step
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
