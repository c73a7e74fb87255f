"""Where and how the balanced training table is to be written."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.client.lab import TreatedRows
from engine.client.messages import TableInfo
from engine.errors import EngineError
from engine.filenames import slug
from engine.resample.balance import FLAG, check_paths, test_path
from engine.spec import Arm
from tui.arm_messages import BalanceRequested
from tui.panes import wording
from tui.panes.arms_seen import counts_line
from tui.panes.base import say
from tui.safe_text import clean, clip_middle, content
from tui.screens.dialogs import FormDialog
from tui.screens.pick_path import short_path
from tui.widgets.field import ChoiceField, Form, FormField, TextField

_SPLIT: Final = (
    ("kept apart, in a file of their own", "apart"),
    ("none: every row is a training row", "none"),
)
_MARK: Final = (
    ("not marked", "plain"),
    (f"marked in a column {FLAG}", "marked"),
)
_WARNING: Final = (
    "Every row is taken for a training row: rows that a model is tested on must not "
    "pass through here."
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

    CSS_PATH: ClassVar = ["dialog.tcss", "balance.tcss"]
    heading = "Write the balanced training table"
    hint = "↑ ↓ choose   space opens a list   .csv, .csv.gz or .parquet"

    def __init__(self, arm: Arm, table: TableInfo, rows: TreatedRows | None) -> None:
        super().__init__()
        self._arm = arm
        self._table = table
        self._rows = rows
        name = f"{_stem(table.name)}-{slug(arm.name, fallback='recipe')}.csv"
        path = f"{short_path(_folder())}/{name}"
        self._given = {"path": path, "split": "apart", "mark": "plain"}

    def compose_body(self) -> ComposeResult:
        """Lay out what is written and the choices."""
        yield Static(self._about(), classes="dialog-text")
        with Form(id="balance-form"):
            path = TextField("path", "file")
            path.put(self._given["path"])
            split = ChoiceField("split", "test rows")
            split.offer(_SPLIT, self._given["split"])
            mark = ChoiceField("mark", "synthetic rows")
            mark.offer(_MARK, self._given["mark"])
            yield from (path, split, mark)
        yield Static(id="balance-told")
        yield from self.compose_button()

    def on_mount(self) -> None:
        """Say what would be written, and let the name be changed first."""
        self._tell()
        self.query_one("Input").focus()

    def _about(self) -> Content:
        name = (f"{clean(self._arm.name)}  ", "bold $text-accent")
        rows = self._rows
        if rows is None or rows.sampled is not None:
            return Content.assemble(name, "treats the training rows, and only them.")
        return Content.assemble(name, counts_line(rows))

    @property
    def wish(self) -> BalanceRequested:
        """What is chosen."""
        return BalanceRequested(
            self._arm,
            self._given["path"].strip(),
            split=self._given["split"] == "apart",
            flag=FLAG if self._given["mark"] == "marked" else None,
        )

    def _wrong(self) -> str | None:
        """Say why it cannot be written there; None if it can."""
        wish = self.wish
        if not wish.path:
            return "give a file"
        try:
            out = Path(wish.path).expanduser().absolute()
            if not out.parent.is_dir():
                return f"there is no folder {out.parent}"
            sources = [self._table.source]
            check_paths(out, sources, split=wish.split, overwrite=True)
        except EngineError as error:
            return f"{error.message}: {error.fix}".removesuffix(": ")
        except (OSError, ValueError, RuntimeError) as error:
            return str(error)
        return None

    def _tell(self) -> None:
        """Say which file gets what."""
        out, split, told = Path(self.wish.path), self.wish.split, []
        if out.name:
            told.append(content(f"training rows → {clip_middle(out.name, _LONGEST)}"))
        if out.name and split:
            name = clip_middle(test_path(out).name, _LONGEST)
            told.append(content(f"test rows, as they are → {name}"))
        if not split:
            told.append(content(f"⚠ {_WARNING}", "$text-warning"))
        say(self.query_one("#balance-told", Static), wording.lines(told))

    @on(FormField.Given)
    def _take(self, event: FormField.Given) -> None:
        event.stop()
        self._given[event.key] = event.text
        self.query(TextField).first().complain(None)
        self._tell()

    def finish(self) -> None:
        """Close with what is chosen, if it can be written there."""
        field = self.query(TextField).first()
        self._given["path"] = field.text
        wrong = self._wrong()
        if wrong is None:
            self.dismiss(self.wish)
        else:
            field.complain(wrong)


def _folder() -> Path:
    """Return the folder that the app works in; home, if that is gone meanwhile."""
    try:
        return Path.cwd()
    except OSError:
        return Path("~")


def _stem(name: str) -> str:
    """Return a table's name as the beginning of a file's.

    Examples
    --------
    >>> _stem("stroke.csv.gz"), _stem("sample:moons"), _stem("make:blobs?rows=300")
    ('stroke', 'moons', 'blobs')
    """
    base = Path(name.partition("?")[0].rpartition(":")[2]).name
    return slug(base.partition(".")[0], fallback="table")
