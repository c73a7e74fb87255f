"""Tables that came by standard input, kept beside the store so that runs can resume."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from engine.core.errors import StoreError
from engine.io.scratch import make_folder
from engine.io.source import INPUT


def keep(folder: Path, stream: BinaryIO) -> Path:
    """Copy a stream to a file that is named by its content.

    Parameters
    ----------
    folder : Path
        That of the store.
    stream : binary file
        Read to its end.

    Returns
    -------
    Path
        Absolute; only its owner can read it. The same content has the same file.

    Raises
    ------
    DataError
        If nothing comes.
    StoreError
        If the folder cannot be written.
    """
    from engine.data.readers.open import spool

    try:
        make_folder(folder)
        made = spool(stream, folder=folder)
        try:
            with made.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())  # a run may resume with it after a power cut
            target = folder.absolute() / f"{INPUT}{digest[:16]}"
            made.replace(target)
        except BaseException:
            made.unlink(missing_ok=True)
            raise
    except OSError as error:
        what = f"cannot keep standard input in {str(folder)!r}: {error.strerror}"
        raise StoreError(what, "save the table to a file and give that") from None
    return target


def sweep(folder: Path, experiments: Iterable[bytes], *, young: float = 0.0) -> None:
    """Remove the files that no experiment reads any more.

    Parameters
    ----------
    folder : Path
        That of the store.
    experiments : iterable of bytes
        All that are stored, as JSON.
    young : float, default=0.0
        Files made less than so many seconds ago stay: their run may be about to be
        stored.
    """
    files = list(folder.glob(f"{INPUT}*"))
    if not files:
        return
    wanted = [bytes(experiment) for experiment in experiments]
    for file in files:
        if not any(file.name.encode() in one for one in wanted):
            with suppress(OSError):
                if not young or time.time() - file.stat().st_mtime > young:
                    file.unlink()
