"""No file is replaced unasked; and the app works where it cannot keep any."""

import argparse
import os
import shutil
import stat
import time
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from engine.io.toml.reading import load_toml
from tests.support.controllers import Controllers
from tests.support.fakes import notices, press, screen_text, settle
from tests.support.patience import until
from tests.support.taken_samples import run_and_bundle
from tui.__main__ import main
from tui.app import config, settings
from tui.cli import every_command
from tui.features import messages as say
from tui.features.dataset import state as made
from tui.features.dataset.pick_path import PickPath
from tui.features.dialogs import ChoiceDialog, ErrorDialog
from tui.features.lab.screens import _stem
from tui.terminal import clipboard, files

# --- the command line ----------------------------------------------------------------

WRITING = {
    "sample": ("sample", "blobs"),
    "generate": ("generate", "moons", "--rows", "60"),
    "balance": ("balance", "sample:blobs", "--method", "random-over", "--quiet"),
    "export": ("export", "last", "--as", "experiment", "--quiet"),
    "predict": ("predict", "bundle.zip", "rows.csv", "--quiet"),
    "validate": ("validate", "bundle.zip", "rows.csv", "--keep-equal", "--quiet"),
}
SUFFIX = {"export": ".toml", "validate": ".md"}


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """A folder with a table, a store with a run of it, and a bundle of that."""
    return run_and_bundle(tmp_path_factory.mktemp("taken"))


@pytest.fixture
def beside(request, tmp_path, monkeypatch):
    """What a command reads is in the working folder; return what is there."""
    monkeypatch.chdir(tmp_path)
    if request.getfixturevalue("command") not in ("export", "predict", "validate"):
        return []
    folder = request.getfixturevalue("taken")
    monkeypatch.setenv("IMBTUI_STORE", str(folder / "runs.sqlite"))
    for name in ("rows.csv", "bundle.zip"):
        shutil.copy(folder / name, name)
    return ["bundle.zip", "rows.csv"]


def call(capsys, *args, code=0):
    found = main([str(arg) for arg in args])
    said = capsys.readouterr()
    assert found == code, said.err
    assert "Traceback" not in said.err
    return said


@pytest.mark.parametrize("command", WRITING)
def test_a_command_replaces_no_file_unless_forced(command, beside, tmp_path, capsys):
    suffix = SUFFIX.get(command, ".csv")
    out, link = f"o{suffix}", f"l{suffix}"
    wanted = (*WRITING[command], "-o", out)
    call(capsys, *wanted)
    first = Path(out).read_bytes()
    assert stat.S_IMODE(Path(out).stat().st_mode) == 0o600
    Path(out).write_text("mine")
    said = call(capsys, *wanted, code=2).err.splitlines()
    # Balance says first that it takes every row for a training row.
    assert said[-1].startswith("imbtui: ")
    assert said[-1].endswith(
        f"{out} exists already. Choose another name, or overwrite it (--force)"
    )
    assert Path(out).read_text() == "mine"
    call(capsys, *wanted, "--force")
    assert Path(out).read_bytes() == first
    Path("target.csv").write_text("theirs")
    Path(link).symlink_to("target.csv")
    for more in ((), ("--force",)):
        said = call(capsys, *WRITING[command], "-o", link, *more, code=2).err
        assert f"{link} is a symbolic link, which is never written through" in said
    assert Path("target.csv").read_text() == "theirs"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [*beside, link, out, "target.csv"]
    )


def test_the_name_that_a_sample_gets_by_itself_is_no_exception(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("moons.csv").write_text("mine")
    assert "moons.csv exists already" in call(capsys, "sample", "moons", code=2).err
    assert Path("moons.csv").read_text() == "mine"
    call(capsys, "sample", "moons", "--force")
    assert Path("moons.csv").read_text().startswith("feature1,")
    assert "no sample was named" in call(capsys, "sample", "--force", code=2).err


def test_whoever_writes_a_file_can_be_forced_and_says_so_in_the_same_words():
    writing = set()
    for command in every_command():
        parser = argparse.ArgumentParser()
        command.arguments(parser)
        helps = {s: a.help or "" for a in parser._actions for s in a.option_strings}
        if "-o" in helps:
            writing.add(command.name)
            assert helps["--force"].startswith("overwrite ")
    assert writing == set(WRITING)


# --- the app -------------------------------------------------------------------------


def words(app):
    """What the dialog on top says, wherever its lines end."""
    if not isinstance(app.screen, ErrorDialog | ChoiceDialog):
        return ""
    found = [str(text.visual) for text in app.screen.query(Static)]
    return " ".join([str(app.screen.heading), *found])


def test_an_experiment_replaces_a_file_only_after_a_question(
    shell, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "experiment.toml"
    file.write_text("mine")

    async def use(app, pilot):
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, PickPath)
        await press(pilot, "enter")
        assert isinstance(app.screen, ChoiceDialog)
        assert "experiment.toml exists already" in words(app)
        await press(pilot, "enter")  # the safe answer has the focus
        await settle(pilot)
        assert file.read_text() == "mine"
        assert app.session.draft.path is None
        await press(pilot, "ctrl+s", "enter", "y")
        await until(pilot, lambda: "Experiment saved" in notices(app))
        assert load_toml(file.read_text()).data.target == "stroke"
        # Also the file that it was saved to before.
        await press(pilot, "ctrl+s", "enter")
        assert isinstance(app.screen, ChoiceDialog)

    shell.run(use, "sample:stroke")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_not_asked_about_is_not_replaced(tmp_path):
    """The file may come between the question and the writing; so may a link."""
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    link = tmp_path / "link.toml"
    link.symlink_to(theirs)
    app = Controllers("sample:stroke")
    for path, overwrite, said in (
        (theirs, False, "exists already"),
        (link, False, "symbolic link"),
        (link, True, "symbolic link"),
        (tmp_path / "no" / "e.toml", True, "there is no folder"),
        ("~nobody-of-that-name/e.toml", True, "full path"),
    ):
        app.say(say.SaveExperimentRequested(str(path), overwrite))
        dialog = app.top(ErrorDialog)
        assert dialog.heading == "The experiment cannot be saved"
        assert said in dialog._problem.text
        assert "--force" not in dialog._problem.text
        app.answer(None)
    assert app.session.draft.path is None
    assert theirs.read_text() == "theirs"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.toml", "theirs"]


def test_what_is_copied_to_a_file_replaces_none(monkeypatch):
    monkeypatch.setattr(time, "strftime", lambda *_: "20260101-000000.txt")
    texts = [letter * 70_000 for letter in "ab"]
    names = ["20260101-000000-2.txt", "20260101-000000.txt"]
    app = Controllers("sample:stroke")
    for text, name in zip(texts, reversed(names), strict=True):
        app.say(say.CopyRequested(text, f"the text {text[0]}"))
        assert app.told[-1][0].endswith(f"/{name}")
        assert app.told[-1][0].startswith(f"the text {text[0]} is in ")
    found = sorted(clipboard.file_path().parent.iterdir())
    assert [path.name for path in found] == names
    assert [path.read_text() for path in found] == texts[::-1]
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}


