"""Runs side by side: what differs, what may be compared, and what came of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine.core import compare_runs as compared
from engine.core.compare_runs import Contrast
from engine.core.errors import UsageError
from tests.support.documents import BLANK_ARM, typed

ROWS, POSITIVES = 1_000, 50


def contrast(documents: list[dict[str, Any]], **about: Any) -> Contrast:
    return compared.contrast([typed(one) for one in documents], **about)


def point(at: str, missed: int, alarms: int) -> dict[str, Any]:
    found = POSITIVES - missed
    return {
        "name": at,
        "threshold": 0.5,
        "confusion": {
            "tn": ROWS - POSITIVES - alarms,
            "fp": alarms,
            "fn": missed,
            "tp": found,
        },
        "metrics": {
            "recall": found / POSITIVES,
            "recall_ci": [0.1, 0.9],
            "precision": found / (found + alarms) if found + alarms else None,
        },
    }


def arm(name: str, missed: int, alarms: int, *points: str) -> dict[str, Any]:
    names = points or ("fixed", "f1")
    return BLANK_ARM | {
        "name": name,
        "kind": "control" if name == "untreated" else "sampler",
        "search": BLANK_ARM["search"] | {"trials": 2},
        "operating_points": [point(at, missed, alarms) for at in names],
        "test": {"average_precision": 0.25, "brier": 0.125},
        "seconds": {"prepare": 1.0, "tune": 2.5, "fit": 0.0, "evaluate": 0.0},
    }


def experiment(*arms: str) -> dict[str, Any]:
    steps = {"smote": [{"sampler": "smote", "params": {"ratio": 0.5}}]}
    return {
        "data": {"source": "t.csv", "target": "y", "positive": None, "kinds": {}},
        "search": {"trials": 2, "prune": True},
        "decision": {"at": "fixed", "cost_fn": 10.0},
        "seed": 42,
        "arms": [{"name": name, "steps": steps.get(name, [])} for name in arms],
    }


def document(run: str, *arms: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A run that is done; `changes` are of its parts, their names with __."""
    arms = arms or (arm("untreated", 40, 10), arm("smote", 20, 100))
    made = {
        "run": run,
        "status": "done",
        "experiment": experiment(*(one["name"] for one in arms)),
        "dataset": {
            "name": "t.csv",
            "rows": 5_000,
            "columns": 4,
            "target": "y",
            "positive": "1",
            "classes": {"0": 4_750, "1": 250},
            "roles": {"a": "feature", "b": "feature", "y": "target"},
            "fingerprint": "ab" * 32,
        },
        "split": {
            "train": {"0": 3_800, "1": 200},
            "test": {"0": ROWS - POSITIVES, "1": POSITIVES},
            "test_fingerprint": "cd" * 32,
        },
        "arms": list(arms),
        "verdict": {
            "code": "VRD004",
            "headline": f"the verdict of {run}",
            "recommendation": "",
        },
        "seconds": 12.5,
        "versions": {"imbtui": "1.0", "xgboost": "3.2.0"},
    }
    made = copy.deepcopy(made)
    for path, value in changes.items():
        part: Any = made
        *way, last = path.split("__")
        for name in way:
            part = part[name]
        part[last] = value
    return made


def paths(found: Contrast) -> dict[str, tuple[str | None, ...]]:
    return {one.path: one.values for one in found.differences}


def begun(run: str, **changes: Any) -> dict[str, Any]:
    """A run that has not read its table."""
    empty: dict[str, Any] = {
        "dataset": None,
        "split": None,
        "arms": [],
        "verdict": None,
    }
    return document(run, **empty, status="running", versions={}, **changes)


def test_the_same_run_again_differs_in_nothing() -> None:
    found = contrast([document("a"), document("b", seconds=99.0)])
    assert found.differences == ()
    assert found.same_test_rows is True
    assert found.notes == (
        "the experiments, data and versions are the same, as far as known",
    )
    assert found.verdicts == ("the verdict of a", "the verdict of b")
    assert {row.change.missed for row in found.rows if row.change} == {0}


def test_every_difference_has_its_path_and_a_value_per_run() -> None:
    other = document(
        "b",
        arm("untreated", 40, 10),
        arm("enn", 30, 50),
        experiment__search__trials=20,
        experiment__search__prune=False,
        experiment__data__kinds={"zip": "category"},
        experiment__data__positive="1",
        dataset__rows=4_000,
        dataset__roles={"a": "ignored", "b": "feature", "y": "target"},
        versions__xgboost="3.1.0",
    )
    found = paths(contrast([document("a"), other]))
    assert found == {
        "search.trials": ("2", "20"),
        "search.prune": ("true", "false"),
        "data.kinds.zip": (None, "category"),
        "arms.smote": ("smote:ratio=0.5", None),
        "arms.enn": (None, "enn"),
        "dataset.rows": ("5000", "4000"),
        "dataset.roles.a": ("feature", "ignored"),
        "versions.xgboost": ("3.2.0", "3.1.0"),
    }


