"""What a pane and its picture are to the workbench, and how views are laid out.

The left column has a `Pane` for each step of the pipeline: compact, always there.
The right side shows the `Picture` of the active pane: large, made of `View`s of which
one is seen. All three are given the session and draw what they need of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import MouseDown, Resize
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.charts.base import Palette, message
from tui.charts.view import Draw
from tui.features.messages import PaneActivated, Selected, Stepped, ViewChosen
from tui.features.reducers import step_view
from tui.features.screen import SessionNode, changed, restore_sorts
from tui.features.session import PANES, PaneId, Session
from tui.terminal.clipboard import Copied
from tui.widgets.rows import Rows
from tui.widgets.sheet import Sheet
from tui.widgets.strip import Strip, Tab

_KEYS: Final = "¹²³⁴⁵⁶⁷⁸⁹⁰"
"""The digits that go to a picture's views, behind `g`."""

# No screen or widget uses `call_after_refresh`: what waits for it is given to the
# screen on top, and lost if that is a dialog that goes before it is drawn.
SOON = 0.03
"""Seconds until it is seen again whether children are mounted."""


class Drawn(Message):
    """A widget was drawn for the first time: its children are there."""


class Still(Vertical):
    """A container without scroll bars: with another size it is not laid out again.

    Textual lays the screen out a second time, and draws all that is inside again,
    for the scroll bars that there might be.
    """

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)


