"""Read a table from any source: a file, a public collection or standard input.

A file is identified by its content. `engine.io.source` parses the names of sources.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import hashlib
import http.client
import json
import shutil
import socket
import sys
import urllib.error
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow.parquet as pq
from msgspec.structs import replace

from engine.core.checks import check_data
from engine.core.errors import DataError, EngineError, OutputError, TooBigError
from engine.core.events import Reader, Sampled
from engine.core.execution import Progress, silent
from engine.core.experiment import DataSpec, ReadSpec
from engine.data.readers import tables
from engine.data.readers.arrow import as_arrow
from engine.data.readers.columnar import NOTES, TARGET, Workers
from engine.data.readers.open import holds, opened, spool
from engine.data.readers.raw import Notes, RawTable, chosen, line, settle
from engine.data.readers.values import Rules, columns
from engine.data.table_cache import ReadTable, TableCache
from engine.data.target import label
from engine.data.thin import DrawnRows, Thinning
from engine.io.files import fresh
from engine.io.machine import available
from engine.io.make_spec import is_made
from engine.io.make_spec import parse as parse_made
from engine.io.scratch import make_folder, sweep
from engine.io.source import STDIN, CollectionTable, check_piped, is_dataset, locate
from engine.io.source import parse as parse_dataset

__all__ = ["Progress", "Table", "fingerprint", "load", "load_data", "room"]

MEMORY_SHARE = 0.5
"""Share of the memory at hand that a table may take: a run needs the rest."""
TIMEOUT_SECONDS = 20.0
"""A server that says nothing for so long is not waited for."""
_HOSTS = {"imblearn": "zenodo.org", "openml": "openml.org"}
_HERE = "sample:NAME, dataset:sklearn/breast_cancer and make:moons"
_piped: list[Path] = []
"""Where this process has put its standard input."""


@dataclass(frozen=True)
class Table:
    """A table as it was read, columns cleaned but nothing learned yet.

    Attributes
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Text columns hold str or a missing value; numbers are numbers.
    name : str
        What to call it: the file's name, or ``sample:NAME``.
    reader : Reader
        How it was read, and what was guessed or fixed.
    sampled : Sampled or None
        Of how many rows these are a sample, if they are one.
    target : str or None
        What the file itself names as its target, as ARFF may.
    test_rows : int
        So many of the last rows come from a file of test rows.
    dates : dict
        The notation of each column of dates that was text, as for ``strptime``.
    drawn : DrawnRows or None
        Which rows of the file these are, if negatives were left out. Test rows of a
        second file are below them and not counted.
    """

    frame: pd.DataFrame
    name: str
    reader: Reader
    sampled: Sampled | None = None
    target: str | None = None
    test_rows: int = 0
    dates: dict[str, str] = field(default_factory=dict)
    drawn: DrawnRows | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed or fixed while reading."""
        return self.reader.notes


def room() -> int | None:
    """Return the bytes that a table may take here, or None if that is unknown."""
    free = available()
    return None if free is None else int(MEMORY_SHARE * free)


