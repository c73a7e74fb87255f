"""Processes of a run, from outside: a session of their own, found and ended as one."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

__all__ = ["is_stopped", "kill", "kill_others", "leads", "members"]

_PROC = Path("/proc")
_ROUNDS = 3
"""Looks for members of a session: one may start another while it is being killed."""


def leads(pid: int) -> bool:
    """Tell whether a process leads a session, as every run's does, and not ours.

    A number that was given to another process since is hardly ever that of a leader.
    """
    try:
        return os.getsid(pid) == pid != os.getsid(0)
    except OSError:
        return False


def members(session: int) -> list[int]:
    """Return the living processes of a session; none where there is no ``/proc``."""
    found = []
    for entry in _numbered():
        words = _stat(entry)
        if words and words[0] not in "ZX" and int(words[3]) == session:
            found.append(int(entry.name))
    return found


def is_stopped(pid: int) -> bool:
    """Tell whether a process was stopped, as by SIGSTOP or a debugger."""
    words = _stat(_PROC / str(pid))
    return bool(words) and words[0] in "Tt"


def kill(leader: int) -> None:
    """Kill all processes of a session, whatever they are in."""
    with suppress(OSError):
        os.killpg(leader, signal.SIGKILL)
    for _ in range(_ROUNDS):
        others = [pid for pid in members(leader) if pid != leader]
        for pid in others:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not others:
            return


def kill_others() -> None:
    """Kill what is left of this process's own session, if it leads one."""
    own = os.getpid()
    if os.getsid(0) != own:
        return
    for pid in members(own):
        if pid != own:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _numbered() -> list[Path]:
    try:
        return [entry for entry in _PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        return []


def _stat(entry: Path) -> list[str]:
    """Return what the system says of a process: its state, parent, group, session."""
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return []
