"""What is resumed ends as what was not interrupted, wherever either part runs."""

import msgspec
import pytest

from engine.core.events import (
    ArmFailed,
    Compared,
    FoldPrepared,
    RunFinished,
    TrialFinished,
    Warned,
)
from engine.core.execution import CancelToken
from engine.service.run_process import execute
from engine.steps import run
from engine.store import RunOptions, open_store
from tests.support.experiments import small
from tests.support.run_processes import document, is_result, killed_after, on, told

ARMS = ("untreated", "weights", "smote:ratio=0.3/1:k_neighbors=3/5")
LATER = {"inline": "local", "local": "inline"}


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "runs.sqlite") as opened:
        yield opened


def whole(experiment):
    """The results of a run that nothing happens to, and what it keeps."""
    kept = {}
    events = [event for event in run(experiment, artifacts=kept) if is_result(event)]
    return events, kept


def resumed(experiment, history, kept):
    """Run what is left after some events; what was kept is that of a whole run."""
    return [*history, *run(experiment, artifacts=dict(kept), history=history)]


def test_a_killed_run_ends_as_one_that_was_not(store, table_path):
    """On one more executor; the others are in tests/slow/engine/service."""
    experiment = small(
        table_path,
        *ARMS,
        data__target="sick",
        model__rounds=20,
        search__trials=6,
        search__repeats=2,
        search__folds=2,
        search__prune=True,
    )
    events, _ = whole(experiment)
    options = RunOptions(executor="inline", jobs=2)
    made = killed_after(store, experiment, options, int(0.4 * len(events)))
    later = on(store, made, executor="local", jobs=3)
    assert execute(store, later, CancelToken()) == "done"
    assert told(store, made) == document(events)
    once = [e for _, e in store.events(made.id)]
    trials = [(e.arm, e.number) for e in once if isinstance(e, TrialFinished)]
    folds = [
        (e.arm, e.fold, str(e.setting)) for e in once if isinstance(e, FoldPrepared)
    ]
    assert len(set(trials)) == len(trials)
    assert len(set(folds)) == len(folds)


def test_what_was_warned_of_is_not_said_again(table_path):
    """Of rows in the order of time there is one cut: that is said, once."""
    experiment = small(
        table_path,
        "untreated",
        data__target="sick",
        split__time="age",
        search__repeats=3,
        search__trials=1,
        model__rounds=5,
    )
    events, kept = whole(experiment)
    said = [e for e in events if isinstance(e, Warned)]
    assert said
    last = max(n for n, e in enumerate(events) if isinstance(e, Warned))
    for cut in (1, last + 1, last + 2):
        again = resumed(experiment, events[:cut], kept)
        assert [e for e in again if isinstance(e, Warned)] == said
        assert document(again) == document(events)


def test_an_arm_that_is_refused_at_the_start_is_refused_after_a_kill(
    table_path, monkeypatch
):
    monkeypatch.setattr("engine.train.schedule.MANY", 0)
    experiment = small(
        table_path,
        "untreated",
        "smote",
        "smote-enn",
        data__target="sick",
        model__rounds=5,
    )
    search = msgspec.structs.replace(experiment.search, patience=1e-9)
    experiment = msgspec.structs.replace(experiment, search=search)
    events, kept = whole(experiment)
    refused = [n for n, e in enumerate(events) if isinstance(e, ArmFailed)]
    assert len(refused) == 2
    for cut in (1, refused[0] + 1, refused[1] + 1):
        again = resumed(experiment, events[:cut], kept)
        assert document(again) == document(events)
        assert sum(isinstance(e, ArmFailed) for e in again) == 2


def test_shared_rows_of_searches_are_counted_once_after_a_resume(table_path):
    experiment = small(
        table_path,
        *("untreated", "smote:ratio=0.3/1", "smote:ratio=0.3/1:k_neighbors=3/5"),
        data__target="sick",
        model__rounds=5,
        search__folds=2,
    )
    events, kept = whole(experiment)
    # The first of the two was faster than the other, by all of its work.
    last = experiment.arms[-1].name
    begun = [
        e
        for e in events
        if getattr(e, "arm", "") != last and not isinstance(e, Compared | RunFinished)
    ]
    shared = [e for e in events if isinstance(e, FoldPrepared) and e.arm == last]
    assert any(not e.work.resamples for e in shared)
    again = resumed(experiment, begun, kept)
    assert document(again)["work"] == document(events)["work"]


def test_an_arm_without_a_trial_that_works_fails_in_the_same_words(table_path):
    experiment = small(
        table_path,
        *("untreated", "kmeans-smote:cluster_balance_threshold=0.98/0.99"),
        data__target="sick",
        model__rounds=5,
        search__folds=2,
    )
    events, kept = whole(experiment)
    assert any(isinstance(e, ArmFailed) for e in events)
    failed = [n for n, e in enumerate(events) if isinstance(e, TrialFinished)]
    for cut in {failed[0] + 1, failed[-1] + 1}:
        assert document(resumed(experiment, events[:cut], kept)) == document(events)


def test_a_time_limit_is_for_all_parts_of_a_run(table_path):
    """A part that was killed has no last word; its results tell what it took."""
    experiment = small(
        table_path,
        "untreated",
        data__target="sick",
        model__rounds=5,
        search__trials=12,
        search__time_limit=1000.0,
    )
    events, kept = [], {}
    for event in run(experiment, artifacts=kept):
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
        rest = list(run(experiment, history=filter(is_result, history), artifacts=kept))
        assert sum(isinstance(e, TrialFinished) for e in rest) == trials
        assert rest[-1].status == "done"