def test_an_arm_of_one_name_and_two_methods_is_a_difference() -> None:
    other = document("b")
    other["experiment"]["arms"][1]["steps"][0]["params"] = {"ratio": 1.0}
    found = paths(contrast([document("a"), other]))
    assert found == {"arms.smote": ("smote:ratio=0.5", "smote:ratio=1")}


def test_many_columns_that_differ_are_counted() -> None:
    roles = {f"c{i}": "feature" for i in range(40)} | {"y": "target"}
    other = dict.fromkeys(roles, "ignored") | {"y": "target"}
    two = [document("a", dataset__roles=roles), document("b", dataset__roles=other)]
    assert paths(contrast(two)) == {
        "dataset.roles": (
            "40 feature, 1 target; 40 columns differ",
            "40 ignored, 1 target; 40 columns differ",
        )
    }
    moved = {f"d{i}": "feature" for i in range(40)} | {"y": "target"}
    two[1]["dataset"]["roles"] = moved
    (texts,) = paths(contrast(two)).values()
    assert texts == ("40 feature, 1 target; 80 columns differ",) * 2


def test_results_are_at_one_point_and_less_those_of_the_first_run() -> None:
    other = document("b", arm("smote", 15, 130), arm("untreated", 40, 10))
    found = contrast([document("a"), other], at="f1")
    assert found.at == "f1"
    # By the missed positives of the first run.
    assert found.arms == ("smote", "untreated")
    assert [(row.arm, row.run) for row in found.rows] == [
        ("smote", 0),
        ("smote", 1),
        ("untreated", 0),
        ("untreated", 1),
    ]
    first, second = found.of("smote")
    assert (first.missed, first.found, first.false_alarms) == (20, 30, 100)
    assert first.recall == pytest.approx(0.6)
    assert first.recall_ci == (0.1, 0.9)
    assert first.seconds == 3.5
    assert (first.average_precision, first.brier, first.trials) == (0.25, 0.125, 2)
    assert first.change is None
    assert second.change is not None
    assert (second.change.missed, second.change.false_alarms) == (-5, 30)
    assert second.change.recall == pytest.approx(0.1)
    assert second.change.brier == 0


def test_other_test_rows_are_said_and_no_change_is_worked_out() -> None:
    other = document("b", split__test_fingerprint="99" * 32)
    found = contrast([document("a"), other])
    assert found.same_test_rows is False
    assert any("their counts cannot be compared" in note for note in found.notes)
    assert [run.comparable for run in found.runs] == [True, False]
    assert [row.change for row in found.rows] == [None] * 4
    assert found.rows[1].missed == found.rows[0].missed
    assert paths(found) == {"test.fingerprint": ("cdcdcdcdcdcd", "999999999999")}


def test_of_three_runs_only_the_one_on_other_rows_is_left_out() -> None:
    other = document("b", split__test_fingerprint="99" * 32)
    found = contrast([document("a"), other, document("c")])
    assert found.same_test_rows is False
    assert [run.comparable for run in found.runs] == [True, False, True]
    _, second, third = found.of("untreated")
    assert second.change is None
    assert third.change is not None
    assert any("the test rows of b are not those of a" in note for note in found.notes)


def test_another_positive_class_cannot_be_compared() -> None:
    found = contrast([document("a"), document("b", dataset__positive="0")])
    assert [run.label for run in found.runs] == ["1", "0"]
    assert [run.positives for run in found.runs] == [POSITIVES, ROWS - POSITIVES]
    assert not any(row.change for row in found.rows)
    assert any("not of the same class: a 1, b 0" in note for note in found.notes)


def test_a_point_that_only_some_have_is_said() -> None:
    other = document(
        "b", arm("untreated", 40, 10, "fixed"), arm("smote", 20, 9, "fixed")
    )
    found = contrast([document("a"), other], at="f1")
    assert [run.at for run in found.runs] == ["f1", None]
    assert [row.has_counts for row in found.of("untreated")] == [True, False]
    assert "b has no operating point f1; it has fixed" in found.notes
    with pytest.raises(
        UsageError, match=r"no run has the operating point 'x'.*fixed, f1"
    ):
        contrast([document("a"), other], at="x")


def test_a_point_that_all_have_is_taken_where_the_first_ones_own_is_not() -> None:
    one = document("a", experiment__decision__at="f1")
    other = document("b", arm("untreated", 40, 10, "fixed"))
    assert contrast([one, other]).at == "fixed"
    assert contrast([one, document("b")]).at == "f1"
    # None in common: the first one's own, and what the other has is said.
    apart = document("b", arm("untreated", 40, 10, "recall>=0.9"))
    found = contrast([one, apart])
    assert found.at == "f1"
    assert "b has no operating point f1; it has recall>=0.9" in found.notes


