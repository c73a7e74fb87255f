"""Tables that took long to read, kept for the next command that reads the same file.

Kept are delimited text and other formats that have to be parsed, and the rows drawn of
a large file. A file is the same while its path, size and time of change are. Columns
are mapped into memory, which the system can take back, and shared by all processes.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd

from engine.core.errors import DataError
from engine.core.events import Reader, Sampled
from engine.core.execution import Progress, silent
from engine.core.experiment import ReadSpec
from engine.core.version import __version__
from engine.data.array_cache import ArrayCache
from engine.data.readers.magic import COLUMNAR
from engine.data.thin import DrawnRows, Thinning
from engine.io.source import files, folder

SMALLEST = 32 * 2**20
"""Bytes of a file below which reading it takes no time."""
LARGEST = 20 * 2**30
"""Bytes that all kept tables may take; one of them a quarter."""
FREE = 4
"""So many times its size must be free on the disk."""
_FORMAT = 1
"""Raised when what is kept changes its form."""


class ReadTable(NamedTuple):
    """What is kept of a table: all that reading it gave.

    Attributes are those of `engine.data.load.Table` of one file.
    """

    frame: pd.DataFrame
    name: str
    reader: Reader
    sampled: Sampled | None
    target: str | None
    dates: dict[str, str]
    drawn: DrawnRows | None


class _TableFacts(msgspec.Struct, frozen=True):
    """What is kept beside the arrays; `missing` says by column what a gap is."""

    name: str
    reader: Reader
    sampled: Sampled | None
    target: str | None
    dates: dict[str, str]
    names: tuple[str, ...]
    missing: tuple[str, ...]
    drawn: dict[str, Any] | None


class TableCache:
    """Finds and keeps the table of one file, read in one way.

    Parameters
    ----------
    path : Path
        A file, a folder or a pattern.
    spec : ReadSpec
    strict : bool
    target : str or None
    thinning : Thinning or None

    Examples
    --------
    >>> cache = TableCache(Path(__file__), ReadSpec(), True, None, None)
    >>> cache.find() is None
    True
    """

    def __init__(
        self,
        path: Path,
        spec: ReadSpec,
        strict: bool,
        target: str | None,
        thinning: Thinning | None,
    ) -> None:
        self._thinning = thinning
        self._sampled = spec.rows is not None
        self._kept: ArrayCache | None = None
        stats = [(str(one), one.stat()) for one in files(path)]
        if sum(about.st_size for _, about in stats) < SMALLEST:
            return
        same = [
            (name, about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)
            for name, about in stats
        ]
        versions = _FORMAT, __version__, pd.__version__, np.__version__
        way = versions, str(path.absolute()), same, spec, strict
        self._whole = _address(way)
        self._part = _address((way, target, thinning))
        with suppress(DataError):
            self._kept = ArrayCache(folder("tables"), LARGEST)

    def find(self) -> ReadTable | None:
        """Return the table, if it was kept and is undamaged."""
        if self._kept is None:
            return None
        stored = self._kept.get(self._part, _TableFacts)
        if stored is None and not self._sampled:
            stored = self._kept.get(self._whole, _TableFacts)
            if stored is not None and self._draws(_rows(stored[0])):
                return None
        return None if stored is None else _restore(*stored)

    def keep(self, table: ReadTable, tell: Progress = silent) -> ReadTable:
        """Keep a table that is worth it; return it as it is found from now on."""
        parsed = table.reader.format not in COLUMNAR
        if self._kept is None or not (parsed or table.drawn is not None):
            return table
        arrays, missing = _columns(table.frame)
        size = sum(array.nbytes for array in arrays.values())
        if missing is None or size * FREE > _free(self._kept.folder):
            return table
        about = None
        if table.drawn is not None:
            about = msgspec.structs.asdict(table.drawn)
            arrays["numbers"], arrays["even"] = about.pop("numbers"), about.pop("even")
        *_, sampled, target, dates, _ = table
        names = tuple(map(str, table.frame.columns))
        facts = _TableFacts(
            *(table.name, table.reader, sampled, target, dates, names, missing, about)
        )
        part = self._sampled or self._draws(len(table.frame)) or about is not None
        address = self._part if part else self._whole
        tell("keeping", 0, None)
        self._kept.put(address, arrays, facts)
        stored = self._kept.get(address, _TableFacts)
        return table if stored is None else _restore(*stored)

    def _draws(self, rows: int) -> bool:
        """Tell whether a file of so many rows may be read in part."""
        return self._thinning is not None and self._thinning.may_draw(rows)


def _address(what: object) -> str:
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()


def _free(home: Path) -> int:
    """Return the bytes that are free where a folder is, or will be."""
    with suppress(OSError):
        return shutil.disk_usage(home).free
    return 0


def _rows(arrays: dict[str, np.ndarray]) -> int:
    return len(next(iter(arrays.values())))


def _columns(
    frame: pd.DataFrame,
) -> tuple[dict[str, np.ndarray], tuple[str, ...] | None]:
    """Return columns as arrays, and what their gaps are; None if one cannot be kept.

    Text is kept as the place of each cell among its distinct texts.
    """
    arrays: dict[str, np.ndarray] = {}
    missing = []
    for place in range(frame.shape[1]):
        column, gap = frame.iloc[:, place], ""
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufM":
            arrays[f"c{place}"] = column.to_numpy()
        elif column.dtype == object:
            codes, words = pd.factorize(column)
            gaps = column[codes < 0]
            gap = "None" if all(cell is None for cell in gaps) else "nan"
            plain = gap == "None" or all(isinstance(cell, float) for cell in gaps)
            if not (plain and all(type(word) is str for word in words)):
                return {}, None
            texts = [word.encode("utf-8", "surrogatepass") for word in words]
            arrays[f"c{place}"] = codes.astype(np.int32)
            arrays[f"t{place}"] = np.frombuffer(b"".join([*texts, b"\0"]), np.uint8)
            arrays[f"e{place}"] = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        else:
            return {}, None
        missing.append(gap)
    return arrays, tuple(missing)


def _restore(arrays: dict[str, np.ndarray], facts: _TableFacts) -> ReadTable:
    columns: dict[str, pd.Series] = {}
    for place, (name, gap) in enumerate(zip(facts.names, facts.missing, strict=True)):
        cells = arrays[f"c{place}"]
        if gap:
            whole = arrays[f"t{place}"].tobytes()
            ends = arrays[f"e{place}"].tolist()
            texts = [
                whole[begin:end].decode("utf-8", "surrogatepass")
                for begin, end in itertools.pairwise(ends)
            ]
            known = np.empty(len(texts) + 1, dtype=object)
            known[:-1] = texts
            known[-1] = None if gap == "None" else np.nan
            columns[name] = pd.Series(known[cells], dtype=object)
        else:
            columns[name] = pd.Series(np.asarray(cells), copy=False)
    frame = pd.DataFrame(columns, copy=False)
    drawn = None
    if facts.drawn is not None:
        drawn = DrawnRows(
            **facts.drawn,
            numbers=np.asarray(arrays["numbers"]),
            even=np.asarray(arrays["even"]),
        )
    return ReadTable(
        *(frame, facts.name, facts.reader, facts.sampled),
        *(facts.target, facts.dates, drawn),
    )
