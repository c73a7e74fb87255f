"""Look up what other packages offer, by entry points. Light.

An entry point leads to a value of a kind, several of them, or a function that returns
them. It is loaded in the app's process when such are first asked for, so the module it
lives in may import nothing heavy: a class is named by its path, and imported where it
is used. Nothing that a package does in there ends the program: what cannot be used is
left out, and a problem says why.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from engine.core.errors import SpecError
from engine.core.methods.samplers import LIBRARY, Method, Sampler

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_HEAVY: Final = frozenset(
    {"imblearn", "numpy", "pandas", "scipy", "sklearn", "xgboost"}
)
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PARAMETER: Final = re.compile(r"[A-Za-z_]\w*")
_HOME: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
NAMES: Final = "give each parameter a name of its own, and name no other"

Offer = TypeVar("Offer", bound=Method)
Need = tuple[object, str, str]
"""Whether something holds; else what is wrong, and what to do about it."""


class PluginProblem(NamedTuple):
    """What is wrong with an entry point; `used` if what it offers is there anyhow."""

    package: str
    entry: str
    message: str
    used: bool = False


class Offered(NamedTuple):
    """A part that a package offers, by its name."""

    package: str
    kind: Literal["sampler", "model", "form"]
    name: str


def load(
    group: str,
    kind: type[Offer],
    needs: Callable[[Offer], Iterable[Need]],
    *,
    taken: Iterable[str],
) -> tuple[tuple[Offer, ...], tuple[PluginProblem, ...], tuple[Offered, ...]]:
    """Return what other packages offer, in the order of their entry points.

    Parameters
    ----------
    group : str
        Of the entry points.
    kind : type
        Of what they lead to.
    needs : callable
        Returns what else a value must keep to.
    taken : iterable of str
        Names that no package may use.

    Returns
    -------
    tuple of kind
    tuple of PluginProblem
    tuple of Offered
        The package and the name of each.
    """
    used, known, wrong = {*taken}, list[Offer](), list[PluginProblem]()
    offers = list[Offered]()
    # Slow to import, and only wanted once samplers or models are listed.
    from importlib import metadata

    entries = metadata.entry_points(group=group)
    # The same for every order of the folders on the path.
    for entry in sorted(entries, key=lambda e: (e.name, e.value)):
        package = package_of(entry)
        loaded = set(sys.modules)
        try:
            offered = _values(entry.load(), kind)
        # A package may raise anything; an exit is no reason to end the program.
        except (Exception, SystemExit) as error:
            wrong.append(PluginProblem(package, entry.name, one_line(error)))
            continue
        heavy = sorted(_HEAVY & (set(sys.modules) - loaded))
        if heavy:
            message = (
                f"loads {', '.join(heavy)} to say what its {_word(kind)}s are: put the "
                "entry point into a module that imports nothing but "
                f"{kind.__module__}"
            )
            wrong.append(PluginProblem(package, entry.name, message, used=True))
        for one in offered:
            try:
                _check(one, kind, used)
                for fine, what, fix in needs(one):
                    _require(fine, what, fix)
                for parameter in one.parameters:
                    for value in (parameter.default, *parameter.tries):
                        parameter.check(one.name, value)
            except (Exception, SystemExit) as error:
                wrong.append(PluginProblem(package, entry.name, one_line(error)))
            else:
                used.add(one.name)
                offers.append(Offered(package, _word(kind), one.name))
                if one.package == LIBRARY:
                    one = msgspec.structs.replace(one, package=package)
                known.append(one)
    return tuple(known), tuple(wrong), tuple(offers)


def package_of(entry: EntryPoint) -> str:
    """Return the distribution that an entry point is of; without one its module."""
    return entry.dist.name if entry.dist else entry.value.partition(".")[0]


def _word(kind: type[Method]) -> Literal["sampler", "model"]:
    """Return what a kind is called in a sentence."""
    return "sampler" if issubclass(kind, Sampler) else "model"


def _values(thing: Any, kind: type[Offer]) -> tuple[Any, ...]:
    if callable(thing):
        thing = thing()
    if isinstance(thing, kind):
        return (thing,)
    if isinstance(thing, Iterable) and not isinstance(thing, str | bytes):
        return tuple(thing)
    raise SpecError(
        f"it leads to a value of type {type(thing).__name__}",
        f"give a {kind.__name__}, several of them, or a function that returns them",
    )


def _check(one: Any, kind: type[Offer], used: set[str]) -> None:
    """Refuse what is no value of a kind, or described wrongly."""
    home, word = f"{kind.__module__}.{kind.__name__}", _word(kind)
    if not isinstance(one, kind):
        found = type(one).__name__
        raise SpecError(f"it holds a value of type {found}", f"give values of {home}")
    try:
        msgspec.json.decode(msgspec.json.encode(one), type=kind)
    except msgspec.ValidationError as error:
        at = str(error).replace("$.", "")
        raise SpecError(
            f"a {word} {one.name!r} is described wrongly: {at}",
            f"give what {home} says",
        ) from None
    name, names = one.name, one.parameter_names
    letters = "use small letters, digits and hyphens"
    _require(_NAME.fullmatch(name), f"a {word} is called {name!r}", letters)
    _require(name not in used, f"the name {name!r} is taken", "choose another")
    at = f"home of {name} is {one.home!r}"
    _require(_HOME.fullmatch(one.home), at, "give package.module.Class as text")
    _require(len({*names}) == len(names), f"{name} has two parameters alike", NAMES)
    _require(all(map(_PARAMETER.fullmatch, names)), f"{name} has {names!r}", NAMES)


def _require(fine: object, what: str, fix: str) -> None:
    if not fine:
        raise SpecError(what, fix)


def one_line(error: BaseException) -> str:
    """Return what a package raised, in a line."""
    text = " ".join(str(error).split()) or "no reason given"
    return text if isinstance(error, SpecError) else f"{type(error).__name__}: {text}"
