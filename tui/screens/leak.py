"""The leak: balanced before the split, beside the right way, on the open table."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Digits, Static

from engine.client.lab import LeakScore, LeakShown
from engine.core import format as figures
from tui.arm_messages import LeakLeft
from tui.charts.bars import across
from tui.charts.base import Palette
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console.leak import claimed
from tui.panes import wording
from tui.panes.base import Copied, say, there
from tui.questions import Ask
from tui.safe_text import clean, clip, content
from tui.screens.base import SessionScreen
from tui.screens.frame import KeyLine
from tui.session import Session
from tui.widgets.prose import Paragraph, Prose

LEAK: tuple[Command, ...] = (
    Command("leak.close", "escape", "Back", "back"),
    Command(
        "leak.again",
        "a",
        "Work it out again",
        "again",
        when=lambda session: not session.lab.leak.pending,
    ),
)
_WAYS: Final = (
    ("wrong", "What is claimed", "balanced, then split"),
    ("delivered", "What is delivered", "that model, on rows set aside first"),
    ("right", "The right way", "split, then balanced"),
)


_FIGURES: Final = (
    ("fn", "missed positives"),
    ("fp", "false alarms"),
    ("precision", "precision"),
    ("f1", "F1"),
    ("average_precision", "average precision"),
    ("roc_auc", "ROC AUC"),
)


class Leak(SessionScreen[None]):
    """Three recalls side by side, and what they mean."""

    CSS_PATH: ClassVar = "leak.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = LEAK
    HELP = "The leak"

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
        self._draw()
        self.query_one(Prose).focus()

    def watch_session(self, before: Session, session: Session) -> None:
        """Show news."""
        if self.is_mounted and before.lab is not session.lab:
            self._draw()
            self.refresh_bindings()

    def on_unmount(self) -> None:
        """Give up what is still being worked out, however this was left."""
        self.app.post_message(LeakLeft())

    @property
    def _shown(self) -> LeakShown | None:
        """What was worked out, if nothing newer is on its way."""
        leak = self.session.lab.leak
        return None if leak.pending or leak.problem is not None else leak.answer

    def _draw(self) -> None:
        leak = self.session.lab.leak
        name = clip(leak.request.arm.name, 40) if leak.request is not None else ""
        table = self.session.load.table
        source = clip(table.name, 40) if table is not None else ""
        title = Content.assemble(
            ("imbtui", "bold $accent"),
            "  resampled before the split  ",
            (f"{name} on {source}", "dim"),
        )
        self.query_one("#leak-title", Static).update(title)
        shown = self._shown
        state = self.query_one("#leak-state", Static)
        there(state, shown is None)
        there(self.query_one("#leak-ways"), shown is not None)
        there(self.query_one(Prose), shown is not None)
        if shown is not None:
            self._fill(shown)
        elif (problem := leak.problem) is not None:
            say(state, wording.refusal(problem.message, problem.fix))
        else:
            doing = leak.stage or "beginning"
            say(state, Content.assemble((f"{clean(doing)} …", "$text-accent")))

    def _fill(self, shown: LeakShown) -> None:
        for score in shown.scores:
            box = self.query_one(f"#leak-{score.way}")
            recall = figures.decimals(score.recall, 2)
            box.query_one(Digits).update(recall.replace("<", ""))
            of = score.tp + score.fn
            text = f"recall: {score.tp:,} of {figures.plural(of, 'positive')} found"
            say(box.query_one(".leak-found", Static), content(text, "bold"))
            box.query_one(ChartView).show(partial(recall_bar, score), score)
            lines = [
                Content.assemble((f"{_value(score, name):>7}  ", "bold"), title)
                for name, title in _FIGURES
            ]
            say(box.query_one(".leak-figures", Static), wording.lines(lines))
        self.query_one(Prose).update(lesson(shown))

    def copied(self) -> Copied:
        """Return what the figures of the three ways mean."""
        return Copied(self.query_one(Prose).plain, "the leak")

    def action_again(self) -> None:
        """Work it out again."""
        request = self.session.lab.leak.request
        if request is not None:
            self.post_message(Ask("lab.leak", request))


def recall_bar(score: LeakScore, width: int, height: int, palette: Palette) -> str:
    """Draw a recall as a bar on dots; what is claimed has another colour."""
    bar = across(score.recall or 0.0, width)
    colour = palette.accent if score.way == "wrong" else palette.minority
    rest = palette.paint("·" * (width - len(bar)), palette.muted)
    return palette.paint(bar, colour) + rest


def lesson(shown: LeakShown) -> list[Paragraph]:
    """Return what the scores mean and what to do, in plain words.

    Parameters
    ----------
    shown : LeakShown

    Returns
    -------
    list of Paragraph
        Claim and truth first, then why, then what to do.
    """
    by = {score.way: score for score in shown.scores}
    wrong, delivered, right = by["wrong"], by["delivered"], by["right"]
    of = wrong.tn + wrong.fp + wrong.fn + wrong.tp
    texts = [
        f"The wrong way claims to find {_of_hundred(wrong)} of 100 positives. On rows "
        f"that were set aside before anything was done, the same model finds "
        f"{_of_hundred(delivered)}. {claimed(wrong, delivered)}",
        f"The right way finds {_of_hundred(right)}, on rows that nothing was done to.",
        f"Of the {of:,} rows that the wrong way tests on, {wrong.synthetic:,} are "
        f"synthetic and {wrong.copies:,} have a twin or a parent among its training "
        f"rows; and {_share(wrong)} of them are positive, where "
        f"{_percent(shown.prevalence)} of the table is.",
        "What to do: split first, and let no test row near a sampler. A run does that: "
        "it balances the training rows of each fold, and nothing else.",
    ]
    texts += [f"Repaired: {text}." for text in shown.repairs]
    return [Paragraph(content(text), "· ") for text in texts]


def _value(score: LeakScore, name: str) -> str:
    """Write a figure: a count, or a share."""
    value = getattr(score, name)
    counted = name in ("fn", "fp")
    return figures.count(value) if counted else figures.decimals(value, 2)


def _of_hundred(score: LeakScore) -> str:
    return figures.NOTHING if score.recall is None else f"{100 * score.recall:.0f}"


def _share(score: LeakScore) -> str:
    of = score.tn + score.fp + score.fn + score.tp
    return figures.share(score.tp + score.fn, of)


def _percent(share: float) -> str:
    return figures.share(round(share * 1_000_000), 1_000_000)
