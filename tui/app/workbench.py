"""The workbench: the pipeline on the left, the active pane's picture on the right.

Where it is narrow, one pane at a time above its picture, under a strip of tabs. The
widgets are the same at every size; classes that follow from the size lay them out.
"""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tui.features import messages
from tui.features.arms.pane import ArmsPane
from tui.features.commands import Command, available
from tui.features.dataset.pane import DatasetPane
from tui.features.pane import Drawn, Pane, Picture, SessionWidget
from tui.features.results.pane import ResultsPane
from tui.features.screen import Headline, KeyLine, SessionScreen
from tui.features.session import PANES, PaneId, Session
from tui.features.training.pane import TrainingPane
from tui.widgets.strip import Strip

TRIES = 10
"""Refreshes that a view gets to have something that can be focused."""
_PANES_CSS = sorted((Path(__file__).parents[1] / "features").glob("*/style.tcss"))


def _can_run(session: Session) -> bool:
    load = session.load
    failed = not load.busy and (load.table is None or load.problem is not None)
    return load.request is not None and not failed and not session.running


def _can_resume(session: Session) -> bool:
    run = session.run
    return run is not None and (run.resumable or run.lost is not None)


def _can_cost(session: Session) -> bool:
    if session.running or session.view.pane not in ("arms", "results"):
        return False
    return session.load.request is not None or session.evaluated > 0


_is_running = attrgetter("running")
_has_result = attrgetter("evaluated")
_opened = attrgetter("load.request")
_COSTS = "Give the costs of a miss and of a false alarm"
_ASK_COSTS = "post('CostsDialogRequested')"
_CANCEL, _EXPORT = "post('CancelRequested')", "post('ExportDialogRequested')"
_SAVE = "post('SaveExperimentRequested')"
WORKBENCH: tuple[Command, ...] = (
    Command("pane.dataset", "1", "1 Dataset", action="activate('dataset')"),
    Command("pane.arms", "2", "2 Arms", action="activate('arms')"),
    Command("pane.training", "3", "3 Training", action="activate('training')"),
    Command("pane.results", "4", "4 Results", action="activate('results')"),
    Command("view.next", "v", "Next view", "view", "cycle_view(1)"),
    Command("view.previous", "V", "Previous view", action="cycle_view(-1)"),
    Command("view.focus", "p", "Into the picture and back", "picture", "hop"),
    Command("view.zoom", "z", "Zoom the picture", action="post('ZoomToggled')"),
    Command("run.start", "r", "Run", "run", "post('RunRequested')", when=_can_run),
    Command("run.cancel", "x", "Cancel the run", "cancel", _CANCEL, when=_is_running),
    Command("run.resume", "R", "Resume the run", "resume", when=_can_resume),
    Command("run.export", "e", "Export the run", "export", _EXPORT, when=_has_result),
    Command("costs.give", "dollar_sign", _COSTS, "cost", _ASK_COSTS, when=_can_cost),
    Command(
        "experiment.save", "ctrl+s", "Save the experiment", "", _SAVE, when=_opened
    ),
)


def pane_types() -> tuple[type[Pane], ...]:
    """Return the panes in the order of the pipeline."""
    return (DatasetPane, ArmsPane, TrainingPane, ResultsPane)


