"""How a new table fits a model: what is noted about it, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.bundle.manifest import ColumnSpec
from engine.core.errors import DataError
from engine.core.format import listed, meant, plural

MOST_LEVELS = 5
_NUMBERED = re.compile(r"column \d+")
"""What the columns of a table without names are called."""
KINDS = {
    "number": "a number",
    "flag": "0 or 1",
    "days": "a date",
    "words": "one of its words",
    "text": "text",
    "codes": "a code",
}
_LOOKS = {
    "whole": "a number",
    "number": "a number",
    "grouped": "a number",
    "date": "a date",
    "word": "a word",
    "missing": "a word",
}


def lacking(features: Sequence[ColumnSpec], names: Sequence[str], name: str) -> None:
    """Refuse a table that lacks columns which the model needs.

    Raises
    ------
    DataError
        Naming all of them.

    Examples
    --------
    >>> spec = ColumnSpec(name="age", role="feature", kind="integer", cells="number")
    >>> lacking([spec], ["Age", "sex"], "new.csv")
    Traceback (most recent call last):
    ...
    engine.core.errors.DataError: new.csv lacks a column that the model needs: 'age'. Did you mean 'Age'? The columns are: 'Age', 'sex'
    """  # noqa: E501
    gone = [one.name for one in features if one.name not in set(names)]
    if gone and all(map(_NUMBERED.fullmatch, names)):
        raise DataError(
            f"{name} has no line of column names, by which the model finds its columns",
            f"put one before its rows, with: {listed([f.name for f in features])}",
        )
    if gone:
        what = "a column" if len(gone) == 1 else f"{len(gone):,} columns"
        what = f"{name} lacks {what} that the model needs: {listed(gone, most=20)}"
        raise DataError(what, meant(gone[0], list(names)))


def match_columns(columns: Sequence[ColumnSpec], names: Sequence[str]) -> list[str]:
    """Say which columns are new, and whether the others are in another order.

    Examples
    --------
    >>> spec = [ColumnSpec(name=n, role="feature", kind="number") for n in "ab"]
    >>> match_columns(spec, ["b", "x", "a"])
    ["column 'x' is not one of the model's: ignored", 'the columns are in another order: each is taken by its name']
    """  # noqa: E501
    known = [one.name for one in columns]
    more = [one for one in names if one not in set(known)]
    lines = []
    if len(more) == 1:
        lines.append(f"column {more[0]!r} is not one of the model's: ignored")
    elif more:
        lines.append(
            f"{len(more):,} columns are none of the model's: {listed(more)}: ignored"
        )
    common = [one for one in names if one in set(known)]
    if common != [one for one in known if one in set(common)]:
        lines.append("the columns are in another order: each is taken by its name")
    return lines


@dataclass
class _Odd:
    """Cells that cannot be what they should: how many, and the first."""

    count: int
    row: int
    looks: str


@dataclass
class Fit:
    """What was noticed in the cells of a new table, over all its blocks.

    Parameters
    ----------
    name : str
        What to call the table.
    coerce : bool, default=False
        Whether cells of the wrong kind are read as missing rather than refused.
    """

    name: str
    coerce: bool = False
    missing_words: dict[str, str] = field(default_factory=dict)
    """By column: what became of cells that pandas, not the model, takes as missing."""
    _new: dict[str, dict[str, int]] = field(default_factory=dict)
    _rare: set[str] = field(default_factory=set)
    _beyond: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    _missing: dict[str, int] = field(default_factory=dict)
    _read: dict[str, _Odd] = field(default_factory=dict)
    _wrong: dict[str, _Odd] = field(default_factory=dict)
    _columns: dict[str, ColumnSpec] = field(default_factory=dict)

    def new(self, spec: ColumnSpec, counts: dict[str, int], *, shared: bool) -> None:
        """Note levels that no training row had; `shared` if the rare ones share one."""
        if counts:
            found = self._new.setdefault(spec.name, {})
            for level, count in counts.items():
                if level in found or len(found) < 1_000:
                    found[level] = found.get(level, 0) + count
            if shared:
                self._rare.add(spec.name)

    def beyond(self, spec: ColumnSpec, count: int, low: float, high: float) -> None:
        """Note numbers outside the range of the training rows."""
        if count:
            self._columns[spec.name] = spec
            n, least, most = self._beyond.get(spec.name, (0, low, high))
            self._beyond[spec.name] = (n + count, min(least, low), max(most, high))

    def absent(self, spec: ColumnSpec, count: int) -> None:
        """Note missing cells of a column that had none."""
        if count and not spec.missing:
            self._missing[spec.name] = self._missing.get(spec.name, 0) + count

    def odd(self, spec: ColumnSpec, count: int, row: int, looks: str) -> None:
        """Note cells that are of the wrong kind."""
        self._columns[spec.name] = spec
        into = self._read if spec.lenient or self.coerce else self._wrong
        found = into.setdefault(spec.name, _Odd(0, row, looks))
        found.count += count

    def refuse(self) -> None:
        """Raise what makes the rows impossible to score.

        Raises
        ------
        DataError
        """
        if not self._wrong:
            return
        lines = []
        for name, odd in self._wrong.items():
            kind = KINDS[self._columns[name].cells]
            more = f" (and {plural(odd.count - 1, 'more cell')})" * (odd.count > 1)
            looks = _LOOKS.get(odd.looks, odd.looks)
            lines.append(
                f"column {name!r}, row {odd.row:,}: {looks} where {kind} is "
                f"expected{more}"
            )
        raise DataError(
            f"{self.name} does not fit the model: {'; '.join(lines)}",
            "correct these cells, or read them as missing",
            field="coerce",
        )

    def lines(self, *, ranges: bool = True) -> list[str]:
        """Return the notes, a line each; numbers out of range only if wanted."""
        lines = [f"{name}: {what}" for name, what in self.missing_words.items()]
        for name, odd in self._read.items():
            kind = KINDS[self._columns[name].cells]
            cells = plural(odd.count, "cell that is", "cells that are")
            lines.append(
                f"{name}: {cells} not {kind} read as missing, the first in row "
                f"{odd.row:,}"
            )
        for name, counts in self._new.items():
            shown = [f"{k!r} ({v:,})" for k, v in list(counts.items())[:MOST_LEVELS]]
            more = len(counts) - len(shown)
            shown += [f"{more:,} more"] if more > 0 else []
            how = "as the rare ones are" if name in self._rare else "as none of them"
            what = "a new level" if len(counts) == 1 else f"{len(counts):,} new levels"
            lines.append(f"{name}: {what}, encoded {how}: {', '.join(shown)}")
        for name, (count, low, high) in self._beyond.items() if ranges else ():
            spec = self._columns[name]
            lines.append(
                f"{name}: {plural(count, 'number lies', 'numbers lie')} beyond the "
                f"training rows' range, {spec.low:g} to {spec.high:g} (here {low:g} to "
                f"{high:g})"
            )
        for name, count in self._missing.items():
            lines.append(
                f"{name}: {plural(count, 'missing cell')}, where the training rows "
                "had none"
            )
        return lines
