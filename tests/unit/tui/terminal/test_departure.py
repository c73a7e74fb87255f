"""Signals are acted on, whatever the main thread waits for."""

from __future__ import annotations

import signal
import subprocess
import sys

_STALLED = """
import os, queue, signal, threading
from tui.terminal.process import Departure

departure = Departure()
departure.install()
full = queue.Queue(1)
full.put(0)

def tell():
    # As when the signal comes just before the main thread waits: nothing wakes that.
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

threading.Timer(0.2, tell).start()
full.put(1)
"""


def test_a_main_thread_that_waits_for_ever_is_ended():
    child = subprocess.run([sys.executable, "-c", _STALLED], timeout=60)
    assert child.returncode == 128 + signal.SIGTERM
