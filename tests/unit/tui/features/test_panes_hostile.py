"""Text that wants to do something, through every pane, picture and copy."""

from __future__ import annotations

import msgspec

from engine.core.messages import LoadProgress
from tests.support import fakes
from tests.support.console_samples import HOSTILE, harmful
from tests.support.each import each
from tests.support.fakes import press, screen_text
from tests.support.hostile_sessions import EVERY, actions, harmless, session_with
from tui.app import manual, pane_types
from tui.features import messages as say
from tui.features import reducers
from tui.features.arms.draft import Problem
from tui.features.session import Session
from tui.widgets import Rows

PANES = {kind.PANE: kind for kind in pane_types()}
TEXTS = {"every": EVERY, "empty": ""}
"""All texts in all views, one by one: tests/slow/tui/features/test_hostile_views.py."""


def test_every_view_of_every_pane_only_shows_it(panes):
    assert harmful(EVERY)

    async def use(app, pilot):
        session = session_with(EVERY)
        for view in app.kind().picture().VIEWS:
            with failing(view.__name__):
                app.give(reducers.show(session, app.kind.PANE, view.NAME))
                await pilot.pause()
                shown = screen_text(app)
                assert harmless(shown), harmful(shown)
                assert not actions(app)
                seen = app.query_one(view).copied()
                assert seen is not None
                assert harmless(seen.what)
        # A click on markup that names an action must not run it.
        app.intents.clear()
        for offset in ((3, 4), (45, 5), (70, 20)):
            await pilot.click(offset=offset)
        await pilot.press("escape")
        assert app.is_running
        assert all(isinstance(intent, say.Intent) for intent in app.intents)

    with each() as failing:
        for kind in PANES.values():
            panes.run(use, kind, session_with(""), size=(80, 24))


def test_what_stands_on_the_border_only_shows():
    with each() as failing:
        for name, text in HOSTILE.items():
            session = session_with(text)
            for pane, kind in PANES.items():
                with failing(name, pane):
                    made = kind()
                    assert harmless(made.summary(session).plain)
                    assert harmless(made.subtitle(session).plain)


def test_what_is_still_being_read_only_shows(panes):
    async def use(app, pilot):
        for name, text in TEXTS.items():
            session = reducers.open_source(Session(), f"/tmp/{text}")
            assert session.load.request is not None
            job = session.load.request.id
            progress = LoadProgress(stage=text, done=3, total=9)
            problem = Problem(message=text, fix=text)
            for one in (
                reducers.load_progressed(session, job, progress),
                reducers.load_failed(session, job, problem),
                session,
            ):
                app.give(one)
                await pilot.pause()
                assert harmless(screen_text(app)), name

    panes.run(use, PANES["dataset"], Session(), size=(100, 30))


def test_a_table_of_very_many_columns_is_listed_at_once(panes):
    column = fakes.TABLE.columns[1]
    columns = tuple(
        msgspec.structs.replace(column, name=f"column {i}") for i in range(20_000)
    )
    table = msgspec.structs.replace(fakes.TABLE, columns=columns)

    async def use(app, pilot):
        rows = app.query_one("#overview-columns", Rows)
        rows.focus()
        await press(pilot, "end")
        assert rows.highlighted == "column 19999"

    session = fakes.loaded(table)
    panes.run(use, PANES["dataset"], session, size=(120, 30), fresh=False)


def test_every_view_has_help_and_a_title():
    for kind in PANES.values():
        assert kind.HELP in manual()
        for view in kind().picture().VIEWS:
            assert view.TITLE, view
            assert view.HELP in manual(), view


def test_commands_have_ids_of_their_pane_and_no_key_of_the_shell():
    taken = {*"12345owyqrxvVpz", "question_mark", "f1", "f5", "f10", "tab"}
    for name, kind in PANES.items():
        classes = [kind, type(kind().picture()), *kind().picture().VIEWS]
        for cls in classes:
            # Not all at a time: some need several classes, or rows to look at.
            footers = [c for c in cls.COMMANDS_HERE if c.footer]
            most = {"ErrorsView": 8, "ArmsPane": 7}.get(cls.__name__, 6)
            assert len(footers) <= most, cls
            for command in cls.COMMANDS_HERE:
                assert command.id.startswith(f"{name}.")
                assert command.title
                keys = {key for key in command.keys.split(",") if key}
                assert not keys & taken, command.id
                method = f"action_{command.action.partition('(')[0]}"
                assert hasattr(cls, method), command.id
