"""`imbtui store`: sizes, check, prune."""

from __future__ import annotations

import json

import pytest

from engine.store import VERSION, Store, open_store, rows
from tests.support import store_samples
from tests.support.commands import warm_runs
from tests.support.run_processes import until
from tui.cli.parser import dispatch
from tui.terminal.safe_text import cells
from tui.text import StoreSummary, render_store


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "runs.sqlite"))
    with store_samples.opened(tmp_path) as opened:
        yield opened


def told(capsys, *options: str, code: int = 0) -> dict:
    capsys.readouterr()
    assert dispatch(["store", "--json", *options]) == code
    return json.loads(capsys.readouterr().out)


def test_a_store_is_described(store: Store, capsys) -> None:
    store_samples.add(store)
    store_samples.add(store, store_samples.unfinished())
    assert dispatch(["store"]) == 0
    out = capsys.readouterr().out
    assert str(store.path) in "".join(out.split())  # a long one is broken
    assert "1 done, 1 interrupted" in out
    found = told(capsys)
    assert found["path"] == str(store.path)
    assert found["version"] == VERSION
    assert found["runs"] == {"done": 1, "interrupted": 1}
    assert found["bytes_store"] > 0
    assert found["problem"] is None
    assert (found["damaged"], found["freed"]) == (None, None)


def test_a_whole_store_is_checked(store: Store, capsys) -> None:
    store_samples.add(store)
    assert dispatch(["store", "--check"]) == 0
    assert "every record is intact" in capsys.readouterr().out
    assert told(capsys, "--check")["damaged"] == []


def test_every_damaged_row_is_printed(store: Store, capsys) -> None:
    good, bad, worse = (store_samples.add(store) for _ in range(3))
    store_samples.damage(store, bad)
    store_samples.damage(store, worse)
    assert dispatch(["store", "--check"]) == 1
    out = capsys.readouterr().out
    assert bad.id in out
    assert worse.id in out
    assert good.id not in out
    assert "imbtui delete RUN" in out
    assert len(told(capsys, "--check", code=1)["damaged"]) >= 2


def test_a_damaged_store_is_one_line_and_stays(store: Store, capsys) -> None:
    store_samples.add(store)
    store.close()
    data = bytearray(store.path.read_bytes())
    data[4096:4200] = bytes(104)
    store.path.write_bytes(data)
    for command in (["store", "--check"], ["runs"]):
        assert dispatch(command) == 2
        err = capsys.readouterr().err
        assert "is damaged (" in err
        assert ".recover" in err
    assert store.path.read_bytes() == data


def test_prepared_folds_are_pruned(store: Store, capsys) -> None:
    store_samples.add(store)
    store.folds.mkdir()
    (store.folds / "one").write_bytes(b"x" * 2_000_000)
    assert dispatch(["runs"]) == 0
    assert "cached folds 2.0 MB: imbtui store --prune" in capsys.readouterr().out
    assert dispatch(["store", "--prune"]) == 0
    assert "freed" in capsys.readouterr().err
    assert not (store.folds / "one").exists()
    assert told(capsys)["bytes_folds"] == 0


def test_no_store_makes_none(tmp_path, capsys) -> None:
    path = tmp_path / "nowhere" / "q.sqlite"
    assert dispatch(["store", "--check", "--store", str(path)]) == 0
    told = capsys.readouterr()
    assert "none" in told.out
    assert "whole" not in told.out
    assert "the file does not exist yet" in told.err
    assert not path.parent.exists()


@pytest.mark.parametrize("width", [60, 80, 140])
def test_any_text_fits_any_width(width: int) -> None:
    summary = StoreSummary(
        path="/a/long/folder" * 12 + "/\x1b[31mruns.sqlite",
        version=2,
        filesystem="nfs",
        journal="delete",
        bytes_store=1,
        bytes_folds=2,
        bytes_inputs=3,
        bytes_logs=4,
        free=0,
        runs={},
        problem="a page \x9b2J is damaged " * 9,
        notices=("it is on a network",),
        damaged=["row \u202e 7 " * 40, "row 8"],
    )
    text = render_store(summary, width=width)
    for line in text.split("\n"):
        assert cells(line) <= width
        assert not set(line) & {"\x1b", "\x9b", "\u202e"}
    assert "10 B" in text


@pytest.mark.parametrize("how", [(), ("--detach",)])
def test_the_file_alone_has_a_run_while_an_app_looks_on(
    store: Store, table_path, how, capsys, monkeypatch, warm
) -> None:
    warm_runs(monkeypatch, warm)
    arms = ("--methods", "untreated", "--trials", "1", "--folds", "2")
    command = ["run", str(table_path), "--target", "sick", *arms, "--quiet", *how]
    assert dispatch(command) == 0
    (run,) = store.runs()
    until(lambda: store.run(run.id).ended and not rows.held(store.folder, run.id))
    alone = store.path.with_name("alone.sqlite")
    alone.write_bytes(store.path.read_bytes())
    capsys.readouterr()
    assert dispatch(["show", "last", "--json", "--store", str(alone)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], len(document["arms"])) == ("done", 1)
    assert dispatch(["annotate", run.id, "--note", "mine"]) == 0
    alone.write_bytes(store.path.read_bytes())
    with open_store(alone) as copied:
        assert copied.run(run.id).note == "mine"
