"""`imbtui curves`: points as a document, pictures for a terminal, mistakes told."""

from __future__ import annotations

import json
from itertools import pairwise

import msgspec
import pytest
from sklearn.metrics import precision_recall_curve, roc_auc_score

from engine.core.errors import UsageError
from engine.core.events import RunStarted
from engine.store import RunOptions, open_store
from tests.support import curves_samples, multiclass_samples
from tests.support.parsing import parsed
from tui.cli.curves import KINDS, curves
from tui.terminal.safe_text import cells


def stored(path, some):
    """Store a run of these events; return its id."""
    with open_store(path) as store:
        first = some[0]
        assert isinstance(first, RunStarted)
        run = store.create(first.experiment, RunOptions())
        for event in some:
            store.append(run.id, event)
    return run.id


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return where two runs are stored: of two classes, then of three."""
    path = tmp_path_factory.mktemp("curves")
    stored(path / "two.sqlite", curves_samples.scored_events())
    stored(path / "three.sqlite", multiclass_samples.events())
    stored(path / "begun.sqlite", curves_samples.scored_events()[:2])
    return path


@pytest.fixture
def call(folder, capsys, monkeypatch):
    """Call the command on a store; return what it printed."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")

    def run(*args, store="two"):
        given = ["last", "--store", folder / f"{store}.sqlite", *args]
        assert curves(parsed(*given, command="curves")) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_every_curve_is_drawn_in_the_terminals_room(call, kind):
    text = call("--curve", kind, "--arm", "untreated,smote")
    lines = text.splitlines()
    assert max(map(cells, lines)) <= 80
    assert "\x1b" not in text
    if kind == "sweep":
        assert "untreated  at 0.500" in text
        assert "smote  at 0.500" in text
    elif kind != "calibration":  # these arms have none
        assert "● untreated" in text
        assert "▲ smote" in text


def test_the_ratio_is_that_of_the_runs_costs(call, folder):
    assert "yours 10:1" in call("--curve", "cost")
    some = list(curves_samples.scored_events())
    decision = msgspec.structs.replace(some[0].experiment.decision, cost_fn=None)
    experiment = msgspec.structs.replace(some[0].experiment, decision=decision)
    some[0] = msgspec.structs.replace(some[0], experiment=experiment)
    stored(folder / "assumed.sqlite", some)
    assert "assumed 54.4:1" in call("--curve", "cost", store="assumed")


def test_points_are_one_document(call):
    document = json.loads(call("--json"))
    assert document["curve"] == "pr"
    assert document["class"] is None
    assert document["prevalence"] == pytest.approx(161 / 8680)
    assert [one["arm"] for one in document["arms"]] == list(curves_samples.ARMS)
    points = document["arms"][0]["points"]
    assert set(points[0]) == {"threshold", "recall", "precision"}
    # Thinned to a thousand, but each point is one of scikit-learn's.
    precision, recall, at = precision_recall_curve(
        curves_samples.Y, curves_samples.scores("untreated", "test")
    )
    real = {
        float(t): (p, r)
        for t, p, r in zip(at, precision[:-1], recall[:-1], strict=True)
    }
    for point in points:
        assert (point["precision"], point["recall"]) == pytest.approx(
            real[point["threshold"]]
        )


def test_roc_points_span_the_area_that_scikit_learn_counts(call):
    document = json.loads(call("--json", "--curve", "roc", "--arm", "smote"))
    (arm,) = document["arms"]
    points = [(p["false_positive_rate"], p["recall"]) for p in arm["points"]]
    assert arm["points"][0] == {
        "threshold": None,
        "false_positive_rate": 0.0,
        "recall": 0.0,
    }
    area = sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in pairwise(points))
    real = roc_auc_score(curves_samples.Y, curves_samples.scores("smote", "test"))
    assert area == pytest.approx(real, abs=1e-3)


def test_cost_steps_come_with_the_winners(call):
    document = json.loads(call("--json", "--curve", "cost"))
    steps = curves_samples.evaluated("untreated").cost_steps
    assert document["arms"][0]["points"] == list(msgspec.to_builtins(steps))
    assert document["winners"][0]["ratio"] == 0.1
    sweep = json.loads(call("--json", "--curve", "sweep"))["arms"][0]["points"]
    assert sweep[-1]["recall"] == 1
    assert sweep[-1]["precision"] == pytest.approx(161 / 8680)


def test_of_more_than_two_classes_one_is_told_from_the_rest(call):
    document = json.loads(call("--json", store="three"))
    assert document["class"] == "hyper"
    assert document["prevalence"] == pytest.approx(33 / 1440)
    other = json.loads(call("--json", "--class", "hypo", store="three"))
    assert other["prevalence"] == pytest.approx(74 / 1440)
    assert other["arms"] != document["arms"]
    for kind in ("calibration", "cost", "det"):
        assert "smote" in call("--curve", kind, store="three")
    points = json.loads(call("--json", "--curve", "calibration", store="three"))
    assert {"method", "rows", "positives", "score"} <= set(
        points["arms"][0]["points"][0]
    )


@pytest.mark.parametrize(
    ("args", "store", "words"),
    [
        (("--arm", "smotee"), "two", "no arm 'smotee' with a result"),
        (("--arm", ","), "two", "no arm ','"),
        (("--class", "x"), "two", "no class 'x' to look at: the run has two classes"),
        (("--class", "x"), "three", "no class 'x'"),
        ((), "begun", "no arm of run"),
    ],
)
def test_a_mistake_says_what_is_allowed(call, args, store, words):
    with pytest.raises(UsageError, match=words) as said:
        call(*args, store=store)
    assert said.value.fix
