"""A file as one that any reader can open: unpacked, regular, identified by its content.

Light: stdlib only, until a file is packed with zstd.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from engine.core.errors import DataError, TooBigError
from engine.core.execution import Progress, silent
from engine.core.experiment import ReadSpec
from engine.core.format import size
from engine.data.readers import magic
from engine.data.readers.encoding import marked, no_text, wide
from engine.data.readers.raw import SourceFile
from engine.io.scratch import sweep, temporary_file
from engine.io.source import total_bytes

STDIN = "imbtui-stdin-"
STALE_SECONDS = 7 * 86_400.0
"""A copy of standard input that old is nobody's any more."""
RESERVE = 1 << 26
"""Bytes of a disk that are left free."""
NOTHING = b"\x00\t\n\r ,;|"
"""Bytes of a text without a cell."""
LONGEST_LINE = 1 << 24
"""Bytes in which a line of a table ends that has something in it."""


class OpenFile(msgspec.Struct, frozen=True):
    """A plain file to read a table from.

    Attributes
    ----------
    path : Path
        The file itself, or a temporary one that holds it unpacked; of many files what
        `engine.io.source.files` takes.
    compression : str or None
        What it was packed with.
    member : str or None
        Which file of a zip archive it is.
    size : int
        Bytes, unpacked.
    kind : str
        One of `engine.data.readers.magic.KINDS`.
    """

    path: Path
    compression: str | None
    member: str | None
    size: int
    kind: str

    def read_as(self, name: str, wanted: str | None) -> str:
        """Return the format to read it in: the one that is wanted, or its kind.

        Raises
        ------
        DataError
            If many files are to be read as what they are not.
        """
        if wanted in (None, self.kind) or self.path.is_file():
            return wanted or self.kind
        raise DataError(
            f"{name} is many files of {self.kind}, which cannot be read as {wanted}",
            "leave that out, or give the path of one file",
            field="data.read.format",
        )

    def rest(self, member: str | None) -> str | None:
        """Return what a name of a member still has to choose: a sheet, or nothing.

        Examples
        --------
        >>> packed = OpenFile(Path("a"), "zip", "in/t.xlsx", 9, "excel")
        >>> packed.rest("t.xlsx"), packed.rest("Sheet 2")
        (None, 'Sheet 2')
        """
        return None if member is not None and _names(member, self.member) else member


@contextlib.contextmanager
def opened(
    path: Path,
    name: str,
    *,
    member: str | None = None,
    progress: Progress = silent,
    limit: int | None = None,
) -> Iterator[OpenFile]:
    """Open a file: tell what it is, and unpack it if it is packed.

    Parameters
    ----------
    path : Path
        As for `engine.io.source.files`.
    name : str
        What to call it.
    member : str or None, default=None
        Which file of a zip archive; for a workbook it names a sheet, and is left to
        its reader.
    progress : callable, optional
        Called with ``("decompressing", bytes, of bytes)``, of the packed file.
    limit : int or None, default=None
        Bytes that it may have unpacked; what the disk has room for when None.

    Yields
    ------
    OpenFile
        Its temporary file, if there is one, is gone after the block.

    Raises
    ------
    DataError
        If it is empty, damaged, no regular file, or plainly no table.
    TooBigError
        If it unpacks to more than `limit`.
    """
    count = total_bytes(path)
    if count == 0:
        raise DataError(f"{name} is empty (0 bytes)", "give a file with a header row")
    packing, kind = magic.identify(path, name, path.name)
    plain, inside = path, None
    with contextlib.ExitStack() as stack:
        if packing is not None:
            with path.open("rb") as file, temporary_file(name) as (plain, made):
                entry = magic.choose(file, name, member) if packing == "zip" else None
                inside = entry.filename if entry else None
                file.seek(0)
                source = magic.pieces(file, packing, name, entry)
                arriving = _watched(_report(source, file, progress), name)
                count = _write(arriving, made, name, limit)
                if count == 0:
                    fix = "give a file with a header row"
                    raise DataError(f"{name} holds nothing, unpacked", fix)
            stack.callback(plain.unlink, missing_ok=True)
            # The name inside tells more than that of the archive.
            again, kind = magic.identify(plain, name, inside or path.name)
            if again is not None:
                raise _twice(name)
        found = OpenFile(plain, packing, inside, count, kind)
        _check_member(member, found, name)
        yield found


def holds(path: Path, member: str) -> bool:
    """Tell whether a name of a member chooses a part of a file.

    Parameters
    ----------
    path : Path
        A regular file.
    member : str
        The name of a file, whole or without folders, or that of a sheet.

    Returns
    -------
    bool
        False too for what has no parts, or cannot be read: its reader says why.
    """
    with contextlib.suppress(Exception):
        packing, kind = magic.identify(path, path.name, path.name)
        if packing == "zip":
            with zipfile.ZipFile(path) as archive:
                files = [m.filename for m in archive.infolist() if not m.is_dir()]
            return any(_names(member, one) for one in files)
        if kind == "excel":
            from engine.data.readers import excel  # pandas

            reading = SourceFile(path, path.name, ReadSpec(member=member))
            return any(kind == "sheet" for kind, _ in excel.messages(reading))
    return False