def test_a_link_to_nowhere_is_asked_about_and_the_home_of_nobody_refused(
    shell, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moons.csv").symlink_to("nowhere")

    async def use(app, pilot):
        app.post_message(made.WriteMadeRequested("make:moons"))
        await until(pilot, lambda: isinstance(app.screen, PickPath))
        line = app.screen.query_one(Input)
        proposed, line.value = line.value, "~nobody-of-that-name/e.csv"
        await settle(pilot)
        await press(pilot, "enter")
        assert isinstance(app.screen, PickPath)
        assert "home" in str(app.screen.query_one("#path-problem").visual)
        line.value = proposed
        await settle(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog))
        assert "moons.csv exists already" in words(app)
        await press(pilot, "n")

    shell.run(use, "sample:stroke")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("table", "stem"),
    [
        ("stroke.csv.gz", "stroke"),
        ("make:blobs?rows=300", "blobs"),
        ("../../etc/cron.d/x", "x"),
        ("[@click=app.bell]a.csv", "click-app"),
        ("\u202egnp\x1b[2J.csv", "gnp-2J"),
        ("患者.csv", "table"),
        ("..", "table"),
    ],
)
def test_a_name_that_is_proposed_is_tame(table, stem):
    assert _stem(table) == stem


# --- where nothing can be kept -------------------------------------------------------


@pytest.fixture
def no_home(tmp_path, monkeypatch):
    """A user that the machine does not know, and no HOME."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)

    def unknown(_):
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / f"imbtui-{os.getuid()}"


def test_without_a_home_the_app_works_and_remembers_for_a_while(
    shell, no_home, tmp_path
):
    opened = str(tmp_path / "t.csv")
    files.remember(opened)

    async def use(app, pilot):
        assert "t.csv" in screen_text(app)
        assert len(app._notifications) <= 1
        app.action_theme()
        await settle(pilot)
        await press(pilot, *"light", "enter")
        await until(pilot, lambda: config.settings_path().exists())
        app.post_message(say.CopyRequested("x" * 70_000, "the board"))
        await until(pilot, lambda: "the board is in" in notices(app))

    shell.run(use)
    assert files.recent() == [opened]
    assert config.settings_path().parent == no_home
    assert settings.load()[0].theme == "light"
    log = files.log_error(ValueError("x"))
    assert log == no_home / "app.log"
    assert "ValueError" in log.read_text()
    assert files.service_log().parent == no_home
    assert stat.S_IMODE(no_home.stat().st_mode) == 0o700
    for path in no_home.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_without_any_folder_the_app_works_and_remembers_nothing(no_home):
    no_home.write_text("a user else's")
    app = Controllers()
    assert len(app.told) <= 1
    app.action_theme()
    app.answer("light")
    dialog = app.top(ErrorDialog)
    assert dialog.heading == "The setting theme cannot be remembered"
    assert "no folder to keep files in" in dialog._problem.text
    app.answer(None)
    files.remember("sample:moons")
    assert files.recent() == []
    assert settings.load() == (config.Settings(), [], [])
    assert not files.log_error(ValueError("x")).exists()
    assert no_home.read_text() == "a user else's"


def test_an_empty_home_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert files.state("x").is_relative_to(tmp_path)
    assert files.settings("x").is_relative_to(tmp_path.parent)  # XDG_CONFIG_HOME
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert files.settings("x").is_relative_to(tmp_path)


def test_settings_that_are_a_link_are_read_and_not_written_through(tmp_path):
    """As those who keep their settings in a repository have them."""
    kept = tmp_path / "mine.toml"
    kept.write_text('theme = "dark"\n')
    path = config.settings_path()
    path.parent.mkdir(parents=True)
    path.symlink_to(kept)
    app = Controllers("sample:stroke")
    app.action_theme()
    app.answer("light")
    assert "symbolic link" in app.top(ErrorDialog)._problem.text
    assert kept.read_text() == 'theme = "dark"\n'
    assert path.is_symlink()
