"""The files of a bundle, from a folder or a zip: counted, weighed, and hashed. Light.

Nothing is unpacked to a disk: every file is read into memory, no further than the
manifest says that it goes.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
import zlib
from pathlib import Path

from engine.bundle import manifest as said
from engine.bundle.manifest import Manifest
from engine.data.read.raw import listed, size
from engine.errors import DataError
from engine.filenames import shown

__all__ = ["Packed", "read"]

MANIFEST_BYTES = 16 * 1024**2
MOST_BYTES = 1024**3
"""What one file of a bundle may have at most."""
_AGAIN = "export it again: imbtui export RUN --as bundle"


class Packed:
    """A bundle's manifest and its files, every hash checked.

    Parameters
    ----------
    manifest : Manifest
    files : dict of str to bytes
        All that the manifest names; the hashes of training rows if they are there.
    digest : str
        SHA-256 of the manifest, which names those of all files.
    """

    def __init__(self, manifest: Manifest, files: dict[str, bytes], digest: str):
        self.manifest = manifest
        self.files = files
        self.digest = digest


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
            return _checked(name, *_of_folder(path, name))
        if not stat.S_ISREG(about.st_mode):
            raise DataError(f"{name} is no folder and no zip archive", _OTHER)
        return _checked(name, *_of_zip(path, name))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read the bundle {name}: {why}", _OTHER) from None


_OTHER = "give the folder or the .zip that imbtui export --as bundle wrote"


def _checked(name: str, manifest: bytes, files: dict[str, bytes]) -> Packed:
    found = said.decode(manifest, name)
    for one, held in found.files.items():
        if one not in files:
            if one == said.ROWS:
                continue  # a person may take it out
            raise DataError(f"{name} lacks its {one}", _AGAIN)
        if hashlib.sha256(files[one]).hexdigest() != held.sha256:
            raise DataError(f"{one} of {name} was changed or is damaged", _AGAIN)
    more = sorted(set(files) - set(found.files))
    if more:
        raise _foreign(name, more)
    return Packed(found, files, hashlib.sha256(manifest).hexdigest())


def _foreign(name: str, more: list[str]) -> DataError:
    return DataError(
        f"{name} holds what no bundle holds: {listed(more)}", "take it out, then retry"
    )


def _of_folder(path: Path, name: str) -> tuple[bytes, dict[str, bytes]]:
    names = sorted(one.name for one in path.iterdir() if not one.name.startswith("."))
    _names(names, name)
    files = {}
    for one in names:
        most = MANIFEST_BYTES if one == said.MANIFEST else MOST_BYTES
        # A link may lead anywhere, and a pipe is waited for: neither is opened.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        number = os.open(path / one, flags)
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise DataError(f"{one} of {name} is no regular file", _AGAIN)
            data = file.read(most + 1)
        files[one] = _small(data, most, one, name)
    return files.pop(said.MANIFEST), files


def _of_zip(path: Path, name: str) -> tuple[bytes, dict[str, bytes]]:
    if not zipfile.is_zipfile(path):
        raise DataError(f"{name} is no bundle", _OTHER)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            _names(names, name)
            files = {}
            for entry in entries:
                one = entry.filename
                most = MANIFEST_BYTES if one == said.MANIFEST else MOST_BYTES
                with archive.open(entry) as file:
                    data = file.read(most + 1)
                files[one] = _small(data, most, one, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(f"{name} is damaged: {error}", _AGAIN) from None
    except RuntimeError:  # a password
        raise DataError(f"{name} is encrypted", _OTHER) from None
    return files.pop(said.MANIFEST), files


def _names(names: list[str], name: str) -> None:
    """Refuse names that no bundle has, before anything of theirs is read."""
    if said.MANIFEST not in names:
        raise DataError(f"{name} is no bundle: it has no {said.MANIFEST}", _OTHER)
    more = sorted({one for one in names if one not in (*said.KNOWN, said.MANIFEST)})
    if more:
        raise _foreign(name, more)
    if len(set(names)) != len(names):
        raise DataError(f"{name} holds two files of one name", _AGAIN)


def _small(data: bytes, most: int, one: str, name: str) -> bytes:
    if len(data) > most:
        raise DataError(f"{one} of {name} has more than {size(most)}", _AGAIN)
    return data
