"""What the screens and dialogs of all features have in common, and what frames them.

A screen is given the session and draws what it needs of it. Above it stands a headline,
below it the keys that matter.
"""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path, PurePath
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Click
from textual.reactive import Reactive, reactive
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from engine.core import format as figures
from engine.core.passes import amount
from engine.core.views.profile import headline
from engine.core.views.progress import left_text
from tui.features.commands import (
    Command,
    bindings,
    footer_word,
    key_text,
    register,
    works,
)
from tui.features.mail import Intent
from tui.features.messages import ListSorted
from tui.features.session import Session, StoreInfo, short_name
from tui.terminal.safe_text import clip, content
from tui.widgets.field import Form
from tui.widgets.rows import STYLES, Rows
from tui.widgets.scrolled import Scrolled

DIALOG_STYLE = Path(__file__).with_name("dialog.tcss")
"""The style that all dialogs share."""


WIDTHS = [(0, "-narrow"), (110, "-wide")]
"""Classes of a screen from these widths on."""
HEIGHTS = [(0, "-short"), (34, "-tall")]
"""Classes of a screen from these heights on."""

T = TypeVar("T")


def changed(session: Session, before: Session | None, *parts: str) -> bool:
    """Tell whether one of these parts is another than before; all are at first.

    Tuples with the same items are the same.
    """
    if before is None:
        return True
    each = ((get(before), get(session)) for get in map(attrgetter, parts))
    return any(
        old is not new and not (isinstance(old, tuple) and old == new)
        for old, new in each
    )


class SessionNode(DOMNode):
    """What is given the session and has commands; the second base of its class.

    The first one is a widget or screen: Textual takes its style from that.
    """

    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = ()
    """What can be done here; the actions are methods of the same class."""

    session: reactive[Session] = reactive(Session, init=False, repaint=False)
    """The newest session; never set it, post an intent instead."""

    def __init_subclass__(cls, **options: Any) -> None:
        if own := cls.__dict__.get("COMMANDS_HERE"):
            register(own, screen=issubclass(cls, Screen))
            cls.BINDINGS = [*bindings(own), *cls.__dict__.get("BINDINGS", ())]
        super().__init_subclass__(**options)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what makes no sense now."""
        return works(action, parameters, self.COMMANDS_HERE, self.session)

    def action_post(self, name: str) -> None:
        """Post an intent that needs no values, by the name of its class."""
        self.post_message(Intent.KINDS[name]())


class Lists(Screen[T]):
    """A screen on which the list that has the focus is searched and sorted."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer it where there is something to find, and columns to sort by."""
        if action not in ("find", "sort", "reverse"):
            return super().check_action(action, parameters)
        shown = self.focused
        if not isinstance(shown, Scrolled) or shown.typing:
            return False
        return action == "find" or shown.can_sort

    def action_find(self) -> None:
        """Let the user type what to look for."""
        if isinstance(self.focused, Scrolled):
            self.focused.find()

    def action_sort(self) -> None:
        """Sort by the next column."""
        if isinstance(self.focused, Scrolled):
            self.focused.sort_next()

    def action_reverse(self) -> None:
        """Sort the other way."""
        if isinstance(self.focused, Scrolled):
            self.focused.sort_back()