def test_the_point_cost_means_something_else_at_other_costs() -> None:
    arms = (arm("untreated", 40, 10, "cost"),)
    other = document("b", *arms, experiment__decision__cost_fn=50.0)
    found = contrast([document("a", *arms), other])
    assert paths(found) == {"decision.cost_fn": ("10", "50")}
    assert any("the costs differ" in note for note in found.notes)


def test_the_recommended_point_means_something_else_at_assumed_costs() -> None:
    arms = (arm("untreated", 40, 10, "recommended"),)
    assumed = {"cost_fn": 19.0, "cost_fp": 1.0, "assumed": True}
    found = contrast([document("a", *arms), document("b", *arms) | {"costs": assumed}])
    told = "the costs differ (10:1, 19:1), so the point recommended differs too"
    assert told in found.notes
    alike = contrast([document("a", *arms), document("b", *arms)])
    assert not any("the costs differ" in note for note in alike.notes)


@pytest.mark.parametrize("status", ["running", "cancelled", "failed"])
def test_a_run_that_is_not_done_shows_what_it_has(status: str) -> None:
    half = arm("smote", 0, 0)
    half |= {"status": "running", "operating_points": [], "test": None}
    other = document("b", arm("untreated", 40, 10), half, status=status, verdict=None)
    found = contrast([document("a"), other])
    assert found.verdicts == ("the verdict of a", None)
    assert found.of("untreated")[1].change is not None
    assert not found.of("smote")[1].has_counts
    assert f"b is {status}: its results so far are shown" in found.notes


def test_a_run_that_has_not_begun_makes_no_difference_of_its_data() -> None:
    found = contrast([document("a"), begun("b", experiment__seed=7)])
    assert paths(found) == {"seed": ("42", "7")}
    assert found.same_test_rows is None
    assert [run.comparable for run in found.runs] == [True, False]
    assert [row.status for row in found.of("untreated")] == ["done", "absent"]
    assert "b is running and has no result yet" in found.notes
    both = contrast([begun("a"), begun("b") | {"status": "interrupted"}])
    assert any("are the same" in note for note in both.notes)
    assert (both.at, both.arms, both.rows) == (None, (), ())
    assert both.runs[1].status == "interrupted"


def test_an_arm_that_failed_in_one_run_and_is_absent_in_another() -> None:
    broken = arm("smote", 0, 0)
    broken |= {"status": "failed", "operating_points": [], "test": None}
    broken["error"] = {
        "code": "arm",
        "field": None,
        "message": "no room",
        "fix": "use none",
    }
    docs = [
        document("a"),
        document("b", arm("untreated", 40, 10), broken),
        document("c", arm("untreated", 40, 10)),
    ]
    first, second, third = contrast(docs).of("smote")
    assert (first.has_counts, second.has_counts, third.has_counts) == (
        True,
        False,
        False,
    )
    assert (second.status, second.error) == ("failed", "no room")
    assert third.status == "absent"
    # In the order of the run that has a result of it, wherever that is.
    assert contrast(docs[::-1]).arms == ("untreated", "smote")


def test_only_the_arms_that_were_asked_for() -> None:
    docs = [document("a"), document("b")]
    assert contrast(docs, arms=["untreated"]).arms == ("untreated",)
    with pytest.raises(UsageError, match=r"no run has an arm 'enn'.*untreated, smote"):
        contrast(docs, arms=["untreated", "enn"])


def test_more_than_two_classes_count_the_rarest() -> None:
    def many(run: str, missed: int) -> dict[str, Any]:
        made = arm("untreated", 0, 0)
        made["operating_points"] = [
            {
                "name": "fixed",
                "threshold": None,
                "weights": {},
                "confusion": {
                    "labels": ["x", "y", "z"],
                    "matrix": [[80, 5, 5], [2, 16, 2], [missed, 0, 10 - missed]],
                },
                "recall": {"z": 1 - missed / 10},
                "recall_ci": {"z": [0.3, 0.8]},
                "precision": {"z": 0.5},
                "metrics": {"macro_recall": 0.75},
            }
        ]
        return document(
            run,
            made,
            dataset__positive=None,
            dataset__classes={"x": 450, "y": 100, "z": 50},
            split__test={"x": 90, "y": 20, "z": 10},
        )

    found = contrast([many("a", 4), many("b", 1)])
    assert [(run.label, run.classes, run.positives) for run in found.runs] == [
        ("z", 3, 10)
    ] * 2
    first, second = found.rows
    assert (first.missed, first.found, first.false_alarms) == (4, 6, 7)
    assert (first.recall_ci, first.macro_recall) == ((0.3, 0.8), 0.75)
    assert second.change is not None
    assert second.change.missed == -3
    assert any("more than two classes (a, b)" in note for note in found.notes)
    beside = contrast([document("c"), many("a", 4)])
    assert not any(row.change for row in beside.rows)


def test_one_run_or_one_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="two runs or more"):
        contrast([document("a")])
    with pytest.raises(UsageError, match="a is named twice"):
        contrast([document("a"), document("b"), document("a")])
