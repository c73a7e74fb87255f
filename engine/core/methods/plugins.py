"""Samplers of other packages, found by the entry points of what is installed. Light.

A package offers samplers under the group ``imbtui.samplers``; each entry point leads
to a `Sampler`, several of them, or a function that returns them. It is loaded in the
app's process, so the module it lives in may import nothing heavy: a class is named by
its path, and imported where it is used. See docs/plugins.md.

Nothing that a package does in there ends the program: what cannot be used is left out
and told by `problems`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import msgspec

from engine.core.errors import SpecError
from engine.core.methods.builtin import CONTROLS, ENSEMBLES, SAMPLERS
from engine.core.methods.samplers import LIBRARY, Sampler

GROUP = "imbtui.samplers"

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PARAMETER = re.compile(r"[A-Za-z_]\w*")
_HOME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_HEAVY = frozenset({"imblearn", "numpy", "pandas", "scipy", "sklearn", "xgboost"})
_TAKEN = {"tune"} | {
    thing.name for things in (CONTROLS, SAMPLERS, ENSEMBLES) for thing in things
}
_LETTERS = "use small letters, digits and hyphens"
_CLASS = "give package.module.Class as text"
_NAMES = "give each parameter a name of its own, and name no other"


class PluginProblem(NamedTuple):
    """What is wrong with an entry point; `used` if its samplers are there anyhow."""

    package: str
    entry: str
    message: str
    used: bool = False


def samplers() -> tuple[Sampler, ...]:
    """Return the samplers of other packages, in the order of their entry points.

    They are looked up once per process.
    """
    return _load_all()[0]


def problems() -> tuple[PluginProblem, ...]:
    """Return what is wrong with entry points, in their order."""
    return _load_all()[1]


def forget() -> None:
    """Look the entry points up anew when they are next asked for."""
    _load_all.cache_clear()


@cache
def _load_all() -> tuple[tuple[Sampler, ...], tuple[PluginProblem, ...]]:
    known: dict[str, Sampler] = {}
    wrong: list[PluginProblem] = []
    # Slow to import, and only wanted once samplers are listed.
    from importlib import metadata

    entries = metadata.entry_points(group=GROUP)
    # The same for every order of the folders on the path.
    for entry in sorted(entries, key=lambda e: (e.name, e.value)):
        package = entry.dist.name if entry.dist else entry.value.partition(".")[0]
        loaded = set(sys.modules)
        try:
            offered = _as_samplers(entry.load())
        # A package may raise anything; an exit is no reason to end the program.
        except (Exception, SystemExit) as error:
            wrong.append(PluginProblem(package, entry.name, _one_line(error)))
            continue
        heavy = sorted(_HEAVY & (set(sys.modules) - loaded))
        if heavy:
            message = (
                f"loads {', '.join(heavy)} to say what its samplers are: put the entry "
                "point into a module that imports nothing but "
                "engine.core.methods.samplers"
            )
            wrong.append(PluginProblem(package, entry.name, message, used=True))
        for sampler in offered:
            try:
                checked = _check(sampler, known, package)
            except (Exception, SystemExit) as error:
                wrong.append(PluginProblem(package, entry.name, _one_line(error)))
            else:
                known[checked.name] = checked
    return tuple(known.values()), tuple(wrong)


def _as_samplers(thing: Any) -> tuple[Any, ...]:
    if callable(thing):
        thing = thing()
    if isinstance(thing, Sampler):
        return (thing,)
    if isinstance(thing, Iterable) and not isinstance(thing, str | bytes):
        return tuple(thing)
    raise SpecError(
        f"it leads to a value of type {type(thing).__name__}",
        "give a Sampler, several of them, or a function that returns them",
    )


def _check(sampler: Any, used: dict[str, Sampler], package: str) -> Sampler:
    """Return a sampler with its package, if it is one that can be used."""
    if not isinstance(sampler, Sampler):
        raise SpecError(
            f"it holds a value of type {type(sampler).__name__}",
            "give values of engine.core.methods.samplers.Sampler",
        )
    try:
        msgspec.json.decode(msgspec.json.encode(sampler), type=Sampler)
    except msgspec.ValidationError as error:
        at = str(error).replace("$.", "")
        raise SpecError(
            f"a sampler {sampler.name!r} is described wrongly: {at}",
            "give what engine.core.methods.samplers.Sampler says",
        ) from None
    name, names = sampler.name, sampler.parameter_names
    whole = "give both (engine.core.methods.samplers has them), or none if it cleans"
    needs: tuple[tuple[object, str, str], ...] = (
        (_NAME.fullmatch(name), f"a sampler is called {name!r}", _LETTERS),
        (name not in {*_TAKEN, *used}, f"the name {name!r} is taken", "choose another"),
        (_HOME.fullmatch(sampler.home), f"home of {name} is {sampler.home!r}", _CLASS),
        (len({*names}) == len(names), f"{name} has two parameters alike", _NAMES),
        (all(map(_PARAMETER.fullmatch, names)), f"{name} has {names!r}", _NAMES),
        (("ratio" in names) == ("counts" in names), f"{name} has one ratio", whole),
        (sampler.group == "under" or sampler.has_ratio, f"{name} has no ratio", whole),
        (
            sampler.neighbors in (None, *names),
            f"{name} has no {sampler.neighbors!r}",
            _NAMES,
        ),
    )
    for fine, what, fix in needs:
        if not fine:
            raise SpecError(what, fix)
    for parameter in sampler.parameters:
        for value in (parameter.default, *parameter.tries):
            parameter.check(name, value)
    if sampler.package != LIBRARY:
        return sampler
    return msgspec.structs.replace(sampler, package=package)


def _one_line(error: BaseException) -> str:
    """Return an error in a line."""
    text = " ".join(str(error).split()) or "no reason given"
    return text if isinstance(error, SpecError) else f"{type(error).__name__}: {text}"
