"""What the tests of the arms' pane share."""

from __future__ import annotations

from typing import Any

import msgspec
from textual.widgets import Input

from engine.core import models
from engine.core.lab import Finding
from tests.support import fakes
from tests.support.fakes import PaneApp, press, screen_text, settle
from tests.support.patience import until
from tui.features import ArmsPane, reducers
from tui.features import messages as say
from tui.features.arms import draft as drafts
from tui.features.session import Session
from tui.widgets import TextField

TRAIN = {"0": 34_098, "1": 622}


def pane(session: Session | None = None) -> PaneApp:
    """The pane and its picture alone."""
    return PaneApp(ArmsPane, session or fakes.loaded())


def drafted(draft: drafts.Draft, session: Session | None = None) -> Session:
    """A session with another draft."""
    return msgspec.structs.replace(session or fakes.loaded(), draft=draft)


def active(view: str | None = None) -> Session:
    """A session in which the arms are looked at, in one of their views."""
    session = reducers.activate(fakes.loaded(), "arms")
    return reducers.show(session, "arms", view) if view else session


def field(app, label: str) -> TextField:
    """The text field of a parameter that is seen."""
    fields = [f for f in app.screen.query(TextField) if f.key.endswith(label)]
    return next(f for f in fields if f.parent.display)


async def enter(app: Any, pilot: Any, label: str, arm: str = "smote") -> TextField:
    """Look at an arm, and put the focus into one of its fields."""
    app.post_message(say.Selected("arms", arm))
    await settle(pilot)
    found = field(app, label)
    box = found.query_one(Input)
    box.focus()
    await until(pilot, lambda: box.has_focus)
    return found


async def end_to_end(app: Any, pilot: Any) -> None:
    """Go to both ends of the list: the cursor stays in sight."""
    await press(pilot, "end")
    assert "▸ [ ] balance" in screen_text(app)
    await press(pilot, *["up"] * 9)
    assert "▸ [ ]" in screen_text(app)
    await press(pilot, "home")
    assert f"▸ [▪] {models.names()[0]}" in screen_text(app)


def judged(name: str, seconds: float, session: Session | None = None) -> Session:
    """A session in which trying an arm has shown how long it takes."""
    session = session or fakes.loaded()
    found = Finding(arm=name, status="runs", seconds=seconds, measured=True)
    lab = msgspec.structs.replace(session.lab, findings={name: found})
    return msgspec.structs.replace(session, lab=lab)
