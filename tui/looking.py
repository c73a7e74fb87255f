"""Where the person looks, and what happens to that: pure functions of a session."""

from __future__ import annotations

from typing import Any

import msgspec

from tui.session import PaneId, Session


def looking(session: Session, **changes: Any) -> Session:
    """Return the session with parts of its view changed."""
    view = msgspec.structs.replace(session.view, **changes)
    return msgspec.structs.replace(session, view=view)


def activate(session: Session, pane: PaneId) -> Session:
    """Make a pane the active one."""
    return looking(session, pane=pane) if session.view.pane != pane else session


def show(session: Session, pane: PaneId, view: str, enter: bool = False) -> Session:
    """Choose the view of a pane's picture; the workbench sees to `enter`."""
    return looking(session, shown={**session.view.shown, pane: view})


def select(session: Session, pane: PaneId, item: str) -> Session:
    """Note what is highlighted in a pane."""
    if session.view.selected.get(pane) == item:
        return session
    return looking(session, selected={**session.view.selected, pane: item})


def zoom(session: Session, on: bool | None = None) -> Session:
    """Give the picture the whole screen, or not; None turns it over."""
    return looking(session, zoomed=not session.view.zoomed if on is None else on)


def choose_policy(session: Session, policy: str) -> Session:
    """Read the results at another operating point; moved thresholds go back."""
    return looking(session, policy=policy, thresholds={})


def choose_class(session: Session, klass: str) -> Session:
    """Look at another class; moved thresholds, which were of the old one, go back."""
    return looking(session, klass=klass, thresholds={})


def move_threshold(session: Session, arm: str, threshold: float | None) -> Session:
    """Move an arm's threshold; None goes back to the policy's."""
    moved = {a: t for a, t in session.view.thresholds.items() if a != arm}
    if threshold is not None:
        moved[arm] = min(1.0, max(0.0, threshold))
    return looking(session, thresholds=moved)