def load(
    source: str | Path,
    read: ReadSpec | None = None,
    *,
    target: str | None = None,
    progress: Progress | None = None,
    strict: bool = True,
    thinning: Thinning | None = None,
    keep: bool = True,
    workers: Workers | None = None,
) -> Table:
    """Read a table.

    Parameters
    ----------
    source : str or Path
        A file (delimited text, Parquet, Feather, JSON Lines, ARFF or Excel; text may
        be compressed), a folder or a pattern of Parquet or Feather files, which are
        one table, ``sample:NAME``, ``dataset:…`` or ``make:…``.
    read : ReadSpec or None, default=None
        What is known about the file; the rest is found out.
    target : str or None, default=None
        Column whose classes keep their shares in a sample.
    progress : callable or None, default=None
        Called with a stage (``"reading"``, ``"cleaning"``, …), what is done of it,
        and of how much (None where that is unknown).
    strict : bool, default=True
        Whether what means nothing for the file's format is refused.
    thinning : Thinning or None, default=None
        Whether negatives of a large file may be left out; none are when None.
    keep : bool, default=True
        Whether what took long to read is kept in the user's cache, for the next time
        that the same file is read.
    workers : callable or None, default=None
        Who reads the parts of such a file, if it is Parquet or Feather.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        If there is no such file, or it holds no table with at least one row.
    TooBigError
        If it would take more than half of the memory at hand.

    Examples
    --------
    >>> load("sample:moons").frame.shape
    (2750, 3)
    """
    spec = read or ReadSpec()
    tell = progress or silent
    check_data(DataSpec(source=str(source), read=spec))
    if is_made(source):
        from engine.data.synthetic import frame

        if spec.rows is not None:
            raise DataError(
                "a sample of a made-up table", "ask for fewer rows: make:moons?rows=500"
            )
        if strict:
            tables.refuse_unused(spec, "made", str(source))
        made = frame(parse_made(str(source)))
        places, _ = chosen(list(made.columns), spec.columns, str(source))
        raw = RawTable(made.iloc[:, places], Reader(format="made"))
        return _finish(raw, str(source), spec, None, tell)
    path, name = resolve(source, tell)
    cache = None
    if keep and str(source) != STDIN:
        cache = TableCache(path, spec, strict, target, thinning)
        if (kept := cache.find()) is not None:
            return Table(**kept._asdict())
    limit = room()
    # Unpacked it may be as large as its table; what is unclear in it is written anew.
    packed = None if spec.rows or (thinning and thinning.negatives) else limit
    with opened(path, name, member=spec.member, progress=tell, limit=packed) as file:
        raw, sampled = tables.read(
            file,
            name,
            spec,
            target,
            limit,
            tell,
            strict=strict,
            thinning=thinning,
            workers=workers,
        )
        reader = replace(
            raw.reader,
            compression=file.compression,
            member=raw.reader.member or file.member,
        )
    table = _finish(raw._replace(reader=reader), name, spec, sampled, tell)
    if cache is None:
        return table
    known = {name: getattr(table, name) for name in ReadTable._fields}
    return Table(**cache.keep(ReadTable(**known), tell)._asdict())


def load_data(
    data: DataSpec,
    *,
    progress: Progress | None = None,
    keep: bool = True,
    workers: Workers | None = None,
) -> Table:
    """Read the table of an experiment, with its test rows below if it names them.

    Of a large Parquet, Feather or text file whose target is named and has two classes
    all positives are read and a part of the negatives; `Table.drawn` says which.

    Parameters
    ----------
    data : DataSpec
    progress, keep, workers
        As of `load`.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        If a table cannot be read, or the test rows lack a column.
    """
    if data.test_source is None:
        return _training_rows(data, data.read, progress, keep, workers)
    member = data.read.member
    ours, theirs = (_holds(one, member) for one in (data.source, data.test_source))
    # A name that only the other file has is meant for that one.
    spec = replace(data.read, member=member if ours or not theirs else None)
    table = _training_rows(data, spec, progress, keep, workers)
    spec = replace(data.read, rows=None, format=None, member=member if theirs else None)
    test = load(
        data.test_source,
        spec,
        target=data.target,
        progress=progress,
        strict=False,
        keep=keep,
    )
    return _below(table, test)


def _training_rows(
    data: DataSpec,
    spec: ReadSpec,
    progress: Progress | None,
    keep: bool,
    workers: Workers | None,
) -> Table:
    """Read the first table; of a large one with two classes maybe not all negatives."""
    target, thinning = data.target, Thinning.of(data)
    try:
        return load(
            data.source,
            spec,
            target=target,
            progress=progress,
            thinning=thinning,
            keep=keep,
            workers=workers,
        )
    except TooBigError as error:
        if error.sample_rows and (target is None or data.thin == 0):
            named = "" if target else "name the target and "
            error.fix += f", or {named}leave out most negatives"
            more = "data.thin" if target else "data.target data.thin"
            error.field = f"{error.field} {more}"
        raise


