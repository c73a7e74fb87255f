"""The first line of a delimited text file: its columns' names, where they are certain.

Reading a table takes the science stack, and a name that is misspelt is known at once.
What is not certain is left to `engine.data`, which reads everything.
"""

from __future__ import annotations

import csv
import gzip
import re
from contextlib import suppress
from pathlib import Path

from engine.core.errors import ChoiceError
from engine.core.format import meant
from engine.core.sections import DataSpec, ReadSpec
from engine.io import catalogue

_MOST = 1 << 16
"""Bytes of the beginning that are looked at."""
_DELIMITERS = ",;\t|"
_ENDS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


def check_target(data: DataSpec) -> None:
    """Refuse a target that the file's first line certainly does not have.

    Parameters
    ----------
    data : DataSpec

    Raises
    ------
    ChoiceError
        If there is no such column.
    """
    if data.target is None or data.read != ReadSpec():
        return
    text = _beginning(data.source)
    names = column_names(text)
    if not names or data.target in names:
        return
    # What is anywhere in the text may be a name in a way that is not known here.
    if re.search(rf"(?<!\w){re.escape(data.target)}(?!\w)", text) is None:
        why = meant(data.target, names)
        raise ChoiceError(f"no column {data.target!r}", why, field="data.target")


def columns_of(source: str) -> tuple[str, ...]:
    """Return the columns of a table, where its beginning says them for certain.

    Parameters
    ----------
    source : str
        A file of delimited text or Parquet, or a sample.

    Raises
    ------
    DataError
        If it is a sample that there is not.
    OSError or ValueError
        If a Parquet file cannot be read.

    Examples
    --------
    >>> columns_of("sample:moons"), columns_of("nowhere.csv")
    (('feature1', 'feature2', 'label'), ())
    """
    path = Path(source)
    if path.suffix.lower() == ".parquet" and path.is_file():
        import pyarrow.parquet

        return tuple(pyarrow.parquet.read_schema(path).names)
    return column_names(_beginning(source))


def column_names(text: str) -> tuple[str, ...]:
    r"""Return the names that the first line of a text has; none if it may be no header.

    Examples
    --------
    >>> column_names("age;sex\n41;f\n"), column_names("1,2\n")
    (('age', 'sex'), ())
    """
    line, newline, _ = text.partition("\n")
    delimiter = max(_DELIMITERS, key=line.count)
    if not newline or delimiter not in line or line.count('"') % 2:
        return ()
    (names,) = csv.reader([line.rstrip("\r")], delimiter=delimiter)
    names = [name.strip() for name in names]
    numbers = [name for name in names if name.replace(".", "").lstrip("+-").isdigit()]
    return () if numbers or "" in names or len({*names}) < len(names) else (*names,)


def _beginning(source: str) -> str:
    """Return the beginning of a text file; nothing of any other source."""
    name = source.partition(":")[2] if source.startswith("sample:") else ""
    path = catalogue.path(catalogue.find(name)) if name else Path(source)
    if not path.name.lower().endswith(_ENDS):
        return ""
    with suppress(OSError, EOFError, UnicodeDecodeError):
        opened = gzip.open if path.name.lower().endswith(".gz") else open
        with opened(path, "rb") as file:
            # A character may be cut at the end: whole lines only.
            head = file.read(_MOST)
        return head[: head.rfind(b"\n") + 1].decode("utf-8-sig")
    return ""
