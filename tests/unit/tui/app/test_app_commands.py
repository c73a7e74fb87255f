"""Commands are declared once: keys, footer, palette, help and settings agree."""

from __future__ import annotations

import re

import pytest
from textual.command import CommandList, CommandPalette

from engine.core.errors import OutputError
from tests.support import fakes, keys_page
from tests.support.fakes import at_once, notices, press, run, screen_text, settle
from tests.support.paths import ROOT
from tests.support.patience import until
from tui.app import (
    WORKBENCH,
    Workbench,
    config,
    dispatch,
    offered,
    pane_types,
    settings,
)
from tui.app.app import APP, ImbTuiApp
from tui.app.themes import KEYS, THEMES
from tui.features import (
    COMPARE,
    MAKE,
    RUNS,
    CompareRuns,
    Generate,
    Runs,
    SessionWidget,
)
from tui.features.commands import bindings, key_text, keys_text
from tui.features.mail import Intent
from tui.terminal import files

# What terminals, screen or tmux swallow, or cannot tell from another key.
SWALLOWED = re.compile(r"ctrl\+(h|i|j|m|a|b|left_square_bracket)$|alt\+|ctrl\+shift\+")

WORD = re.compile(r"'(\w+)'")


def owners():
    yield ImbTuiApp, APP
    yield Workbench, WORKBENCH
    yield Runs, RUNS
    yield CompareRuns, COMPARE
    yield Generate, MAKE
    assert pane_types()
    todo = [SessionWidget]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if kind.__dict__.get("COMMANDS_HERE"):
            yield kind, kind.COMMANDS_HERE


def everything():
    return [(owner, command) for owner, listed in owners() for command in listed]


def faults(owner, command):
    """What a command lacks, each in a few words."""
    if not re.fullmatch(r"[a-z]+(\.[a-z_]+)+", command.id):
        yield "the id"
    title = command.title
    if not (title[0].isupper() or title[0].isdigit()) or title.endswith("."):
        yield f"the title {title!r}"
    name = command.action.partition("(")[0]
    if not hasattr(owner, f"action_{name}"):
        yield f"{owner.__name__} has no action_{name}"
    if name == "post":
        (intent,) = WORD.findall(command.action)
        if intent not in Intent.KINDS:
            yield f"there is no {intent} for {command.action}"
    for key in command.keys.split(","):
        if SWALLOWED.search(key.strip()):
            yield f"{key} never arrives somewhere"


def test_a_command_says_all_and_does_something():
    found = everything()
    assert len(found) > 150
    failures = [
        f"{owner.__name__} {command.id}: {fault}"
        for owner, command in found
        for fault in faults(owner, command)
    ]
    assert not failures, "\n".join(failures)


def test_ids_are_unique():
    # The views of one picture may share a command.
    ids = [command.id for command in {command for _, command in everything()}]
    assert sorted(set(ids)) == sorted(ids)


def test_keys_that_work_everywhere_are_taken_by_nothing_else():
    taken = {}
    for command in (*APP, *WORKBENCH):
        if command.id == "run.withdraw":
            continue  # `view.unzoom` does not work meanwhile
        for key in filter(None, command.keys.split(",")):
            assert key not in taken, f"{key}: {command.id} and {taken[key]}"
            taken[key] = command.id


def test_a_destructive_command_is_no_single_letter_without_a_question():
    letters = {c.id for _, c in everything() if len(c.keys.split(",")[0]) == 1}
    # Deleting asks; cancelling can be resumed.
    assert {i for i in letters if "delete" in i} <= {"runs.delete"}


def test_bindings_carry_what_settings_and_footer_need():
    made = {binding.id: binding for binding in bindings(WORKBENCH)}
    assert made["run.start"].description == "run"
    assert made["run.start"].show
    assert not made["view.zoom"].show
    assert "app.notify" not in {b.id for b in bindings(APP)}, "it has no key"


def test_keys_are_written_as_people_do():
    assert key_text("question_mark") == "?"
    assert keys_text("ctrl+p,f10") == "ctrl+p, f10"
    assert key_text("left") == "←"


def test_the_palette_offers_exactly_what_works_now(shell):
    async def use(app, pilot):
        def ids():
            return {command.id for command, _ in offered(app.screen, app)}

        assert {"run.start", "app.quit", "pane.arms"} <= ids()
        assert "run.cancel" not in ids()
        await press(pilot, "r")
        assert "run.cancel" in ids()
        assert "run.start" not in ids()

    shell.run(use, "sample:stroke")


