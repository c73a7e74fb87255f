"""Sessions whose every text wants to do something, and what tells if it does."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from engine.core.events import ArmEvaluated, Event
from engine.core.messages import ColumnPicture, TablePage
from engine.core.methods.grammar import Arm, Step
from tests.support import fakes
from tests.support.console_samples import harmful, hostile_events
from tui.features import reducers
from tui.features.arms import changes
from tui.features.arms import draft as drafts
from tui.features.arms.draft import Problem
from tui.features.questions import Question
from tui.features.session import CurrentRun, Session

EVERY = "\x1b[1m\x9b2J\x07\u202e\u200b\u2028\x7f\n\t\udcff[/x][ @click=app.quit]\u0301"
EVERY += 300 * "x"
"""Every kind of it, so near together that a narrow column has most."""


def events_with(text: str) -> list[Event]:
    """A hostile run, with sweeps so that every picture is drawn."""
    sweep = ((0.9, 1, 10), (0.5, 20, 60), (0.1, 900, 161))
    return [
        msgspec.structs.replace(e, sweep=sweep) if isinstance(e, ArmEvaluated) else e
        for e in hostile_events(text)
    ]


@cache
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
    draft = changes.change_param(draft, arm.name, 0, "ratio", text)
    problem = Problem(message=text, fix=text)
    draft = msgspec.structs.replace(
        draft, problems={**draft.problems, "trials": problem, "test_size": problem}
    )
    names = tuple(column.name for column in table.columns)
    page = TablePage(start=0, total=9, columns=names, rows=(names,) * 9)
    column = ColumnPicture(
        column=names[0], kind="category", levels=(text, "b"), counts={text: (3, 4)}
    )
    load = msgspec.structs.replace(
        session.load, page=Question(answer=page), column=Question(answer=column)
    )
    session = msgspec.structs.replace(session, draft=draft, load=load)
    return reducers.select(session, "arms", arm.name)


def _logged(session: Session, text: str) -> CurrentRun:
    run_ = session.run
    assert run_ is not None
    empty = reducers.follow(
        session, msgspec.structs.replace(run_, state=type(run_.state)())
    )
    fed = reducers.run_events(empty, run_.id, events_with(text), "cancelled", 9.0)
    assert fed.run is not None
    return fed.run


def actions(app: Any) -> list[object]:
    """What would run or open if it was clicked, as Textual's own markup does."""
    strips = app.screen._compositor.render_strips()
    styles = [s.style for strip in strips for s in strip if s.style is not None]
    found = [m for style in styles for m in style.meta if m.startswith("@")]
    # Scroll bars are moved by the mouse.
    found = [meta for meta in found if not meta.startswith("@mouse.")]
    return [*found, *(style.link for style in styles if style.link)]


def harmless(text: str) -> bool:
    return not harmful(text.replace("\n", "").replace("\t", ""))
