"""The dialog that writes the balanced training table, and the screen about the leak.

The leak is balancing before the split; it stands beside the right way, on the open
table.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Digits, Static

from engine.core import format as figures
from engine.core.errors import EngineError
from engine.core.lab import LeakScore, LeakShown, TreatedRows
from engine.core.messages import TableInfo
from engine.core.methods.grammar import Arm
from engine.core.views.leak import lesson, scores
from engine.core.visible import slug
from engine.io.balanced import FLAG, check_paths, test_path
from engine.io.source import here
from tui.charts.bars import across
from tui.charts.base import Palette
from tui.charts.view import ChartView
from tui.features import wording
from tui.features.commands import Command
from tui.features.dataset.pick_path import short_path
from tui.features.dialogs import FormDialog
from tui.features.lab.state import BalanceRequested, LeakScreenClosed
from tui.features.lab.words import counts_line
from tui.features.pane import say, there
from tui.features.questions import Ask
from tui.features.screen import DIALOG_STYLE, KeyLine, SessionScreen, screen_title
from tui.features.session import Session
from tui.terminal.clipboard import Copied
from tui.terminal.safe_text import clean, clip, clip_middle, content
from tui.widgets.field import ChoiceField, Form, FormField, TextField
from tui.widgets.prose import Paragraph, Prose

# The balanced table -----------------------------------------------------------------

_SPLIT: Final = (
    ("in a separate file", "apart"),
    ("none: every row is a training row", "none"),
)
_MARK: Final = (("not marked", "plain"), (f"marked in a column {FLAG}", "marked"))
_WARNING: Final = (
    "Every row is treated as a training row: do not evaluate a model on rows of this "
    "file."
)
_LONGEST: Final = 56


class BalanceTable(FormDialog[BalanceRequested]):
    """Asks for a file and two choices; dismisses with the wish, or with nothing.

    Parameters
    ----------
    arm : Arm
        What the rows are treated with.
    table : TableInfo
        The open table.
    rows : TreatedRows or None
        What the arm was seen to do, if it was.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "balance.tcss"]
    heading = "Write the balanced training table"
    hint = "↑ ↓ choose   space opens a list   .csv, .csv.gz or .parquet"

    def __init__(self, arm: Arm, table: TableInfo, rows: TreatedRows | None) -> None:
        super().__init__()
        self._arm = arm
        self._table = table
        self._rows = rows
        name = f"{_stem(table.name)}-{slug(arm.name, fallback='method')}.csv"
        path = f"{short_path(Path(here() or '~'))}/{name}"
        self._values = {"path": path, "split": "apart", "mark": "plain"}

    def compose_body(self) -> ComposeResult:
        """Lay out what is written and the choices."""
        yield Static(self._about(), classes="dialog-text")
        path, values = TextField("path", "file"), self._values
        split = ChoiceField("split", "test rows")
        mark = ChoiceField("mark", "synthetic rows")
        path.put(values["path"])
        split.offer(_SPLIT, values["split"])
        mark.offer(_MARK, values["mark"])
        yield Form(path, split, mark, id="balance-form")
        yield Static(id="balance-files")
        yield from self.compose_button()

    def on_mount(self) -> None:
        """Show what would be written; focus the name."""
        self._show_files()
        self.query_one("Input").focus()

    def _about(self) -> Content:
        name = (f"{clean(self._arm.name)}  ", "bold $text-accent")
        whole = self._rows if self._rows and self._rows.sampled is None else None
        effect = counts_line(whole) if whole else "changes the training rows only."
        return Content.assemble(name, effect)

    @property
    def request(self) -> BalanceRequested:
        """What is chosen."""
        values = self._values
        flag = FLAG if values["mark"] == "marked" else None
        split = values["split"] == "apart"
        return BalanceRequested(self._arm, values["path"].strip(), split, flag)

    def _problem(self) -> str | None:
        """Return why the file cannot be written; None if it can."""
        request, sources = self.request, [self._table.source]
        if not request.path:
            return "give a file"
        try:
            out = Path(request.path).expanduser().absolute()
            if not out.parent.is_dir():
                return f"there is no folder {out.parent}"
            check_paths(out, sources, split=request.split, overwrite=True)
        except EngineError as error:
            return f"{error.message}: {error.fix}".removesuffix(": ")
        except (OSError, ValueError, RuntimeError) as error:
            return str(error)
        return None

    def _show_files(self) -> None:
        """Show which rows each file gets."""
        out, split, lines = Path(self.request.path), self.request.split, []
        if out.name:
            parts = [("training rows", out)]
            parts += [("test rows, unchanged", test_path(out))] if split else []
            names = ((what, clip_middle(path.name, _LONGEST)) for what, path in parts)
            lines = [content(f"{what} → {name}") for what, name in names]
        if not split:
            lines.append(content(f"⚠ {_WARNING}", "$text-warning"))
        say(self.query_one("#balance-files", Static), wording.lines(lines))

    @on(FormField.Given)
    def _take(self, event: FormField.Given) -> None:
        self._values[event.key] = event.text
        self.query_one(TextField).complain(None)
        self._show_files()

    def finish(self) -> None:
        """Close with what is chosen, if it can be written there."""
        field = self.query_one(TextField)
        self._values["path"] = field.text
        if (problem := self._problem()) is None:
            self.dismiss(self.request)
        else:
            field.complain(problem)


def _stem(name: str) -> str:
    """Return a table's name as the beginning of a file's.

    Examples
    --------
    >>> _stem("stroke.csv.gz"), _stem("sample:moons"), _stem("make:blobs?rows=300")
    ('stroke', 'moons', 'blobs')
    """
    base = Path(name.partition("?")[0].rpartition(":")[2]).name
    return slug(base.partition(".")[0], fallback="table")


# The leak ---------------------------------------------------------------------------


def _is_idle(session: Session) -> bool:
    return not session.lab.leak.pending


LEAK: tuple[Command, ...] = (
    Command("leak.close", "escape", "Back", "back"),
    Command("leak.again", "r", "Compute it again", "again", when=_is_idle),
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
