"""Methods as one line of text: ``svm-smote:ratio=0.3+random-under:ratio=0.5``.

An arm is one step or several, joined by ``+`` and applied in order. A step is a
sampler's name, then its settings, each behind a ``:`` (or a comma). A setting is
``name=value``; ``name=tune`` lets the search choose among the registry's values, and
``name=0.1/0.5/1`` among these. A label of a class that holds one of these marks is put
in quotes: ``random-under:counts="A+"=60``. Light.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

import msgspec

from engine.core.doc import Doc
from engine.core.errors import SpecError
from engine.core.methods import ratio, registry
from engine.core.methods.builtin import CONTROLS
from engine.core.methods.samplers import CONTROL, Parameter, Params, ParamValue
from engine.core.sections import Part

TUNE = "tune"
"""The value that stands for: let the search choose."""

_SETTING = re.compile(r"[A-Za-z_]\w*=")
_EXAMPLE = "svm-smote:ratio=0.3+random-under:ratio=0.5"


class Step(Part, frozen=True):
    """One sampler of a method, with the parameters that differ from its defaults."""

    SECTION: ClassVar = "arms.steps"

    sampler: Annotated[str, Doc("a name in docs/methods.md", example="smote")]
    params: Annotated[
        Params, Doc("settings that are fixed", example={"ratio": 0.5})
    ] = {}
    tune: Annotated[
        dict[str, tuple[ParamValue, ...]],
        Doc("values to search; []: the usual ones", example={"k_neighbors": [3, 5]}),
    ] = {}


class Arm(Part, frozen=True):
    """One way of treating imbalance; each is tuned under the same budget.

    One arm must be called "untreated" and leave the rows alone: the others are compared
    with it. An arm of nothing but a name is the method of that name.

    Examples
    --------
    >>> Arm(name="smote").steps
    (Step(sampler='smote', params={}, tune={}),)
    """

    SECTION: ClassVar = "arms"

    name: Annotated[str, Doc("what the board calls it, each once", example="mine")]
    steps: Annotated[
        tuple[Step, ...], Doc("samplers in order", example=[{"sampler": "enn"}])
    ] = ()
    weights: Annotated[
        bool | Literal["cost"],
        Doc('true: negatives / positives; "cost": the ratio of the costs'),
    ] = False
    ensemble: Annotated[
        str | None, Doc("takes XGBoost's place", example="balanced-random-forest")
    ] = None
    params: Annotated[
        Params,
        Doc("settings of the ensemble that are fixed", example={"n_estimators": 50}),
    ] = {}

    def __post_init__(self) -> None:
        """Take the method from the name where nothing else says it."""
        if self.name == CONTROL or self.weights or self.kind != "control":
            return
        named = method(self.name)
        values = msgspec.structs.asdict(named) | {"params": named.params | self.params}
        for field, value in values.items():
            msgspec.structs.force_setattr(self, field, value)

    @property
    def kind(self) -> Literal["control", "sampler", "ensemble"]:
        """``control`` if the arm changes no row and has XGBoost for a model."""
        if self.ensemble is not None:
            return "ensemble"
        return "sampler" if self.steps else "control"

    @property
    def tuned(self) -> tuple[tuple[int, str], ...]:
        """Step number and name of each parameter of a sampler that is searched."""
        return tuple((i, name) for i, s in enumerate(self.steps) for name in s.tune)


def split(text: str) -> tuple[str, ...]:
    """Return the arms of a list with commas, which may hold settings with commas.

    Examples
    --------
    >>> split("untreated, smote:ratio=0.5,k_neighbors=3,adasyn")
    ('untreated', 'smote:ratio=0.5,k_neighbors=3', 'adasyn')
    """
    arms: list[str] = []
    for piece in (part.strip() for part in _apart(text, ",")):
        if arms and _SETTING.match(piece):
            arms[-1] += f",{piece}"
        elif piece:
            arms.append(piece)
    return tuple(arms)


def parse(text: str) -> Arm:
    """Return the arm that a line of text says.

    Parameters
    ----------
    text : str
        The name of an arm, or a method.

    Returns
    -------
    Arm
        Checked, and called by its canonical text.

    Raises
    ------
    SpecError
        If there is no such sampler or setting, or a value does not fit.

    Examples
    --------
    >>> arm = parse("svm-smote:ratio=0.3+random-under:ratio=0.50")
    >>> arm.name, [step.params["ratio"] for step in arm.steps]
    ('svm-smote:ratio=0.3+random-under:ratio=0.5', [0.3, 0.5])
    >>> parse("smote:k_neighbors=tune").steps[0].tune
    {'k_neighbors': ()}
    >>> parse("rus-boost").ensemble
    'rus-boost'
    """
    pieces = [piece.strip() for piece in _apart(text.strip(), "+")]
    if not all(pieces):
        raise SpecError(
            f"{text!r} has a step without a name", f"write it as in {_EXAMPLE}"
        )
    if len(pieces) == 1:
        name, settings = _cut(pieces[0])
        if not settings:
            if ":" in name or "+" in name:  # in quotes: no method
                raise SpecError(f"no method {name!r}", f"write it as in {_EXAMPLE}")
            return _named(name)
        first = _named(name)
        if first.ensemble is not None:
            return _with_name(_ensemble(first, settings))
        if not first.steps:
            raise SpecError(f"{name} has no settings", f"write it as {name}")
    return _with_name(Arm(name="", steps=tuple(_step(piece) for piece in pieces)))


def method(name: str) -> Arm:
    """Return the method that an arm of nothing but a name is.

    Raises
    ------
    SpecError
        If there is none; suggests the nearest name.

    Examples
    --------
    >>> method("smote+enn").steps[1].sampler
    'enn'
    >>> method("smoet")
    Traceback (most recent call last):
    ...
    engine.core.errors.SpecError: no method 'smoet', and it has no steps, weights or ensemble. Did you mean 'smote'? Or choose one of the 28 there are; or give it steps
    """  # noqa: E501
    try:
        return parse(name)
    except SpecError as error:
        error.message += ", and it has no steps, weights or ensemble"
        error.fix += "; or give it steps"
        raise


def is_misnamed(arm: Arm) -> bool:
    """Tell whether an arm has the name of a method that it is not.

    A setting that its name does not hold may be anything. An unknown sampler is another
    error.

    Examples
    --------
    >>> is_misnamed(Arm(name="smote", steps=(Step("smote", {"ratio": 0.5}),)))
    False
    >>> is_misnamed(Arm(name="smote", steps=(Step("random-under"),)))
    True
    """
    try:
        named = parse(arm.name)
        for step in arm.steps:
            registry.sampler(step.sampler)
    except SpecError:
        return False
    if (named.weights, named.ensemble) != (arm.weights, arm.ensemble):
        return True
    if [s.sampler for s in named.steps] != [s.sampler for s in arm.steps]:
        return True
    fixed = [one.params.items() for one in named.steps] + [named.params.items()]
    given = [one.params.items() for one in arm.steps] + [arm.params.items()]
    return not all(a <= b for a, b in zip(fixed, given, strict=True))


def to_text(arm: Arm) -> str:
    """Return an arm as the text that `parse` reads; its name for a control.

    Examples
    --------
    >>> steps = Step("smote", {"k_neighbors": 3}, {"ratio": (0.5, 1.0)}), Step("enn")
    >>> to_text(Arm(name="mine", steps=steps))
    'smote:ratio=0.5/1:k_neighbors=3+enn'
    """
    if arm.ensemble is not None:
        known = registry.ensemble(arm.ensemble).parameters
        return _write(arm.ensemble, known, arm.params, {})
    if not arm.steps:
        return arm.name
    return "+".join(
        _write(s.sampler, registry.sampler(s.sampler).parameters, s.params, s.tune)
        for s in arm.steps
    )


def method_of(arm: Arm) -> str:
    """Return what treats the imbalance in an arm, whatever the arm is called.

    Examples
    --------
    >>> method_of(Arm(name="mine", weights=True)), method_of(Arm(name="smote"))
    ('weights', 'smote')
    >>> method_of(Arm(name="mine", steps=(Step(sampler="of-a-plug-in"),)))
    'of-a-plug-in'
    """
    try:
        steps = [to_text(arm)] if arm.kind != "control" else []
    except SpecError:  # a plug-in that no longer exists: without its settings
        steps = [step.sampler for step in arm.steps]
    weighed = [c.name for c in CONTROLS if c.weights == arm.weights]
    return "+".join([*steps, *(weighed if arm.weights or not steps else [])])


def _named(name: str) -> Arm:
    """Return the control, sampler or ensemble of a name, with its defaults."""
    for control in CONTROLS:
        if control.name == name:
            return Arm(name=name, weights=control.weights)
    if any(ensemble.name == name for ensemble in registry.ENSEMBLES):
        return Arm(name=name, ensemble=name)
    if name not in registry.names():
        raise registry.no_method(name, registry.names())
    return Arm(name=name, steps=(Step(sampler=name),))


def _with_name(arm: Arm) -> Arm:
    named = Arm(
        name=to_text(arm), steps=arm.steps, ensemble=arm.ensemble, params=arm.params
    )
    registry.check_arm(named)
    return named


def _apart(text: str, marks: str) -> list[str]:
    """Split a text at marks that are not in quotes, as labels of classes may be."""
    return re.split(rf'[{marks}](?=(?:[^"]*"[^"]*")*[^"]*$)', text)


def _cut(piece: str) -> tuple[str, list[str]]:
    name, *settings = (part.strip() for part in _apart(piece, ":,"))
    return name, [setting for setting in settings if setting]


def _step(piece: str) -> Step:
    name, settings = _cut(piece)
    one = _named(name)
    if len(one.steps) != 1:
        kind = "an ensemble" if one.ensemble is not None else "a control"
        raise SpecError(
            f"{name} is {kind}, and no step of a method",
            "combine samplers only",
            action="methods",
        )
    sampler = one.steps[0].sampler
    return Step(sampler, *_take(name, registry.sampler(sampler).parameters, settings))


def _ensemble(arm: Arm, settings: list[str]) -> Arm:
    entry = registry.ensemble(arm.ensemble or "")
    params, tune = _take(arm.name, entry.parameters, settings)
    for name, values in tune.items():  # It is searched unless it is fixed.
        if values or name not in entry.space:
            raise SpecError(
                f"{name} of {arm.name} cannot be searched over given values",
                f"give one value, or {TUNE} for one of: {', '.join(entry.space)}",
            )
    return Arm(name=arm.name, ensemble=arm.ensemble, params=params)


def _take(
    owner: str, parameters: tuple[Parameter, ...], settings: list[str]
) -> tuple[Params, dict[str, tuple[ParamValue, ...]]]:
    """Return the settings that are fixed, and those that are searched."""
    params: Params = {}
    tune: dict[str, tuple[ParamValue, ...]] = {}
    by_name = {parameter.name: parameter for parameter in parameters}
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not equals or not value:
            raise SpecError(
                f"{owner} has a setting {setting!r}",
                f"write name=value; it has: {', '.join(by_name)}",
            )
        if name not in by_name:
            raise registry.no_parameter(owner, name, parameters)
        known = by_name[name]
        if name in params or name in tune:
            raise SpecError(f"{name} of {owner} is given twice", "give it once")
        values = [value] if known.kind == "counts" else value.split("/")
        if value == TUNE:
            tune[name] = ()
        elif len(values) > 1:
            tune[name] = tuple(_read(owner, known, v) for v in values)
        else:
            # A default that was asked for stays: no repair changes it.
            params[name] = _read(owner, known, value)
    return params, tune


def _read(owner: str, parameter: Parameter, text: str) -> ParamValue:
    """Read a value as the parameter's kind; the registry checks it."""
    if parameter.kind in ("choice", "counts"):
        return text
    try:
        number = float(text)
    except ValueError:
        wanted = "a whole number" if parameter.kind == "integer" else "a number"
        raise SpecError(
            f"{parameter.name} of {owner} is {text!r}",
            f"give {wanted}, or {TUNE} to let the search choose",
        ) from None
    if parameter.kind == "integer" and number.is_integer():
        return int(number)
    return number


def _write(
    name: str,
    known: tuple[Parameter, ...],
    params: Params,
    tune: dict[str, tuple[ParamValue, ...]],
) -> str:
    parts = [name]
    for parameter in known:
        if parameter.name in params:
            text = _text(params[parameter.name])
            if parameter.kind == "counts":
                text = ratio.format_counts(ratio.parse_counts(text))
            parts.append(f"{parameter.name}={text}")
        elif parameter.name in tune:
            values = tune[parameter.name]
            text = "/".join(map(_text, values)) if values else TUNE
            parts.append(f"{parameter.name}={text}")
    return ":".join(parts)


def _text(value: ParamValue) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
