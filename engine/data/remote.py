"""Fetch a table of a public collection through its own library, and keep it."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import urllib.error
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import pyarrow.parquet as pq

from engine.core.errors import DataError, EngineError, OutputError
from engine.data.readers.arrow import as_arrow
from engine.data.readers.columnar import NOTES, TARGET
from engine.data.readers.raw import line
from engine.io.files import fresh
from engine.io.scratch import make_folder, sweep

if TYPE_CHECKING:
    from engine.io.collection import CollectionTable


TIMEOUT_SECONDS = 20.0
"""A server that says nothing for so long is not waited for."""
_HOSTS = {"imblearn": "zenodo.org", "openml": "openml.org"}
_HERE = "sample:NAME, dataset:sklearn/breast_cancer and make:moons"


class _Got(NamedTuple):
    frame: pd.DataFrame
    target: str | None
    notes: tuple[str, ...] = ()


def fetch(wanted: CollectionTable, file: Path) -> Path:
    """Fetch a table and write it as Parquet, whole or not at all.

    Parameters
    ----------
    wanted : CollectionTable
    file : Path
        Where it goes.

    Returns
    -------
    Path
        `file`.

    Raises
    ------
    DataError
        If it cannot be fetched or kept.
    """
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
