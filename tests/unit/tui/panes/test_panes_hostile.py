"""Text that wants to do something, through every pane, picture and copy."""

from __future__ import annotations

import msgspec
import pytest

from engine.client import ColumnPicture, LoadProgress, Page
from engine.events import ArmEvaluated, Event
from engine.spec import Arm, Step
from tests.support import fakes
from tests.support.console_samples import HOSTILE, harmful, hostile, hostile_events
from tests.support.fakes import PaneApp, press, run, screen_text
from tui import draft as drafts
from tui import messages as say
from tui import reducers
from tui.draft import Problem
from tui.panes.registry import pane_types
from tui.session import Session
from tui.widgets import Rows

PANES = {kind.PANE: kind for kind in pane_types()}
VIEWS = [
    (name, view.NAME) for name, kind in PANES.items() for view in kind().picture().VIEWS
]


def events_with(text: str) -> list[Event]:
    """A hostile run, with sweeps so that every picture is drawn."""
    sweep = ((0.9, 1, 10), (0.5, 20, 60), (0.1, 900, 161))
    return [
        msgspec.structs.replace(e, sweep=sweep) if isinstance(e, ArmEvaluated) else e
        for e in hostile_events(text)
    ]


def session_with(text: str) -> Session:
    """A session whose every text is this one."""
    table = fakes.hostile_table()
    session = fakes.loaded(table)
    session = reducers.follow(
        session, fakes.done_run(3, events_with(text), status="cancelled")
    )
    session = msgspec.structs.replace(session, run=_logged(session, text))
    arm = Arm(name=f"a{text}", steps=(Step(sampler="smote"),))
    base = msgspec.structs.replace(drafts.fresh().base, arms=(arm,))
    draft = drafts.from_experiment(base, path=text)
    draft = drafts.change_param(draft, arm.name, 0, "ratio", text)
    problem = Problem(message=text, remedy=text)
    draft = msgspec.structs.replace(
        draft, problems={**draft.problems, "trials": problem, "test_size": problem}
    )
    names = tuple(column.name for column in table.columns)
    load = msgspec.structs.replace(
        session.load,
        page=Page(start=0, total=9, columns=names, rows=(names,) * 9),
        column=ColumnPicture(
            column=names[0], kind="category", levels=(text, "b"), counts={text: (3, 4)}
        ),
    )
    session = msgspec.structs.replace(session, draft=draft, load=load)
    return reducers.select(session, "arms", arm.name)


def _logged(session: Session, text: str):
    run_ = session.run
    assert run_ is not None
    empty = reducers.follow(
        session, msgspec.structs.replace(run_, state=type(run_.state)())
    )
    fed = reducers.run_events(empty, run_.id, events_with(text), "cancelled", 9.0)
    assert fed.run is not None
    return fed.run


def actions(app) -> list[object]:
    """What would run or open if it was clicked, as Textual's own markup does."""
    strips = app.screen._compositor.render_strips()
    styles = [s.style for strip in strips for s in strip if s.style is not None]
    found = [m for style in styles for m in style.meta if m.startswith("@")]
    # Scroll bars are moved by the mouse.
    found = [meta for meta in found if not meta.startswith("@mouse.")]
    return [*found, *(style.link for style in styles if style.link)]


def harmless(text: str) -> bool:
    return not harmful(text.replace("\n", "").replace("\t", ""))


@pytest.mark.parametrize("pane", PANES)
def test_every_view_of_every_pane_only_shows_it(pane):
    kind = PANES[pane]

    async def use(app, pilot):
        for view in kind().picture().VIEWS:
            for text in HOSTILE.values():
                app.give(reducers.show(session_with(text), pane, view.NAME))
                await pilot.pause()
                shown = screen_text(app)
                assert harmless(shown), (view, harmful(shown))
                assert not actions(app)
            for seen in app.query(view):
                copied = seen.copied()
                assert copied is not None
                assert harmless(copied.what)

    run(PaneApp(kind, session_with("")), use, size=(120, 30))


@hostile
@pytest.mark.parametrize("pane", PANES)
def test_what_stands_on_the_border_only_shows(pane, text):
    session = session_with(text)
    made = PANES[pane]()
    assert harmless(made.summary(session).plain)
    assert harmless(made.subtitle(session).plain)


def test_what_is_still_being_read_only_shows():
    async def use(app, pilot):
        for text in HOSTILE.values():
            session = reducers.open_source(Session(), f"/tmp/{text}")
            assert session.load.request is not None
            job = session.load.request.id
            progress = LoadProgress(stage=text, done=3, total=9)
            problem = Problem(message=text, remedy=text)
            for one in (
                reducers.load_progressed(session, job, progress),
                reducers.load_failed(session, job, problem),
                session,
            ):
                app.give(one)
                await pilot.pause()
                assert harmless(screen_text(app))

    run(PaneApp(PANES["dataset"], Session()), use, size=(100, 30))


@pytest.mark.parametrize("pane", PANES)
def test_clicking_everywhere_runs_nothing_but_ones_own_intents(pane):
    """A click on markup that names an action must not run it."""
    session = session_with(HOSTILE["markup"])

    async def use(app, pilot):
        for view in PANES[pane]().picture().VIEWS:
            app.give(reducers.show(app.session, pane, view.NAME))
            await pilot.pause()
            for offset in ((3, 4), (20, 2), (45, 5), (60, 9), (80, 20)):
                await pilot.click(offset=offset)
            await pilot.press("escape")
        assert app.is_running
        assert all(isinstance(intent, say.Intent) for intent in app.intents)

    run(PaneApp(PANES[pane], session), use, size=(100, 30))


def test_a_table_of_very_many_columns_is_listed_at_once():
    column = fakes.TABLE.columns[1]
    columns = tuple(
        msgspec.structs.replace(column, name=f"column {i}") for i in range(100_000)
    )
    table = msgspec.structs.replace(fakes.TABLE, columns=columns)

    async def use(app, pilot):
        rows = app.query_one("#overview-columns", Rows)
        rows.focus()
        await press(pilot, "end")
        assert rows.highlighted == "column 99999"

    run(PaneApp(PANES["dataset"], fakes.loaded(table)), use, size=(120, 30))


@pytest.mark.parametrize(("pane", "view"), VIEWS)
def test_every_view_has_help_and_a_title(pane, view):
    kinds = {v.NAME: v for v in PANES[pane]().picture().VIEWS}
    assert kinds[view].TITLE
    assert kinds[view].HELP
    assert PANES[pane].HELP


def test_commands_have_ids_of_their_pane_and_no_key_of_the_shell():
    taken = {*"12345owyqrxvVpz", "question_mark", "f1", "f5", "f10", "tab"}
    for name, kind in PANES.items():
        classes = [kind, type(kind().picture()), *kind().picture().VIEWS]
        for cls in classes:
            # Not all at a time: some need several classes, or rows to look at.
            footers = [c for c in cls.COMMANDS if c.footer]
            assert len(footers) <= (8 if cls.__name__ == "ErrorsView" else 5), cls
            for command in cls.COMMANDS:
                assert command.id.startswith(f"{name}.")
                assert command.title
                assert command.help.endswith(".")
                keys = {key for key in command.keys.split(",") if key}
                assert not keys & taken, command.id
                method = f"action_{command.action.partition('(')[0]}"
                assert hasattr(cls, method), command.id
