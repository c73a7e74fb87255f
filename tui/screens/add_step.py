"""The question which sampler is to follow the steps of an arm."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from engine.resample import registry
from engine.resample.registry import Sampler
from engine.spec import Arm
from tui.draft import known_sampler
from tui.panes import wording
from tui.panes.layout import say
from tui.safe_text import clip, content
from tui.screens.base import HEIGHTS, WIDTHS, Dialog
from tui.widgets.columns import Column
from tui.widgets.rows import Item, Rows

__all__ = ["AddStep"]

_KINDS = {
    "over": "more rows of the rarer classes",
    "under": "fewer rows of the others, as many as asked",
    "clean": "fewer rows: the doubtful ones go",
    "combined": "more rows, then the doubtful ones go",
}


class AddStep(Dialog[str]):
    """Asks for a sampler; dismisses with its name, or with nothing.

    Parameters
    ----------
    arm : Arm
        What it follows. Samplers that do what is not done yet are listed first.
    """

    CSS_PATH: ClassVar = ["dialog.tcss", "recipes.tcss"]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "list('move', 1)", show=False, priority=True),
        Binding("up", "list('move', -1)", show=False, priority=True),
        Binding("pagedown", "list('page', 1)", show=False, priority=True),
        Binding("pageup", "list('page', -1)", show=False, priority=True),
    ]

    def __init__(self, arm: Arm) -> None:
        super().__init__()
        self._arm = arm
        self._groups = _order(arm)

    def compose(self) -> ComposeResult:
        """Lay out the line, the list, and more about the highlighted sampler."""
        name = clip(self._arm.name, 40)
        after = f"What follows {name}?" if self._arm.steps else "What comes first?"
        with Vertical(classes="dialog") as box:
            box.border_title = Content(after)
            box.border_subtitle = Content("esc closes")
            yield Input(placeholder="type to find a sampler", id="step-find")
            yield Rows(
                (Column("sampler", 22), Column("what it does", 20, grow=200)),
                header=False,
                empty="No sampler is called like that.",
                id="step-list",
            )
            yield Static(id="step-more")
            yield Static(
                "↑ ↓ choose   enter takes it", classes="dialog-hint", markup=False
            )

    def on_mount(self) -> None:
        """List all samplers."""
        self.query_one(Rows).can_focus = False
        self.query_one(Input).focus()
        self._list("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._list(event.value)

    def _list(self, typed: str) -> None:
        words = typed.lower().replace("_", "-").split()
        items: list[Item] = []
        for group in self._groups:
            found = [
                entry
                for entry in registry.samplers()
                if _group(entry) == group
                and all(w in f"{entry.name} {entry.title}".lower() for w in words)
            ]
            if found:
                items.append(Item(f"\0{group}", (_KINDS[group],), heading=True))
            items += [Item(e.name, (e.name, (e.summary, "dim"))) for e in found]
        rows = self.query_one(Rows)
        rows.update_items(items)
        if items:
            rows.action_edge(-1)
            # What begins like that is meant rather than what has it in its middle.
            start = words[0] if words else ""
            keys = (i.key for i in items if start and i.key.startswith(start))
            rows.highlight(next(keys, None))
        self._more()

    def _more(self) -> None:
        """Say when the highlighted sampler is worth it."""
        name = self.query_one(Rows).highlighted
        more = Content("")
        if name is not None:
            entry = registry.sampler(name)
            lines = [content(f"+ {entry.when}")] if entry.when else []
            lines += [content(f"− {entry.when_not}")] if entry.when_not else []
            more = wording.lines(lines)
        say(self.query_one("#step-more", Static), more)

    @on(Rows.Highlighted)
    def _moved(self, event: Rows.Highlighted) -> None:
        event.stop()
        self._more()

    def action_list(self, how: str, step: int) -> None:
        """Choose in the list without leaving the line."""
        rows = self.query_one(Rows)
        (rows.action_page if how == "page" else rows.action_move)(step)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        name = self.query_one(Rows).highlighted
        if name is not None:
            self.dismiss(name)

    @on(Rows.Chosen)
    def _clicked(self, event: Rows.Chosen) -> None:
        event.stop()
        self.dismiss(event.key)


def _group(entry: Sampler) -> str:
    return "clean" if entry.group == "under" and not entry.has_ratio else entry.group


def _order(arm: Arm) -> tuple[str, ...]:
    """Return the groups in the order in which they are likely to be wanted."""
    if not arm.steps:
        return ("over", "under", "clean", "combined")
    entry = known_sampler(arm.steps[-1].sampler)
    if entry is not None and _group(entry) in ("over", "combined"):
        return ("under", "clean", "over", "combined")
    return ("over", "combined", "under", "clean")
