"""Help and the command palette: what the focused pane shows, and what works there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Markdown, Static

from tui.app.config import settings_path
from tui.features.commands import Command, available, keys_text
from tui.features.screen import DIALOG_STYLE, Dialog
from tui.features.session import Session
from tui.terminal.safe_text import cells, content

_PALETTE = 66
"""Cells of a line of the palette."""


class Help(Dialog[None]):
    """Help for a screen and what is focused on it.

    Parameters
    ----------
    screen : Screen
        What help is wanted for.
    session : Session
        Decides which commands work now.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "help.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1,q,enter", "dismiss_dialog", "close", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
        Binding("slash", "find_words", show=False),
    ]
    heading = "Help"
    CLOSES = "/ finds   esc closes"

    def __init__(self, screen: Screen[Any], session: Session) -> None:
        super().__init__()
        self._of = screen
        self._found = -1
        self._session = session

    def compose_body(self) -> ComposeResult:
        """Lay out the words and the keys."""
        text = "\nOther keys for a command are set by its id in "
        where = Content.assemble(text, content(str(settings_path())), ".")
        with VerticalScroll(id="help-scroll"):
            for text in help_text(self._of):
                yield Markdown(text, open_links=False)
            yield Static(self._keys(), id="help-keys")
            yield Static(where, classes="dialog-hint")
        yield Input(placeholder="find in the help; enter goes on")

    def on_mount(self) -> None:
        """Hide the line that finds until it is wanted."""
        self.query_one(Input).display = False

    @property
    def _box(self) -> Widget:
        return self.query_one(".dialog")

    def action_find_words(self) -> None:
        """Ask for a word."""
        line = self.query_one(Input)
        line.display = True
        line.focus()

    @on(Input.Submitted)
    def _find(self, event: Input.Submitted) -> None:
        """Go to the next line with the words, round and round; enter goes on."""
        scroll, words = self.query_one(VerticalScroll), event.value.strip().lower()
        top = scroll.region.y - scroll.scroll_offset.y
        found = [
            leaf.region.y - top + line
            for leaf in scroll.query("*")
            if not leaf.children
            for line, strip in enumerate(leaf.render_lines(leaf.size.region))
            if words in strip.text.lower()
        ]
        self._box.border_subtitle = content("" if found else f"no {words!r} here")
        later = (line for line in found if line > self._found)
        self._found = next(later, found[0] if found else -1)
        if found:
            scroll.scroll_to(y=self._found, animate=False)

    def action_scroll(self, step: int) -> None:
        """Scroll by a line."""
        self.query_one("#help-scroll").scroll_relative(y=step)

    def _keys(self) -> Content:
        """Return a table of the keys, by area, those of the focus first."""
        areas: dict[str, list[tuple[str, str]]] = {}
        # What a screen's own command has taken does nothing else while it is seen.
        own = getattr(self._of, "COMMANDS_HERE", ())
        taken = {key for one in own for key in keys_of(one, self.app).split(",")}
        for command, owner in offered(self._of, self.app):
            keys = keys_of(command, self.app).split(",")
            if owner is self.app:
                keys = [key for key in keys if key not in taken]
            if any(keys):
                area = command.id.partition(".")[0].title()
                line = areas.setdefault(area, [(f"\n{area}\n", "bold $primary")])
                line.append((f"  {keys_text(','.join(keys)):<14} ", "bold $accent"))
                line += [(command.title, ""), (f"  {command.id}\n", "dim")]
        return Content.assemble(*chain.from_iterable(areas.values()))


def keys_of(command: Command, app: Any) -> str:
    """Return the keys a command has after the user's settings."""
    settings = getattr(app, "settings", None)
    keys: dict[str, str] = settings.keys if settings else {}
    return keys.get(command.id) or command.keys


def help_text(screen: Screen[Any]) -> list[str]:
    """Return the manual's sections on what has the focus and what is around it."""
    names = (type(node).__dict__.get("HELP") or "" for node in _around(screen))
    texts = dict.fromkeys(manual()[name] for name in names if name in manual())
    # Two levels say enough: the view or pane, and what it belongs to.
    return [*texts][:2]


@cache
def manual() -> dict[str, str]:
    """Return the sections of the manual by their headings."""
    text = Path(__file__).with_name("manual.md").read_text("utf-8")
    return {part.partition("\n")[0]: f"## {part}" for part in text.split("\n## ")[1:]}


def offered(screen: Any, app: Any) -> Iterator[tuple[Command, DOMNode]]:
    """Yield every command that works on a screen now, with its owner.

    What the focus is in comes first, then the active pane and its picture, then the
    screen, then the app.
    """
    seen: set[str] = set()
    for node in [*_around(screen), app]:
        for command in getattr(node, "COMMANDS_HERE", ()):
            if command.id not in seen and available(command, app.session):
                seen.add(command.id)
                yield command, node


def _around(screen: Any) -> list[Any]:
    """Return what has the focus, what that is in, and the screen last."""
    nodes = screen.focused.ancestors_with_self if screen.focused else ()
    return [*nodes, *getattr(screen, "command_owners", ()), screen]


class Commands(Provider):
    """Finds commands by their titles."""

    async def discover(self) -> Hits:
        """List every command that works now."""
        for title, do in self._all():
            yield DiscoveryHit(title, do)

    async def search(self, query: str) -> Hits:
        """Find commands whose title is like the query."""
        matcher = self.matcher(query)
        for title, do in self._all():
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), do)

    def _all(self) -> Iterator[tuple[str, Any]]:
        """Yield each command's line, its keys on the right, and what does it."""
        room = min(_PALETTE, self.app.size.width - 10)
        for command, owner in offered(self.screen, self.app):
            keys = keys_text(keys_of(command, self.app))
            title = f"{command.title:<{room - cells(keys)}}{keys}"
            # Moving is done by keys; nobody looks for it.
            if not command.id.startswith("move."):
                yield title, partial(self.app.run_action, command.action, owner)