def _below(table: Table, test: Table) -> Table:
    """Put test rows below, columns matched by name.

    A column that is numbers in one of them and words in the other holds words.
    """
    absent = [c for c in table.frame.columns if c not in test.frame.columns]
    if absent:
        raise DataError(
            f"{test.name} has no column {absent[0]!r}, which {table.name} has",
            "give test rows with the columns of the training rows",
        )
    more = [str(c) for c in test.frame.columns if c not in table.frame.columns]
    both: dict[str, pd.Series] = {}
    for name in table.frame.columns:
        parts = [table.frame[name], test.frame[name]]
        # Numbers, dates or words.
        kinds = (p.dtype.kind.replace("i", "f") for p in parts if p.notna().any())
        if len({kind if kind in "fM" else "w" for kind in kinds}) > 1:
            parts = [
                p.astype(object).map(label, na_action="ignore").where(p.notna(), None)
                for p in parts
            ]
        both[name] = pd.concat(parts, ignore_index=True)
    notes = [*table.notes, *(f"{test.name}: {n}" for n in test.notes)]
    if more:
        left = ", ".join(more[:5])
        notes.append(f"{test.name}: {left} left out (no such column in {table.name})")
    return dataclasses.replace(
        table,
        frame=pd.DataFrame(both, copy=False),
        name=f"{table.name} + {test.name}",
        reader=replace(table.reader, notes=tuple(notes)),
        test_rows=len(test.frame),
    )


def _holds(source: str | Path, member: str | None) -> bool:
    return (
        member is not None and not is_made(source) and holds(resolve(source)[0], member)
    )


def fingerprint(frame: pd.DataFrame, more: bytes = b"") -> str:
    """Return the SHA-256 of all cells in order, as 64 hexadecimal digits.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
    more : bytes, default=b""
        What else belongs to it, such as the target as it is used.
    """
    hashed = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    names = "\x00".join(map(str, frame.columns)).encode("utf-8", "backslashreplace")
    return hashlib.sha256(names + hashed.tobytes() + more).hexdigest()


def _finish(
    raw: RawTable, name: str, spec: ReadSpec, sampled: Sampled | None, tell: Progress
) -> Table:
    """Clean columns and names, and refuse what is no table."""
    notes = Notes()
    notes.say(*raw.reader.notes)
    names, changes = settle(list(raw.frame.columns))
    notes.say(*changes)
    if raw.frame.shape[1] == 0:
        raise DataError(f"{name} has no columns", "give a file with a header row")
    if raw.frame.shape[0] == 0:
        raise DataError(
            f"{name} has a header but no rows", "give a file with data rows"
        )
    frame = columns(raw.frame, names, Rules.of(spec, raw.reader), notes, tell)
    if frame.shape[1] == 1 and not spec.columns:
        more = ": name the delimiter if there are more" if raw.reader.delimiter else ""
        notes.say(f"it has one column only{more}")
    reader = replace(
        raw.reader,
        decimal=spec.decimal or raw.reader.decimal,
        notes=tuple(notes.lines()),
    )
    return Table(
        frame, name, reader, sampled, raw.target, dates=notes.dates, drawn=raw.drawn
    )


# Where the file of a source is ------------------------------------------------------


def resolve(source: str | Path, progress: Progress = silent) -> tuple[Path, str]:
    """Return the file of a source and what to call it.

    Parameters
    ----------
    source : str or Path
        A path, a folder or a pattern, ``sample:NAME``, ``dataset:…``, which is
        fetched if it is not kept here already, or ``-``, which is read to its end the
        first time.
    progress : callable, optional
        Called with ``("fetching", 0, None)`` or ``("reading standard input", bytes,
        None)``.

    Returns
    -------
    path : Path
        A regular file that can be read, or what `engine.io.source.files` takes for
        many.
    name : str
        The file's name, or the source that names it.

    Raises
    ------
    DataError
        If there is no such file, a folder has no Parquet or Feather file, it is a pipe
        or a device, or the dataset cannot be fetched.

    Examples
    --------
    >>> resolve("sample:moons")[1]
    'sample:moons'
    """
    text = str(source)
    if is_dataset(text):
        return fetch(parse_dataset(text), progress=progress), text
    if text == STDIN:
        return _standard_input(progress), "standard input"
    return locate(text)


def fetch(wanted: CollectionTable, *, progress: Progress = silent) -> Path:
    """Return the file of a table, fetching it the first time.

    Parameters
    ----------
    wanted : CollectionTable
    progress : callable, optional
        Called with ``("fetching", 0, None)`` before something is fetched.

    Returns
    -------
    Path
        A Parquet file that names its target.

    Raises
    ------
    DataError
        If the collection cannot be reached or has no such table, or the file cannot be
        written.
    """
    file = wanted.file
    if file.exists():
        return file
    progress("fetching", 0, None)
    with _reached(wanted):
        match wanted.collection:
            case "sklearn":
                got = _sklearn(wanted.name)
            case "imblearn":
                got = _imblearn(wanted.name, file.parent)
            case _:
                got = _openml(wanted)
    _keep(got, file)
    return file