class Workbench(SessionScreen[None]):
    """The one screen that most of the work is done on."""

    CSS_PATH: ClassVar = ["workbench.tcss", *_PANES_CSS]
    AUTO_FOCUS = None
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = WORKBENCH
    BINDINGS: ClassVar = [
        Binding("tab", "tab(1)", show=False),
        Binding("shift+tab", "tab(-1)", show=False),
    ]
    HELP = "The workbench"

    def __init__(self) -> None:
        super().__init__()
        self._offered: tuple[bool, ...] = ()
        self._wanted: tuple[PaneId, str] | None = None
        self._panes: dict[PaneId, Pane] = {}
        self._pictures: dict[PaneId, Picture] = {}

    def compose(self) -> ComposeResult:
        """Lay out the frame and the panes; pictures come when they are first seen."""
        yield Headline(id="headline").data_bind(session=Workbench.session)
        tabs = [f"{kind.NUMBER} {kind.TITLE}" for kind in pane_types()]
        yield Strip(tabs, id="tabs")
        with Horizontal(id="bench"):
            with Vertical(id="panes"):
                for kind in pane_types():
                    pane = kind(id=f"pane-{kind.PANE}")
                    self._panes[kind.PANE] = pane
                    yield pane.data_bind(session=Workbench.session)
            yield Vertical(id="pictures")
        yield KeyLine("1-4 pane", id="keys")

    def on_mount(self) -> None:
        """Show where the user looks."""
        self._arrange(None)
        self.call_after_refresh(self._enter)

    def watch_session(self, before: Session, session: Session) -> None:
        """Follow the user's choice of pane, and hand the news on."""
        if not self.is_mounted:
            return
        moved = before.view.pane != session.view.pane
        if moved or before.view.zoomed != session.view.zoomed:
            with self.app.batch_update():  # Pane, picture and focus in one frame.
                self._arrange(before)
                self._feed()
        else:
            self._feed()
        self._into(TRIES)
        if self.focused is None:
            self.call_after_refresh(self._enter)
        owned = [c for owner in self.command_owners for c in owner.COMMANDS_HERE]
        offered = tuple(available(c, session) for c in (*WORKBENCH, *owned))
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    # Where the focus is ------------------------------------------------------------

    @property
    def active(self) -> Pane:
        """The active pane."""
        return self._panes[self.session.view.pane]

    @property
    def picture(self) -> Picture | None:
        """The active pane's picture, if it was ever shown."""
        return self._pictures.get(self.session.view.pane)

    @property
    def command_owners(self) -> list[SessionWidget]:
        """Whose commands the palette offers although the focus is elsewhere."""
        picture = self.picture
        views = [v for v in picture.views if v.display] if picture else []
        return [*views, *([picture] if picture else []), self.active]

    def _arrange(self, before: Session | None) -> None:
        """Make the active pane's place clear and show its picture."""
        view = self.session.view
        self.set_class(view.zoomed, "-zoomed")
        for name, pane in self._panes.items():
            _mark(pane, "-active", view.pane == name, *pane.frame)
        for name, picture in self._pictures.items():
            picture.display = view.pane == name
        if self.picture is None:
            made = self.active.picture()
            made.id = f"picture-{view.pane}"
            self._pictures[view.pane] = made
            made.set_reactive(SessionWidget.session, self.session)
            self.query_one("#pictures").mount(made)
        self.query_one("#tabs", Strip).active = PANES.index(view.pane)
        if before is None or self._inside():
            return
        if view.zoomed:
            # The picture's children may be about to be mounted.
            self.call_after_refresh(self._enter)
        else:
            self._enter()

    def watch_focused(self, before: Widget | None, focused: Widget | None) -> None:
        """Mark the pane or picture that the focus is in.

        Not by ``:focus-within``: that styles all that is inside anew, each time.
        """
        old, new = _box(before), _box(focused)
        for box in filter(None, {old, new}):
            _mark(box, "-focused", box is new)

    def _feed(self) -> None:
        """Give the session to the picture that is seen, and to no other."""
        if self.picture is not None:
            self.picture.session = self.session

    def _inside(self) -> bool:
        """Tell whether the focus is in what belongs to the active pane."""
        box = _box(self.focused)
        here = box is self.active and not self.session.view.zoomed
        return here or (box is not None and box is self.picture)

    def _enter(self, *, again: bool = False) -> None:
        """Put the focus where it belongs, unless it is there already."""
        if self._inside() and not again:
            return
        if not self.session.view.zoomed and self.active.first is not None:
            self.active.enter()
        elif not (self.session.view.zoomed and self.picture and self.picture.enter()):
            # Nothing there to focus yet; what has the focus is somewhere else.
            self.set_focus(None)

    def on_descendant_focus(self) -> None:
        """Keep the focus with the active pane: only the user makes another active.

        A widget that goes away lets Textual, or its pane, move the focus anywhere.
        """
        if not self._inside() and self.is_current:
            self.call_after_refresh(self._enter)

    def action_tab(self, step: int) -> None:
        """Go to what can have the focus next, in another pane if that is next."""
        chain = self.focus_chain
        if not chain:
            return
        place = chain.index(self.focused) + step if self.focused in chain else 0
        target = chain[place % len(chain)]
        box = _box(target)
        if isinstance(box, Pane) and box is not self.active:
            self.post_message(messages.PaneActivated(box.PANE))
        else:
            self.set_focus(target)

    # Commands ----------------------------------------------------------------------

    def action_activate(self, pane: PaneId) -> None:
        """Make a pane the active one, and put the focus there."""
        if pane == self.session.view.pane:
            self._enter(again=True)
        else:
            self.post_message(messages.PaneActivated(pane))

    def action_cycle_view(self, step: int) -> None:
        """Show another view of the picture."""
        if self.picture is not None:
            self.picture.cycle(step)

    def action_hop(self) -> None:
        """Move the focus between pane and picture."""
        picture = self.picture
        if picture is None or self.session.view.zoomed:
            return
        if _box(self.focused) is picture:
            self.active.enter()
        elif not picture.enter():
            self.call_after_refresh(picture.enter)

    @on(messages.ViewChosen)
    def _enter_view(self, event: messages.ViewChosen) -> None:
        """Put the focus into the view that a pane's key shows."""
        self._wanted = (event.pane, event.view) if event.enter else None
        self._into(TRIES)

    @on(Drawn)
    def _enter_wanted(self) -> None:
        """Put the focus into a view that is there only now."""
        self._into(TRIES)

    def _into(self, tries: int) -> None:
        """Enter the wanted view once it is shown and its children are there."""
        pane, picture = self.session.view.pane, self.picture
        if picture is not None and self._wanted == (pane, picture.current.NAME):
            if picture.enter():
                self._wanted = None
            elif tries:
                self.call_after_refresh(self._into, tries - 1)

    def action_resume(self) -> None:
        """Go on with the run."""
        if self.session.run is not None:
            self.post_message(messages.ResumeRequested(self.session.run.id))

    def on_strip_clicked(self, event: Strip.Clicked) -> None:
        """Activate the pane whose tab was clicked."""
        self.action_activate(PANES[event.index])


def _box(widget: Widget | None) -> Pane | Picture | None:
    """Return the pane or picture that a widget is in."""
    nodes = widget.ancestors_with_self if widget is not None else ()
    return next((n for n in nodes if isinstance(n, Pane | Picture)), None)


def _mark(widget: Widget, name: str, on: bool, *also: Widget) -> None:
    """Set a class of a widget that no more than these few look different by.

    Textual would style everything inside anew, which takes longer than a keystroke.
    """
    if widget.has_class(name) != on:
        widget.set_class(on, name, update=False)
        widget.app.stylesheet.update_nodes([widget, *also], animate=False)
