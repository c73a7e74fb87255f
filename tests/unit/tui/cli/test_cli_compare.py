"""`imbtui compare` on made-up runs."""

from __future__ import annotations

import json

import pytest

from engine.store import Store
from tests.support import store_samples
from tests.support.console_samples import COUNTS, events, hostile_events
from tui.cli.parser import dispatch

OTHER = {**COUNTS, "smote": {"fixed": (70, 1500), "cost": (100, 400)}}


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "runs.sqlite"))
    monkeypatch.setenv("COLUMNS", "100")
    with store_samples.opened(tmp_path) as opened:
        yield opened


@pytest.fixture
def two(store: Store) -> tuple[str, str]:
    first = store_samples.add(store)
    second = store_samples.add(store, events(OTHER, trials=3))
    return first.id, second.id


def test_two_runs_by_prefix_and_last(two, capsys) -> None:
    first, second = two
    assert dispatch(["compare", first[:6], "last"]) == 0
    out = capsys.readouterr().out
    assert out.index("run 1") < out.index("run 2")
    assert first not in out
    assert second not in out
    for said in ("search.trials", "at the operating point fixed", "−11", " verdicts"):
        assert said in out
    assert "\x1b" not in out


def test_json_is_the_contrast_and_nothing_else(two, capsys) -> None:
    options = ["--json", "--at", "cost", "--arm", "smote"]
    assert dispatch(["compare", *two, *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [run["id"] for run in told["runs"]] == list(two)
    assert told["at"] == "cost"
    assert told["same_test_rows"] is True
    assert told["differences"] == [{"path": "search.trials", "values": ["2", "3"]}]
    assert [(row["arm"], row["missed"]) for row in told["rows"]] == [
        ("smote", 130),
        ("smote", 100),
    ]
    assert told["rows"][1]["change"]["missed"] == -30


def test_the_same_run_twice_is_refused(two, capsys) -> None:
    first, second = two
    assert dispatch(["compare", second, "last"]) == 2
    assert "run 2 is named twice" in capsys.readouterr().err
    assert dispatch(["compare", first]) == 2
    assert "two runs or more" in capsys.readouterr().err
    assert dispatch(["compare", first, "nothing"]) == 2
    assert "no run 'nothing'" in capsys.readouterr().err


def test_a_point_or_an_arm_that_no_run_has(two, capsys) -> None:
    assert dispatch(["compare", *two, "--at", "best"]) == 2
    assert "fixed, cost" in capsys.readouterr().err
    assert dispatch(["compare", *two, "--arm", "enn"]) == 2
    assert "no run has an arm 'enn'" in capsys.readouterr().err


def test_a_run_at_work_and_one_that_is_queued(store, two, capsys) -> None:
    with store_samples.living(store) as run:
        waiting = store.create(run.experiment, run.options)
        assert dispatch(["compare", two[0], run.id, waiting.id]) == 0
    out = capsys.readouterr().out
    assert f"run {run.number} is running: its results so far are shown" in out
    assert f"run {waiting.number} is running and has no result yet" in " ".join(
        out.split()
    )


def test_a_damaged_run_is_one_line(store, two, capsys) -> None:
    store_samples.damage(store, store.run(two[0]))
    assert dispatch(["compare", *two]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert two[0] in line


def test_hostile_names_reach_no_terminal(store, two, capsys) -> None:
    run = store_samples.add(store, hostile_events("\x1b[31m\u202e\x9b2J"))
    assert dispatch(["compare", two[0], run.id]) == 0
    out = capsys.readouterr().out
    assert not set(out) & {"\x1b", "\x9b", "\u202e"}