class SessionScreen(Lists[T], SessionNode):
    """A screen that the app keeps supplied with its session."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    PARTS: ClassVar[tuple[str, ...]] = ()
    """Parts of the session that are drawn here."""

    # What gets or loses the focus draws itself: not all of the screen, as Textual does.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def on_mount(self) -> None:
        """Be narrow or wide in the first frame: Textual says so with the second."""
        for steps, cells in zip((WIDTHS, HEIGHTS), self.app.size, strict=True):
            fits = [name for least, name in steps if cells >= least]
            for _, name in steps:
                self.set_class(name == fits[-1], name)

    def watch_session(self, before: Session, session: Session) -> None:
        """Show news."""
        if self.is_mounted and changed(session, before, *self.PARTS):
            self.draw()
            self.refresh_bindings()

    def draw(self) -> None:
        """Show what is known."""

    @on(Rows.Sorted)
    def _sorted(self, event: Rows.Sorted) -> None:
        """Remember it; the list of a view is named after it."""
        event.stop()
        if (name := event.rows.id) is not None:
            self.post_message(ListSorted(name, event.column, event.reverse))

    def action_close(self) -> None:
        """Go back, if there is something to go back to."""
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()


class Dialog(ModalScreen[T], Lists[T]):
    """A small screen above another; esc leaves it without an answer."""

    CSS_PATH: ClassVar = [DIALOG_STYLE]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_dialog", "close", key_display="esc"),
        Binding("slash", "find", "find", show=False),
        Binding("ctrl+q", "app.leave", show=False),
        Binding("f5", "app.redraw", show=False),
        Binding("ctrl+z", "app.suspend_process", show=False),
        Binding("semicolon,ctrl+o", "app.jump", show=False),
    ]

    LOOK: ClassVar = "dialog"
    CLOSES: ClassVar = "esc closes"
    heading = ""
    hint = ""
    """The last line; constant text."""

    def compose(self) -> ComposeResult:
        """Lay out the frame and what is in it."""
        with Vertical(classes=self.LOOK) as box:
            box.border_title = content(self.heading)
            box.border_subtitle = Content(self.CLOSES)
            yield from self.compose_body()
            if self.hint:
                yield Static(self.hint, classes="dialog-hint", markup=False)

    def compose_body(self) -> ComposeResult:
        """Yield what is in the frame."""
        yield from ()

    @on(Form.Left)
    def action_dismiss_dialog(self) -> None:
        """Close it without an answer."""
        self.dismiss(None)


class TooSmall(Dialog[None]):
    """Says how much room is needed; goes away by itself when it is there."""

    def compose(self) -> ComposeResult:
        """Lay out one text."""
        yield Static()

    def on_resize(self) -> None:
        """Say how large the terminal is now."""
        width, height = self.app.size
        self.query_one(Static).update(
            Content(
                f"too small: {width} × {height}\nimbtui needs 60 × 18\n"
                "an active run continues"
            )
        )

    def action_dismiss_dialog(self) -> None:
        """Stay until there is room."""


# Above and below a screen -----------------------------------------------------------

_GAP: Final = "  "


def restore_sorts(owner: DOMNode, session: Session) -> None:
    """Sort the lists in a screen or view as they were sorted last."""
    sorts = session.view.remembered.sorts
    for rows in owner.query(Rows):
        if (one := sorts.get(rows.id or "")) is not None:
            rows.sort(one.column, reverse=one.reverse)


class _Line(Widget, can_focus=False):
    """A line that is drawn again only if it would look otherwise."""

    _shown = Content("")

    def build(self) -> Content:
        """Return the text of the line."""
        raise NotImplementedError

    def renew(self) -> None:
        """Draw the line again if its text changed."""
        if not (new := self.build()).is_same(self._shown):
            self._shown = new  # It is not asked for again until it is drawn.
            self.refresh()

    def render(self) -> RenderResult:
        """Draw the line."""
        self._shown = self.build()
        return self._shown


class Headline(_Line):
    """One line: the dataset on the left, what works on the right."""

    session: reactive[Session] = reactive(Session, init=False, repaint=False)

    def watch_session(self) -> None:
        """Draw what changed."""
        self.renew()

    def build(self) -> Content:
        """Return as many facts as there is room for beside the news."""
        width = self.size.width
        right = news(self.session)
        warning = banner(self.session.store)
        if warning is not None:
            right = Content.assemble(warning, _GAP if right else "", right)
        room = width - right.cell_length - len(_GAP)
        left = Content.styled("imbtui", "bold $accent")
        for fact in facts(self.session):
            longer = Content.assemble(left, _GAP, fact)
            if longer.cell_length > room:
                if left.cell_length < 8 < room - 10:
                    # The name alone may be wide: better cut than gone.
                    rest = room - left.cell_length - len(_GAP)
                    cut = fact.truncate(rest, ellipsis=True)
                    left = Content.assemble(left, _GAP, cut)
                break
            left = longer
        blank = max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * blank, right)


def facts(session: Session) -> list[Content]:
    """Return what is known of the dataset, the most important first."""
    load = session.load
    if load.request is None:
        return [Content.styled("no dataset", "dim")]
    table = load.table
    if table is None:
        name, progress = content(short_name(load.request.source)), load.progress
        if load.problem is not None:
            return [name, Content.styled("cannot be opened", "$text-error")]
        text = "reading"
        if progress is not None:
            text = f"{progress.stage} {amount(progress)}".rstrip()
        return [name, content(f"{text} …", "dim")]
    return [content(cell.text, STYLES.get(cell.look, "")) for cell in headline(table)]


def screen_title(what: str, more: str, style: str = "dim") -> Content:
    """Return the first line of a screen that has no headline."""
    return Content.assemble(("imbtui", "bold $accent"), f"  {what}  ", (more, style))


def banner(store: StoreInfo) -> Content | None:
    """Return what must stay in sight about where runs are kept; None as a rule."""
    if store.problem is not None:
        return Content.styled("! store read-only", "bold $text-error")
    if store.elsewhere:
        folder = str(PurePath(store.path).parent)
        return content(f"! runs are stored in {folder}", "bold $text-warning", 40)
    return None


_ENDED: Final = {
    "done": "$text-success",
    "failed": "$text-error",
    "interrupted": "$text-warning",
}


def news(session: Session) -> Content:
    """Return what works now: the run, or the service while it is not ready."""
    run, service = session.run, session.service
    if run is not None and run.lost is not None:
        return Content.styled(f"run {run.number} not followed", "$text-error")
    if run is not None and run.live:
        if run.cancelling:
            return Content.styled(f"run {run.number} cancelling …", "$text-warning")
        if run.silent is not None:
            text = f"run {run.number} ‖ no heartbeat for {figures.clock(run.silent)}"
            return Content.styled(text, "bold $text-warning")
        done, total = run.trials
        clock = f"  {left_text(run.left.run)} left" if run.left else ""
        text = f"{done}/{total} trials{clock}" if run.state.arms else "starting …"
        return Content.styled(f"run {run.number} ▶ {text}", "$text-accent")
    if service.phase == "gone":
        return Content.styled("service stopped", "$text-error")
    if service.phase in ("starting", "warming"):
        part = f" {service.done}/{service.total}" if service.total else ""
        return Content.styled(f"getting ready{part} …", "dim")
    if run is not None:
        text = f"run {run.number} {run.status} {clip(session.apart, 24)}".rstrip()
        return content(text, _ENDED.get(run.status, ""))
    return Content("")


class _Key(NamedTuple):
    """A key with its word, and what it does to what."""

    key: str
    word: str
    id: str = ""
    action: str = ""
    node: DOMNode | None = None

    @property
    def width(self) -> int:
        """The cells that it takes."""
        return cell_len(self.key) + 1 + cell_len(self.word)


class KeyLine(_Line):
    """The few keys that matter now, from the bindings that want to be seen.

    Parameters
    ----------
    first : str, default=""
        Said before them, such as ``"1-4 pane"``: key and word.
    tabs : bool, default=False
        Whether a narrow screen says that in its tabs, and needs it here no more.
    """

    # When there is no room for all, these go first; then others from the end, but for
    # those that lead on from anywhere.
    _SPARE: Final = ("app.quit", "view.focus", "costs.give", "app.palette")
    _ALWAYS: Final = (
        *("app.help", "view.go", "view.unzoom"),
        *("run.start", "run.cancel", "run.resume", "run.export"),
    )

    def __init__(
        self, first: str = "", *, tabs: bool = False, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._first, self._tabs = first, tabs
        self._spots: list[tuple[int, int, _Key]] = []

    def on_mount(self) -> None:
        """Notice whenever other keys work: one move of the focus signals it often."""
        screen = self.screen
        assert isinstance(screen, Screen)
        screen.bindings_updated_signal.subscribe(self, lambda _: self.check_idle())

    def on_idle(self) -> None:
        """Draw anew once all that was signalled has been heard."""
        if self.is_attached:
            self.renew()

    def build(self) -> Content:
        """Return keys and words, as many as there is room for."""
        screen = self.screen
        session = screen.session if isinstance(screen, SessionScreen) else Session()
        shown: dict[str, _Key] = {}
        for active in screen.active_bindings.values():
            binding, key = active.binding, key_text(active.binding.key)
            word = _word(binding, session)
            # Of several keys the first one, unless it is typed into a field here.
            new = binding.action not in shown or key == binding.key_display
            if word and active.enabled and new:
                id, action = binding.id or "", binding.action
                shown[action] = _Key(key, word, id, action, active.node)
        items = [*shown.values()]
        key, _, word = self._first.partition(" ")
        focused = screen.focused
        typed = focused is not None and focused.check_consume_key(key[:1], key[:1])
        if word and not typed and not (self._tabs and screen.has_class("-narrow")):
            items.insert(0, _Key(key, word))
        for spare in self._SPARE:
            if _width(items) > self.size.width:
                items = [item for item in items if item.id != spare]
        while _width(items) > self.size.width and len(items) > 1:
            others = [n for n, item in enumerate(items) if item.id not in self._ALWAYS]
            # The first item stays as long as there is any other.
            last = max(others, default=0) or len(items) - 1
            items = items[:last] + items[last + 1 :]
        line, self._spots = Content(""), []
        for item in items:
            left = line.cell_length
            self._spots.append((left, left + item.width, item))
            name = (item.key, "bold $accent")
            line = Content.assemble(line, name, f" {item.word}", "   ")
        return line

    async def on_click(self, event: Click) -> None:
        """Do what is under the pointer."""
        for left, right, item in self._spots:
            if left <= event.x - 1 < right and item.action:
                event.stop()
                await self.app.run_action(item.action, item.node)


def _word(binding: Binding, session: Session) -> str:
    """Return the footer's word for a binding; empty if it is not shown."""
    if not binding.show:
        return footer_word(binding.id, session)
    return binding.description


def _width(items: list[_Key]) -> int:
    return sum(item.width + 3 for item in items) - 3
