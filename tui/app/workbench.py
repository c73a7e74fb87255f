"""The workbench: the pipeline on the left, the active pane's picture on the right.

Where it is narrow, one pane at a time above its picture, under a strip of tabs. The
widgets are the same at every size; classes that follow from the size lay them out.
"""

from __future__ import annotations

import gc
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.widget import Widget

from tui.app.go_to import BACK, GoTo
from tui.features import messages
from tui.features.arms.pane import ArmsPane
from tui.features.commands import LISTS, Command, available
from tui.features.dataset.pane import DatasetPane
from tui.features.pane import SOON, Drawn, Pane, Picture, SessionWidget, Still
from tui.features.reducers import LEAST
from tui.features.results.pane import ResultsPane
from tui.features.screen import WIDTHS, Headline, KeyLine, SessionScreen
from tui.features.session import PANES, PaneId, Part, Session, Side
from tui.features.training.pane import TrainingPane
from tui.widgets.sides import Sides
from tui.widgets.strip import Strip, Tab

_LEFT, _MOST_LEFT = 38, 56
"""Cells of the left column: up to 140 of the terminal, and from 200 on."""
TRIES = 10
"""How often it is seen whether a view has something that can be focused."""
_PANES_CSS = sorted((Path(__file__).parents[1] / "features").glob("*/style.tcss"))


def _can_unzoom(session: Session) -> bool:
    # `escape` takes a run back first that waits for its table.
    return session.view.zoomed is not None and not session.load.run_waits


def _can_run(session: Session) -> bool:
    load = session.load
    failed = not load.busy and (load.table is None or load.problem is not None)
    return load.request is not None and not failed and not session.running


def _can_resume(session: Session) -> bool:
    run = session.run
    return run is not None and (run.resumable or run.lost is not None)


def _can_cost(session: Session) -> bool:
    known = session.load.request is not None or session.evaluated > 0
    return known and not session.running


_is_running = attrgetter("running")
_has_result = attrgetter("evaluated")
_opened = attrgetter("load.request")
_LESS = "Less room for the panes, more for the picture"
_MORE = "More room for the panes, less for the picture"
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
    Command("view.go", "g", "Go to a view", "go to", "go_to"),
    Command("view.focus", "p", "Into the view and back", "into view", "hop"),
    Command("view.zoom", "z", "Zoom the pane or picture that has the focus"),
    Command("view.zoom_picture", "Z", "Zoom the picture", "zoom", "zoom('picture')"),
    Command("view.unzoom", "escape", "Leave the zoom", "back", when=_can_unzoom),
    Command("split.less", "left_curly_bracket,ctrl+left", _LESS, action="split(-1)"),
    Command("split.more", "right_curly_bracket,ctrl+right", _MORE, action="split(1)"),
    Command("split.reset", "", "Size panes and picture as at first"),
    Command("run.start", "r", "Run", "run", "post('RunRequested')", when=_can_run),
    Command(
        "run.withdraw",
        "escape",
        "Start no run when the table is read",
        "no run",
        "post('RunWithdrawn')",
        when=attrgetter("load.run_waits"),
    ),
    Command("run.cancel", "x", "Cancel the run", "cancel", _CANCEL, when=_is_running),
    Command("run.resume", "R", "Resume the run", "resume", when=_can_resume),
    Command("run.export", "e", "Export the run", "export", _EXPORT, when=_has_result),
    Command("costs.give", "dollar_sign", _COSTS, "cost", _ASK_COSTS, when=_can_cost),
    Command(
        "experiment.save", "ctrl+s", "Save the experiment", "", _SAVE, when=_opened
    ),
    *LISTS,
)


def pane_types() -> tuple[type[Pane], ...]:
    """Return the panes in the order of the pipeline."""
    return (DatasetPane, ArmsPane, TrainingPane, ResultsPane)


