"""Read a table: delimited text or Parquet, plain or compressed."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from engine.data.source import resolve
from engine.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Progress", "Table", "load"]

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Told what is done now, bytes read, and of how many (None where unknown)."""

DELIMITERS = ",;\t|"
MISSING_NAMES = frozenset(
    {"", "na", "n/a", "#n/a", "#na", "nan", "-nan", "<na>", "null", "none"}
)
"""What a missing number is called; among words each of these may be one."""
SNIFF_BYTES = 1 << 16
READ_BYTES = 1 << 18
MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}


@dataclass(frozen=True)
class Table:
    """A table as it was read, columns cleaned but nothing learned yet.

    Attributes
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Text columns hold str or a missing value; numbers are numbers.
    name : str
        What to call it: the file's name, or ``sample:NAME``.
    reader : dict
        How it was read: format, delimiter, encoding, compression.
    notes : tuple of str
        What was guessed or mended while reading.
    """

    frame: pd.DataFrame
    name: str
    reader: dict[str, str | None]
    notes: tuple[str, ...] = ()


def load(source: str | Path, *, progress: Progress | None = None) -> Table:
    """Read a table.

    Parameters
    ----------
    source : str or Path
        A CSV, TSV or Parquet file; text may be compressed with gzip, bz2, xz,
        zstd or zip. ``sample:NAME`` reads a sample dataset.
    progress : callable or None, default=None
        Called with ``("reading", bytes, of bytes)`` as the file's bytes go by, for
        text that is plain or one compressed stream, and with
        ``("cleaning", 0, None)`` after the last one.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        If there is no such file, or it holds no table with at least one row.

    Examples
    --------
    >>> load("sample:moons").frame.shape
    (2750, 3)
    """
    path, name = resolve(source)
    with path.open("rb") as file:
        head = file.read(6)
    if not head:
        raise DataError(f"{name} is empty (0 bytes)", "give a file with a header row")
    progress = progress or _silent
    if head.startswith(b"PAR1"):
        progress("reading", 0, None)
        frame, reader = _read_parquet(path, name)
        notes: list[str] = []
    else:
        frame, reader, notes = _read_text(path, name, _compression(head), progress)
    progress("cleaning", 0, None)
    if frame.shape[1] == 0:
        raise DataError(f"{name} has no columns", "give a file with a header row")
    if frame.shape[0] == 0:
        raise DataError(
            f"{name} has a header but no rows", "give a file with data rows"
        )
    return Table(
        frame=_clean(frame, notes), name=name, reader=reader, notes=tuple(notes)
    )


def fingerprint(frame: pd.DataFrame, more: bytes = b"") -> str:
    """Return the SHA-256 of all cells in order, as 64 hexadecimal digits.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
    more : bytes, default=b""
        What else belongs to it, such as the target as it is used.
    """
    import pandas as pd

    hashed = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    names = "\x00".join(map(str, frame.columns)).encode("utf-8", "backslashreplace")
    return hashlib.sha256(names + hashed.tobytes() + more).hexdigest()


def _compression(head: bytes) -> str | None:
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), None)


def _read_parquet(path: Path, name: str) -> tuple[pd.DataFrame, dict[str, str | None]]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # pyarrow raises half a dozen kinds here
        raise DataError(
            f"{name} looks like Parquet but cannot be read: {_line(error)}",
            "write it again, or give it as CSV",
        ) from None
    reader = {"format": "parquet", "delimiter": None, "encoding": None}
    return frame.reset_index(drop=True), reader


def _read_text(
    path: Path, name: str, compression: str | None, progress: Progress
) -> tuple[pd.DataFrame, dict[str, str | None], list[str]]:
    import pandas as pd

    notes: list[str] = []
    sample = _head(path, name, compression)
    if b"\x00" in sample and not sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(
            f"{name} is no text file (it holds NUL bytes)",
            "give a CSV, TSV or Parquet file",
        )
    encoding = _encoding(sample)
    text = sample.decode(encoding, "replace")
    if not text.strip():
        raise DataError(f"{name} holds only blank lines", "give a file with a header")
    delimiter = _delimiter(text)
    try:
        frame = _parse(path, compression, delimiter, encoding, progress)
    except UnicodeDecodeError:
        encoding = "cp1252"
        notes.append("not UTF-8: read as Windows-1252")
        try:
            frame = _parse(path, compression, delimiter, "cp1252", progress)
        except UnicodeDecodeError:
            encoding = "latin-1"
            frame = _parse(path, compression, delimiter, "latin-1", progress)
    except pd.errors.EmptyDataError:
        raise DataError(f"{name} holds no table", "give a file with a header") from None
    except (pd.errors.ParserError, ValueError, csv.Error) as error:
        reason = _line(error).removeprefix("Error tokenizing data. C error: ")
        raise DataError(
            f"{name} cannot be read as a table: {reason}",
            "check that line: quotes and the number of fields",
        ) from None
    except (EOFError, OSError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{name} cannot be read: {_line(error)}", "is the file whole?"
        ) from None
    if delimiter != ",":
        notes.append(f"fields are separated by {_spoken(delimiter)}")
    reader = {
        "format": "delimited text",
        "delimiter": delimiter,
        "encoding": encoding,
        "compression": compression,
    }
    return frame, reader, notes


