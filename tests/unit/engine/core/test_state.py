import msgspec
import pytest

from engine.core.events import Progress, RunFinished, TrialFinished, decode, encode
from engine.core.state import State, reduce
from engine.steps import run
from tests.support.documents import build
from tests.support.experiments import small


@pytest.fixture(scope="module")
def reports():
    return []


@pytest.fixture(scope="module")
def events(table_path, reports):
    experiment = small(table_path, "untreated", "smote", data__target="sick")
    return list(run(experiment, report=reports.append))


def replay(events):
    state = State()
    for event in events:
        state = reduce(state, event)
    return state


def test_every_event_survives_json(events):
    for event in events:
        assert decode(encode(event)) == event


def test_a_run_ends_with_exactly_one_last_word(events):
    assert [isinstance(e, RunFinished) for e in events].count(True) == 1
    assert isinstance(events[-1], RunFinished)


def test_progress_changes_nothing_that_is_reported(events):
    quiet = [e for e in events if not isinstance(e, Progress)]
    assert build(replay(quiet), run="x") == build(replay(events), run="x")


def test_what_comes_before_a_run_is_told_and_is_over_when_it_begins(events, reports):
    stages = [one.stage for one in reports]
    assert stages.index("reading text") < stages.index("measuring")
    assert stages[-2:] == ["timing", ""]
    assert all(decode(encode(one)) == one for one in reports)
    begun = replay(events[:1])
    reading = reduce(begun, reports[0])
    assert reading.setup == reports[0]
    assert reduce(reading, reports[-1]) == begun
    assert reduce(reading, events[-1]).setup is None


def test_the_best_trial_is_the_best_by_the_objective(events):
    arm = replay(events).arm("smote")
    assert arm.best is not None
    assert arm.best.score == max(t.score for t in arm.trials)
    lower = replay(events).experiment
    lower = msgspec.structs.replace(
        lower, search=msgspec.structs.replace(lower.search, objective="log_loss")
    )
    first = msgspec.structs.replace(events[0], experiment=lower)
    trials = [e for e in events if isinstance(e, TrialFinished) and e.arm == "smote"]
    worst = min(e.score for e in trials if not e.pruned)
    arm = replay([first, *events[1:]]).arm("smote")
    assert arm.best is not None
    assert arm.best.score == worst


def test_the_document_has_what_the_contract_names(events):
    document = build(replay(events), run="x")
    assert set(document) >= {
        "schema",
        "imbtui",
        "run",
        "status",
        "experiment",
        "dataset",
        "split",
        "arms",
        "comparison",
        "verdict",
        "work",
        "seconds",
        "versions",
    }
    for arm in document["arms"]:
        assert set(arm) >= {
            "name",
            "method",
            "model",
            "kind",
            "status",
            "error",
            "train_before",
            "train_after",
            "synthetic_rows",
            "search",
            "cv",
            "operating_points",
            "test",
            "seconds",
        }
        for point in arm["operating_points"]:
            assert [*point] == [
                *("name", "threshold", "confusion", "metrics"),
                *("cost", "note", "delivered"),
            ]
            assert point["cost"] == point["metrics"]["cost_per_1000"]
            rows = sum(document["split"]["test"].values())
            assert sum(point["confusion"].values()) == rows
    assert msgspec.json.decode(msgspec.json.encode(document)) == document