def test_the_palette_runs_what_is_chosen(shell):
    async def use(app, pilot):
        await press(pilot, "ctrl+p")
        assert CommandPalette.is_open(app)
        await press(pilot, *"results")
        await until(pilot, lambda: app.screen.query_one(CommandList).option_count)
        await settle(pilot)
        await press(pilot, "down", "enter")
        await settle(pilot)
        assert app.session.view.pane == "results"

    shell.run(use, "sample:stroke")


def test_the_palette_has_the_keys_in_a_column(shell):
    async def use(app, pilot):
        await press(pilot, "ctrl+p")
        await until(pilot, lambda: app.screen.query_one(CommandList).option_count)
        await settle(pilot)
        lines = [line.rstrip(" │") for line in screen_text(app).splitlines()]
        keys = ("f1", "f5", "ctrl+s", "ctrl+q")
        ends = {len(line) for line in lines if line.endswith(keys)}
        assert len(ends) == 1
        assert "Move left" not in screen_text(app)
        assert "app:" not in screen_text(app)

    shell.run(use, "sample:stroke", size=(80, 50))


def test_help_finds_the_next_line_with_a_word(shell):
    async def use(app, pilot):
        await press(pilot, "f1")
        scroll = app.screen.query_one("#help-scroll")
        await press(pilot, "/", *"Suspend", "enter")
        assert scroll.scroll_offset.y > 0
        assert "ctrl+z" in screen_text(app)
        await press(pilot, *"nowhere", "enter")
        assert "no 'suspendnowhere' here" in screen_text(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, Workbench)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_the_help_lists_every_key_that_works(shell):
    async def use(app, pilot):
        from tui.app import Help

        listed = [c for c, _ in offered(app.screen, app) if c.keys]
        await press(pilot, "f1")
        assert isinstance(app.screen, Help)
        text = app.screen._keys().plain
        for command in listed:
            assert command.title in text
            assert command.id in text

    shell.run(use, "sample:stroke")


# Settings


def written(text):
    path = config.settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_another_key_takes_the_place_of_the_old_one(shell):
    written('[keys]\n"run.start" = "f9"\n')

    async def use(app, pilot):
        await press(pilot, "r")
        assert not app.runs.calls
        assert "f9 run" in screen_text(app)
        await press(pilot, "f9")
        assert app.runs.calls[-1][0] == "start"

    shell.run(use, "sample:stroke")


def test_wrong_settings_are_said_and_do_no_harm(shell):
    written('theme = "pink"\ncolour = 1\n[keys]\n"run.fly" = "f9"\n"run.start" = 3\n')

    async def use(app, pilot):
        said = notices(app)
        for word in ("'pink'", "'colour'", "'run.fly'", "run.start are 3"):
            assert word in said
        assert app.theme == "dark"

    shell.run(use, "sample:stroke")


@pytest.mark.parametrize(
    "text",
    ["theme = ", "\x00", "keys = 3", f"a = {'[' * 100_000}", f"{'a.' * 20_000}a = 1"],
)
def test_settings_that_are_no_settings_are_said(text):
    found, wrong = settings.read(text)
    assert found == config.Settings()
    assert len(wrong) == 1


def test_a_theme_is_remembered_and_comments_stay():
    written('# mine\ntheme = "dark" # for the night\n\n[keys]\ntheme = "f9"\n')
    settings.save_setting("theme", "light")
    text = config.settings_path().read_text()
    assert text == '# mine\ntheme = "light"\n\n[keys]\ntheme = "f9"\n'
    assert config.settings_path().stat().st_mode & 0o777 == 0o600


def test_a_theme_is_written_where_there_was_none():
    settings.save_setting("theme", "ansi")
    assert settings.read(config.settings_path().read_text())[0].theme == "ansi"
    written('[keys]\n"run.start" = "f9"\n')
    settings.save_setting("theme", "ansi")
    found, wrong = settings.read(config.settings_path().read_text())
    assert not wrong
    assert found.theme == "ansi"
    assert found.keys == {"run.start": "f9"}


def test_broken_settings_are_never_written_over():
    written("theme = ")
    settings.save_setting("theme", "light")
    assert config.settings_path().read_text() == "theme = "


def test_a_theme_is_seen_while_it_is_chosen_and_then_remembered(shell):
    async def use(app, pilot):
        await pilot.app.run_action("theme")
        await settle(pilot)
        assert "now" in screen_text(app)
        await press(pilot, "down")
        assert app.theme == "light"
        await press(pilot, "escape")
        assert app.theme == "dark"
        await pilot.app.run_action("theme")
        await settle(pilot)
        await press(pilot, *"nord", "enter")
        assert app.theme == "nord"
        screen_text(app)

    shell.run(use, "sample:stroke")
    found, _, _ = settings.load()
    assert found.theme == "nord"