def _standard_input(progress: Progress) -> Path:
    """Return the file that standard input was copied to; it can be read only once."""
    if not _piped:
        check_piped()
        path = spool(sys.stdin.buffer, progress=progress)
        _piped.append(path)
        atexit.register(path.unlink, missing_ok=True)
    return _piped[0]


# Public collections, fetched by their own libraries ---------------------------------


class _Got(NamedTuple):
    frame: pd.DataFrame
    target: str | None
    notes: tuple[str, ...] = ()


def _sklearn(name: str) -> _Got:
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{name}")(as_frame=True)
    frame = bunch.frame
    # The names of the classes say more than their numbers.
    labels = [str(label) for label in bunch.target_names]
    frame["target"] = [labels[code] for code in frame["target"]]
    return _Got(frame, "target")


def _imblearn(name: str, home: Path) -> _Got:
    """Fetch all of its tables, which come in one archive, when the first is wanted."""
    from imblearn.datasets import fetch_datasets

    copies = make_folder(home) / "zenodo"
    try:
        found = fetch_datasets(data_home=str(home), filter_data=(name,))
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
        shutil.rmtree(copies, ignore_errors=True)
        raise DataError(
            f"the copy of imblearn's datasets in {copies} was damaged, and is removed",
            "try again: it will be fetched anew",
        ) from None
    bunch = found[name]
    names = [f"f{place}" for place in range(bunch.data.shape[1])]
    frame = pd.DataFrame(bunch.data, columns=names)
    frame["target"] = bunch.target
    return _Got(frame, "target")


def _openml(wanted: CollectionTable) -> _Got:
    from sklearn.datasets import fetch_openml

    which: dict[str, object] = {
        "name": wanted.name,
        "version": wanted.version or "active",
    }
    if wanted.version is None and wanted.name.isdigit():
        which = {"data_id": int(wanted.name)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bunch = fetch_openml(
            **which, as_frame=True, cache=False, n_retries=1, delay=0.5, parser="auto"
        )
    notes = tuple(
        " ".join(str(one.message).split())
        for one in caught
        if one.category is UserWarning and "ersion" in str(one.message)
    )
    targets = list(bunch.target_names or ())
    return _Got(bunch.frame, targets[0] if len(targets) == 1 else None, notes)


@contextlib.contextmanager
def _reached(wanted: CollectionTable) -> Iterator[None]:
    """Wait for nobody for ever, and say in one line what went wrong."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    source, host = wanted.source, _HOSTS.get(wanted.collection, "its server")
    try:
        yield
    except EngineError:
        raise
    except urllib.error.HTTPError as error:
        raise DataError(
            f"{source} cannot be fetched: {host} answered {error.code} {error.reason}",
            f"is its name right? try again later, or take {_HERE}",
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None)
        cause = reason if isinstance(reason, BaseException) else error
        text = getattr(cause, "strerror", None) or line(cause)
        raise DataError(
            f"{source} cannot be fetched from {host}: {text}",
            f"connect to the network once; without one there are {_HERE}",
        ) from None
    except Exception as error:  # whatever a damaged file or an odd name leads to
        raise DataError(
            f"{source} cannot be had from {host}: {line(error).strip(chr(39))}",
            "try again later; www.openml.org tells which names and versions it has",
        ) from None
    finally:
        socket.setdefaulttimeout(before)


def _keep(got: _Got, file: Path) -> None:
    """Write the table; no other process ever finds half of it."""
    metadata = {NOTES: json.dumps(got.notes).encode()}
    if got.target is not None:
        metadata[TARGET] = str(got.target).encode()
    table = as_arrow(got.frame).replace_schema_metadata(metadata)
    try:
        sweep(make_folder(file.parent))
        with fresh(file, overwrite=True) as out:
            pq.write_table(table, out, write_page_checksum=True)
    except (OSError, OutputError) as error:
        why = getattr(error, "message", None) or getattr(error, "strerror", None)
        raise DataError(
            f"cannot keep it in {file.parent}: {why or line(error)}",
            "set XDG_CACHE_HOME to a folder with room that you may write to",
        ) from None
