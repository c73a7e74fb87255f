"""What a run takes of this machine: how much memory, and whose turn it is first.

Light: stdlib only.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["BEHIND", "SHARE", "available", "step_back"]

SHARE = 0.8
"""Share of what is free that a run takes unless told otherwise."""

_MEMINFO = Path("/proc/meminfo")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def available() -> int | None:
    """Return the bytes that this process may still take, or None if unknown.

    That is what the machine has free, or what is left of the limit of a control group
    (version 2) that a container or a batch system has put it in.
    """
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        found += [
            int(line.split()[1]) * 1024
            for line in _MEMINFO.read_text().splitlines()
            if line.startswith("MemAvailable:")
        ]
    for group in _own_groups():
        with contextlib.suppress(OSError, ValueError):
            found.append(_left(group))
    return min(found, default=None)


def _own_groups() -> list[Path]:
    """Return the folders of this process's group and of those above it."""
    named = "/"
    with contextlib.suppress(OSError):
        for line in _OWN_GROUP.read_text().splitlines():
            if line.startswith("0::"):
                named = line.removeprefix("0::")
    home = _GROUPS / named.strip("/")
    return [home, *(p for p in home.parents if p.is_relative_to(_GROUPS))]


def _left(group: Path) -> int:
    """Return what is left of a group's limit; file pages can be given back."""
    most = int((group / "memory.max").read_text())  # "max" is no limit
    held = int((group / "memory.current").read_text())
    pages = 0
    with contextlib.suppress(OSError, ValueError):
        for line in (group / "memory.stat").read_text().splitlines():
            if line.startswith("inactive_file "):
                pages = int(line.split()[1])
    return max(0, most - held + pages)


BEHIND = 5
"""Niceness of a run beside an app: about a third of a contended core's time."""

_AUTOGROUP = Path("/proc/self/autogroup")


def step_back(niceness: int = BEHIND) -> None:
    """Take less of a core that others want too; nothing is lost on a free one.

    Parameters
    ----------
    niceness : int, default=5
        From 0, as before, to 19.

    Notes
    -----
    Where Linux groups processes by session (``sched_autogroup_enabled``), niceness
    counts only within a group, and a run has a session of its own: then the group's
    niceness is set too.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(niceness)
    if _AUTOGROUP.exists():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(niceness))
