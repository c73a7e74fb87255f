"""What is known about a sampler, its parameters, and those several have. Light.

The samplers of other packages are described by what is in here (docs/plugins.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from engine.core.errors import SpecError, unknown
from engine.core.methods.ratio import parse_counts

NO_YES = ("no", "yes")
"""The choices of what the library takes as False or True."""

Kind: TypeAlias = Literal["integer", "number", "choice", "counts"]
Group: TypeAlias = Literal["over", "under", "combined"]
Columns: TypeAlias = Literal["any", "mixed", "categories"]

Known = TypeVar("Known")
LIBRARY = "imbalanced-learn"
"""The package whose samplers do not write into their input."""

_OURS = frozenset({"ratio", "counts"})


class Parameter(NamedTuple):
    """One parameter of a sampler.

    `low` and `high` bound it (inclusive); None means unbounded. `effect` says in
    plain words what turning it up does. `tries` are the values that a search of it
    chooses among; none if it cannot be searched. `sets` is what the library calls
    it, if not the same; `absent` is the number that stands for what is no number there,
    if there is one.
    """

    name: str
    kind: Kind
    default: ParamValue
    low: float | None
    high: float | None
    effect: str
    choices: tuple[str, ...] = ()
    tries: tuple[ParamValue, ...] = ()
    sets: str = ""
    absent: ParamValue | None = None

    def check(self, owner: str, value: ParamValue) -> ParamValue:
        """Return a value as it is kept: an integer as one, a choice as text.

        Parameters
        ----------
        owner : str
            Whose parameter it is, for the error.
        value : str, int, float or bool

        Raises
        ------
        SpecError
            If the value is of another kind, or out of its bounds.

        Examples
        --------
        >>> Parameter("k", "integer", 5, 1, 50, "").check("smote", 3.0)
        3
        """
        if self.kind == "choice":
            text = value if isinstance(value, bool | str) else f"{value:g}"
            if text not in self.choices:
                raise unknown(f"{self.name} of {owner} is {value!r}", self.choices)
            return text
        if self.kind == "counts":
            if not isinstance(value, str):
                raise SpecError(
                    f"{self.name} of {owner} is {value!r}",
                    "give rows per class as text, such as yes=300/no=900",
                )
            parse_counts(value)
            return value
        wanted = "a whole number" if self.kind == "integer" else "a number"
        number = float("nan")
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value)
        whole = number.is_integer()
        if not math.isfinite(number) or (self.kind == "integer" and not whole):
            raise self._refusal(owner, value, wanted)
        low, high = self.low, self.high
        if (low is not None and number < low) or (high is not None and number > high):
            raise self._refusal(owner, value, wanted)
        return int(number) if self.kind == "integer" else number

    def _refusal(self, owner: str, value: ParamValue, wanted: str) -> SpecError:
        way = f"give {wanted} {self.bounds}".rstrip()
        return SpecError(f"{self.name} of {owner} is {value!r}", way)

    @property
    def bounds(self) -> str:
        """Its bounds in words; empty if there are none.

        Examples
        --------
        >>> Parameter("k", "integer", 5, 1, None, "").bounds
        'of 1 at least'
        """
        if self.low is None and self.high is None:
            return ""
        if self.high is None:
            return f"of {self.low:g} at least"
        if self.low is None:
            return f"of {self.high:g} at most"
        return f"from {self.low:g} to {self.high:g}"

    def to_library(self, value: ParamValue) -> ParamValue:
        """Return what the library takes for a value.

        Examples
        --------
        >>> version = Parameter("version", "choice", "1", None, None, "", ("1", "2"))
        >>> version.to_library("2")
        2
        >>> replacement = Parameter("again", "choice", "no", None, None, "", NO_YES)
        >>> replacement.to_library("no")
        False
        """
        if self.kind != "choice" or not isinstance(value, str):
            return value
        if self.choices == NO_YES:
            return value == "yes"
        try:
            number = float(value)
        except ValueError:
            return value
        return int(number) if number.is_integer() else number


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a control, a sampler or an ensemble.

    `home` is the dotted name of its class in `package`; a control has neither.
    """

    name: str
    title: str
    home: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    source: str = ""
    when: str = ""
    when_not: str = ""
    package: str = LIBRARY

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of its parameters."""
        return tuple(p.name for p in self.parameters)


class MostRows(NamedTuple):
    """How many rows a sampler takes at most: its time grows with their square.

    Attributes
    ----------
    grown : int or None
        Rows of a class that it adds rows to, where it looks for neighbours within the
        class; None if it does not.
    rows : int or None
        Rows of all classes together, where it compares these; with the rows that it
        adds if it does so afterwards. None if it does not.
    """

    grown: int | None = None
    rows: int | None = None


class Sampler(Method, frozen=True, kw_only=True):
    """One sampler of imbalanced-learn, or of a plug-in.

    `neighbors` names the parameter that says how many minority rows it needs
    `beyond` so many more; None if it needs none. A cleaner is an ``under`` without a
    ratio. A `slow` one takes seconds or more for tens of thousands of rows, so it is
    worth starting early. Beyond its `limits` an arm is refused before a run.

    `columns` tells what it works on: ``any`` numbers (a category is an indicator per
    level, and its rows are made legal afterwards), ``mixed`` needs a number and a
    category at least and takes both as they are, ``categories`` takes nothing else.
    """

    group: Group
    neighbors: str | None = None
    slow: bool = False
    columns: Columns = "any"
    beyond: int = 1
    limits: MostRows = MostRows()

    @property
    def has_ratio(self) -> bool:
        """Whether a ratio can be asked for; a cleaner drops what it must."""
        return "ratio" in self.parameter_names

    def to_library(self, params: Mapping[str, ParamValue]) -> dict[str, object]:
        """Return the arguments that the library's own class takes.

        Parameters
        ----------
        params : mapping
            Values by our names. What is asked of the classes is left out: it is ours
            to translate.

        Examples
        --------
        >>> seeds = Parameter("seeds", "integer", 1, 1, 9, "", sets="n_seeds_S")
        >>> known = {"name": "a", "title": "A", "home": "", "summary": ""}
        >>> sampler = Sampler(group="under", parameters=(seeds,), **known)
        >>> sampler.to_library({"seeds": 4})
        {'n_seeds_S': 4}
        """
        known = {p.name: p for p in self.parameters}
        return {
            known[name].sets or name: known[name].to_library(value)
            for name, value in params.items()
            if name not in _OURS
        }


def whole(
    name: str, default: int, low: int, high: int, effect: str = "", **more: Any
) -> Parameter:
    """Return a parameter that is a whole number.

    Examples
    --------
    >>> whole("k", 5, 1, 50, "more neighbours", tries=(3, 5)).kind
    'integer'
    """
    return Parameter(name, "integer", default, low, high, effect, **more)


def number(
    name: str, default: float, low: float, high: float, effect: str = "", **more: Any
) -> Parameter:
    """Return a parameter that is any number."""
    return Parameter(name, "number", default, low, high, effect, **more)


def choice(name: str, choices: tuple[str, ...], **more: Any) -> Parameter:
    """Return a parameter that is one of several words, the first by default.

    A search chooses among all of them, unless it is a switch, or `tries` says.
    """
    more.setdefault("tries", () if choices == NO_YES else choices)
    return Parameter(name, "choice", choices[0], None, None, "", choices, **more)


_ENTRY = re.compile(r"^## (\S+): (.+)\n\n(.+)\n\n((?:- .+\n)+)", re.MULTILINE)
_LINE = re.compile(r"^- (.+?): (.+)$", re.MULTILINE)
_PAGE = Path(__file__).with_name("methods.md").read_text("utf-8")
_TEXTS: dict[str, dict[str, str]] = {
    name: {"title": title, "summary": summary, **dict(_LINE.findall(lines))}
    for name, title, summary, lines in _ENTRY.findall(_PAGE)
}


def describe(
    kind: Callable[..., Known],
    name: str,
    parameters: tuple[Parameter, ...] = (),
    **fields: Any,
) -> Known:
    """Return a method of a kind, with what methods.md says of it.

    Examples
    --------
    >>> describe(Method, "smote", home="").title
    'SMOTE'
    """
    texts = _TEXTS["parameters"] | _TEXTS[name]
    explained = (
        p if p.effect else p._replace(effect=texts[f"`{p.name}`"]) for p in parameters
    )
    return kind(
        name=name,
        title=texts["title"],
        summary=texts["summary"],
        when=texts["When"],
        when_not=texts["When not"],
        source=texts.get("Source", ""),
        parameters=tuple(explained),
        **fields,
    )


def why(what: str, name: str) -> str:
    """Return why a sampler does nothing, or not what was asked; empty if unknown.

    Examples
    --------
    >>> why("Short", "adasyn")
    'the shares of its rows are rounded'
    """
    return _TEXTS.get(name, {}).get(what, "")


_RATIO = "minority rows for each majority row afterwards: more "

RATIO = number(
    "ratio",
    1.0,
    0.0001,
    1.0,
    f"{_RATIO}are added; 1 is balanced",
    tries=(0.1, 0.25, 0.5, 1.0),
)
RATIO_UNDER = RATIO._replace(effect=f"{_RATIO}majority rows are dropped; 1 is balanced")
COUNTS = Parameter(
    "counts",
    "counts",
    "",
    None,
    None,
    "rows per class afterwards, as LABEL=N/LABEL=N, instead of a ratio",
)
NEIGHBORS = whole(
    "k_neighbors",
    5,
    1,
    50,
    "synthetic rows reach further away from the rows they come from",
    tries=(3, 5, 10),
)


ParamValue: TypeAlias = str | int | float | bool


Params: TypeAlias = dict[str, ParamValue]


CONTROL = "untreated"
"""The arm that all others are compared with."""


class Range(NamedTuple):
    """What a parameter may be: bounds (inclusive), and where the search starts."""

    low: float
    high: float
    start: float
    log: bool = False
    whole: bool = False
