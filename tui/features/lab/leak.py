"""The leak: balanced before the split, beside the right way, on the open table."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Digits, Static

from engine.core import format as figures
from engine.core.lab import LeakScore, LeakShown
from engine.core.views.leak import lesson, scores
from tui.charts.bars import across
from tui.charts.base import Palette
from tui.charts.view import ChartView
from tui.features import wording
from tui.features.commands import Command
from tui.features.frame import KeyLine, screen_title
from tui.features.lab.state import LeakScreenClosed
from tui.features.pane import say, there
from tui.features.questions import Ask
from tui.features.screen import SessionScreen
from tui.features.session import Session
from tui.terminal.clipboard import Copied
from tui.terminal.safe_text import clip, content
from tui.widgets.prose import Paragraph, Prose


def _is_idle(session: Session) -> bool:
    return not session.lab.leak.pending


LEAK: tuple[Command, ...] = (
    Command("leak.close", "escape", "Back", "back"),
    Command("leak.again", "a", "Compute it again", "again", when=_is_idle),
)
_WAYS: Final = (
    ("wrong", "What is claimed", "balanced, then split"),
    ("delivered", "What is delivered", "that model, on rows set aside first"),
    ("right", "The right way", "split, then balanced"),
)


class Leak(SessionScreen[None]):
    """Three recalls side by side, and what they mean."""

    CSS_PATH: ClassVar = "leak.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = LEAK
    HELP = "The leak"
    PARTS = ("lab",)

    def compose(self) -> ComposeResult:
        """Lay out the three ways and what is to be learned."""
        yield Static(id="leak-title")
        yield Static(id="leak-state")
        with Horizontal(id="leak-ways"):
            for way, title, words in _WAYS:
                with Vertical(id=f"leak-{way}", classes="leak-way") as box:
                    box.border_title = Content(title)
                    yield Static(words, classes="leak-words", markup=False)
                    yield Digits("", classes="leak-recall")
                    yield Static(classes="leak-found")
                    yield ChartView(classes="leak-bar")
                    yield Static(classes="leak-figures")
        yield Prose(id="leak-lesson")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Show what is known."""
        self.draw()
        self.query_one(Prose).focus()

    def on_unmount(self) -> None:
        """Give up what is still being worked out, however this was left."""
        self.app.post_message(LeakScreenClosed())

    def draw(self) -> None:
        """Show the three ways, or what is done about them."""
        leak, table = self.session.lab.leak, self.session.load.table
        name = clip(leak.request.arm.name, 40) if leak.request is not None else ""
        source = clip(table.name, 40) if table is not None else ""
        title = screen_title("resampled before the split", f"{name} on {source}")
        self.query_one("#leak-title", Static).update(title)
        # Nothing while something newer is on its way.
        waits = leak.pending or leak.problem is not None
        shown = None if waits else leak.answer
        state = self.query_one("#leak-state", Static)
        there(state, shown is None)
        there(self.query_one("#leak-ways"), shown is not None)
        there(self.query_one(Prose), shown is not None)
        if shown is not None:
            self._fill(shown)
        elif (problem := leak.problem) is not None:
            say(state, wording.refusal(problem.message, problem.fix))
        else:
            say(state, content(f"{leak.stage or 'beginning'} …", "$text-accent"))

    def _fill(self, shown: LeakShown) -> None:
        table = scores(shown)
        for score, row in zip(shown.scores, table.rows, strict=True):
            box = self.query_one(f"#leak-{score.way}")
            recall = figures.decimals(score.recall, 2)
            box.query_one(Digits).update(recall.replace("<", ""))
            of = score.tp + score.fn
            text = f"recall: {score.tp:,} of {figures.plural(of, 'positive')} found"
            say(box.query_one(".leak-found", Static), content(text, "bold"))
            box.query_one(ChartView).show(partial(draw_recall, score), score)
            lines = [
                Content.assemble((f"{cell.text:>10}  ", "bold"), one.short or one.title)
                for one, cell in zip(table.columns[2:], row.cells[2:], strict=True)
            ]
            say(box.query_one(".leak-figures", Static), wording.lines(lines))
        self.query_one(Prose).update(paragraphs(shown))

    def copied(self) -> Copied:
        """Return what the figures of the three ways mean."""
        return Copied(self.query_one(Prose).plain, "the leak")

    def action_again(self) -> None:
        """Compute it again."""
        request = self.session.lab.leak.request
        if request is not None:
            self.post_message(Ask("lab.leak", request))


def paragraphs(shown: LeakShown) -> list[Paragraph]:
    """Return what the scores mean and what to do."""
    return [
        Paragraph(Content.assemble((head.text, "bold"), ": ", content(text)), "· ")
        for head, text in lesson(shown)
    ]


def draw_recall(score: LeakScore, width: int, height: int, palette: Palette) -> str:
    """Draw a recall as a bar on dots; what is claimed has another colour."""
    bar = across(score.recall or 0.0, width)
    colour = palette.accent if score.way == "wrong" else palette.minority
    rest = palette.paint("·" * (width - len(bar)), palette.muted)
    return palette.paint(bar, colour) + rest
