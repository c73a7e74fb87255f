"""A run beside an app lets the app go first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.io import machine
from engine.io.machine import BEHIND

CODE = """
import os
from pathlib import Path
from engine.io.machine import step_back
before = os.nice(0)
step_back()
group = Path("/proc/self/autogroup")
print(os.nice(0) - before, group.read_text() if group.exists() else "")
"""


@pytest.mark.skipif(not hasattr(os, "nice"), reason="no niceness on this system")
def test_niceness_counts_in_a_session_of_its_own():
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(machine.__file__).parents[1],
        start_new_session=True,
    )
    nicer, _, group = done.stdout.strip().partition(" ")
    assert int(nicer) == BEHIND
    assert not group or group.endswith(f"nice {BEHIND}")
