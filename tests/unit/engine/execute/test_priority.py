"""A run beside an app lets the app finish a frame, and is starved by nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.io import machine

CODE = """
import os, threading
from pathlib import Path
from engine.io.machine import step_back
step_back()
found = []
def look():
    found.append(os.sched_getscheduler(0) == os.SCHED_BATCH)
thread = threading.Thread(target=look)
thread.start()
thread.join()
group = Path("/proc/self/autogroup")
print(found[0], os.nice(0), group.read_text().split()[-1] if group.exists() else 0)
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="no such policy here")
def test_a_run_beside_an_app_is_a_batch_process_of_an_equal_share():
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(machine.__file__).parents[2],
        start_new_session=True,
    )
    assert done.stdout.split() == ["True", str(os.nice(0)), "0"]
