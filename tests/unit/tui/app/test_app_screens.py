"""Dialogs and lists: runs, help, errors, files, leaving."""

from __future__ import annotations

import pytest
from textual.widgets import Input, OptionList

from engine.core.presets import preset
from engine.io.toml.reading import load_toml
from engine.io.toml.writer import dump_toml
from tests.support import fakes
from tests.support.console_samples import events
from tests.support.fakes import press, run, screen_text, settle
from tests.support.journey import sizes
from tests.support.patience import until
from tui.app import Help, Workbench
from tui.features import ChoiceDialog, ErrorDialog, PickPath, Runs
from tui.features import common_start as common
from tui.features import list_paths as listing
from tui.features import messages as say
from tui.features.arms.draft import Problem
from tui.widgets import Rows


def with_runs(app):
    statuses = ("running", "done", "failed", "cancelled", "interrupted")
    app.runs.stored = tuple(
        fakes.summary(9 - i, status=status) for i, status in enumerate(statuses)
    )


# Runs


def test_the_runs_are_listed_opened_and_left(shell):
    async def use(app, pilot):
        with_runs(app)
        app.runs.known["00000008"] = fakes.done_run(8)
        await press(pilot, "5")
        assert isinstance(app.screen, Runs)
        text = screen_text(app)
        assert "▶ running" in text
        assert "✓ done" in text
        await press(pilot, "escape")
        assert isinstance(app.screen, Workbench)
        await press(pilot, "w", "down", "enter")
        assert ("open", "00000008") in app.runs.calls
        assert isinstance(app.screen, Workbench)
        assert app.session.run.number == 8
        assert app.session.view.pane == "results"
        # The run's experiment is set up again, its table is opened.
        assert app.session.load.request.source == "stroke.csv"
        assert [arm.name for arm in app.session.draft.arms][:2] == [
            "untreated",
            "smote",
        ]

    shell.run(use, "sample:stroke", size=(80, 24))


def test_a_run_is_deleted_only_after_a_yes(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "down", "d")
        assert isinstance(app.screen, ChoiceDialog)
        assert "Run 8 on sample:stroke" in screen_text(app)
        await press(pilot, "enter")
        assert isinstance(app.screen, Runs)
        await press(pilot, "d", "escape", "d", "n")
        assert not any(call[0] == "delete" for call in app.runs.calls)
        await press(pilot, "d", "y")
        assert ("delete", "00000008") in app.runs.calls
        keys = [item.key for item in app.screen.query_one(Rows).items]
        assert "00000008" not in keys
        assert len(keys) == 4

    shell.run(use, "sample:stroke")


def test_only_a_run_that_can_be_resumed_is(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "down", "R")
        assert not any(call[0] == "resume" for call in app.runs.calls)
        await press(pilot, "down", "down", "down", "R")
        assert ("resume", "00000005") in app.runs.calls

    shell.run(use, "sample:stroke")


def test_an_empty_store_says_what_to_do(shell):
    async def use(app, pilot):
        await press(pilot, "5", "enter", "d", "R")
        assert "no runs yet" in screen_text(app)

    shell.run(use, "sample:stroke")


def test_the_list_follows_without_losing_its_place(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "down", "down")
        app.runs.stored = tuple(
            fakes.summary(run.number, status="done") for run in app.runs.stored
        )
        app.runs.list()
        await settle(pilot)
        assert app.screen.query_one(Rows)._cursor == 2
        assert "running" not in screen_text(app)

    shell.run(use, "sample:stroke")


@sizes((80, 24), (140, 40))
def test_the_highlight_and_keys_stay_with_the_run(shell, size):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "down", "down")  # run 7
        new = (fakes.summary(11), fakes.summary(10))
        app.runs.stored = (*new, *app.runs.stored)
        app.runs.list()
        await press(pilot, "d")
        assert "Run 7 on sample:stroke" in screen_text(app)
        await press(pilot, "escape")
        assert app.screen.query_one(Rows)._cursor == 4
        # The key is there before the news is drawn, and after it was pressed.
        app.runs.stored = app.runs.stored[1:]
        app.runs.list()
        await press(pilot, "enter")
        assert [call for call in app.runs.calls if call[0] == "open"] == [
            ("open", "00000007")
        ]

    shell.run(use, "sample:stroke", size=size)


def test_names_get_the_room_there_is(shell):
    name = "/data/a name of a table that is rather long.csv"

    async def use(app, pilot):
        app.runs.stored = (fakes.summary(source=name, target="the whole target"),)
        await press(pilot, "5")
        assert "a name of a table that is rather long.csv" in screen_text(app)
        assert "the whole target" in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        text = screen_text(app)
        assert "a name of…g.csv" in text, "its ends tell it from others"
        assert "the whole target" not in text
        assert "3:12" in text

    shell.run(use, "sample:stroke", size=(140, 40))


