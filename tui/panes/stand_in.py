"""Plain panes, for those that are not there yet."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tui.panes.base import Pane, Picture, View
from tui.safe_text import content
from tui.session import PANES, PaneId, Session

__all__ = ["stand_in"]


def stand_in(name: PaneId) -> type[Pane]:
    """Return a pane that says little."""

    class PlainView(View, can_focus=True):
        NAME = "facts"
        TITLE = "Facts"
        HELP = "A stand-in."

        def compose(self) -> ComposeResult:
            yield Static()

        def show(self, session: Session, before: Session | None) -> None:
            self.query_one(Static).update(_text(name, session))

    class OtherView(PlainView):
        NAME = "other"
        TITLE = "Other"

    class PlainPicture(Picture):
        PANE = name
        VIEWS = (PlainView, OtherView)

    class PlainPane(Pane, can_focus=True):
        PANE = name
        NUMBER = PANES.index(name) + 1
        TITLE = name.title()
        HELP = "A stand-in."

        def compose_body(self) -> ComposeResult:
            yield Static("…")

        def summary(self, session: Session) -> Content:
            return Content("…")

        def show(self, session: Session, before: Session | None) -> None:
            self.query_one(".pane-body > Static", Static).update(_text(name, session))

        def picture(self) -> Picture:
            return PlainPicture()

    return PlainPane


def _text(name: PaneId, session: Session) -> Content:
    if name == "dataset":
        table = session.load.table
        if table is None:
            return content(
                session.load.problem.message if session.load.problem else "…"
            )
        return Content("\n").join(
            [
                content(f"{table.name}  {table.bytes} B"),
                content(f"target {table.target}"),
                content(f"positive {table.positive}"),
                content(str(table.classes)),
                content(f"{len(table.advice)} advices"),
            ]
        )
    if name == "arms":
        return Content("\n").join(
            [
                content(f"[{'x' if o.ticked else ' '}] {o.name}")
                for o in session.draft.offers
            ]
        )
    run = session.run
    if run is None:
        return Content("no run")
    if name == "training":
        return Content("\n").join(
            [content(f"{a.name} {a.stage} {len(a.trials)}") for a in run.state.arms]
            or [content(run.status)]
        )
    compared = run.state.compared
    return content(compared.verdict.headline if compared else "no results yet")
