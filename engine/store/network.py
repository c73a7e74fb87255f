"""Which file system a store is on, and whether its locks can be relied on."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from pathlib import Path

__all__ = ["filesystem", "is_network", "unlocked"]

MOUNTS = Path("/proc/self/mountinfo")

NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "kafs", "coda", "9p"),
        *("lustre", "gpfs", "beegfs", "beegfs_nodev", "ceph", "glusterfs", "panfs"),
        *("pvfs2", "orangefs", "ocfs2", "gfs2", "vboxsf", "fuse.vmhgfs-fuse"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.beegfs"),
        *("fuse.juicefs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.goofys"),
        *("fuse.davfs", "fuse.mount-s3"),
    }
)
"""File systems that other machines may have open at the same time."""


def filesystem(path: Path) -> str:
    """Return the kind of file system that a path is on; empty if it cannot be told.

    Parameters
    ----------
    path : Path
        It need not be there yet.

    Examples
    --------
    >>> filesystem(Path("/proc/self/status"))
    'proc'
    """
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    place = os.path.realpath(path)
    best, kind = -1, ""
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        point = _unescaped(fields[4])
        inside = place == point or place.startswith(f"{point.rstrip('/')}/")
        # Of two on one point, the later hides the earlier.
        if inside and len(point) >= best:
            best, kind = len(point), right.split(" ")[0]
    return kind


def is_network(kind: str) -> bool:
    """Tell whether other machines may have such a file system open.

    Examples
    --------
    >>> is_network("nfs4"), is_network("ext4")
    (True, False)
    """
    return kind in NETWORK


def unlocked(folder: Path) -> str | None:
    """Try the locks of a folder's file system.

    Returns
    -------
    str or None
        What is wrong with them; None if they lock.
    """
    one, name = tempfile.mkstemp(prefix=".locks-", dir=folder)
    other = -1
    try:
        os.fchmod(one, 0o600)
        other = os.open(name, os.O_RDWR | os.O_CLOEXEC)
        # SQLite's kind of lock, then that of a run's process.
        fcntl.lockf(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(one, fcntl.LOCK_UN)
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        return "two may have one lock at once"
    except OSError as error:
        return error.strerror or str(error)
    finally:
        for file in (one, other):
            if file >= 0:
                os.close(file)
        with contextlib.suppress(OSError):
            Path(name).unlink()


def _unescaped(name: str) -> str:
    r"""Return a mount point as it is: blanks and such are octal in the table.

    Examples
    --------
    >>> _unescaped(r"/mnt/my\040disk")
    '/mnt/my disk'
    """
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), name)