# The run that works


def test_a_run_goes_from_r_to_its_results(shell):
    async def use(app, pilot):
        await press(pilot, "r")
        kind, experiment = app.runs.calls[-1]
        assert kind == "start"
        assert experiment.data.target == "stroke"
        assert app.session.view.pane == "training"
        some = events()
        app.runs.feed(*some[:6])
        await settle(pilot)
        assert app.session.run.trials[0] > 0
        app.runs.feed(*some[6:-1])
        app.runs.end()
        await settle(pilot)
        assert app.session.view.pane == "results"
        assert app.session.run.status == "done"

    shell.run(use, "sample:stroke", size=(140, 40))


def test_x_cancels_and_says_so_at_once(shell):
    async def use(app, pilot):
        await press(pilot, "x")
        assert not app.runs.calls
        await press(pilot, "r", "x")
        assert app.runs.calls[-1] == ("cancel", "0000002a")
        assert "cancelling" in screen_text(app)
        app.runs.end("cancelled")
        await settle(pilot)
        assert "run 42 cancelled" in screen_text(app)
        app.screen.action_resume()
        await settle(pilot)
        assert app.runs.calls[-1] == ("resume", "0000002a")

    shell.run(use, "sample:stroke", size=(120, 30))


def test_a_living_run_is_followed_again_at_the_next_start(shell):
    def before(app):
        app.runs.living = fakes.done_run(7, events()[:4], status="running")

    async def use(app, pilot):
        assert ("attach", "00000007") in app.runs.calls
        assert app.session.running
        assert "run 7" in screen_text(app)
        assert app.session.load.request.source == "sample:stroke"

    shell.run(use, "sample:stroke", before=before, size=(120, 30))


def test_a_run_that_was_asked_for_is_shown_at_the_start(shell):
    def before(app):
        app.runs.living = fakes.done_run(7, events()[:4], status="running")
        app._run = "00000003"

    async def use(app, pilot):
        assert ("open", "00000003") in app.runs.calls
        assert "attach" not in dict(app.runs.calls)
        app._run = None

    shell.run(use, before=before, size=(120, 30))


# Leaving


def test_leaving_is_at_once_if_nothing_works():
    async def use(app, pilot):
        await pilot.press("q")
        await pilot.pause()

    app = fakes.app("sample:stroke")
    run(app, use)
    assert app.return_code == 0
    assert app.is_running is False


def test_leaving_asks_while_a_run_works_and_may_keep_it():
    async def use(app, pilot):
        await press(pilot, "r", "q")
        assert type(app.screen) is ChoiceDialog
        await press(pilot, "n")
        assert isinstance(app.screen, Workbench)
        await press(pilot, "ctrl+q", "escape")
        assert isinstance(app.screen, Workbench)
        await pilot.press("q", "enter")
        await pilot.pause()

    app = fakes.app("sample:stroke")
    run(app, use)
    assert app.return_code == 0
    assert not any(call[0] == "cancel" for call in app.runs.calls)


def test_leaving_may_stop_the_run_and_waits_for_its_end():
    async def use(app, pilot):
        await press(pilot, "r", "q", "s")
        assert app.runs.calls[-1][0] == "cancel"
        assert app.is_running
        app.runs.end("cancelled")
        await pilot.pause()

    app = fakes.app("sample:stroke")
    run(app, use)
    assert app.return_code == 0


# Help, errors, the clipboard


def test_help_is_about_what_has_the_focus(shell):
    async def use(app, pilot):
        await press(pilot, "question_mark")
        assert isinstance(app.screen, Help)
        text = screen_text(app)
        assert "Help" in text
        await press(pilot, "escape", "f1")
        assert isinstance(app.screen, Help)
        await press(pilot, "j", "k", "q")
        assert isinstance(app.screen, Workbench)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_an_error_is_shown_copied_and_closed(shell):
    async def use(app, pilot):
        problem = Problem(message="[/x] no \x1b[31m", fix="try [b]this[/b]")
        app.post_message(say.JobFailed("It [red]failed", problem))
        await settle(pilot)
        assert isinstance(app.screen, ErrorDialog)
        text = screen_text(app)
        assert "It [red]failed" in text
        assert "[/x] no ␛[31m" in text
        assert "→ Try [b]this[/b]" in text
        await press(pilot, "y")
        assert app.clipboard == "It [red]failed\n[/x] no ␛[31m\ntry [b]this[/b]\n"
        await press(pilot, "enter")
        assert isinstance(app.screen, Workbench)

    shell.run(use, "sample:stroke")


