"""Objects of the libraries as the calls that make them."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from engine.errors import SpecError
from engine.export.scripting.words import WIDTH, literal

INSTEAD = "export another arm, or this one as a bundle"


def refusal(what: str) -> SpecError:
    """Return the error that something cannot be written with the libraries' own names.

    Examples
    --------
    >>> print(refusal("what this does"))
    what this does cannot be written as a script without imbtui. Export another arm, \
or this one as a bundle
    """
    message = f"{what} cannot be written as a script without imbtui"
    return SpecError(message, INSTEAD, field="arm kind")


class Calls:
    """Writes objects as calls, and notes what is to be imported for them.

    Attributes
    ----------
    homes : dict of str to str
        The module of each class that is called.

    Examples
    --------
    >>> from imblearn.over_sampling import SMOTE
    >>> Calls().of(SMOTE(sampling_strategy={1: 90}, random_state=42))
    'SMOTE(sampling_strategy={1: 90}, random_state=42)'
    """

    def __init__(self) -> None:
        self.homes: dict[str, str] = {}

    def of(self, thing: Any, indent: int = 0, room: int = WIDTH) -> str:
        """Return a call that makes an object of the same parameters.

        Parameters
        ----------
        thing : object
            Of scikit-learn's kind: it has ``get_params``.
        indent : int, default=0
            Of the line that it stands in.
        room : int
            Characters that the call may take in one line.

        Raises
        ------
        SpecError
            If it, or a part of it, is of no library.
        """
        name, kind = self._named(thing)
        given = self._given(thing, kind)
        parts = [f"{key}={self._value(one, 0, 10**6)}" for key, one in given.items()]
        line = f"{name}({', '.join(parts)})"
        if len(line) <= room or not given:
            return line
        inner, lines = indent + 4, []
        for key, value in given.items():
            told = self._value(value, inner, WIDTH - inner - len(key) - 2)
            lines.append(f"{' ' * inner}{key}={told},\n")
        return f"{name}(\n{''.join(lines)}{' ' * indent})"

    def _value(self, value: Any, indent: int, room: int) -> str:
        if hasattr(value, "get_params") and not isinstance(value, type):
            return self.of(value, indent, room)
        if callable(value):
            return "fewer"  # rows of a member: see `ensembles`
        try:
            return literal(value)
        except TypeError:
            raise refusal(f"a {type(value).__name__}") from None

    def _named(self, thing: Any) -> tuple[str, type]:
        """Return what a script calls an object's class, and the class itself."""
        from engine.resample.neighbours import SearchingAllKNN, SearchingTomekLinks

        kind = type(thing)
        if kind in (SearchingTomekLinks, SearchingAllKNN):
            # Ours only asks another search, which finds the same.
            kind = kind.__mro__[1]
        if kind.__module__.partition(".")[0] == "engine":
            raise refusal(f"a {kind.__name__}")
        self.homes[kind.__name__] = _home(kind)
        return kind.__name__, kind

    def _given(self, thing: Any, kind: type) -> dict[str, object]:
        """Return the parameters that are not as the class has them by itself."""
        if not hasattr(thing, "get_params"):
            name = type(thing).__name__
            raise refusal(f"a {name}, which does not tell its settings,")
        known = inspect.signature(kind).parameters
        told = thing.get_params(deep=False)
        found = {}
        for name in known:  # in the order that its documentation has
            if name not in told:
                continue
            value, default = _searched(told[name]), known[name].default
            if type(value) is not type(default) or value != default:
                found[name] = value
        return found


def _home(kind: type) -> str:
    """Return the public module that a class is imported from."""
    parts = kind.__module__.split(".")
    for end in range(2, len(parts)):
        public = ".".join(parts[:end])
        try:
            module = importlib.import_module(public)
        except ImportError:  # pragma: no cover - a package that hides itself
            continue
        if getattr(module, kind.__name__, None) is kind:
            return public
    return kind.__module__


def _searched(value: Any) -> Any:
    """Return neighbours as a library takes them, where a search of ours was given."""
    from engine.resample.neighbours import ExactNeighbors

    # The row itself is counted in.
    return value.n_neighbors - 1 if isinstance(value, ExactNeighbors) else value
