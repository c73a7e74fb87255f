"""Every remedy that can be an arm, as plain data.

Light on purpose: no sampler is imported here, so that a front end can list the
remedies and their parameters without loading the science stack.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, NamedTuple

from engine.errors import SpecError
from engine.resample.samplers import FAST, SAMPLERS, Parameter, Sampler
from engine.spec import Arm, Experiment, ParamValue, Step

__all__ = [
    "CONTROL",
    "CONTROLS",
    "FAST",
    "SAMPLERS",
    "Control",
    "Parameter",
    "Sampler",
    "arm",
    "check",
    "check_step",
    "fast_names",
    "is_fast",
    "names",
    "sampler",
]


class Control(NamedTuple):
    """An arm that changes no row."""

    name: str
    title: str
    summary: str
    weights: bool


CONTROL = "none"
"""The arm that all others are compared with."""

CONTROLS: tuple[Control, ...] = (
    Control(CONTROL, "as it is", "Leaves the training rows alone.", weights=False),
    Control(
        "weights",
        "class weights",
        "Weighs each positive by the class ratio; no row is added or removed.",
        weights=True,
    ),
)

_BY_NAME = {s.name: s for s in SAMPLERS}
_CONTROL_BY_NAME = {c.name: c for c in CONTROLS}


def names() -> tuple[str, ...]:
    """Return the name of every arm there is, controls first."""
    return (*_CONTROL_BY_NAME, *_BY_NAME)


def fast_names() -> tuple[str, ...]:
    """Return the name of every arm in its fast variant."""
    return tuple(f"{s.name}-{FAST}" for s in SAMPLERS if s.has_fast)


def is_fast(step: Step) -> bool:
    """Tell whether a step asks for the fast variant of its sampler."""
    return step.params.get("variant") == FAST


def sampler(name: str) -> Sampler:
    """Return the sampler of that name.

    Raises
    ------
    SpecError
        If there is none; suggests the nearest name.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise _unknown(name, _BY_NAME) from None


def arm(name: str) -> Arm:
    """Return the arm of that name with its default parameters.

    Parameters
    ----------
    name : str
        ``none``, ``weights`` or the name of a sampler, with ``-fast`` behind it for
        the fast variant if it has one.

    Raises
    ------
    SpecError
        If there is no such arm; suggests the nearest name.

    Examples
    --------
    >>> arm("smote").steps[0].sampler
    'smote'
    >>> arm("smote-enn-fast").steps[0].params
    {'variant': 'fast'}
    """
    if control := _CONTROL_BY_NAME.get(name):
        return Arm(name=name, weights=control.weights)
    if name in fast_names():
        step = Step(name.removesuffix(f"-{FAST}"), {"variant": FAST})
        return Arm(name=name, steps=(step,))
    if name not in _BY_NAME:
        raise _unknown(name, names(), fast_names())
    return Arm(name=name, steps=(Step(sampler=name),))


def check(experiment: Experiment) -> None:
    """Refuse arms that cannot be prepared, or compared.

    Raises
    ------
    SpecError
        If the untreated rows are not among the arms, or a step is not as the
        registry knows it.
    """
    untreated = next((a for a in experiment.arms if a.name == CONTROL), None)
    if untreated is None or untreated.steps or untreated.weights:
        raise SpecError(
            f"the arms have no untreated control called {CONTROL!r}",
            f"add an arm with the name {CONTROL!r}, without steps and weights: the "
            "others are compared with it",
        )
    for known in experiment.arms:
        for step in known.steps:
            check_step(step)


def check_step(step: Step) -> dict[str, Any]:
    """Return the step's parameters with the defaults filled in.

    Raises
    ------
    SpecError
        If the sampler, a parameter or a value does not exist or fit.
    """
    entry = sampler(step.sampler)
    known = {p.name: p for p in entry.parameters}
    values: dict[str, Any] = {name: p.default for name, p in known.items()}
    for name, value in step.params.items():
        if name not in known:
            raise SpecError(
                f"{step.sampler} has no parameter {name!r}",
                f"it has: {', '.join(known)}",
            )
        parameter = known[name]
        values[name] = _checked(step.sampler, parameter, value)
    return values


def _checked(owner: str, parameter: Parameter, value: ParamValue) -> ParamValue:
    if parameter.kind == "choice":
        if value not in parameter.choices:
            raise SpecError(
                f"{parameter.name} of {owner} is {value!r}",
                f"choose one of: {', '.join(parameter.choices)}",
            )
        return value
    wanted = "a whole number" if parameter.kind == "integer" else "a number"
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or (parameter.kind == "integer" and value != int(value)):
        raise SpecError(f"{parameter.name} of {owner} is {value!r}", f"give {wanted}")
    low, high = parameter.low, parameter.high
    number = float(value)
    if (low is not None and number < low) or (high is not None and number > high):
        raise SpecError(
            f"{parameter.name} of {owner} is {value}",
            f"give {wanted} from {low:g} to {high:g}",
        )
    return int(value) if parameter.kind == "integer" else number


def _unknown(name: str, known: Iterable[str], fast: tuple[str, ...] = ()) -> SpecError:
    known = tuple(known)
    asked = name.lower().replace("_", "-")
    near = difflib.get_close_matches(asked, (*known, *fast), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    variants = f"; faster and about the same: {', '.join(fast)}" if fast else ""
    return SpecError(
        f"no arm {name!r}", f"{hint}There are: {', '.join(known)}{variants}"
    )
