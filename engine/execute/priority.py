"""Lets the person's own programs go first while a run works on every core."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["BEHIND", "step_back"]

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
