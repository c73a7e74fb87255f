"""Child processes: none outlives who started it, and none takes all memory."""

import os
import subprocess
import sys
import textwrap

import pytest

from engine.io import machine
from engine.service.client import Child
from tests.support.run_processes import until
from tests.support.warm import gone

# PyDLL keeps the interpreter for itself in the call, as some native code does.
DEAF = "ctypes.PyDLL(None).sleep(600)"
CHILD = f"""
import ctypes
from engine.io.machine import follow_parent
assert follow_parent()
print("here", flush=True)
{DEAF}
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system's own")
def test_a_child_that_hears_nothing_ends_with_its_parent():
    command = [sys.executable, "-c", PARENT, CHILD]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    until(lambda: gone(pid), "the child's end")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system's own")
def test_the_service_lives_when_the_thread_that_asked_for_it_has_ended():
    """The system's signal comes with the end of the thread that started a child."""
    code = """
        import sys, threading, time
        from engine.core.messages import Ready
        from engine.service.client.service import Service
        found, heard = [], threading.Event()
        def start():
            found.append(Service.start(on_status=lambda reply: heard.set()))
        thread = threading.Thread(target=start)
        thread.start()
        thread.join()
        child = found[0]._child
        heard.wait()  # that it lives and warms up, or that it has ended
        print(child.alive, child._process.pid, flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app:
        alive, pid = app.stdout.readline().split()
        assert alive == "True"
        assert not gone(int(pid))
        app.kill()
    until(lambda: gone(int(pid)), "the service's end")


def test_a_service_that_cannot_be_started_says_so(monkeypatch):
    def refuse(*_, **__):
        raise OSError(11, "no more processes")

    monkeypatch.setattr("engine.io.machine.subprocess.Popen", refuse)
    with pytest.raises(OSError, match="no more processes"):
        Child(None, lambda *_: None)


def test_a_session_is_found_and_ended_as_one():
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, start_new_session=True
    ) as leader:
        until(lambda: len(machine.members(leader.pid)) == 2, "its child")
        assert machine.leads(leader.pid)
        assert not machine.leads(os.getpid())
        assert not machine.leads(machine.members(leader.pid)[-1])
        machine.kill(leader.pid)
        leader.wait()
    until(lambda: not machine.members(leader.pid), "the end of both")
    assert not machine.leads(leader.pid)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system's own")
def test_memory_is_limited_as_long_as_a_block_lasts():
    """In a process of its own: other tests' threads must not meet the limit."""
    code = """
        from engine.io import machine
        from engine.io.machine import limited_memory
        machine._SPARE = 0  # more on a machine of more cores
        def fails():
            try:
                bytearray(1 << 28)
            except MemoryError:
                return True
            return False
        with limited_memory(1 << 26):
            with limited_memory(8 << 30):
                assert fails()
            assert fails()
        assert not fails()
        with limited_memory(None):
            assert not fails()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    subprocess.run(command, check=True)
