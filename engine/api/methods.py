"""What to compare: methods as texts, as values, or as objects that resample."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from engine.core.errors import SpecError
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm
from engine.io.scratch import temporary_file

Methods: TypeAlias = "str | Iterable[str | Arm | tuple[str, Any] | Any]"


class ArmsWanted(NamedTuple):
    """The arms of a comparison, and the objects that some of them resample with.

    `objects` are by the names that the engine knows them under.
    """

    arms: tuple[Arm, ...]
    objects: dict[str, Any]


def method(text: str, *, name: str | None = None, **settings: Any) -> Arm:
    """Return a method with its settings.

    Parameters
    ----------
    text : str
        A method as on the command line, such as ``"smote"`` or
        ``"smote:k_neighbors=3+random-under"``.
    name : str or None, default=None
        What to call the arm; its own text when None.
    **settings
        Settings of a method of one step: a value, or a list of values that the search
        chooses among; ``"tune"`` is the method's own list.

    Returns
    -------
    Arm

    Raises
    ------
    SpecError
        If there is no such method or setting, or a value does not fit.

    Examples
    --------
    >>> method("smote", ratio=[0.5, 1], k_neighbors=3).name
    'smote:ratio=0.5/1:k_neighbors=3'
    """
    text, at, model = text.partition("@")
    for key, value in settings.items():
        several = isinstance(value, list | tuple)
        text += f":{key}={'/'.join(map(str, value)) if several else value}"
    text += at + model
    arm = grammar.parse(text)
    return arm if name is None else _renamed(arm, name)


def arms_of(methods: Methods | None) -> ArmsWanted:
    """Return the arms that are meant; none of None.

    Raises
    ------
    SpecError
        If one is none of those, or two have the same name.
    """
    if methods is None:
        return ArmsWanted((), {})
    listed = grammar.split(methods) if isinstance(methods, str) else tuple(methods)
    if not listed:
        raise SpecError("methods is empty", 'give some: ["untreated", "smote"]')
    objects: dict[str, Any] = {}
    arms = [_arm(one, objects) for one in listed]
    return ArmsWanted(grammar.with_untreated(arms), objects)


def _arm(given: Any, objects: dict[str, Any]) -> Arm:
    match given:
        case Arm():
            return given
        case str():
            return grammar.parse(given)
        case (str() as name, thing):
            return _renamed(_arm(thing, objects), name)
        case _ if hasattr(given, "fit_resample"):
            name = _free(type(given).__name__, objects)
            objects[name] = given
            registry.offer(name, type(given).__name__)
            return grammar.parse(name)
    raise SpecError(
        f"a method is given as {type(given).__name__}",
        'give a text such as "smote", an object with fit_resample, or imbtui.method()',
    )


def _renamed(arm: Arm, name: str) -> Arm:
    return Arm(
        name=name,
        steps=arm.steps,
        weights=arm.weights,
        ensemble=arm.ensemble,
        params=arm.params,
        model=arm.model,
    )


def _free(kind: str, taken: Iterable[str]) -> str:
    """Return the name of an object's class as a method's, and a new one."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", kind) or ["sampler"]
    name = first = "my-" + "-".join(words).lower()
    number = 2
    while name in {*taken}:
        name, number = f"{first}-{number}", number + 1
    return name


@contextmanager
def keep_objects(objects: Mapping[str, Any]) -> Iterator[Path | None]:
    """Put objects where the process of a run finds them; None if there are none.

    Raises
    ------
    SpecError
        If one cannot be sent to another process.
    """
    if not objects:
        yield None
        return
    import cloudpickle

    try:
        data = cloudpickle.dumps({**objects})
    except Exception as error:
        raise SpecError(
            f"a method cannot be sent to the process of the run: {error}",
            "give an object that can be pickled",
        ) from None
    with temporary_file("the methods", prefix="imbtui-methods-") as (path, file):
        file.write(data)
    try:
        yield path
    finally:
        path.unlink()
