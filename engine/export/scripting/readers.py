"""The readers of pandas, with the arguments that a file needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from engine.data.read.dialect import WHITESPACE
from engine.data.read.values import is_number
from engine.errors import SpecError
from engine.events import Reader as Found
from engine.export.scripting.words import WIDTH, listed, literal

__all__ = ["TEXT", "Reader", "UnreadError", "call", "cannot", "reader"]

TEXT: tuple[tuple[str, Any], ...] = (("dtype", str), ("keep_default_na", False))
"""Cells stay what is written; what is missing is said."""
_JSON = (("lines", True), ("dtype", False), ("precise_float", True))
_PLAIN: dict[str, tuple[str, tuple[tuple[str, Any], ...]]] = {
    "made": ("read_csv", TEXT),
    "parquet": ("read_parquet", ()),
    "feather": ("read_feather", ()),
    "jsonl": ("read_json", _JSON),
}


class UnreadError(SpecError):
    """Pandas alone does not come to the run's table."""


def cannot(why: str) -> UnreadError:
    """Return the error that pandas alone does not come to the run's table.

    Examples
    --------
    >>> print(cannot("it is excel"))
    pandas alone does not read the run's table: it is excel. Run it as a CSV with one \
header line, or export the arm as a bundle (--as bundle)
    """
    return UnreadError(
        f"pandas alone does not read the run's table: {why}",
        "run it as a CSV with one header line, or export the arm as a bundle "
        "(--as bundle)",
    )


Absent = Sequence[str] | Mapping[Any, Sequence[str]]
"""Texts that stand for a missing cell: of all columns, or of each."""


@dataclass(frozen=True)
class Reader:
    """A reader of pandas and its arguments, which can be used and be written.

    Examples
    --------
    >>> Reader("read_csv", (("sep", ";"),)).lines("DATA")
    ('table = pd.read_csv(DATA, sep=";")',)
    """

    function: str
    given: tuple[tuple[str, Any], ...]

    def read(self, path: Path) -> pd.DataFrame:
        """Read a file."""
        function: Callable[..., pd.DataFrame] = getattr(pd, self.function)
        return function(path, **dict(self.given))

    def takes(self, texts: Absent) -> bool:
        """Tell whether it can take texts for missing cells, and no other ones.

        Of a number pandas takes every other way to write it as well.
        """
        lists = texts.values() if isinstance(texts, Mapping) else [texts]
        number = any(is_number(text.strip()) for every in lists for text in every)
        return self.function == "read_csv" and not number

    def missing(self, texts: Absent) -> Reader:
        """Return a reader that takes texts for missing cells."""
        if not texts:
            return self
        return replace(self, given=(*self.given, ("na_values", texts)))

    def lines(self, *files: str) -> tuple[str, ...]:
        """Return the code that reads one file, or two and puts them together.

        Parameters
        ----------
        *files : str
            The code of each one's path.
        """
        parts = [f"{key}={_argument(key, value)}" for key, value in self.given]
        name = f"pd.{self.function}"
        if len(files) == 1:
            return (f"table = {call(name, [*files, *parts], 8)}",)
        one, other = files
        both = f"table, test_table = read({one}), read({other})"
        if len(both) > WIDTH:
            both = f"table = read({one})\ntest_table = read({other})"
        return (
            "\n\ndef read(path):",
            f"    return {call(name, ['path', *parts], 11, 4)}\n\n",
            both,
            "first = len(table)",
            "table = pd.concat([table, test_table], ignore_index=True)",
        )


def _argument(key: str, value: Any) -> str:
    if value is str:
        return "str"
    if key == "na_values" and len(literal(value)) > WIDTH - 20:
        return listed(value, 4)
    return literal(value)


def call(name: str, parts: Sequence[str], begins: int, indent: int = 0) -> str:
    """Return a call, a line for each argument if one line would be too long."""
    line = f"{name}({', '.join(parts)})"
    if len(line) + begins <= WIDTH:
        return line
    inside = "".join(f"{' ' * (indent + 4)}{part},\n" for part in parts)
    return f"{name}(\n{inside}{' ' * indent})"


def reader(found: Found) -> Reader:
    """Return the reader for a file, as the run found it to be.

    Raises
    ------
    SpecError
        If pandas has none that needs no other package.

    Examples
    --------
    >>> reader(Found(format="text", delimiter=";", header=1)).given[2:]
    (('sep', ';'),)
    """
    if found.format in _PLAIN:
        return Reader(*_PLAIN[found.format])
    if found.format != "text":
        raise cannot(f"it is {found.format}")
    given: list[tuple[str, Any]] = list(TEXT)
    mark = found.delimiter
    if mark == WHITESPACE:
        given.append(("sep", r"\s+"))
    elif mark is not None and len(mark) > 1:
        given += [("sep", re.escape(mark)), ("engine", "python")]
    elif mark not in (None, ","):
        given.append(("sep", mark))
    if found.quoting == "none":
        given.append(("quoting", 3))
    elif found.quoting not in (None, '"'):
        given.append(("quotechar", found.quoting))
    if found.escape is not None:
        given.append(("escapechar", found.escape))
    if found.encoding not in (None, "utf-8", "ascii"):
        given.append(("encoding", found.encoding))
    if found.skipped:
        given.append(("skiprows", found.skipped))
    if found.header == 0:
        given.append(("header", None))
    elif found.header not in (None, 1):
        raise cannot(f"its header has {found.header} lines")
    if found.compression is not None:
        if found.compression == "zstd":
            raise cannot("it is packed with zstd, for which pandas needs a package")
        given.append(("compression", found.compression))
    return Reader("read_csv", tuple(given))