class SessionWidget(Still, SessionNode, can_focus=False):
    """A container that draws a session.

    Subclasses override `show`. Their ``COMMANDS_HERE`` work while the focus is inside.
    """

    HELP: ClassVar[str | None] = None
    """The section of `manual.md` that F1 shows: what is seen here, what to do."""

    COPIED: ClassVar[str] = ""
    """What the notice calls what `y` copies; nothing is copied without it."""

    COPIES: ClassVar[str] = "ChartView, Lined, Prose, Rows, Sheet"
    """Selects the widgets that it is the text of."""

    DRAWS: ClassVar[tuple[str, ...]] = ()
    """Parts of the session that it is drawn from; any change draws it without them."""

    _drawn: Session | None = None

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed.

        Called once all children are mounted, and whenever a part of ``DRAWS`` changed
        while this can be seen.

        `before` is what was drawn last; None the first time: draw everything. Unchanged
        parts are the same objects: ``before and before.load is session.load``.
        """

    def copied(self) -> Copied | None:
        """Return what `y` copies while the focus is inside: what is seen of it."""
        if not self.COPIED:
            return None
        seen = [_plain(one) for one in self.query(self.COPIES) if one.size.width]
        return Copied("\n\n".join(filter(None, seen)), self.COPIED)

    def redraw(self) -> None:
        """Draw again, all of it."""
        self._drawn = None
        self._draw()

    def watch_session(self) -> None:
        """Draw the new session if there is anybody to see it."""
        self._draw()

    def on_mount(self) -> None:
        """Draw for the first time, when the children are there."""
        self.call_later(self._draw)
        self.screen.screen_layout_refresh_signal.subscribe(self, self._tell_sizes)

    def _tell_sizes(self, screen: Screen[Any]) -> None:
        """Let all that is new know its size once it is laid out.

        Textual does not if anything was drawn between mounting and the layout.
        """
        if self._drawn is not None and self.size:
            screen.screen_layout_refresh_signal.unsubscribe(self)
            for one in self.walk_children(Widget, with_self=True):
                one.post_message(Resize(one.size, one.virtual_size))

    @property
    def seen(self) -> bool:
        """Whether it is worth drawing."""
        return True

    @property
    def drawn_parts(self) -> tuple[str, ...]:
        """Parts of the session that it is drawn from now."""
        return self.DRAWS

    def _draw(self) -> None:
        if not self.is_mounted or not self.seen or self._drawn is self.session:
            return
        before, self._drawn = self._drawn, self.session
        if not self.drawn_parts or changed(self.session, before, *self.drawn_parts):
            self._show_change(self.session, before)
        if before is None:
            restore_sorts(self, self.session)
            self.post_message(Drawn())

    def _show_change(self, session: Session, before: Session | None) -> None:
        self.show(session, before)


class Pane(SessionWidget):
    """One step of the pipeline, in the left column.

    The body (`compose_body`) is what is seen when there is room; when there is not,
    all panes but the active one fold to the line that `summary` returns.
    """

    PANE: ClassVar[PaneId]
    """Which pane this is; number, title and help follow from it."""
    NUMBER: ClassVar[int]
    """The key that activates it, and its place."""
    TITLE: ClassVar[str]
    """What its border says."""
    PICTURE: ClassVar[type[Picture]]
    """What the right side shows while it is the active one."""
    BESIDE: ClassVar[tuple[str, ...]] = ()
    """What stands for ``DRAWS`` while another is active, and there is less room."""

    ALLOW_SELECT = False  # its border can be dragged
    DEFAULT_CLASSES = "pane"

    _summary = Content("")
    _subtitle = Content("")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.NUMBER, cls.TITLE = PANES.index(cls.PANE) + 1, cls.PANE.title()
        cls.HELP = f"{cls.NUMBER} {cls.TITLE}"

    def compose(self) -> ComposeResult:
        """Lay out the body and the folded line."""
        yield Static(classes="pane-summary")
        with Vertical(classes="pane-body"):
            yield from self.compose_body()

    def compose_body(self) -> ComposeResult:
        """Yield the widgets of the pane, at most some 36 columns wide."""
        yield from ()

    def summary(self, session: Session) -> Content:
        """Return the one line that is seen while the pane is folded."""
        return Content("")

    def subtitle(self, session: Session) -> Content:
        """Return a few words for the lower border, or nothing."""
        return Content("")

    def picture(self) -> Picture:
        """Return a new instance of the pane's picture; called once."""
        return self.PICTURE()

    @property
    def frame(self) -> list[Widget]:
        """Folded line, body and what is right in it: active, they look different."""
        return [one for child in self.children for one in (child, *child.children)]

    def enter(self) -> None:
        """Take the focus: the first child that can have it, or the pane itself."""
        if (first := self.first) is not None:
            # At once: what asks for the focus later has it later.
            self.screen.set_focus(first)

    def hold_focus(self, empty: bool) -> None:
        """Have the focus while nothing inside can: the pane's keys need it there."""
        self.can_focus = empty
        if empty and self.has_focus_within:
            self.screen.set_focus(self)
        elif not empty and self.has_focus:
            self.call_later(self.enter)

    @property
    def first(self) -> Widget | None:
        """What can have the focus first; None if nothing can."""
        inside = (c for c in self.query("*") if c.focusable and _displayed(c, self))
        return next(inside, self if self.can_focus else None)

    def on_mount(self) -> None:
        """Say what this is."""
        self.border_title = Content(f"{self.NUMBER} {self.TITLE}")

    @property
    def drawn_parts(self) -> tuple[str, ...]:
        """Parts of the session that it is drawn from now."""
        active = self.session.view.pane == self.PANE
        return self.DRAWS if active or not self.BESIDE else self.BESIDE

    def _show_change(self, session: Session, before: Session | None) -> None:
        summary, subtitle = self.summary(session), self.subtitle(session)
        if not summary.is_same(self._summary):
            self._summary = summary
            self.query_one(".pane-summary", Static).update(summary, layout=False)
        if not subtitle.is_same(self._subtitle):
            self._subtitle = subtitle
            self.border_subtitle = subtitle
        super()._show_change(session, before)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Become the active pane, wherever it is clicked but where it can be sized."""
        if event.screen_x < self.region.right - 1:
            self.post_message(PaneActivated(self.PANE))


class View(SessionWidget):
    """One view of a picture; drawn only while it is seen."""

    NAME: ClassVar[str]
    """Its name in `session.view.shown`; remembered from one session to the next."""
    TITLE: ClassVar[str]
    """What the picture's strip calls it: the name, unless another is given.

    So are its section of the manual and what is copied of it.
    """
    BRIEF: ClassVar[str] = ""
    """What the strip calls it where there is little room; the title when empty."""

    DEFAULT_CLASSES = "view"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = cls.__dict__
        if name := own.get("NAME"):
            cls.TITLE = own.get("TITLE", name.title())
            cls.HELP = own.get("HELP", cls.TITLE)
            cls.COPIED = own.get("COPIED", f"the {cls.TITLE.lower()}")

    @property
    def seen(self) -> bool:
        """Whether it is the view shown now."""
        return bool(self.display)

    def on_show(self) -> None:
        """Draw what happened while there was no room for it."""
        self._draw()

    def tell(self, **texts: Content) -> None:
        """Show texts in their places, named after the view; empty ones take no room."""
        for name, text in texts.items():
            place = self.query_one(f"#{self.NAME}-{name}", Static)
            there(place, bool(text.plain))
            say(place, text)


class Picture(SessionWidget):
    """The large side of a pane: one or more views, of which one is seen.

    A view is mounted when it is first shown and stays mounted; it is given the
    session only while it is seen.
    """

    PANE: ClassVar[PaneId]
    """The pane this belongs to."""
    VIEWS: ClassVar[tuple[type[View], ...]] = ()
    """Its views, ten at most; the first is the one shown at first."""
    APART: ClassVar[tuple[type[View], ...]] = ()
    """Those that begin a group in the strip."""

    DEFAULT_CLASSES = "picture"

    def compose(self) -> ComposeResult:
        """Lay out the strip of views; the views come when they are shown."""
        if len(self.VIEWS) > 1:
            tabs = (
                Tab(view.TITLE, view.BRIEF, key, view in self.APART)
                for view, key in zip(self.VIEWS, _KEYS, strict=False)
            )
            yield Strip(tuple(tabs), classes="picture-strip")

    @property
    def current(self) -> type[View]:
        """The view that is shown."""
        name = self.session.view.view_of(self.PANE)
        return next((v for v in self.VIEWS if name == v.NAME), self.VIEWS[0])

    def show(self, session: Session, before: Session | None) -> None:
        """Show the chosen view and give it the session."""
        kind = self.current
        for strip in self.query(Strip):  # gone before the picture when the app ends
            strip.active = self.VIEWS.index(kind)
        inside = self.has_focus_within
        moved = [v for v in self.views if v.display != isinstance(v, kind)]
        for view in moved:
            view.display = isinstance(view, kind)
        if found := [view for view in self.views if view.display]:
            found[0].session = session
        else:
            made = kind()
            made.set_reactive(SessionWidget.session, session)
            self.mount(made)
        if moved and inside:
            # What had the focus is not seen any more.
            self.call_later(self._take_focus)

    @property
    def views(self) -> Iterator[View]:
        """The views that are mounted."""
        return (child for child in self.children if isinstance(child, View))

    def cycle(self, step: int) -> None:
        """Ask for the next view, or the previous one."""
        names = [view.NAME for view in self.VIEWS]
        self.post_message(Stepped(partial(step_view, self.PANE, names), step))

    def enter(self) -> bool:
        """Focus what can be focused in the shown view; False if nothing can."""
        for view in self.views:
            for child in (view, *view.query("*")) if view.display else ():
                if child.focusable and _displayed(child, view):
                    self.screen.set_focus(child)
                    return True
        return False

    def _take_focus(self, tries: int = 3) -> None:
        """Enter the shown view, whose children may be about to be mounted."""
        if not self.enter() and tries:
            self.set_timer(SOON, partial(self._take_focus, tries - 1))

    def on_strip_clicked(self, event: Strip.Clicked) -> None:
        """Show the view that was clicked."""
        event.stop()
        self.post_message(ViewChosen(self.PANE, self.VIEWS[event.index].NAME))


def _plain(widget: Widget) -> str:
    if isinstance(widget, Rows | Sheet):
        return widget.as_text()
    text = widget.visual if isinstance(widget, Static) else getattr(widget, "plain", "")
    return f"{text}"


def _displayed(child: Widget, top: Widget) -> bool:
    return all(node.display for node in child.ancestors_with_self if node is not top)


class Sized(Widget):
    """Mixed into a view: sets ``-short``, ``-roomy`` and ``-broad`` by its size."""

    SHORT: ClassVar[int] = 0
    """Below so many lines it is short."""
    ROOMY: ClassVar[int] = 1000
    """From so many lines on it is roomy."""
    BROAD: ClassVar[int] = 1000
    """From so many cells on it is broad."""

    def on_resize(self, event: Resize) -> None:
        """Set the classes."""
        width, height = event.size
        self.set_class(height < self.SHORT, "-short")
        self.set_class(height >= self.ROOMY, "-roomy")
        self.set_class(width >= self.BROAD, "-broad")


class Listing(Widget):
    """Mixed into what has a list: the line under the cursor is looked at everywhere."""

    MORE: ClassVar[tuple[PaneId, str]]
    """The pane whose arm, or column, is looked at, and its view of a chosen line."""

    @on(Rows.Highlighted)
    def _look(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.post_message(Selected(self.MORE[0], event.key))

    @on(Rows.Chosen)
    def _show_more(self, event: Rows.Chosen) -> None:
        event.stop()
        self.post_message(Selected(self.MORE[0], event.key))
        self.post_message(ViewChosen(*self.MORE))


def say(place: Static, text: Content) -> None:
    """Show a text where another was, with as little work as it takes.

    The same text is not drawn again, and the screen is laid out anew only if the
    lines become more or fewer: a clock that ticks must not move everything.
    """
    old = place.content
    if not isinstance(old, Content):
        place.update(text)
    elif not old.is_same(text):
        width = place.content_size.width
        same = width > 0 and len(old.wrap(width)) == len(text.wrap(width))
        place.update(text, layout=not same)


def there(widget: Widget, wanted: bool) -> None:
    """Show a widget or not, without overruling what the style sheet says else."""
    widget.set_class(not wanted, "-nothing")


def words(text: str) -> Draw:
    """Return a picture that only says something; any text may be given."""
    return partial(_words, text)


def _words(text: str, width: int, height: int, palette: Palette) -> str:
    return message(text, width, height)