def _parse(
    path: Path,
    compression: str | None,
    delimiter: str,
    encoding: str,
    progress: Progress,
) -> pd.DataFrame:
    import pandas as pd

    with _counted(path, compression, progress) as source:
        return pd.read_csv(
            source,
            sep=delimiter,
            encoding=encoding,
            # Else a row with one field too many shifts every column, unsaid.
            index_col=False,
            compression=compression or None,  # type: ignore[arg-type]  # a Literal
            low_memory=False,
            # Whether NA is a missing number or a level is told by its column.
            keep_default_na=False,
            na_values=[""],
        )


def _silent(stage: str, done: int, total: int | None) -> None:
    """Tell nobody."""


class _Counted(io.FileIO):
    """A file that tells how many of its bytes have been read."""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(path)
        self._progress = progress
        self._total = path.stat().st_size
        self._done = 0
        progress("reading", 0, self._total)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = super().readinto(buffer) or 0
        self._done += count
        if count:
            self._progress("reading", self._done, self._total)
        else:
            # What was read is still to be parsed.
            self._progress("cleaning", 0, None)
        return count


def _counted(
    path: Path, compression: str | None, progress: Progress
) -> nullcontext[Path] | io.BufferedReader:
    """Return the file to read from, as a context."""
    if progress is _silent:
        return nullcontext(path)
    if compression == "zip":
        # Its directory is at the end: the bytes do not go by in order.
        progress("reading", 0, None)
        return nullcontext(path)
    return io.BufferedReader(_Counted(path, progress), READ_BYTES)


def _head(path: Path, name: str, compression: str | None) -> bytes:
    """Return the first bytes of the text, decompressed."""
    try:
        with path.open("rb") as raw:
            return _opened(raw, compression).read(SNIFF_BYTES)
    except (EOFError, OSError, zipfile.BadZipFile, StopIteration) as error:
        raise DataError(
            f"{name} cannot be decompressed: {_line(error)}", "is the file whole?"
        ) from None


def _opened(raw: io.BufferedReader, compression: str | None) -> io.BufferedIOBase:
    import bz2
    import lzma

    match compression:
        case "gzip":
            return gzip.GzipFile(fileobj=raw)
        case "bz2":
            return bz2.BZ2File(raw)
        case "xz":
            return lzma.LZMAFile(raw)
        case "zstd":
            import zstandard

            return io.BytesIO(
                zstandard.ZstdDecompressor().stream_reader(raw).read(SNIFF_BYTES)
            )
        case "zip":
            archive = zipfile.ZipFile(raw)
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) != 1:
                raise OSError(
                    f"the archive holds {len(members)} files where one is needed"
                )
            return io.BytesIO(archive.open(members[0]).read(SNIFF_BYTES))
        case _:
            return raw


def _encoding(sample: bytes) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig" if sample.startswith(b"\xef\xbb\xbf") else "utf-8"


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first lines most evenly."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    if len(lines) > 1 and len(text) >= SNIFF_BYTES:
        lines = lines[:-1]
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        score = (sum(w == widths[0] for w in widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _clean(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Strip text, turn blanks into missing, and text that is numbers into numbers."""
    import numpy as np
    import pandas as pd

    columns: dict[str, pd.Series] = {}
    for position, label in enumerate(frame.columns):
        name = str(label).strip()
        series = frame.iloc[:, position]
        if name in columns:
            raise DataError(
                f"two columns are called {name!r}", "give every column its own name"
            )
        if isinstance(series.dtype, pd.CategoricalDtype):
            series = series.astype(object)
        if pd.api.types.is_bool_dtype(series.dtype):
            series = series.astype(object).map({True: "True", False: "False"})
        elif pd.api.types.is_numeric_dtype(series.dtype):
            if series.dtype.kind not in "iu":
                series = series.astype("float64")
                infinite = np.isinf(series.to_numpy())
                if infinite.any():
                    notes.append(f"{name}: {infinite.sum():,} infinite made missing")
                    series = series.mask(infinite)
        elif not pd.api.types.is_datetime64_any_dtype(series.dtype):
            series = _clean_text(series, name, notes)
        columns[name] = series.reset_index(drop=True)
    return pd.DataFrame(columns)


def _clean_text(series: pd.Series, name: str, notes: list[str]) -> pd.Series:
    """Work on the distinct values: most text columns have few."""
    import numpy as np
    import pandas as pd

    first = next((value for value in series if value is not None), None)
    if isinstance(first, list | dict | tuple | np.ndarray):
        raise DataError(
            f"column {name!r} holds lists", "give a table with one value per cell"
        )
    codes, values = pd.factorize(series)
    stripped = [str(value).strip() for value in values]
    blank = {i for i, text in enumerate(stripped) if text.lower() in MISSING_NAMES}
    known = [t for i, t in enumerate(stripped) if i not in blank]
    numbers = pd.to_numeric(pd.Series(known, dtype=object), errors="coerce")
    lookup: pd.Series
    if numbers.notna().all():
        if blank:
            count = int(pd.Series(codes).isin(blank).sum())
            notes.append(f"{name}: {count:,} blank cells read as missing")
        lookup = pd.to_numeric(
            pd.Series(
                [None if i in blank else t for i, t in enumerate(stripped)],
                dtype=object,
            )
        )
    else:
        lookup = pd.Series([t or None for t in stripped], dtype=object)
    # Code -1 is missing; reindex turns it, and only it, into a missing value.
    return lookup.reindex(codes).reset_index(drop=True)


def _line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")


def _spoken(delimiter: str) -> str:
    return {"\t": "tabs", ";": "semicolons", "|": "bars"}.get(delimiter, delimiter)
