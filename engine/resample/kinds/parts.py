"""What is known about a sampler and its parameters. Light."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from engine.errors import SpecError
from engine.resample.ratio import parse_counts
from engine.spec import ParamValue

__all__ = [
    "FAST",
    "NO_YES",
    "Columns",
    "Group",
    "Kind",
    "Parameter",
    "Sampler",
]

FAST = "fast"
"""The variant that is faster and about the same."""

NO_YES = ("no", "yes")
"""The choices of what the library takes as False or True."""

Kind: TypeAlias = Literal["integer", "number", "choice", "counts"]
Group: TypeAlias = Literal["over", "under", "combined"]
Columns: TypeAlias = Literal["any", "mixed", "categories"]

_OURS = frozenset({"ratio", "counts", "variant"})


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

    def checked(self, owner: str, value: ParamValue) -> ParamValue:
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
        >>> Parameter("k", "integer", 5, 1, 50, "").checked("smote", 3.0)
        3
        """
        if self.kind == "choice":
            text = value if isinstance(value, bool | str) else f"{value:g}"
            if text not in self.choices:
                raise SpecError(
                    f"{self.name} of {owner} is {value!r}",
                    f"choose one of: {', '.join(self.choices)}",
                )
            return text
        if self.kind == "counts":
            if not isinstance(value, str):
                raise SpecError(
                    f"{self.name} of {owner} is {value!r}",
                    "give rows per class as text, such as yes=300/no=900",
                )
            parse_counts(value)
            return value
        return self._number(owner, value)

    def _number(self, owner: str, value: ParamValue) -> ParamValue:
        wanted = "a whole number" if self.kind == "integer" else "a number"
        number = float("nan")
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value)
        whole = number.is_integer()
        if not math.isfinite(number) or (self.kind == "integer" and not whole):
            raise SpecError(f"{self.name} of {owner} is {value!r}", f"give {wanted}")
        low, high = self.low, self.high
        if (low is not None and number < low) or (high is not None and number > high):
            raise SpecError(
                f"{self.name} of {owner} is {value}", f"give {wanted} {self.bounds}"
            )
        return int(number) if self.kind == "integer" else number

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

    def passed(self, value: ParamValue) -> ParamValue:
        """Return what the library takes for a value.

        Examples
        --------
        >>> version = Parameter("version", "choice", "1", None, None, "", ("1", "2"))
        >>> version.passed("2")
        2
        >>> replacement = Parameter("again", "choice", "no", None, None, "", NO_YES)
        >>> replacement.passed("no")
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


class Sampler(NamedTuple):
    """One sampler of imbalanced-learn, or of a plug-in.

    `neighbors` names the parameter that says how many minority rows it needs
    `beyond` so many more; None if it needs none. A cleaner is an ``under`` without a
    ratio. A `dear` one takes seconds or more for tens of thousands of rows, so it is
    worth starting early.

    `columns` tells what it works on: ``any`` numbers (a category is an indicator per
    level, and its rows are made legal afterwards), ``mixed`` needs a number and a
    category at least and takes both as they are, ``categories`` takes nothing else.
    `law` names its cost model if that is not called as the sampler is, where it depends
    on a parameter with the parameter in braces: ``near-miss-{version}``.
    """

    name: str
    title: str
    home: str
    group: Group
    summary: str
    parameters: tuple[Parameter, ...]
    neighbors: str | None = None
    source: str = ""
    dear: bool = False
    when: str = ""
    when_not: str = ""
    columns: Columns = "any"
    law: str = ""
    package: str = "imbalanced-learn"
    beyond: int = 1

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of its parameters."""
        return tuple(p.name for p in self.parameters)

    @property
    def has_fast(self) -> bool:
        """Whether there is a variant that is faster and about the same."""
        return "variant" in self.parameter_names

    @property
    def has_ratio(self) -> bool:
        """Whether a ratio can be asked for; a cleaner drops what it must."""
        return "ratio" in self.parameter_names

    def law_of(self, params: Mapping[str, Any] | None = None) -> str:
        """Return the name of its cost model.

        Parameters
        ----------
        params : mapping, optional
            Values that differ from default.

        Examples
        --------
        >>> version = Parameter("version", "choice", "1", None, None, "", ("1", "2"))
        >>> a = Sampler("a", "A", "", "under", "", (version,), law="a-{version}")
        >>> a.law_of(), a.law_of({"version": "2"})
        ('a-1', 'a-2')
        """
        values: dict[str, Any] = {p.name: p.default for p in self.parameters}
        law = self.law or self.name
        if not any(name for _, name, _, _ in string.Formatter().parse(law)):
            return law
        return law.format_map(values | dict(params or {}))

    def passed(self, params: Mapping[str, ParamValue]) -> dict[str, Any]:
        """Return the arguments that the library's own class takes.

        Parameters
        ----------
        params : mapping
            Values by our names. What is asked of the classes and the variant are left
            out: they are ours to translate.

        Examples
        --------
        >>> seeds = Parameter("seeds", "integer", 1, 1, 9, "", sets="n_seeds_S")
        >>> Sampler("a", "A", "", "under", "", (seeds,)).passed({"seeds": 4})
        {'n_seeds_S': 4}
        """
        known = {p.name: p for p in self.parameters}
        return {
            known[name].sets or name: known[name].passed(value)
            for name, value in params.items()
            if name not in _OURS
        }
