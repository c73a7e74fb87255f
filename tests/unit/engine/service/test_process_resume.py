"""What is resumed ends as what was not interrupted, wherever either part runs."""

import os
import signal

import msgspec
import pytest

from engine.cancel import CancelToken
from engine.document import build
from engine.events import (
    ArmFailed,
    Compared,
    FoldPrepared,
    Progress,
    RunFinished,
    TrialFinished,
    Warned,
)
from engine.execute import ProcessExecutor
from engine.process import execute
from engine.run import run
from engine.state import State, reduce
from engine.store import RunOptions, lock, open_store
from tests.support.experiments import small
from tests.support.run_processes import told
from tests.support.runs import timeless

ARMS = ("none", "weights", "smote:ratio=0.3/1:k_neighbors=3/5")
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


def document(events):
    state = State()
    for event in events:
        state = reduce(state, event)
    return timeless(build(state, run=""))


def is_result(event):
    return not isinstance(event, Progress)


def first_part(store, experiment, options, results):
    """Execute a run in a process that dies without a word after some results."""
    made = store.create(experiment, options)
    child = os.fork()
    if not child:
        with open_store(store.path) as own:
            lock.RunLock(own.folder, made.id).acquire()
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


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_killed_run_ends_as_one_that_was_not(store, case, executor):
    experiment, events, expected = case
    early = experiment.search.prune == (executor == "inline")
    results = int((0.2 if early else 0.7) * sum(map(is_result, events)))
    options = RunOptions(executor=executor, jobs=2)
    made = first_part(store, experiment, options, results)
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
    made = first_part(store, experiment, RunOptions(executor="inline"), 30)
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


def resumed(experiment, events, cut, **given):
    """Run what is left after some events; what was kept is that of a whole run."""
    kept = {}
    list(run(experiment, kept=kept))
    part = events[:cut]
    return [*part, *run(experiment, kept=kept, history=part, **given)]


def test_what_was_warned_of_is_not_said_again(table_path):
    """Of rows in the order of time there is one cut: that is said, once."""
    experiment = small(
        table_path,
        "none",
        data__target="sick",
        split__time="age",
        search__repeats=3,
        search__trials=1,
        model__rounds=5,
    )
    events = [e for e in run(experiment) if is_result(e)]
    said = [e for e in events if isinstance(e, Warned)]
    assert said
    last = max(n for n, e in enumerate(events) if isinstance(e, Warned))
    for cut in (1, last + 1, last + 2):
        again = resumed(experiment, events, cut)
        assert [e for e in again if isinstance(e, Warned)] == said
        assert document(again) == document(events)


def test_an_arm_that_is_refused_at_the_start_is_refused_after_a_kill(table_path):
    experiment = small(
        table_path, "none", "smote", "smote-enn", data__target="sick", model__rounds=5
    )
    search = msgspec.structs.replace(experiment.search, patience=1e-9)
    experiment = msgspec.structs.replace(experiment, search=search)
    events = [e for e in run(experiment) if is_result(e)]
    refused = [n for n, e in enumerate(events) if isinstance(e, ArmFailed)]
    assert len(refused) == 2
    for cut in (1, refused[0] + 1, refused[1] + 1):
        again = resumed(experiment, events, cut)
        assert document(again) == document(events)
        assert sum(isinstance(e, ArmFailed) for e in again) == 2


def test_shared_rows_of_searches_are_counted_once_after_a_resume(table_path):
    experiment = small(
        table_path,
        *("none", "smote:ratio=0.3/1", "smote:ratio=0.3/1:k_neighbors=3/5"),
        data__target="sick",
        model__rounds=5,
        search__folds=2,
    )
    events = [e for e in run(experiment) if is_result(e)]
    # The first of the two was faster than the other, by all of its work.
    last = experiment.arms[-1].name
    begun = [
        e
        for e in events
        if getattr(e, "arm", "") != last and not isinstance(e, Compared | RunFinished)
    ]
    shared = [e for e in events if isinstance(e, FoldPrepared) and e.arm == last]
    assert any(not e.work.resamples for e in shared)
    again = resumed(experiment, begun, len(begun))
    assert document(again)["work"] == document(events)["work"]


def test_an_arm_without_a_trial_that_works_fails_in_the_same_words(table_path):
    experiment = small(
        table_path,
        *("none", "kmeans-smote:cluster_balance_threshold=0.98/0.99"),
        data__target="sick",
        model__rounds=5,
        search__folds=2,
    )
    events = [e for e in run(experiment) if is_result(e)]
    assert any(isinstance(e, ArmFailed) for e in events)
    failed = [n for n, e in enumerate(events) if isinstance(e, TrialFinished)]
    for cut in {failed[0] + 1, failed[-1] + 1}:
        assert document(resumed(experiment, events, cut)) == document(events)


def test_a_time_limit_is_for_all_parts_of_a_run(table_path):
    """A part that was killed has no last word; its results tell what it took."""
    experiment = small(
        table_path,
        "none",
        data__target="sick",
        model__rounds=5,
        search__trials=12,
        search__time_limit=1000.0,
    )
    events, kept = [], {}
    for event in run(experiment, kept=kept):
        events.append(event)
        if isinstance(event, TrialFinished):
            break
    ended = [*events, RunFinished(status="cancelled", seconds=2000.0)]
    killed = [
        msgspec.structs.replace(e, seconds=2000.0)
        if isinstance(e, TrialFinished)
        else e
        for e in events
    ]
    for history, trials in ((events, 11), (ended, 0), (killed, 0)):
        rest = list(run(experiment, history=filter(is_result, history), kept=kept))
        assert sum(isinstance(e, TrialFinished) for e in rest) == trials
        assert rest[-1].status == "done"
