"""A child process that does not outlive the process that started it.

Every child of ours ends when a pipe to its parent closes. That takes a thread of
Python's, which waits while native code holds on to the interpreter; the system's own
signal does not wait.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

__all__ = ["dask_setup", "follow_parent"]

_PR_SET_PDEATHSIG = 1


def follow_parent() -> bool:
    """Have the system kill this process when its parent ends, where it can.

    On Linux the signal comes when the *thread* ends that started this process: whoever
    starts one must do it from a thread that stays as long as the child may.

    Returns
    -------
    bool
        Whether the system was told; elsewhere than on Linux it is not.
    """
    if not sys.platform.startswith("linux"):
        return False
    parent = os.getppid()
    told = False
    # Without ctypes, or with another C library, the pipe is what is left.
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        told = prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0
    if told and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)  # it ended while this was being told
    return told


def dask_setup(worker: object) -> None:
    """Do it in a worker of a Dask cluster of our own; Dask calls this by its name."""
    follow_parent()
