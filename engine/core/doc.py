"""What a field is, declared once beside its type: help, range, names, example. Light.

The fields of an experiment and the settings of the app are declared so. Checks, options
of the command line, forms, comments of TOML files, pages and JSON Schemas read it::

    trials: Annotated[int, Doc("settings tried per arm", ge=1)] = 20
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from functools import cache
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

_BOUNDS: Final[dict[str, tuple[str, Callable[[Any, Any], bool]]]] = {
    "ge": ("{} or more", operator.ge),
    "gt": ("above {}", operator.gt),
    "le": ("up to {}", operator.le),
    "lt": ("below {}", operator.lt),
}


class Doc(msgspec.Struct, frozen=True):
    """What a field is.

    Parameters
    ----------
    help : str
        In a few words.
    ge, gt, le, lt : float or None, default=None
        Bounds of a number, with themselves (``ge``, ``le``) or without.
    label : str, default=""
        What forms and errors call it, and what `help` follows elsewhere; where there is
        none, its name will do.
    form : bool, default=True
        Whether a form has it.
    option : str or None, default=None
        Its option without dashes; else its name. Empty if it has none.
    metavar : str, default=""
        What stands for a value behind the option; else a word for the type.
    example : object, default=None
        A value to show where there is none by default.
    section, name, kind, default
        Where the field is, its name, its type without None, and its default, as
        `fields_of` finds them.

    Examples
    --------
    >>> from engine.core.experiment import SearchSpec
    >>> folds = fields_of(SearchSpec)["folds"]
    >>> folds.default, folds.comment, folds.admits(1)
    (5, 'folds inside the training rows; 2 or more', False)
    >>> folds.allowed
    'a whole number of 2 or more'
    """

    help: str
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    label: str = ""
    form: bool = True
    option: str | None = None
    metavar: str = ""
    example: Any = None
    section: str = ""
    name: str = ""
    kind: Any = None
    default: Any = None

    @property
    def field(self) -> str:
        """Its name with that of its section: ``search.folds``."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def choices(self) -> tuple[str, ...]:
        """The values there are (of a mapping, for its values); () if any will do."""
        kind = get_args(self.kind)[1] if get_origin(self.kind) is dict else self.kind
        values = get_args(kind) if get_origin(kind) is Literal else ()
        return tuple(map(str, values))

    @property
    def _listed(self) -> str:
        return ", ".join(self.choices)

    @property
    def _bounds(self) -> list[tuple[str, Callable[[Any, Any], bool], float]]:
        given = ((name, *bound) for name, bound in _BOUNDS.items())
        return [
            (words, holds, bound)
            for name, words, holds in given
            if (bound := getattr(self, name)) is not None
        ]

    @property
    def range(self) -> str:
        """The bounds in words."""
        return ", ".join(words.format(bound) for words, _, bound in self._bounds)

    @property
    def allowed(self) -> str:
        """What may be given, as the end of a sentence."""
        if self.choices:
            return f"one of: {self._listed}"
        number = "a whole number" if self.kind is int else "a number"
        return f"{number} {'of ' if self.range[:1].isdigit() else ''}{self.range}"

    @property
    def summary(self) -> str:
        """What it is, with the values there are."""
        named = self.label != self.name.replace("_", " ")
        text = f"{self.label}; {self.help}" if named else self.help
        words = re.findall(r"[\w-]+|[.,]", text)
        return text if {*self.choices} <= {*words} else f"{text}: {self._listed}"

    @property
    def comment(self) -> str:
        """What it is, with what may be given."""
        return f"{self.summary}; {self.range}" if self.range else self.summary

    @property
    def shown(self) -> Any:
        """A value to show: the example, or else the default."""
        return self.default if self.example is None else self.example

    def admits(self, value: Any) -> bool:
        """Tell whether a value, or each of a mapping, is one of those allowed."""
        if self.choices:
            values = value.values() if isinstance(value, dict) else [value]
            return all(str(one) in self.choices for one in values)
        holds = all(holds(value, bound) for _, holds, bound in self._bounds)
        return holds and (not self.range or math.isfinite(value))


def about(part: type[msgspec.Struct]) -> str:
    """Return what a struct is, as its docstring says before any section.

    Examples
    --------
    >>> from engine.core.experiment import FeatureSpec
    >>> about(FeatureSpec)
    'How columns become numbers; the same for every arm.'
    """
    return " ".join(re.split(r"\n\s*\w+\n\s*---", part.__doc__ or "")[0].split())


@cache
def fields_of(part: type[msgspec.Struct]) -> dict[str, Doc]:
    """Return what is declared of the fields of a struct, by name.

    Fields without a `Doc`, such as the parts of an experiment, are left out.
    """
    found: dict[str, Doc] = {}
    for field in msgspec.structs.fields(part):
        doc = next(
            (d for d in getattr(field.type, "__metadata__", ()) if isinstance(d, Doc)),
            None,
        )
        if doc is None:
            continue
        kind, default = field.type.__origin__, field.default
        types = [t for t in get_args(kind) if t not in (NoneType, msgspec.UnsetType)]
        if len(types) == 1 and NoneType in get_args(kind):
            kind = types[0]
        if default is msgspec.UNSET:
            default = None
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        option = field.name.replace("_", "-") if doc.option is None else doc.option
        label = doc.label or field.name.replace("_", " ")
        found[field.name] = msgspec.structs.replace(
            doc,
            section=getattr(part, "SECTION", ""),
            name=field.name,
            kind=kind,
            default=default,
            option=option,
            label=label,
        )
    return found
