"""What a run takes of this machine: memory, cores, and whose turn it is first.

Light: stdlib only.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.io.children import PINS

SHARE = 0.8
"""Share of what is free that a run takes by default."""

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


def step_back() -> None:
    """Take less of a core that others want too; nothing is lost on a free one.

    Notes
    -----
    Where Linux groups processes by session (``sched_autogroup_enabled``), niceness
    counts only within a group, and a run has a session of its own: then the group's
    niceness is set too.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(BEHIND)
    if _AUTOGROUP.exists():
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(BEHIND))


_guard = threading.Lock()
_inside = 0
_limits: Any = None
_set = False


def cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Pin OpenMP and BLAS to one thread while any unit runs.

    Where distances tie, stock samplers' rows depend on the number of threads; and
    two fits at a time would fight for the cores. The pins are the process's: the
    first unit sets them, and the last to leave takes them away.
    """
    global _inside, _limits
    with _guard:
        if _inside == 0:
            _limits = _pin()
        _inside += 1
    try:
        yield
    finally:
        with _guard:
            _inside -= 1
            if _inside == 0 and _limits is not None:
                _limits.restore_original_limits()
                _limits = None


def _pin() -> Any:
    """Return the limits to take back, or None if there is one thread anyway.

    Libraries read the environment when they are loaded. The processes of a run set it
    before they import anything; in others it is looked at each time what they did.
    """
    global _set
    from threadpoolctl import threadpool_info, threadpool_limits

    if _set and all(os.environ.get(name) == "1" for name in PINS):
        return None
    _set = all(pool["num_threads"] == 1 for pool in threadpool_info())
    return None if _set else threadpool_limits(limits=1)