def test_y_copies_the_focused_table(shell):
    async def use(app, pilot):
        with_runs(app)
        await press(pilot, "5", "y")
        lines = app.clipboard.splitlines()
        assert lines[0].split("\t")[:3] == ["run", "when", "status"]
        assert len(lines) == 6

    shell.run(use, "sample:stroke")


# Files


def test_a_path_is_typed_completed_and_opened(shell, tmp_path, monkeypatch):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "train.csv").write_text("a,b\n")
    (tmp_path / "tables" / "training.parquet").write_text("")
    (tmp_path / "tables" / "notes.md").write_text("")
    monkeypatch.chdir(tmp_path)

    async def use(app, pilot):
        await press(pilot, "o")
        line = app.screen.query_one(Input)
        line.value = ""
        await press(pilot, "t", "tab")
        assert line.value == "tables/"
        options = app.screen.query_one(OptionList)
        assert options.option_count == 2
        await press(pilot, "t", "tab")
        assert line.value == "tables/train"
        await press(pilot, "x", "enter")
        assert isinstance(app.screen, PickPath)
        assert "no file" in screen_text(app)
        await press(pilot, "backspace", "down", "enter")
        assert app.session.load.request.source == "tables/train.csv"

    shell.run(use, "sample:stroke", size=(80, 24))


def test_folders_are_entered_and_left(shell, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)

    async def use(app, pilot):
        await press(pilot, "o", "down", "enter")
        line = app.screen.query_one(Input)
        assert line.value.endswith("/sub/")
        await press(pilot, "shift+tab")
        assert line.value.endswith(f"{tmp_path.name}/")
        await press(pilot, "escape")
        assert isinstance(app.screen, Workbench)

    shell.run(use, "sample:stroke")


def test_samples_are_listed_by_their_prefix(shell):
    async def use(app, pilot):
        await press(pilot, "o")
        app.screen.query_one(Input).value = "sample:b"
        await settle(pilot)
        assert "Two overlapping clouds" in screen_text(app)
        await press(pilot, "tab")
        assert app.screen.query_one(Input).value == "sample:blobs"
        await press(pilot, "enter")
        assert app.session.load.request.source == "sample:blobs"

    shell.run(use, "sample:stroke")


def test_an_experiment_is_saved_and_opened_again(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def use(app, pilot):
        app.post_message(say.BudgetChanged("trials", "3"))
        await press(pilot, "ctrl+s")
        assert app.screen.query_one(Input).value == "experiment.toml"
        await press(pilot, "enter")
        written = load_toml((tmp_path / "experiment.toml").read_text())
        assert written.search.trials == 3
        assert written.data.target == "stroke"
        assert app.session.draft.path.endswith("experiment.toml")
        other = preset("quick", source="sample:moons", target="label")
        (tmp_path / "other.toml").write_text(dump_toml(other))
        app.action_post("OpenExperimentRequested")
        await settle(pilot)
        app.screen.query_one(Input).value = "other.toml"
        await press(pilot, "enter")
        await settle(pilot)
        assert app.session.load.request.source == "sample:moons"
        assert app.session.draft.base.search == other.search

    shell.run(use, "sample:stroke")


def test_an_experiment_that_is_none_is_said(shell, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("arms = 3")

    async def use(app, pilot):
        async def told(text):
            await until(pilot, lambda: text in screen_text(app))
            assert isinstance(app.screen, ErrorDialog)
            assert text in screen_text(app)

        app.post_message(say.OpenExperimentRequested(str(wrong)))
        await told("wrong.toml")
        await press(pilot, "enter")
        app.post_message(say.OpenExperimentRequested(str(tmp_path)))
        await told("regular")  # the path may wrap the line
        await press(pilot, "enter")
        app.post_message(say.SaveExperimentRequested("/proc/no/where.toml"))
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert isinstance(app.screen, ErrorDialog)

    shell.run(use, "sample:stroke")


def test_a_listing_names_folders_first_and_hides_what_is_hidden(tmp_path):
    for name in ("b.csv", "A.csv", ".c.csv", "x.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "zoo").mkdir()
    found = listing(f"{tmp_path}/", (".csv",))
    assert [entry.name for entry in found] == ["zoo", "A.csv", "b.csv"]
    assert [e.name for e in listing(f"{tmp_path}/.c", (".csv",))] == [".c.csv"]
    assert [e.name for e in listing(f"{tmp_path}/a", (".csv",))] == ["A.csv"]
    for wrong in (f"{tmp_path}/no/", "a\0b/"):
        with pytest.raises(ValueError, match=r"/no: |a.b: "):
            listing(wrong, (".csv",))
    assert common(["train.csv", "Training.csv"]) == "train"
