"""What tests of run processes share: a store, processes that are warm, a long wait."""

import time

from engine.document import build
from engine.events import RunStarted
from engine.run import run
from engine.state import State, reduce
from engine.store import open_store
from tests.support import warm
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


def results(store, made):
    """Events of a run that are results, without what opens it."""
    return [e for _, e in store.events(made.id) if not isinstance(e, RunStarted)]


def told(store, made):
    """The document of a stored run, times aside."""
    return timeless(build(store.state(made.id), run=""))


def straight(experiment, **given):
    """The document of a run that nothing happens to."""
    state = State()
    for event in run(experiment, **given):
        state = reduce(state, event)
    return timeless(build(state, run=""))


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
