"""Methods as one line of text: ``svm-smote:ratio=0.3+random-under:ratio=0.5``.

An arm is one step or several, joined by ``+`` and applied in order. A step is a
sampler's name, then its settings, each behind a ``:`` (or a comma). A setting is
``name=value``; ``name=tune`` lets the search choose among the registry's values, and
``name=0.1/0.5/1`` among these. A label of a class that holds one of these marks is put
in quotes: ``random-under:counts="A+"=60``. A model stands behind an ``@``:
``smote@logistic``; without one it is XGBoost. Light.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

import msgspec

from engine.core import models
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
_AT = "@"
"""What stands between a method and its model in the name of an arm."""


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
    """One method with one model; each is tuned under the same budget.

    Each model needs an arm "untreated" that leaves the rows alone: the others of that
    model are compared with it. An arm of nothing but a name is the method of that name.

    Examples
    --------
    >>> Arm(name="smote").steps, Arm(name="untreated@logistic").model
    ((Step(sampler='smote', params={}, tune={}),), 'logistic')
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
        str | None, Doc("takes the model's place", example="balanced-random-forest")
    ] = None
    params: Annotated[
        Params,
        Doc(
            "fixed settings of the ensemble, or of a model other than XGBoost",
            example={"n_estimators": 50},
        ),
    ] = {}
    model: Annotated[
        str, Doc("what learns; a name in docs/models.md", example="logistic")
    ] = models.XGBOOST

    def __post_init__(self) -> None:
        """Take the method and the model from the name where nothing else says it."""
        known = self.name in (CONTROL, at_model(CONTROL, self.model))
        if known or self.weights or self.kind != "control":
            return
        named = method(self.name)
        values = msgspec.structs.asdict(named) | {"params": named.params | self.params}
        if self.model != models.XGBOOST:
            del values["model"]
        for field, value in values.items():
            msgspec.structs.force_setattr(self, field, value)

    @property
    def learner(self) -> str:
        """The name of what learns: of the ensemble, or of the model."""
        return self.ensemble or self.model

    @property
    def is_untreated(self) -> bool:
        """Whether nothing is done about the imbalance: what others compare with."""
        return self.kind == "control" and not self.weights

    @property
    def kind(self) -> Literal["control", "sampler", "ensemble"]:
        """``control`` if the arm changes no row and has a model that is no ensemble."""
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
    >>> parse("rus-boost").ensemble, parse("weights@logistic").model
    ('rus-boost', 'logistic')
    """
    text, model = _cut_model(text.strip())
    arm = _parse_method(text)
    if model is None:
        return arm
    models.check_names([model])
    if arm.ensemble is not None:
        raise SpecError(
            f"{arm.ensemble} is an ensemble, which is its own model",
            f"leave {_AT}{model} out",
        )
    return msgspec.structs.replace(arm, name=at_model(arm.name, model), model=model)


def at_model(name: str, model: str) -> str:
    """Return what an arm is called whose method and model are both said.

    Examples
    --------
    >>> at_model("smote", "logistic")
    'smote@logistic'
    """
    return f"{name}{_AT}{model}"


def method_name(name: str, model: str) -> str:
    """Return what an arm of that name and model is called, without the model.

    Examples
    --------
    >>> method_name("smote@logistic", "logistic"), method_name("smote", "logistic")
    ('smote', 'smote')
    """
    return name.removesuffix(_AT + model)


def combine(arms: Iterable[Arm], chosen: Iterable[str]) -> tuple[Arm, ...]:
    """Return every method of some arms with every model.

    Parameters
    ----------
    arms : iterable of Arm
        Their methods count, each once, and not their models.
    chosen : iterable of str
        Names of models. Where it is one alone, arms are called by their methods.

    Returns
    -------
    tuple of Arm
        Model by model; the ensembles, which are models themselves, come last.

    Raises
    ------
    SpecError
        If there is no such model.

    Examples
    --------
    >>> [arm.name for arm in combine(map(parse, ["smote", "rus-boost"]), ["logistic"])]
    ['smote', 'rus-boost']
    >>> [arm.name for arm in combine([parse("smote")], ["xgboost", "logistic"])]
    ['smote@xgboost', 'smote@logistic']
    """
    chosen, given = models.check_names(chosen), tuple(arms)
    models.check_names(arm.model for arm in given)
    methods: dict[str, Arm] = {}
    for arm in given:
        methods.setdefault(method_name(arm.name, arm.model), arm)
    found: list[Arm] = []
    for model in chosen:
        for name, arm in methods.items():
            if arm.ensemble is not None:
                continue
            called = name if len(chosen) == 1 else at_model(name, model)
            params = arm.params if arm.model == model else {}
            found.append(
                msgspec.structs.replace(arm, name=called, model=model, params=params)
            )
    return (*found, *(arm for arm in methods.values() if arm.ensemble is not None))


def with_untreated(arms: Iterable[Arm]) -> tuple[Arm, ...]:
    """Return arms with the untreated one of each model before them, where it lacks.

    Examples
    --------
    >>> [arm.name for arm in with_untreated([parse("smote@logistic")])]
    ['untreated@logistic', 'smote@logistic']
    >>> [arm.name for arm in with_untreated([parse("rus-boost")])]
    ['untreated', 'rus-boost']
    """
    given = tuple(arms)
    learning = dict.fromkeys(a.model for a in given if a.ensemble is None)
    compared = {arm.model for arm in given if arm.is_untreated}
    plain = all(_cut_model(arm.name)[1] is None for arm in given)
    added = (
        Arm(name=CONTROL if plain else at_model(CONTROL, model), model=model)
        for model in learning or (models.XGBOOST,)
        if model not in compared
    )
    return (*added, *given)


def with_models_of(arms: Iterable[Arm], base: Iterable[Arm]) -> tuple[Arm, ...]:
    """Return arms with the models that others have, unless their names say which.

    Examples
    --------
    >>> base = combine([parse("weights")], ["xgboost", "logistic"])
    >>> [arm.name for arm in with_models_of([parse("smote")], base)]
    ['smote@xgboost', 'smote@logistic']
    """
    given = tuple(arms)
    if any(_cut_model(arm.name)[1] is not None for arm in given):
        return given
    known = dict.fromkeys(arm.model for arm in base if arm.ensemble is None)
    return combine(given, known) if known else given


def _cut_model(text: str) -> tuple[str, str | None]:
    """Cut what says the model off the end of a text."""
    *method, model = _apart(text, _AT)
    return (_AT.join(method).strip(), model.strip()) if method else (text, None)


def _parse_method(text: str) -> Arm:
    """Return the arm of a text without a model."""
    pieces = [piece.strip() for piece in _apart(text, "+")]
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
    if _cut_model(arm.name)[1] not in (None, arm.model):
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