def spool(
    stream: BinaryIO,
    limit: int | None = None,
    *,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Path:
    """Copy standard input to a file that only its owner can read.

    Parameters
    ----------
    stream : binary file
        Read to its end.
    limit : int or None, default=None
        Bytes that it may have; what the disk has room for when None.
    folder : Path or None, default=None
        Where the file is made; the temporary folder when None.
    progress : callable, optional
        Called with ``("reading standard input", bytes, None)``.

    Returns
    -------
    Path
        The caller removes it.

    Raises
    ------
    DataError
        If nothing comes, or what is plainly no table.
    TooBigError
        If more than `limit` comes; nothing is left behind.
    """
    name = "standard input"
    sweep(None, STDIN, "", STALE_SECONDS)
    with temporary_file(name, prefix=STDIN, folder=folder) as (path, target):
        arriving = _watched(_arriving(stream, name, progress), name, packed=False)
        if _write(arriving, target, name, limit) == 0:
            raise DataError(f"{name} is empty", "pipe a table into it")
    return path


def _arriving(stream: BinaryIO, name: str, progress: Progress) -> Iterator[bytes]:
    read = getattr(stream, "read1", stream.read)
    done = 0
    try:
        while piece := read(magic.PIECE):
            done += len(piece)
            progress("reading standard input", done, None)
            yield piece
    except OSError as error:
        raise DataError(
            f"{name} cannot be read: {error.strerror}", "give a file instead"
        ) from None


def _watched(
    source: Iterable[bytes], name: str, *, packed: bool = True
) -> Iterator[bytes]:
    """Yield pieces as long as they may come from a table.

    What is plainly none is not written to its end, which may be far.
    """
    head, text, lined = b"", True, True
    idle = 0  # bytes since a line ended that has something in it
    for piece in source:
        if len(head) < magic.HEAD_BYTES:
            head += piece[: magic.HEAD_BYTES - len(head)]
            if len(head) == magic.HEAD_BYTES:
                text, lined = _first_look(head, name, packed=packed)
        ends = not lined or b"\n" in piece or b"\r" in piece
        idle = 0 if ends and piece.strip(NOTHING) else idle + len(piece)
        if text and idle > LONGEST_LINE:
            raise DataError(
                f"{name} goes on for {size(idle)} without a line of a table",
                "is it a whole table? write one row per line",
            )
        yield piece


def _first_look(head: bytes, name: str, *, packed: bool) -> tuple[bool, bool]:
    """Tell whether a beginning is text, and whether of one row per line."""
    packing = magic.compression(head)
    if packed and packing not in (None, "zip"):
        raise _twice(name)
    magic.refuse(head, name)
    kind = magic.kind(head, "")
    text = packing is None and kind not in ("parquet", "feather", "excel")
    if text and b"\x00" in head and not (marked(head) or wide(head)):
        raise no_text(name)
    return text, not (kind == "jsonl" and b"[" in head[:16])  # one array, one line


def _twice(name: str) -> DataError:
    return DataError(f"{name} is packed twice", "unpack it once and give that file")


def _names(member: str, entry: str | None) -> bool:
    return entry is not None and member in (entry, PurePosixPath(entry).name)


def _check_member(member: str | None, found: OpenFile, name: str) -> None:
    """Refuse a name that chooses nothing; of a workbook it may be that of a sheet."""
    if member is None or found.kind == "excel" or _names(member, found.member):
        return
    if found.member is not None:
        raise DataError(f"{name} holds no file {member!r}", f"it holds {found.member}")
    raise DataError(
        f"{name} has no parts to choose {member!r} from",
        "leave it out: only archives and workbooks have parts",
        field="data.read.member",
    )


def _report(
    source: Iterable[bytes], file: BinaryIO, progress: Progress
) -> Iterator[bytes]:
    """Tell how far the packed file has been read, about once per piece."""
    total = os.fstat(file.fileno()).st_size
    progress("decompressing", 0, total)
    for piece in source:
        progress("decompressing", file.tell(), total)
        yield piece


def _write(
    source: Iterable[bytes], target: BinaryIO, name: str, limit: int | None
) -> int:
    """Write the pieces, count them, and stop at the limit or when the disk is full."""
    disk = os.fstatvfs(target.fileno())
    room = disk.f_bavail * disk.f_frsize - RESERVE
    count = 0
    for piece in source:
        count += len(piece)
        if limit is not None and count > limit:
            raise TooBigError(
                f"{name} holds more than {size(limit)}, the most taken here",
                "give a smaller file, or read a sample of its rows",
                field="data.read.rows",
            )
        if count > room:
            raise TooBigError(
                f"{tempfile.gettempdir()} has no room for all of {name}",
                "set TMPDIR to a folder with more room",
            )
        target.write(piece)
    return count
