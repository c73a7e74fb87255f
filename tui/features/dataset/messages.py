"""More messages about the dataset: how it is read, its columns, advice, split.

Like those of `tui.features.messages`; ``…DialogRequested`` opens a dialog, whose answer
is another intent.
"""

from __future__ import annotations

from engine.core.events import FieldChange
from engine.core.experiment import ReadSpec
from tui.features.dataset.state import Way
from tui.features.mail import Intent


class LookRequested(Intent):
    """Show the first rows as they would be read so: `session.load.preview`."""

    read: ReadSpec


class ReadDialogRequested(Intent):
    """Ask how the file is to be read."""


class ReadChanged(Intent):
    """Read the file in another way."""

    read: ReadSpec


class SampleDialogRequested(Intent):
    """Ask what of a table that is too large is to be read."""


class ColumnsDialogRequested(Intent):
    """Ask which columns are to be read."""


class ColumnDialogRequested(Intent):
    """Ask what a column is for, and of what kind it is."""

    column: str


class KindChanged(Intent):
    """Say of what kind a column is; None is what it looks like."""

    column: str
    kind: str | None


class SplitRequested(Intent):
    """Ask which column or file decides the test rows; ``random`` asks nothing."""

    way: Way


class FixApplied(Intent):
    """Do what an advice recommends."""

    fix: FieldChange


class AdviceMuted(Intent):
    """Mute an advice (`tui.features.dataset.state.mute_key`), or hear it again."""

    key: str
    on: bool


class UndoRequested(Intent):
    """Take the last choice about the dataset back."""


class MakeRequested(Intent):
    """Show the screen on which a table is made up."""


class WriteMadeRequested(Intent):
    """Write a made-up table to a file; without a path the user is asked for one."""

    source: str
    path: str | None = None
    overwrite: bool = False
