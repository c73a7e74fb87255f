"""The list of runs: found, marked, annotated, repeated, deleted; and its states."""

from __future__ import annotations

import msgspec
from textual.events import Key, Paste
from textual.widgets import Input

from tests.support import fakes, runs_samples
from tests.support.console_samples import HOSTILE
from tests.support.fakes import notices, press, screen_text, settle
from tui.app.app import APP
from tui.app.workbench import Workbench
from tui.features import messages as say
from tui.features.arms.draft import Problem
from tui.features.dialogs import ChoiceDialog, ErrorDialog
from tui.features.remembered import Sort
from tui.features.runs import messages as told
from tui.features.runs import screen
from tui.features.runs.screen import RUNS, OneLine, Runs, ask_annotation, tags_in
from tui.features.session import RunSummary, StoreInfo
from tui.widgets import Rows, fit_columns


def with_runs(app):
    app.runs.stored = runs_samples.listed()
    app.runs.used = runs_samples.used()


def shown(app):
    return [item.key for item in app.screen.query_one(Rows).shown]


def calls(app, kind):
    return [what for name, what in app.runs.calls if name == kind]


# What is listed


def test_columns_go_where_there_is_no_room_and_names_get_what_is_left():
    runs = runs_samples.listed()
    for room in (60, 75, 110, 138, 200):
        columns, items = screen.make_table(runs, ["0000000a"], None)(room)
        fitted = fit_columns(columns, room)
        assert sum(wide for _, wide in fitted) + 2 * (len(fitted) - 1) <= room
        titles = {columns[place].title for place, _ in fitted}
        assert {"run", "when", "status", "data", "tags"} <= titles
        assert ("disk" in titles) == (room > 100)
        assert all(len(item.cells) == len(columns) for item in items)
    untagged, _ = screen.make_table(runs[-1:], (), None)(200)
    assert "tags" not in {column.title for column in untagged}
    assert dict(fit_columns(columns, 200))[3] > 30


def test_what_is_looked_for_is_found_in_everything_that_is_known(shell):
    found = {
        "paper": [10, 6],
        "PAPER interrupted": [10],
        "mail may": [10],
        "weights": [9],
        "whole target": [9],
        "00000008": [8],
        "nothing like it": [],
    }

    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5")
        for text, numbers in found.items():
            await press(pilot, "slash", *_keys(text))
            assert [int(key, 16) for key in shown(app)] == numbers, text
            await press(pilot, "escape")

    shell.run(use, "sample:stroke", size=(140, 40))


def test_runs_are_sorted_by_their_values_and_that_is_remembered(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "s")
        assert [int(key, 16) for key in shown(app)] == [*range(12, 4, -1)]
        await press(pilot, "S", "down")
        assert [int(key, 16) for key in shown(app)] == [*range(5, 13)]
        here = app.screen.query_one(Rows).highlighted
        await press(pilot, *"sssss")  # when, status, data, target, trials
        assert app.screen.query_one(Rows).highlighted == here
        await press(pilot, "s")
        assert "time▼" in screen_text(app)
        assert app.session.view.remembered.sorts["runs-list"] == Sort("time", True)
        await press(pilot, "escape", "5")
        assert "time▼" in screen_text(app)

    shell.run(use, "sample:stroke", size=(140, 40))


def test_two_hundred_runs_are_listed_at_once_and_each_drawn_once():
    runs = [fakes.summary(number) for number in range(200)]
    _, items = screen.make_table(runs, (), None)(138)
    assert len({item.key for item in items}) == 200
    assert all(len(item.ranks) >= len(item.cells) for item in items)


def test_hostile_names_do_nothing(shell):
    evil = "".join(HOSTILE.values())
    one = RunSummary(
        id="0000000a",
        number=10,
        created=0.0,
        status="interrupted",
        source=evil,
        target=evil,
        arms=(evil,),
        trials=3,
        headline=evil,
        note=evil,
        tags=(evil,),
    )

    async def use(app, pilot):
        app.runs.stored = (one,)
        await press(pilot, "5")
        text = screen_text(app)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\x1b" not in app.screen.copied().text
        await press(pilot, "n")
        assert isinstance(app.screen, OneLine)
        assert "\x1b" not in screen_text(app)

    shell.run(use, "sample:stroke", size=(140, 40))


