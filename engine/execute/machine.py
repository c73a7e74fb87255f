"""How much memory there is for a run. Light: stdlib only."""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["SHARE", "available"]

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