class Pictures(Still):
    """The frame that all pictures share."""

    ALLOW_SELECT = False  # its border can be dragged


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
        self._unstyled: set[Widget] = set()

    def compose(self) -> ComposeResult:
        """Lay out the frame and the panes; pictures come when they are first seen."""
        yield Headline(id="headline").data_bind(session=Workbench.session)
        tabs = [Tab(f"{kind.NUMBER} {kind.TITLE}") for kind in pane_types()]
        yield Strip(tabs, id="tabs")
        with Sides(id="bench"):
            with Still(id="panes"):
                for kind in pane_types():
                    pane = kind(id=f"pane-{kind.PANE}")
                    self._panes[kind.PANE] = pane
                    yield pane.data_bind(session=Workbench.session)
            yield Pictures(id="pictures")
        yield KeyLine("1-4 pane", tabs=True, id="keys")

    def on_mount(self) -> None:
        """Show where the user looks."""
        self._lay_out(self.app.size)
        self._arrange(None)
        self.call_later(self._enter)

    def watch_session(self, before: Session, session: Session) -> None:
        """Follow the user's choice of pane, and hand the news on."""
        if not self.is_mounted:
            return
        old, new = before.view, session.view
        if (old.remembered, old.zoomed) != (new.remembered, new.zoomed):
            self._lay_out(self.size)
        moved = before.view.pane != session.view.pane
        if moved or before.view.zoomed != session.view.zoomed:
            with self.app.batch_update():  # Pane, picture and focus in one frame.
                self._arrange(before)
                self._feed()
        else:
            self._feed()
        self._into(TRIES)
        if self.focused is None:
            self.call_later(self._enter)
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

    @property
    def _side(self) -> Side:
        """Where the panes are."""
        return _side(self.size)

    def on_resize(self, event: Resize) -> None:
        """Share the new room out before it is laid out."""
        self._lay_out(event.size)

    def _lay_out(self, size: Size) -> None:
        """Give the panes their share of the screen."""
        view, side = self.session.view, _side(size)
        chosen = getattr(view.remembered, side)
        if chosen is None and side == "left":
            chosen = min(_MOST_LEFT, _LEFT + max(0, size.width - 140) * 3 // 10)
        share = chosen and max(LEAST[side], min(chosen, _most(side, size)))
        panes = self.query_one("#panes").styles
        wide = share if side == "left" and view.zoomed is None else None
        high = share if side == "above" and view.zoomed is None else None
        panes.width, panes.height, panes.max_height = wide, high, high
        self.set_class(view.zoomed == "pane" or high is not None, "-filled")

    def _arrange(self, before: Session | None) -> None:
        """Make the active pane's place clear and show its picture."""
        view, pictures = self.session.view, self.query_one("#pictures")
        self.set_class(view.zoomed == "picture", "-zoomed")
        self.set_class(view.zoomed == "pane", "-zoomed-pane")
        for name, pane in self._panes.items():
            self._mark(pane, "-active", view.pane == name)
        moves = before is not None and view.zoomed != "picture" and not self._inside()
        if moves:
            self._mark_focused(self.active)
        self._style()
        for name, picture in self._pictures.items():
            picture.display = view.pane == name
        if self.picture is None:
            made = self.active.picture()
            made.id = f"picture-{view.pane}"
            self._pictures[view.pane] = made
            made.set_reactive(SessionWidget.session, self.session)
            pictures.mount(made)
        for pane in self._panes.values():
            title = f"{pane.NUMBER} {pane.TITLE}"
            zoomed = f"{title} · zoomed" if pane is self.active else title
            _entitle(pane, zoomed if view.zoomed == "pane" else title)
            if pane is self.active:
                _entitle(pictures, zoomed if view.zoomed == "picture" else "")
        self.query_one("#tabs", Strip).active = PANES.index(view.pane)
        if moves:
            self._enter()
            self._mark_focused(self._framed(self.focused))
            self._style()
        elif before is not None:
            # The picture's children may be about to be mounted.
            self.call_later(self._enter)

    def watch_focused(self, before: Widget | None, focused: Widget | None) -> None:
        """Mark the pane or picture that the focus is in.

        Not by ``:focus-within``: that styles all that is inside anew, each time.
        """
        self._mark_focused(self._framed(focused))
        self._style()
        if focused is None and self.session.view.zoomed != "picture":
            # What had it is not seen any more: the pane's keys work on.
            self.call_later(self._enter)

    def _mark_focused(self, frame: Widget | None) -> None:
        for one in (*self._panes.values(), self.query_one("#pictures")):
            self._mark(one, "-focused", one is frame)

    def _mark(self, widget: Widget, name: str, on: bool) -> None:
        """Set a class of a widget, which is styled by it later."""
        if widget.has_class(name) != on:
            widget.set_class(on, name, update=False)
            self._unstyled.add(widget)

    def _style(self) -> None:
        """Style what has other classes, and no more than looks different by them.

        Textual would style everything inside anew, which takes longer than a keystroke.
        """
        unstyled, self._unstyled = self._unstyled, set()
        nodes = [*unstyled]
        if not self.has_class("-narrow") or self.has_class("-filled"):
            nodes += [n for one in unstyled if isinstance(one, Pane) for n in one.frame]
        if nodes:
            self.app.stylesheet.update_nodes(nodes, animate=False)

    def _framed(self, widget: Widget | None) -> Widget | None:
        """Return what has the frame around a widget; one is around all pictures."""
        box = _box(widget)
        return self.query_one("#pictures") if isinstance(box, Picture) else box

    def _feed(self) -> None:
        """Give the session to the picture that is seen, and to no other."""
        if self.picture is not None:
            self.picture.session = self.session

    def _inside(self) -> bool:
        """Tell whether the focus is in what belongs to the active pane."""
        box, zoomed = _box(self.focused), self.session.view.zoomed
        if box is self.active:
            return zoomed != "picture"
        return box is not None and box is self.picture and zoomed != "pane"

    def _enter(self, *, again: bool = False) -> None:
        """Put the focus where it belongs, unless it is there already."""
        if self._inside() and not again:
            return
        zoomed = self.session.view.zoomed == "picture"
        if not zoomed and self.active.first is not None:
            self.active.enter()
        elif not (zoomed and self.picture and self.picture.enter()):
            # Nothing there to focus yet; what has the focus is somewhere else.
            self.set_focus(None)

    def on_descendant_focus(self) -> None:
        """Keep the focus with the active pane: only the user makes another active.

        A widget that goes away lets Textual, or its pane, move the focus anywhere.
        """
        if not self._inside() and self.is_current:
            self.call_later(self._enter)

    def action_tab(self, step: int) -> None:
        """Go to what can have the focus next, in another pane if that is next."""
        chain = self.focus_chain
        if not chain:
            return
        place = chain.index(self.focused) + step if self.focused in chain else 0
        self.focus_on(chain[place % len(chain)])

    def focus_on(self, target: Widget) -> None:
        """Put the focus somewhere, in another pane if it is there."""
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

    def action_go_to(self) -> None:
        """Ask for a view of any pane."""
        screen = GoTo(pane_types(), self.session.view.pane)
        self.app.push_screen(screen, self._go)

    def _go(self, place: str | None) -> None:
        """Show a view, and make its pane the active one."""
        wanted = self.session.view.before if place == BACK else None
        for kind in pane_types():
            for view in kind.PICTURE.VIEWS:
                if place == f"{kind.PANE}.{view.NAME}":
                    wanted = kind.PANE, view.NAME
        if wanted is not None:
            pane, name = wanted
            first = self._panes[pane].PICTURE.VIEWS[0].NAME
            self.post_message(messages.ViewChosen(pane, name or first))
            self.post_message(messages.PaneActivated(pane))

    def action_hop(self) -> None:
        """Move the focus, or the zoom, between pane and picture."""
        picture, zoomed = self.picture, self.session.view.zoomed
        if picture is None:
            return
        if zoomed is not None:
            other: Part = "pane" if zoomed == "picture" else "picture"
            self.post_message(messages.ZoomToggled(other))
            return
        if _box(self.focused) is picture:
            self.active.enter()
        elif not picture.enter():
            self.call_later(picture.enter)

    def action_zoom(self, part: Part | None = None) -> None:
        """Give a part, or what has the focus, the whole screen, or take it back."""
        inside: Part = "picture" if isinstance(_box(self.focused), Picture) else "pane"
        zoomed = part or self.session.view.zoomed or inside
        self.post_message(messages.ZoomToggled(zoomed))

    def action_unzoom(self) -> None:
        """Take the whole screen back."""
        if self.session.view.zoomed is not None:
            self.post_message(messages.ZoomToggled(self.session.view.zoomed))

    def action_split(self, direction: int) -> None:
        """Move the border between panes and picture by a step."""
        if self.session.view.zoomed is not None:
            text = "There is no border while a part is zoomed: z leaves the zoom."
            self.post_message(messages.Notice(text))
            return
        panes = self.query_one("#panes").outer_size
        size, step = (panes.width, 4) if self._side == "left" else (panes.height, 2)
        self._split(size, direction * step)

    def action_reset(self) -> None:
        """Let the border between panes and picture be where it was at first."""
        self._split(None)

    def on_sides_dragged(self, event: Sides.Dragged) -> None:
        """Move the border to where it was dragged."""
        self._split(event.size)

    def _split(self, size: int | None, step: int = 0) -> None:
        if self.session.view.zoomed is None:
            most = _most(self._side, self.size)
            self.post_message(messages.SplitMoved(self._side, size, step, most))

    @on(messages.ViewChosen)
    def _enter_view(self, event: messages.ViewChosen) -> None:
        """Put the focus into the view that a pane's key shows."""
        self._wanted = (event.pane, event.view) if event.enter else None
        self._into(TRIES)

    @on(Drawn)
    def _enter_wanted(self) -> None:
        """Put the focus into a view that is there only now, and stays."""
        # Looking for garbage among all that stays takes longer than two keystrokes.
        gc.freeze()
        self._into(TRIES)

    def on_unmount(self) -> None:
        """Let what was here be found by the next search for garbage."""
        gc.unfreeze()

    def _into(self, tries: int) -> None:
        """Enter the wanted view once it is shown and its children are there."""
        pane, picture = self.session.view.pane, self.picture
        if picture is not None and self._wanted == (pane, picture.current.NAME):
            if picture.enter():
                self._wanted = None
            elif tries:
                self.set_timer(SOON, partial(self._into, tries - 1))

    def action_resume(self) -> None:
        """Go on with the run."""
        if self.session.run is not None:
            self.post_message(messages.ResumeRequested(self.session.run.id))

    def on_strip_clicked(self, event: Strip.Clicked) -> None:
        """Activate the pane whose tab was clicked."""
        self.action_activate(PANES[event.index])


def _side(size: Size) -> Side:
    return "left" if size.width >= WIDTHS[-1][0] else "above"


def _most(side: Side, size: Size) -> int:
    """Return what the panes have at most, so that the picture is still one."""
    return size.width - 50 if side == "left" else size.height - 11


def _entitle(widget: Widget, title: str) -> None:
    """Write into the upper border what is not there yet."""
    if (widget.border_title or "") != title:
        widget.border_title = Content(title)


def _box(widget: Widget | None) -> Pane | Picture | None:
    """Return the pane or picture that a widget is in."""
    nodes = widget.ancestors_with_self if widget is not None else ()
    return next((n for n in nodes if isinstance(n, Pane | Picture)), None)
