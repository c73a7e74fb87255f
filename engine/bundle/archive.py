"""The files of a bundle, from a folder or a zip: counted, weighed, and hashed. Light.

Nothing is unpacked to a disk: every file is read into memory, no further than the
manifest says that it goes. One of them is of hashes, by which training rows are known.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.bundle.manifest import (
    MANIFEST,
    MODEL,
    MOST_ROWS,
    REMOVABLE,
    ROWS,
    Manifest,
    decode,
)
from engine.core.errors import DataError
from engine.core.experiment import ReadSpec
from engine.core.format import size
from engine.core.models import TREES
from engine.core.visible import shown
from engine.io.files import flags

# Files --------------------------------------------------------------------------------

_Take: TypeAlias = Callable[[str, "int | None"], bytes]
MOST_BYTES = 128 * 1024**2
"""What a model may have at most: twice what 300 rounds of trees ten deep come to."""
OTHER_BYTES = 16 * 1024**2
"""What any other file may have."""
SMALLER = "make a smaller model: fewer rounds, less depth, or fewer members"
_CHUNK = 1024**2
_GIVE = "give the folder or the .zip of an exported bundle"


class Packed(NamedTuple):
    """A bundle's manifest and its files, every hash checked.

    Parameters
    ----------
    manifest : Manifest
    files : dict of str to bytes
        All that the manifest names; those that a user may take out if they are there.
    digest : str
        SHA-256 of the manifest, which names those of all files.
    """

    manifest: Manifest
    files: dict[str, bytes]
    digest: str


def read(path: str | Path) -> Packed:
    """Read a bundle.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder, or a zip archive.

    Returns
    -------
    Packed

    Raises
    ------
    DataError
        If it is no bundle, of another format, damaged, or holds what no bundle holds.
    """
    path = Path(path)
    name = shown(path)
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            return _of_folder(path, name)
        if not stat.S_ISREG(about.st_mode):
            raise DataError(f"{name} is no folder and no zip archive", _GIVE)
        return _of_zip(path, name)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read the bundle {name}: {why}", _GIVE) from None


def read_files(files: Mapping[str, bytes], name: str) -> Packed:
    """Read a bundle that is in memory, as `read` does one on a disk.

    Parameters
    ----------
    files : mapping of str to bytes
        By name.
    name : str
        What to call it.
    """

    def take(member: str, count: int | None) -> bytes:
        data = files[member]
        return _read(io.BytesIO(data), len(data), count, member, name)

    return _check_files(name, [*files], take)


def read_spec(path: str) -> ReadSpec:
    """Return how the table of a bundle's run was read.

    Raises
    ------
    DataError
        If it is no bundle.
    """
    return read(path).manifest.as_read()


def damaged_bundle(what: str) -> DataError:
    """Return the error of a bundle that is not as it was exported."""
    return DataError(what, "export it again", action="bundle")


def _check_files(name: str, names: list[str], take: _Take) -> Packed:
    """Read the files, none of them further than the manifest says that it goes."""
    if MANIFEST not in names:
        raise DataError(f"{name} is no bundle: it has no {MANIFEST}", _GIVE)
    manifest = take(MANIFEST, None)
    found = decode(manifest, name)
    files = {}
    for member, held in found.files.items():
        if member not in names:
            if member in REMOVABLE:
                continue
            raise damaged_bundle(f"{name} lacks its {member}")
        weigh(member, held.bytes, name)
        files[member] = take(member, held.bytes)
        if hashlib.sha256(files[member]).hexdigest() != held.sha256:
            raise _change_error(member, name)
    return Packed(found, files, hashlib.sha256(manifest).hexdigest())


def weigh(member: str, count: int, name: str) -> None:
    """Refuse a file of a bundle that is too large to be opened.

    Parameters
    ----------
    member : str
        Its name.
    count : int
        Its bytes.
    name : str
        What to call the bundle.

    Raises
    ------
    DataError
    """
    most = MOST_BYTES if member in (MODEL, TREES) else OTHER_BYTES
    if count > most:
        raise DataError(
            f"{member} of {name} has {size(count)}, and at most {size(most)} are read",
            SMALLER,
        )


def _change_error(member: str, name: str) -> DataError:
    return damaged_bundle(f"{member} of {name} was changed or is damaged")


def _of_folder(path: Path, name: str) -> Packed:
    def take(member: str, count: int | None) -> bytes:
        # A link may lead anywhere, and a pipe is waited for: neither is opened.
        how = os.O_RDONLY | flags("NOFOLLOW NONBLOCK CLOEXEC")
        number = os.open(path / member, how)
        with os.fdopen(number, "rb") as file:
            about = os.fstat(number)
            if not stat.S_ISREG(about.st_mode):
                raise damaged_bundle(f"{member} of {name} is no regular file")
            return _read(file, about.st_size, count, member, name)

    return _check_files(name, [member.name for member in path.iterdir()], take)


def _of_zip(path: Path, name: str) -> Packed:
    if not zipfile.is_zipfile(path):
        raise DataError(f"{name} is no bundle", _GIVE)
    try:
        with zipfile.ZipFile(path) as archive:

            def take(member: str, count: int | None) -> bytes:
                with archive.open(member) as file:
                    about = archive.getinfo(member)
                    return _read(file, about.file_size, count, member, name)

            return _check_files(name, archive.namelist(), take)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise damaged_bundle(f"{name} is damaged: {error}") from None
    except RuntimeError:  # a password
        raise DataError(f"{name} is encrypted", _GIVE) from None


def _read(
    file: IO[bytes], held: int, count: int | None, member: str, name: str
) -> bytes:
    """Read a file of a known number of bytes; that of the manifest is not known."""
    if count is None:
        weigh(member, held, name)
    elif held != count:
        raise _change_error(member, name)
    data = bytearray()
    while len(data) <= held and (part := file.read(_CHUNK)):
        data += part
    if len(data) != held:
        raise _change_error(member, name)
    return bytes(data)


# Training rows ------------------------------------------------------------------------

_Flags = npt.NDArray[np.bool_]
_BYTES = 8


def hashes(X: np.ndarray, manifest: Manifest) -> npt.NDArray[np.uint64]:
    """Return a hash of each encoded row; rows that are equal to the model share it.

    Parameters
    ----------
    X : array of shape (n_rows, n_encoded), dtype float32
    manifest : Manifest
        Its run and arm are the salt, so that hashes of two bundles cannot be joined.

    Returns
    -------
    array of shape (n_rows,), dtype uint64
        The first 64 bits of BLAKE2b.
    """
    rows = np.where(np.isnan(X), np.float32(np.nan), X + np.float32(0))  # -0 is 0
    data = memoryview(np.ascontiguousarray(rows, dtype="<f4").tobytes())
    key = hashlib.sha256(f"{manifest.run}\n{manifest.arm}".encode()).digest()
    width = X.shape[1] * 4
    found = b"".join(
        hashlib.blake2b(data[at : at + width], digest_size=_BYTES, key=key).digest()
        for at in range(0, len(data), width)
    )
    return np.frombuffer(found, dtype="<u8")


def pack(X: np.ndarray, manifest: Manifest) -> tuple[bytes, int]:
    """Return the file of the training rows, and how many of them differ.

    Of more than `MOST_ROWS` those with the lowest hashes are kept. That is a sample of
    all possible rows, not of the training rows alone: whether a row with such a hash is
    equal to a training row stays exactly known.
    """
    found = np.unique(hashes(X, manifest))
    return found[:MOST_ROWS].astype("<u8").tobytes(), len(found)


@dataclass(frozen=True)
class Known:
    """The training rows of a model, as their hashes.

    Attributes
    ----------
    manifest : Manifest
    lowest : array of shape (n_hashes,), dtype uint64
        From the lowest on.
    limit : int
        Up to this hash it is known.
    """

    manifest: Manifest
    lowest: npt.NDArray[np.uint64]
    limit: int

    @classmethod
    def of(cls, manifest: Manifest, data: bytes | None) -> Known | None:
        """Return what a bundle's file holds; None where there is none.

        Raises
        ------
        DataError
            If it holds another number of rows than the manifest says.
        """
        if data is None or manifest.training is None:
            return None
        distinct = manifest.training.distinct
        if not len(data) == _BYTES * min(distinct, MOST_ROWS) > 0:
            raise damaged_bundle(
                f"{ROWS} does not hold as many rows as the manifest says"
            )
        lowest, whole = np.frombuffer(data, dtype="<u8"), distinct <= MOST_ROWS
        return cls(manifest, lowest, (1 << 64) - 1 if whole else int(lowest[-1]))

    def compare(self, X: np.ndarray) -> tuple[_Flags, _Flags]:
        """Return which rows are equal to training rows, and of which it is known."""
        found = hashes(X, self.manifest)
        place = np.searchsorted(self.lowest, found).clip(max=len(self.lowest) - 1)
        return self.lowest[place] == found, found <= np.uint64(self.limit)


def describe_known(equal: int, compared: int, rows: int) -> str:
    """Say how many rows are equal to training rows.

    Examples
    --------
    >>> describe_known(34_720, 43_400, 43_400)
    '34,720 of these 43,400 rows are equal to training rows of this model: figures on them flatter it'
    """  # noqa: E501
    of = f"these {rows:,} rows"
    if compared < rows:
        of = f"the {compared:,} rows that could be compared (of {rows:,})"
    verb = "is equal to a training row" if equal == 1 else "are equal to training rows"
    on = "a figure on it flatters" if equal == 1 else "figures on them flatter"
    return f"{equal:,} of {of} {verb} of this model: {on} it"
