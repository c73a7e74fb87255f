"""The dialog that writes the balanced training table."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.core.errors import EngineError
from engine.core.lab import TreatedRows
from engine.core.messages import TableInfo
from engine.core.methods.grammar import Arm
from engine.io.balanced import FLAG, check_paths, test_path
from engine.io.filenames import slug
from tui.features import wording
from tui.features.dataset.pick_path import short_path
from tui.features.dialogs import FormDialog
from tui.features.lab.state import BalanceRequested
from tui.features.lab.words import counts_line
from tui.features.pane import say
from tui.features.runs.history import here
from tui.features.screen import DIALOG_STYLE
from tui.terminal.safe_text import clean, clip_middle, content
from tui.widgets.field import ChoiceField, Form, FormField, TextField

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
