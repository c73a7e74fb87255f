"""Copies of a store as it was: before it is changed for a newer version, or damaged.

Nothing is ever overwritten, and one content is copied once.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from engine.errors import DiskError
from engine.store import database, memo, raw

__all__ = ["before", "keep"]

SPARE = 1 << 20
"""Bytes that a copy leaves free."""


def keep(path: Path, label: str) -> str:
    """Copy a store as it lies there, with its log of changes beside it.

    Parameters
    ----------
    path : Path
    label : str
        Why, in one word of the copy's name.

    Returns
    -------
    str
        One line for the person: where the copy is, or why there is none.
    """
    folder, now = database.folder(path), raw.signature(path)
    name = memo.recall(folder, label, now)
    if isinstance(name, str) and path.with_name(name).is_file():
        return _said(path.with_name(name))
    try:
        kept = _same(path, label) or _copied(path, label)
    except OSError as error:
        said = error.strerror or str(error)
        return f"no copy could be made of the store {str(path)!r}: {said}"
    memo.remember(folder, label, now, kept.name)
    return _said(kept)


def before(path: Path, version: int) -> str:
    """Copy a store that is whole, before it is changed.

    Returns
    -------
    str
        One line for the person: where the copy is.

    Raises
    ------
    DiskError
        If there is no room for it.
    """
    size = sum(n for _, n, _ in raw.signature(path))
    try:
        _room(path, size)
        target = _fresh(path, f"version-{version}")
        source = database.opened(path, mode="ro")
        try:
            _filled(source, target)
        finally:
            source.close()
    except (OSError, sqlite3.Error) as error:
        if not database.failing(error):
            raise
        raise DiskError(
            f"the store {str(path)!r} is of version {version}, and there is no room "
            "for a copy of it before it is changed",
            f"make room in {str(path.parent)!r} for {size / 1e6:.1f} MB "
            f"({database.free(path.parent)})",
        ) from None
    for older in sorted(path.parent.glob(f"{path.name}.version-{version}-*")):
        if older != target and _digest(_plain(older)) == _digest(_plain(target)):
            target.unlink()
            target = older
            break
    return f"the store was brought up to date; as it was before it is {str(target)!r}"


def _said(kept: Path) -> str:
    return f"a copy of the store as it was found is {str(kept)!r}"


def _room(path: Path, size: int) -> None:
    if shutil.disk_usage(path.parent).free < size + SPARE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _fresh(path: Path, label: str) -> Path:
    """Make an empty file that nobody had before, for the person alone."""
    date = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1000):
        more = f"-{number}" if number else ""
        target = path.with_name(f"{path.name}.{label}-{date}{more}")
        with suppress(FileExistsError):
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
            made = os.open(target, flags, 0o600)
            os.fchmod(made, 0o600)
            os.close(made)
            return target
    raise FileExistsError(errno.EEXIST, "a thousand copies were made in this second")


def _filled(source: sqlite3.Connection, target: Path) -> None:
    try:
        copy = database.opened(target)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        finally:
            copy.close()
        _synced(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _copied(path: Path, label: str) -> Path:
    """Copy the bytes of a store and of its log of changes."""
    _room(path, sum(n for _, n, _ in raw.signature(path)))
    target = _fresh(path, label)
    made: list[Path] = []
    sizes = [size for _, size, _ in raw.signature(path)]
    try:
        for source, copy, size in zip(
            (path, *raw.beside(path)), (target, *raw.beside(target)), sizes, strict=True
        ):
            if size or copy == target:
                made.append(copy)
                _write(copy, raw.chunks(source))
    except BaseException:
        for file in made:
            file.unlink(missing_ok=True)
        raise
    return target


def _write(target: Path, data: Iterable[bytes]) -> None:
    flags = os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        for chunk in data:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _same(path: Path, label: str) -> Path | None:
    """Return the copy that there is of a store's content."""
    wanted: bytes | None = None
    for copy in sorted(path.parent.glob(f"{path.name}.{label}-*")):
        if copy.name.endswith(raw.BESIDE) or not copy.is_file():
            continue
        if [n for _, n, _ in raw.signature(copy)] != [
            n for _, n, _ in raw.signature(path)
        ]:
            continue
        if wanted is None:
            wanted = _digest(_whole(path, raw.chunks))
        if _digest(_whole(copy, _plain)) == wanted:
            return copy
    return None


def _whole(path: Path, read: Callable[[Path], Iterator[bytes]]) -> Iterator[bytes]:
    for file in (path, *raw.beside(path)):
        yield from read(file)


def _plain(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file that is no store in use."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        while data := file.read(raw.CHUNK):
            yield data


def _digest(data: Iterable[bytes]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for chunk in data:
        digest.update(chunk)
    return digest.digest()


def _synced(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
