"""What is in a folder, and a limit on how large a file may grow."""

import contextlib
import os
import resource
import socket
import stat
from pathlib import Path


def names(folder):
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def state(folder):
    """Every file that is there, hidden ones too, and what it holds."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def tree(folder):
    """Everything that is there, hidden or not, folders too."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


@contextlib.contextmanager
def limited(most):
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def mode(path):
    """The permissions of what is there, not of what it leads to."""
    return stat.S_IMODE(path.lstat().st_mode)


def kinds(folder):
    """One of everything that a name may be."""
    (folder / "file").write_text("mine")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("file")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(folder)  # names of sockets must be short
        one.bind("socket")
        os.chdir(here)
