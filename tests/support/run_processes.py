"""What tests of run processes share: a store, processes that are warm, a long wait."""

import os
import signal
import sqlite3
import time
from contextlib import closing

import msgspec
import numpy as np
import pandas as pd

from engine.core.events import RunStarted, is_result
from engine.core.execution import CancelToken
from engine.core.state import State, reduce
from engine.io import machine
from engine.service import execute
from engine.steps import run
from engine.store import RunLock, open_store
from tests.support import warm
from tests.support.documents import build
from tests.support.experiments import small
from tests.support.runs import timeless

PATIENCE = 60.0


def until(true, what="it"):
    """Wait until something is so; machines are slow, and this is no measurement."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, f"waited for {what} in vain"
        time.sleep(0.01)
    return found


def started(processes, store, made, **more):
    """Start a run's process and wait until the run has begun; return its number."""
    log = str(store.log_path(made.id))
    pid = processes.start("run", store.path, made.id, log=log, **more)
    until(lambda: store.run(made.id).status != "queued", "the run to begin")
    return pid


def stopped(processes, store, made, after, **more):
    """Start a run's process that stops itself after some results; return its number.

    It holds no lock on the store then: where its watch is about to write, it is let go
    for a moment.
    """
    pid = started(processes, store, made, stop=after, **more)

    def waits():
        until(lambda: machine.is_stopped(pid), "the run to stop")
        with closing(
            sqlite3.connect(store.path, timeout=0, isolation_level=None)
        ) as db:
            try:
                db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGSTOP)
                return False
            return True

    until(waits, "a moment between two writes")
    assert store.run(made.id).status == "running"
    return pid


def results(store, made):
    """Events of a run that are results, without what opens it."""
    return [e for _, e in store.events(made.id) if not isinstance(e, RunStarted)]


def told(store, made):
    """The document of a stored run, times aside."""
    return timeless(build(store.state(made.id), run=""))


def straight(experiment, **given):
    """The document of a run that nothing happens to."""
    return document(run(experiment, **given))


def copied(store):
    """Return the status of the only run in a copy of a store's file alone."""
    alone = store.path.with_name("copy.sqlite")
    alone.write_bytes(store.path.read_bytes())
    with open_store(alone) as opened:
        (run,) = opened.runs()
        assert opened.state(run.id).status == run.status
        return run.status


def all_gone(leader):
    """Tell whether no process of a session is left."""
    return not warm.session(leader)


def document(events):
    """The document of events that are in no store, times aside."""
    return timeless(build(reduced(events), run=""))


def reduced(events):
    """The state that events come to."""
    state = State()
    for event in events:
        state = reduce(state, event)
    return state


def killed_after(store, experiment, options, results):
    """Execute a run in a process that dies without a word after some results."""
    made = store.create(experiment, options)
    child = os.fork()
    if not child:
        with open_store(store.path) as own:
            RunLock(own.folder, made.id).acquire()
            append, count = own.append, iter(range(1, 10**9))

            def dying(*args, **more):
                append(*args, **more)
                if is_result(args[1]) and next(count) >= results:
                    os.kill(os.getpid(), signal.SIGKILL)

            own.append = dying
            execute(own, own.run(made.id), CancelToken())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert store.run(made.id).status == "interrupted"
    assert len(store.events(made.id)) == results
    return made


def on(store, made, **changes):
    """The stored run as it would be with other options."""
    run_now = store.run(made.id)
    options = msgspec.structs.replace(run_now.options, **changes)
    return msgspec.structs.replace(run_now, options=options)


def native(folder):
    """An experiment that is in one call of native code for long."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(6_000, 8)))
    frame.columns = [f"x{n}" for n in range(8)]
    frame["y"] = (rng.random(6_000) < 0.3).astype(int)
    path = folder / "native.csv"
    frame.to_csv(path, index=False)
    return small(path, "untreated", "svm-smote", data__target="y", search__patience=1e9)


def at_work(store, made):
    """Tell whether its rows are treated; a run that has ended will treat none."""
    assert store.run(made.id).status == "running", store.state(made.id).error
    return "begun: rows of svm-smote" in store.log_path(made.id).read_text()
