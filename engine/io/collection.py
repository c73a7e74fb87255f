"""Tables of public collections by name, fetched once and kept as Parquet.

``dataset:sklearn/breast_cancer``, ``dataset:imblearn/ecoli``,
``dataset:openml/NAME``, ``dataset:openml/NAME/VERSION``, ``dataset:openml/ID``.

Light until a table is fetched: the libraries whose collections these are do that.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from engine.core.errors import DataError
from engine.core.format import check_known

SCHEME = "dataset:"
_KNOWN = Path(__file__).with_suffix(".toml").read_text("utf-8")
COLLECTIONS: dict[str, list[str] | None] = {**tomllib.loads(_KNOWN), "openml": None}
"""Names of each collection; None where only its server knows them."""
_NAME = re.compile(r"[A-Za-z0-9][\w.+()-]{0,126}\Z", re.ASCII)
_FORMS = "like dataset:sklearn/breast_cancer, dataset:imblearn/ecoli, dataset:openml/31"


class CollectionTable(NamedTuple):
    """A table of a collection.

    Attributes
    ----------
    collection : {"sklearn", "imblearn", "openml"}
    name : str
        Of OpenML also a number.
    version : int or None
        Of OpenML; the active one when None.
    """

    collection: str
    name: str
    version: int | None = None

    @property
    def source(self) -> str:
        """How it is written as a source."""
        version = "" if self.version is None else f"/{self.version}"
        return f"{SCHEME}{self.collection}/{self.name}{version}"

    @property
    def file(self) -> Path:
        """Where it is kept once fetched."""
        version = "" if self.version is None else f"@{self.version}"
        # OpenML does not tell names apart by their case.
        return folder() / self.collection / f"{self.name.lower()}{version}.parquet"


def is_dataset(source: str | Path) -> bool:
    """Tell whether a source names a table of a collection."""
    return str(source).startswith(SCHEME)


def parse(source: str) -> CollectionTable:
    """Return what a source asks for; nothing is fetched.

    Parameters
    ----------
    source : str
        ``dataset:COLLECTION/NAME`` or ``dataset:openml/NAME/VERSION``.

    Raises
    ------
    DataError
        If there is no such collection, or surely no such name in it.

    Examples
    --------
    >>> parse("dataset:imblearn/ecoli")
    CollectionTable(collection='imblearn', name='ecoli', version=None)
    >>> parse("dataset:openml/credit-g/1").version
    1
    """
    collection, _, rest = source.removeprefix(SCHEME).partition("/")
    problem = f"there is no collection {collection!r} of datasets"
    check_known(collection, COLLECTIONS, problem, "collections")
    known = COLLECTIONS[collection]
    name, _, version = rest.partition("/")
    if known is None:
        return _openml(source, name, version)
    problem = f"{collection} has no dataset {rest!r} with classes"
    check_known(rest, known, problem, "datasets")
    return CollectionTable(collection, rest)


def _openml(source: str, name: str, version: str) -> CollectionTable:
    if not _NAME.match(name):
        raise DataError(
            f"{source!r} names no dataset of OpenML",
            f"give its name or number, {_FORMS}",
        )
    if not version:
        return CollectionTable("openml", name)
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", version, re.ASCII):
        raise DataError(
            f"{version!r} is no version of an OpenML dataset", "give a number, like 1"
        )
    return CollectionTable("openml", name, int(version))


def folder() -> Path:
    """Return where fetched tables are kept: a cache of one's own.

    Raises
    ------
    DataError
        If there is none, as without a home, or nothing can be written there.
    """
    import platformdirs

    try:
        home = platformdirs.user_cache_path("imbtui", appauthor=False) / "datasets"
        if home.is_absolute():
            home.mkdir(parents=True, exist_ok=True)
            if os.access(home, os.W_OK | os.X_OK):
                return home
    except (RuntimeError, KeyError, OSError):
        pass  # without a home, of a user nobody knows, or in a folder that is a file
    raise DataError(
        "there is no folder to keep a dataset in",
        "set XDG_CACHE_HOME to a folder you may write to",
    )
