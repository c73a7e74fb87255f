"""What the tests of the arms' pane share."""

from __future__ import annotations

import msgspec

from tests.support import fakes
from tests.support.fakes import PaneApp, run
from tui import draft as drafts
from tui.panes import ArmsPane
from tui.session import Session
from tui.widgets import Rows, TextField

TRAIN = {"0": 34_098, "1": 622}


def pane(session: Session | None = None) -> PaneApp:
    """The pane and its picture alone."""
    return PaneApp(ArmsPane, session or fakes.loaded())


def drafted(draft: drafts.Draft, session: Session | None = None) -> Session:
    """A session with another draft."""
    return msgspec.structs.replace(session or fakes.loaded(), draft=draft)


def in_app():
    """The real app with a table open."""
    return fakes.app("sample:stroke")


def field(app, label: str) -> TextField:
    """The text field of a parameter that is seen."""
    fields = [f for f in app.screen.query(TextField) if f.key.endswith(label)]
    return next(f for f in fields if f.parent.display)


def remark(session: Session, arm: str) -> str:
    """What the list says behind an arm."""
    seen = {}

    async def use(app, pilot):
        for line in app.query_one(Rows).as_text().split("\n"):
            name, said = (*line.split("\t"), "")[:2]
            seen[name[4:]] = said

    run(pane(session), use)
    return seen[arm]


def larger(times: int) -> Session:
    """A session with a table of many more rows."""
    train = {label: times * count for label, count in TRAIN.items()}
    return fakes.loaded(msgspec.structs.replace(fakes.TABLE, train=train))
