"""A run is killed on one executor and goes on on another, whole trials or pruned."""

import os
import signal

import pytest

from engine.core.events import FoldPrepared, TrialFinished
from engine.core.execution import CancelToken
from engine.execute import ProcessExecutor
from engine.service.run_process import execute
from engine.steps import run
from engine.store import RunOptions, open_store
from tests.support.experiments import small
from tests.support.run_processes import document, is_result, killed_after, on, told

pytestmark = pytest.mark.slow

ARMS = ("untreated", "weights", "smote:ratio=0.3/1:k_neighbors=3/5")
LATER = {"inline": "local", "local": "inline"}


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "pruned"])
def case(request, table_path):
    """An experiment, its events when nothing happens, and its document."""
    experiment = small(
        table_path,
        *ARMS,
        data__target="sick",
        model__rounds=20,
        search__trials=6,
        search__repeats=2,
        search__folds=2,
        search__prune=request.param,
    )
    events = list(run(experiment))
    return experiment, events, document(events)


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_killed_run_ends_as_one_that_was_not(store, case, executor):
    experiment, events, expected = case
    early = experiment.search.prune == (executor == "inline")
    results = int((0.2 if early else 0.7) * sum(map(is_result, events)))
    options = RunOptions(executor=executor, jobs=2)
    made = killed_after(store, experiment, options, results)
    later = on(store, made, executor=LATER[executor], jobs=3)
    assert execute(store, later, CancelToken()) == "done"
    assert told(store, made) == expected
    once = [e for _, e in store.events(made.id)]
    trials = [(e.arm, e.number) for e in once if isinstance(e, TrialFinished)]
    folds = [
        (e.arm, e.fold, str(e.setting)) for e in once if isinstance(e, FoldPrepared)
    ]
    assert len(set(trials)) == len(trials)
    assert len(set(folds)) == len(folds)


@pytest.mark.parametrize("case", [True], indirect=True, ids=["pruned"])
def test_a_run_of_processes_may_lose_a_worker_and_itself(store, case, monkeypatch):
    """Begun inline, killed; resumed in processes of which one is killed."""
    experiment, _, expected = case
    made = killed_after(store, experiment, RunOptions(executor="inline"), 30)
    submit, victims = ProcessExecutor.submit, []

    def submitting(self, unit):
        if unit.kind == "trial" and not victims and self.pids:
            victims.append(self.pids[0])
            future = submit(self, unit)
            os.kill(victims[0], signal.SIGKILL)
            return future
        return submit(self, unit)

    monkeypatch.setattr(ProcessExecutor, "submit", submitting)
    later = on(store, made, executor="processes", jobs=1)
    assert execute(store, later, CancelToken()) == "done"
    assert victims
    assert told(store, made) == expected
