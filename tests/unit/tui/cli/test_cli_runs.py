"""`imbtui runs`, `show`, `note`, `tag`, `delete`, `cancel`, `watch` on made-up runs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading

import pytest

from engine.core.events import RunFinished, SetupProgress
from engine.core.record import STALL_SECONDS
from engine.store import Store, open_store
from tests.support import store_samples
from tests.support.console_samples import compared, events, failed, started
from tui.cli import follow
from tui.cli.parser import dispatch


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "runs.sqlite"))
    monkeypatch.setenv("COLUMNS", "140")
    with store_samples.opened(tmp_path) as opened:
        yield opened


def listed(capsys, *options: str) -> list[dict]:
    capsys.readouterr()
    assert dispatch(["runs", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)["runs"]


def test_runs_are_filtered_by_words_tags_and_status(store: Store, capsys) -> None:
    done = store_samples.add(store)
    other = store_samples.add(store, events(name="fraud.csv", target="fraud"))
    gone = store_samples.add(store, store_samples.unfinished())
    store.annotate(done.id, note="First Try", tags=["keep", "big"])
    store.annotate(other.id, tags=["keep"])

    def ids(*options: str) -> set[str]:
        return {run["run"] for run in listed(capsys, *options)}

    assert ids() == {done.id, other.id, gone.id}
    assert ids("--filter", "FRAUD") == {other.id}
    assert ids("--filter", "stroke first") == {done.id}
    assert ids("--filter", "kmeans keep") == {done.id, other.id}
    assert ids("--filter", done.id[:6]) == {done.id}
    assert ids("--tag", "keep") == {done.id, other.id}
    assert ids("--tag", "keep", "--tag", "big") == {done.id}
    assert ids("--status", "interrupted") == {gone.id}
    assert ids("--status", "done", "--tag", "keep", "--filter", "stroke") == {done.id}
    assert ids("--filter", "nothing like it") == set()
    assert dispatch(["runs", "--status", "finished"]) == 2
    assert "interrupted" in capsys.readouterr().err
    assert dispatch(["runs", "--filter", "nothing"]) == 0
    assert "No run matches; imbtui runs lists all 3" in capsys.readouterr().out


def test_runs_show_notes_tags_disk_use_and_totals(store: Store, capsys) -> None:
    run = store_samples.add(store)
    store.annotate(run.id, note="with the new \x1b[31mcolumns", tags=["keep", "big"])
    assert dispatch(["runs"]) == 0
    out = capsys.readouterr().out
    head, row, noted, _, total = out.splitlines()
    assert "disk" in head
    assert re.search(r"[1-9][\d.]* k?B$", row)
    assert noted == "   #big #keep with the new ␛[31mcolumns"
    assert re.fullmatch(r" 1 run, \d+ kB", total)
    (told,) = listed(capsys)
    assert (told["note"], told["tags"]) == (
        "with the new \x1b[31mcolumns",
        ["big", "keep"],
    )
    assert told["bytes"] > 0
    assert told["stalled"] is False


def test_an_interrupted_run_says_how_to_go_on(store: Store, capsys) -> None:
    run = store_samples.add(store, store_samples.unfinished())
    assert dispatch(["runs"]) == 0
    assert f"imbtui resume {run.number}" in capsys.readouterr().out
    assert dispatch(["show", run.id]) == 0
    assert f"imbtui resume {run.number}" in capsys.readouterr().err


def test_a_stalled_run_says_since_when_and_what_to_do(
    store: Store, capsys, monkeypatch
) -> None:
    with store_samples.living(store) as run:
        assert dispatch(["runs"]) == 0
        assert "not heard" not in capsys.readouterr().out
        store_samples.silence(store, run, 2 * STALL_SECONDS)
        assert dispatch(["runs"]) == 0
        out = capsys.readouterr().out
        assert re.search(r"running, no heartbeat for \d+ s", out)
        assert f"stopped? imbtui cancel {run.number} ends it" in out
        (told,) = listed(capsys, "--status", "stalled")
        assert (told["status"], told["stalled"]) == ("running", True)
        monkeypatch.setattr("tui.cli.runs.free_bytes", lambda store: 0)
        assert dispatch(["show", run.id]) == 0
        assert "its disk is full" in capsys.readouterr().err
    assert listed(capsys, "--status", "stalled") == []


def test_a_damaged_run_hides_no_other(store: Store, capsys) -> None:
    good, bad = store_samples.add(store), store_samples.add(store)
    store_samples.damage(store, bad)
    found = {run["run"]: run for run in listed(capsys)}
    assert found[good.id]["status"] == "done"
    assert found[bad.id]["status"] == "unreadable"
    assert "damaged" in found[bad.id]["best"]


def test_a_note_is_set_printed_and_cleared(store: Store, capsys) -> None:
    run = store_samples.add(store)
    assert dispatch(["annotate", run.id]) == 0
    assert "has no note and no tags" in capsys.readouterr().err
    assert dispatch(["annotate", run.id[:6], "--note", "two words"]) == 0
    assert dispatch(["annotate", "last"]) == 0
    assert capsys.readouterr().out == " note  two words\n" * 2
    for note in ("-x", "- a list"):
        assert dispatch(["annotate", "last", f"--note={note}"]) == 0
        assert store.run(run.id).note == note
    assert dispatch(["annotate", "last", "--note", "a\x1b[31mb\nc"]) == 0
    assert capsys.readouterr().out.endswith("a␛[31mb c\n")
    assert dispatch(["annotate", "last", "--note", "x" * 3000]) == 2
    assert "2000" in capsys.readouterr().err
    assert dispatch(["annotate", "last", "--note", ""]) == 0
    assert store.run(run.id).note == ""


@pytest.mark.parametrize(
    ("changes", "tags"),
    [
        (["--tag", "a", "--tag", "b"], ["a", "b", "old"]),
        (["--untag", "old"], []),
        (["--tag", "a", "--untag", "old", "--tag", "h"], ["a", "h"]),
        (["--untag", "old", "--untag", "a", "--tag", "b"], None),
        (["--tag", "a b"], None),
        (["--tag", "a", "--untag", "a"], ["old"]),
        ([], ["old"]),
    ],
)
def test_tags_are_added_and_removed(store: Store, capsys, changes, tags) -> None:
    run = store_samples.add(store)
    store.annotate(run.id, note="why", tags=["old"])
    code = dispatch(["annotate", run.id, *changes])
    said = capsys.readouterr()
    if tags is None:
        assert code == 2
        assert len(said.err.splitlines()) == 1
        assert store.run(run.id).tags == ("old",)
        return
    assert code == 0
    assert sorted(store.run(run.id).tags) == tags
    note, *shown = said.out.splitlines()
    assert note == " note  why"
    assert {tag.strip(" ,") for line in shown for tag in line.split()[1:]} == {*tags}


def test_show_tells_note_and_tags(store: Store, capsys) -> None:
    run = store_samples.add(store)
    store.annotate(run.id, note="why", tags=["a", "b"])
    assert dispatch(["show", "last"]) == 0
    assert capsys.readouterr().out.endswith("\n\n note  why\n tags  a, b\n")
    assert dispatch(["show", "last", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["note"], told["tags"]) == ("why", ["a", "b"])


def test_several_runs_are_deleted_or_none(store: Store, capsys) -> None:
    one, two, three = (store_samples.add(store).id for _ in range(3))
    with store_samples.living(store) as run:
        assert dispatch(["delete", one, run.id]) == 2
        assert f"imbtui cancel {run.number}" in capsys.readouterr().err
    assert dispatch(["delete", one, "nothing"]) == 2
    assert store.run(one).id == one
    assert dispatch(["delete", one, two[:6], one]) == 0
    assert [run.id for run in store.runs()] == [run.id, three]
    assert len(capsys.readouterr().err.splitlines()) == 3


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ("cancelled", 0, "is cancelled; finished arms and trials are kept"),
        ("done", 0, "finished before it could be cancelled"),
        (None, 1, "has not ended yet; it will be cancelled"),
    ],
)
def test_cancel_says_how_the_run_ended(
    store: Store, capsys, monkeypatch, status, code, said
) -> None:
    def cancel(store, run):
        if status is not None:
            store.append(run.id, RunFinished(status=status, seconds=1.0))
        return store.run(run.id)

    monkeypatch.setattr("engine.service.client.cancel", cancel)
    with store_samples.living(store) as run:
        assert dispatch(["cancel", run.id]) == code
    assert said in capsys.readouterr().err


# Following


def end(store: Store, run_id: str) -> None:
    """What is left of the run that `store_samples.unfinished` began."""
    for event in (
        failed("smote-enn"),
        failed("kmeans-smote"),
        compared(),
        RunFinished(status="done", seconds=3.0),
    ):
        store.append(run_id, event)


def test_two_that_watch_see_the_same_end(store: Store, tmp_path) -> None:
    with store_samples.living(store, [started(arms=["untreated"])]) as run:
        watchers = [
            subprocess.Popen(
                [sys.executable, "-m", "tui", "watch", run.id, "--json"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            for _ in range(2)
        ]
        for watcher in watchers:
            assert watcher.stderr is not None
            assert b"stroke.csv" in watcher.stderr.readline()
        for event in events({"untreated": {"fixed": (161, 0)}})[1:]:
            store.append(run.id, event)
        told = [watcher.communicate(timeout=120)[0] for watcher in watchers]
    assert [watcher.returncode for watcher in watchers] == [0, 0]
    one, other = (json.loads(text) for text in told)
    assert one == other
    assert one["status"] == "done"
    assert one["arms"][0]["operating_points"]


def test_a_watched_run_whose_process_goes_is_interrupted(store: Store, capsys) -> None:
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(store_samples.living(store))
        going = threading.Timer(0.3, stack.close)
        going.start()
        # It ends as soon as the lock is free, without a last word of the run.
        assert dispatch(["watch", run.id]) == 1
        going.join()
    err = capsys.readouterr().err
    assert f"{run.title} is interrupted" in err
    assert f"imbtui resume {run.number}" in err


def test_silence_is_said_once_and_so_is_the_next_word(
    store: Store, capsys, monkeypatch
) -> None:
    monkeypatch.setattr(follow, "LOOK_SECONDS", 0.0)
    with store_samples.living(store) as run:

        def looks(store, run_id, *, after=0):
            yield None
            store_samples.silence(store, run, 2 * STALL_SECONDS)
            yield from [None] * 3
            store_samples.silence(store, run, -2 * STALL_SECONDS)
            yield from [None] * 3
            store.append(run.id, RunFinished(status="cancelled", seconds=1.0))

        monkeypatch.setattr("engine.service.client.follow", looks)
        assert dispatch(["watch", run.id]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if "imbtui" in line]
    assert len(said) == 2
    assert re.search(r"no heartbeat for \d+ s; stopped\? imbtui cancel", said[0])
    assert said[1] == f"imbtui: {run.title} responds again"


def test_a_pass_that_tells_nothing_gets_a_line_now_and_then(
    store: Store, capsys, monkeypatch
) -> None:
    now = 0.0
    monkeypatch.setattr(follow.time, "monotonic", lambda: now)
    with store_samples.living(store) as run:

        def wait(until):
            nonlocal now
            while now < until:
                now += 1
                yield None

        def looks(store, run_id, *, after=0):
            yield SetupProgress(stage="profiling", done=0)
            yield from wait(14)
            yield SetupProgress(stage="profiling", done=9, total=12, seconds=14.0)
            yield from wait(21)
            yield SetupProgress()
            yield None

        monkeypatch.setattr("engine.service.client.follow", looks)
        dispatch(["watch", run.id])
    lines = capsys.readouterr().err.splitlines()
    said = [line.split("] ")[1] for line in lines if "looking" in line]
    assert said == [
        *["looking at the columns"] * 2,
        "looking at the columns: 9 of 12 columns, ~7 s left",
    ]


def test_ctrl_c_leaves_a_watched_run_alone(store: Store, capsys, monkeypatch) -> None:
    with store_samples.living(store) as run:

        def looks(store, run_id, *, after=0):
            yield None
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr("engine.service.client.follow", looks)
        assert dispatch(["watch", run.id]) == 130
        assert store.run(run.id).status == "running"
        assert not store.run(run.id).cancel
    assert f"imbtui cancel {run.number}" in capsys.readouterr().err


def test_a_store_that_is_only_read_is_watched(
    store: Store, capsys, monkeypatch
) -> None:
    run = store_samples.add(store)
    store.close()
    monkeypatch.setattr(
        "engine.store.opening.unwritable", lambda path: "it is a friend's"
    )
    monkeypatch.setattr("tui.cli.streams.SHOWN", set())
    for command in (["watch", run.id], ["show", run.id], ["runs"]):
        assert dispatch(command) == 0
        assert run.id in capsys.readouterr().out
    for command in (["annotate", run.id, "--note", "x"], ["delete", run.id]):
        assert dispatch(command) == 2
        (said,) = capsys.readouterr().err.splitlines()
        assert said.startswith("imbtui: nothing is changed. ")
    assert dispatch(["store"]) == 0
    assert "a friend's" in capsys.readouterr().out


# Notices and bells


def test_what_must_be_said_about_a_store_is_said_once(
    store: Store, capsys, monkeypatch, tmp_path
) -> None:
    store_samples.add(store)
    told = ("it is on a network", "a backup was made")

    def opened(path=None, *, create=True):
        found = open_store(path, create=create)
        found.notices = told
        return found

    monkeypatch.setattr("engine.store.open_store", opened)
    monkeypatch.setattr("tui.cli.streams.SHOWN", set())
    for _ in range(2):
        assert dispatch(["runs", "--json"]) == 0
        json.loads(capsys.readouterr().out)
    assert dispatch(["annotate", "last"]) == 0
    monkeypatch.setattr("tui.cli.streams.SHOWN", set())
    capsys.readouterr()
    assert dispatch(["show", "last", "--json"]) == 0
    assert dispatch(["runs"]) == 0
    err = capsys.readouterr().err.splitlines()
    assert err == [f"imbtui: {text}" for text in told]


def test_a_followed_run_rings_at_its_end(store: Store, monkeypatch) -> None:
    rung = []
    monkeypatch.setattr(
        follow, "ring", lambda stream, kind, text: rung.append((kind, text))
    )
    with store_samples.living(store) as run:

        def looks(store, run_id, *, after=0):
            yield None
            end(store, run.id)
            for _, event in store.events(run.id, after=after):
                yield event

        monkeypatch.setattr("engine.service.client.follow", looks)
        assert dispatch(["watch", run.id, "--notify", "osc9", "--quiet"]) == 0
    said = f"imbtui: {run.title} done: Chance alone could explain it."
    assert rung == [("osc9", said)]
    # One that was over before is no news.
    monkeypatch.setattr("engine.service.client.follow", lambda *_, **__: iter(()))
    assert dispatch(["watch", run.id, "--notify", "bell"]) == 0
    assert len(rung) == 1


def test_no_other_bell(capsys) -> None:
    assert dispatch(["watch", "last", "--notify", "gong"]) == 2
    assert "bell" in capsys.readouterr().err