def test_the_store_may_be_empty_or_unreadable(shell):
    async def use(app, pilot):
        await press(pilot, "5")
        assert "no runs yet" in screen_text(app)
        problem = Problem(message="the store cannot be read", fix="free the disk")
        app.post_message(told.RunsUnlisted(problem))
        await settle(pilot)
        assert "cannot be read" in screen_text(app)
        with_runs(app)
        app.runs.list()
        await settle(pilot)
        assert "cannot be read" not in screen_text(app)
        assert len(shown(app)) == 8

    shell.run(use, "sample:stroke", size=(80, 24))


# Find


def keys(app):
    return screen_text(app).rstrip().split("\n")[-1]


def _keys(text):
    return ["space" if letter == " " else letter for letter in text]


def test_find_narrows_while_typing_and_esc_shows_all_again(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "down", "slash", *"pape")
        assert shown(app) == ["0000000a", "00000006"]
        await press(pilot, "r", "space", *"v2")
        assert shown(app) == ["0000000a"]
        assert "/paper v2   1 of 8" in screen_text(app)
        # Letters are words now, and commands again when they are kept.
        assert "R resume" not in keys(app)
        assert "enter" not in keys(app)
        await press(pilot, "enter")
        assert shown(app) == ["0000000a"]
        assert "R resume" in keys(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, Runs)
        assert len(shown(app)) == 8
        assert app.screen.query_one(Rows).highlighted == "0000000b"
        await press(pilot, "slash", *"zzz", "enter")
        assert "Nothing matches" in screen_text(app)
        await press(pilot, "escape", "escape")
        assert isinstance(app.screen, Workbench)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_what_comes_in_one_packet_with_the_key_is_typed_and_no_command(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5")
        for key, letter in (("slash", "/"), ("d", "d"), ("y", "y"), ("o", "o")):
            app.post_message(Key(key, letter))
        await settle(pilot)
        assert isinstance(app.screen, Runs)
        assert app.screen.query_one(Rows).sought == "dyo"
        app.screen.query_one(Rows).post_message(Paste("pa\nper"))
        await settle(pilot)
        assert app.screen.query_one(Rows).sought == "dyopa per"
        assert calls(app, "delete") == []

    shell.run(use, "sample:stroke", size=(80, 24))


# Notes and tags


def test_a_note_and_tags_are_written_and_pasting_submits_nothing(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "down", "down", "n")
        assert isinstance(app.screen, OneLine)
        line = app.screen.query_one(Input)
        assert line.value.startswith("first try")
        line.value = ""
        line.post_message(Paste("one\ntwo\r\nthree\n"))
        await settle(pilot)
        assert isinstance(app.screen, OneLine)
        assert line.value == "one two three"
        await press(pilot, "enter")
        assert calls(app, "annotate") == [("0000000a", "one two three", None)]
        assert "one two three" in screen_text(app)
        await press(pilot, "t")
        app.screen.query_one(Input).value = "fine not/fine"
        await press(pilot, "enter")
        assert isinstance(app.screen, OneLine), "a tag that is none is not taken"
        assert "is no tag" in screen_text(app)
        app.screen.query_one(Input).value = ""
        await press(pilot, "enter")
        assert calls(app, "annotate")[-1] == ("0000000a", None, ())
        assert "#paper" not in screen_text(app)

    shell.run(use, "sample:stroke", size=(100, 30))


def test_tags_are_parted_by_blanks_or_commas():
    assert tags_in("a, b,c  a") == ("a", "b", "c")
    assert tags_in("  ") == ()
    assert "One line" in ask_annotation(fakes.summary(), "note")._may


# Several at once


def test_marked_runs_are_compared_and_deleted_together(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "=")
        assert not calls(app, "compare"), "one alone cannot be compared"
        # A mark goes on to the next run.
        await press(pilot, "down", "down", "space", "down", "space")
        text = screen_text(app)
        assert "2 marked" in text
        assert "●  10" in text
        assert "●   8" in text
        await press(pilot, "=")
        assert calls(app, "compare") == [("00000008", "0000000a")], "the oldest first"
        await press(pilot, "escape", "d")
        assert isinstance(app.screen, ChoiceDialog)
        text = screen_text(app)
        assert "Delete 2 runs" in text
        assert "Run 10 on sample:stroke" in text
        await press(pilot, "enter")
        assert not calls(app, "delete"), "the answer that has the focus is no"
        await press(pilot, "d", "y")
        assert sorted(calls(app, "delete")) == ["00000008", "0000000a"]
        assert "marked" not in screen_text(app)
        assert len(shown(app)) == 6

    shell.run(use, "sample:stroke", size=(80, 24))


def test_the_run_at_hand_is_compared_with_the_one_that_is_open(shell):
    async def use(app, pilot):
        with_runs(app)
        app.post_message(say.RunOpened(fakes.done_run(6), started=True))
        await press(pilot, "5", "down", "=")
        assert calls(app, "compare") == [("00000006", "0000000b")]

    shell.run(use, "sample:stroke")


def test_prepared_folds_are_removed_after_a_question_that_says_what_it_costs(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "D")
        text = " ".join(screen_text(app).replace("│", " ").split())
        assert "They take 12.0 MB. No result is lost," in text
        await press(pilot, "enter")
        assert not calls(app, "prune")
        await press(pilot, "D", "y")
        assert calls(app, "prune") == [None]
        assert "12.0 MB of cached folds removed" in notices(app)
        app.runs.used = msgspec.structs.replace(runs_samples.used(), folds=0)
        app.runs.measure()
        await press(pilot, "D")
        assert "no cached folds" in notices(app)

    shell.run(use, "sample:stroke", size=(100, 30))


# Again


def test_a_run_is_set_up_again_to_be_changed_without_its_results(shell):
    async def use(app, pilot):
        with_runs(app)
        found = fakes.done_run(9)
        app.runs.known[found.id] = found
        app.post_message(say.RunOpened(found))
        await settle(pilot)
        assert app.session.run is not None
        await press(pilot, "5", "down", "down", "down", "r")
        assert isinstance(app.screen, Workbench)
        assert app.session.run is None
        assert app.session.view.pane == "arms"
        assert app.session.load.request.source == "stroke.csv"
        ticked = [arm.name for arm in app.session.draft.arms]
        assert ticked == [arm.name for arm in found.experiment.arms]
        assert "Run 9 again" in notices(app)

    shell.run(use, "sample:stroke", size=(100, 30))


# Keys


def test_no_key_of_the_list_is_taken_twice():
    own = [key for command in RUNS for key in command.keys.split(",") if key]
    assert len(own) == len(set(own))
    everywhere = {
        key: command.id for command in APP for key in command.keys.split(",") if key
    }
    assert not {key: everywhere[key] for key in own if key in everywhere}


def test_resuming_is_offered_where_it_makes_sense(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5")
        assert "R resume" not in screen_text(app), "it works"
        await press(pilot, "R", "down", "down")
        assert "R resume" in screen_text(app)
        await press(pilot, "R", "down", "R", "down", "R")
        assert calls(app, "resume") == ["0000000a", "00000008"]

    shell.run(use, "sample:stroke", size=(140, 40))


def test_in_a_store_that_is_only_read_nothing_is_asked_for(shell):
    async def use(app, pilot):
        with_runs(app)
        problem = "the store '/x' is only read: it cannot be written"
        app.post_message(told.StoreStatus(StoreInfo(path="/x", problem=problem)))
        await press(pilot, "5")
        for key in ("n", "t", "d", "D"):
            await press(pilot, key)
            assert isinstance(app.screen, ErrorDialog)
            assert "is only read" in screen_text(app)
            await press(pilot, "enter")

    shell.run(use, "sample:stroke", size=(80, 24))
