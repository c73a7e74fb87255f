"""Every file that is written: whole, private, never over another unless that is said.

What is written goes to a hidden file in the same folder, made anew for its owner alone,
reaches the disk, and only then gets its name. So a name never stands for half a file,
whatever ends the program; an error leaves nothing behind, and an older file of that
name is as it was. Links are never written through. A kill in the middle may leave the
hidden file, ``.imbtui-….part``: `engine.scratch.sweep` removes it from our own folders;
from other people's folders nothing is removed that we were not asked to.

Light: stdlib only.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from engine.errors import OutputError
from engine.filenames import inside, slug, slugs
from engine.part import failed, open_folder, refuse, stat_of, told, whole

__all__ = [
    "check",
    "failed",
    "fresh",
    "inside",
    "put",
    "put_all",
    "put_beside",
    "slug",
    "slugs",
]

MOST_NAMES: Final = 1000


def put(
    path: str | Path, data: bytes, *, overwrite: bool = False, private: bool = True
) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    data : bytes
        What goes in.
    overwrite : bool, default=False
        Whether a file of that name may be replaced.
    private : bool, default=True
        Whether nobody but its owner may read it, whatever the umask is.

    Raises
    ------
    OutputError
        If there is something already, the folder is missing, or it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     put(Path(folder, "a.txt"), b"a")
    ...     [file.name for file in Path(folder).iterdir()]
    ['a.txt']
    """
    put_all([(path, data)], overwrite=overwrite, private=private)


def put_all(
    files: Sequence[tuple[str | Path, bytes]],
    *,
    overwrite: bool = False,
    private: bool = True,
) -> None:
    """Write files that belong together: all of them, or none.

    None gets its name before every one is on the disk. If one name cannot be given
    after all, those given before are taken back, older files included (only on a disk
    without hard links, where an older file cannot be kept aside, it stays replaced).

    Parameters
    ----------
    files : sequence of (path, bytes)
        The files, and what goes in.
    overwrite, private : bool
        As of `put`.

    Raises
    ------
    OutputError
        As of `put`; files of these names are as they were then.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     put_all([(Path(folder, "a"), b"1"), (Path(folder, "b"), b"2")])
    ...     sorted(file.name for file in Path(folder).iterdir())
    ['a', 'b']
    """
    with whole([path for path, _ in files], overwrite, private) as parts:
        for part, (_, data) in zip(parts, files, strict=True):
            part.file.write(data)


@contextlib.contextmanager
def fresh(
    path: str | Path, *, overwrite: bool = False, private: bool = True
) -> Iterator[BinaryIO]:
    """Yield a file to write to, which gets its name when the block ends well.

    Parameters
    ----------
    path, overwrite, private
        As of `put`.

    Yields
    ------
    binary file

    Raises
    ------
    OutputError
        As of `put`. Whatever the block raises, nothing is left behind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with fresh(Path(folder, "a.txt")) as file:
    ...         _ = file.write(b"a")
    ...     Path(folder, "a.txt").read_text()
    'a'
    """
    with whole([path], overwrite, private) as (part,):
        yield part.file


def put_beside(path: str | Path, data: bytes) -> Path:
    """Write a file under the first name that is free: ``a.txt``, ``a-2.txt``, ….

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    OutputError
        As of `put`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [put_beside(Path(folder, "a.txt"), b"a").name for _ in range(3)]
    ['a.txt', 'a-2.txt', 'a-3.txt']
    """
    path = Path(path)
    for number in count(1):
        out = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        try:
            put(out, data)
        except OutputError:
            if number == MOST_NAMES or not os.path.lexists(out):
                raise
        else:
            break
    return out


def check(path: str | Path, *, overwrite: bool = False) -> None:
    """Refuse now what `put` would refuse later, before any work is done for it.

    Raises
    ------
    OutputError
        If there is something already, or the folder is missing or not to be written.

    Examples
    --------
    >>> check("/no/where/a.csv")
    Traceback (most recent call last):
    ...
    engine.errors.OutputError: there is no folder /no/where. Create it first: mkdir -p /no/where
    """  # noqa: E501
    path = Path(path)
    with told(path):
        folder = open_folder(path)
        try:
            refuse(path, stat_of(folder, path.name), overwrite)
            if not os.access(path.parent, os.W_OK | os.X_OK):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        finally:
            os.close(folder)