def test_only_the_theme_that_the_cursor_rests_on_is_shown(shell):
    async def use(app, pilot):
        shown = []
        app.theme_changed_signal.subscribe(app, lambda theme: shown.append(theme.name))
        down = ("down", "down", "down")
        for first, keys, last in (
            ("nord", (), []),
            ("dark", down, ["gruvbox"]),
            ("dark", "grur", []),
            ("dark", "gru", ["gruvbox"]),
        ):
            app.theme = first
            await settle(pilot)
            shown.clear()
            await pilot.app.run_action("theme")
            await settle(pilot)
            await at_once(pilot, *keys)
            assert shown == last
            await press(pilot, "escape")
            assert app.theme == first

    shell.run(use, "sample:stroke")


def test_a_theme_of_the_users_own_is_there_and_a_wrong_one_is_a_notice(shell):
    folder = config.themes_path()
    folder.mkdir(parents=True)
    written('theme = "mine"\n')
    (folder / "mine.toml").write_text('dark = false\nprimary = "#870087"\n')
    wrong = {
        "broken": "primary = ",
        "odd": 'primary = "pink"',
        "dark": 'primary = "#870087"',
        "more": 'colour = "#870087"',
        "other": "dark = 3",
        'quoted"': "dark = true",  # it could not be written into the settings
    }
    for name, text in wrong.items():
        (folder / f"{name}.toml").write_text(text)

    async def use(app, pilot):
        assert app.theme == "mine"
        assert app.current_theme.primary == "#870087"
        assert app.current_theme.background == THEMES["light"].background
        said = notices(app)
        for name in wrong:
            assert f"{name}.toml: " in said
        assert said.count("no theme of") == len(wrong)

    shell.run(use, "sample:stroke")


def test_the_keys_of_a_theme_are_in_the_docs():
    text = (ROOT / "docs" / "terminal.md").read_text("utf-8")
    for key, use in KEYS.items():
        assert f"| `{key}` | {use} |" in text
    for name in THEMES:
        assert f"`{name}`" in text


def test_no_color_takes_every_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def use(app, pilot):
        assert app.no_color
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                colour = segment.style and segment.style.color
                if colour is not None and colour.triplet is not None:
                    assert len(set(colour.triplet)) == 1, segment

    run(fakes.app("sample:stroke"), use)


def test_recent_files_are_few_absolute_and_the_newest_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i in range(20):
        files.remember(f"{i}.csv")
    files.remember("3.csv")
    found = files.recent()
    assert len(found) == files.MOST_RECENT
    assert found[0] == str(tmp_path / "3.csv")
    assert len(set(found)) == len(found)


def test_damaged_recent_files_are_none():
    files.remember("a.csv")
    for text in ("", "{", '{"a": 1}', "[1, 2]"):
        files.recent_path().write_text(text)
        assert files.recent() == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "a.txt"
    files.write_private(path, "one")
    assert path.read_text() == "one"
    assert path.stat().st_mode & 0o777 == 0o600

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space"):
        files.write_private(path, "two")
    assert path.read_text() == "one"
    assert [file.name for file in path.parent.iterdir()] == ["a.txt"]


def test_the_page_of_the_keys_is_that_of_the_commands():
    assert (ROOT / "docs" / "keys.md").read_text("utf-8") == keys_page.markdown(), (
        "python -m tests.support.keys_page > docs/keys.md"
    )


def test_the_keymap_in_the_docs_is_taken_whole():
    chosen, wrong = settings.read((ROOT / "docs" / "keymap.toml").read_text("utf-8"))
    assert len(chosen.keys) > 10
    assert wrong == []
    assert dispatch.unknown_ids(chosen.keys) == []
    assert dispatch.clashes(chosen.keys, APP) == {}


def test_a_key_that_is_taken_is_said_once_and_stays_what_it_was(shell):
    written('[keys]\n"run.start" = "x"\n"arms.copy" = "b"\n"app.theme" = "f7"\n')

    async def use(app, pilot):
        (text,) = (n.message for n in app._notifications if "is that of" in n.message)
        assert "run.start: 'x' is that of run.cancel" in text
        assert "arms.copy: 'b' is that of arms.budget" in text
        assert app.settings.keys == {"app.theme": "f7"}
        await press(pilot, "r")
        assert app.session.running

    shell.run(use, "sample:stroke")


def test_unknown_ids_cost_nothing_when_there_are_none():
    assert dispatch.unknown_ids({}) == []
    assert dispatch.unknown_ids(["run.start", "runs.open", "bench.metric"]) == []
