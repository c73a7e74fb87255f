"""A path, typed with completion or chosen from a list.

The line takes a path; the list below shows what it could become. Tab completes as far
as is certain, the arrows choose, enter opens a folder or takes a file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.data import collection
from engine.data.catalogue import SAMPLES
from engine.data.make_spec import KINDS
from tui.panes.wording import size
from tui.safe_text import clean, content
from tui.screens.base import Finder

MOST_ENTRIES = 2_000
SCHEMES = ("sample:", "make:", "dataset:")
"""How what is no path begins."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a typed path can become."""

    name: str
    folder: bool
    bytes: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds that begins as was typed; `problem` if it cannot be read."""

    typed: str
    entries: tuple[Entry, ...] = ()
    cut: bool = False
    problem: str = ""


def listing(typed: str, suffixes: tuple[str, ...]) -> Listing:
    """List what a typed path could become, folders first.

    Parameters
    ----------
    typed : str
        A path, absolute, relative or with ``~``, perhaps unfinished.
    suffixes : tuple of str
        Endings of files that are wanted, lower case.

    Returns
    -------
    Listing
        At most 2,000 entries; hidden ones only if a dot was typed.
    """
    head, _, tail = typed.rpartition("/")
    folder = Path(f"{head}/" if "/" in typed else ".")
    entries: list[Entry] = []
    cut = False
    try:
        folder = folder.expanduser()
        with os.scandir(folder) as found:
            for item in found:
                if not item.name.lower().startswith(tail.lower()):
                    continue
                if item.name.startswith(".") and not tail.startswith("."):
                    continue
                if (entry := _entry(item, suffixes)) is None:
                    continue
                if len(entries) == MOST_ENTRIES:
                    cut = True
                    break
                entries.append(entry)
    except (OSError, ValueError, RuntimeError) as error:  # also: the home of nobody
        reason = getattr(error, "strerror", None) or str(error)
        return Listing(typed, problem=f"{folder}: {reason}")
    entries.sort(key=lambda e: (not e.folder, e.name.lower(), e.name))
    return Listing(typed, tuple(entries), cut)


def _entry(item: os.DirEntry[str], suffixes: tuple[str, ...]) -> Entry | None:
    try:
        if item.is_dir():
            return Entry(item.name, folder=True)
        if item.is_file() and item.name.lower().endswith(suffixes):
            return Entry(item.name, folder=False, bytes=item.stat().st_size)
    except OSError:
        pass
    return None


def common(names: list[str]) -> str:
    """Return how all names begin, letters of either case being the same.

    Examples
    --------
    >>> common(["train.csv", "Trainees.csv"]), common([])
    ('train', '')
    """
    if not names:
        return ""
    prefix = names[0]
    for name in names[1:]:
        while not name.lower().startswith(prefix.lower()):
            prefix = prefix[:-1]
    return prefix


class PickPath(Finder):
    """Asks for a path; dismisses with it, or with nothing.

    Parameters
    ----------
    title : str
        Constant text.
    hint : str
        Constant text below the list.
    suffixes : tuple of str
        Endings of the files that are listed.
    value : str, default=""
        What is in the line at first; the working folder if empty.
    new : bool, default=False
        Whether the file need not exist: the path is to be written.
    """

    CSS_PATH: ClassVar = ["dialog.tcss", "pick_path.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False, priority=True),
        Binding("shift+tab", "parent", show=False, priority=True),
    ]

    @dataclass
    class Listed(Message, bubble=False):
        """A folder was read."""

        listing: Listing

    def __init__(
        self,
        title: str,
        hint: str,
        suffixes: tuple[str, ...],
        value: str = "",
        new: bool = False,
    ) -> None:
        super().__init__()
        self.heading, self.hint = title, hint
        self._suffixes = suffixes
        self._value = value or f"{short_path(Path.cwd())}/"
        self._new = new
        self._listing = Listing("")

    def compose_body(self) -> ComposeResult:
        """Lay out the line and the list."""
        yield Input(self._value, select_on_focus=False, id="path")
        yield Static(id="path-problem", markup=False)
        yield OptionList(id="path-list", markup=False)

    # The list ----------------------------------------------------------------------

    def extra(self, typed: str) -> list[Entry]:
        """Return entries that are no files, such as samples."""
        return []

    @on(Input.Changed, "#path")
    def _typed(self, event: Input.Changed) -> None:
        """Read the folder in a thread: it may be on a slow disk."""
        event.stop()
        if (whole := self._anew()) is not None:
            self._write(whole)
            return
        work = partial(self._read, event.value)
        self.run_worker(work, group="listing", thread=True, exit_on_error=False)

    def _anew(self) -> str | None:
        """Return the whole path that was typed or pasted behind a folder put here."""
        value = self.query_one("#path", Input).value
        behind = value.removeprefix(self._value)
        if behind == value or not self._value.endswith("/"):
            return None
        return behind if behind.startswith(("/", "~")) else None

    def _read(self, typed: str) -> None:
        self.post_message(self.Listed(listing(typed, self._suffixes)))

    @on(Listed)
    def _show(self, event: Listed) -> None:
        found = event.listing
        if found.typed != self.query_one("#path", Input).value:
            return
        entries = (*self.extra(found.typed), *found.entries)
        self._listing = Listing(found.typed, entries, found.cut, found.problem)
        self.listed.set_options([Option(_shown(entry)) for entry in entries])
        if found.cut:
            self.listed.add_option(
                Option(Content("… more: type to narrow"), disabled=True)
            )
        path = not found.typed.startswith(SCHEMES)
        self._say(found.problem if path and not entries else "")

    def _say(self, text: str) -> None:
        self.query_one("#path-problem", Static).update(content(text))

    def _chosen(self) -> Entry | None:
        place = self.listed.highlighted
        if place is None or place >= len(self._listing.entries):
            return None
        return self._listing.entries[place]

    # Keys --------------------------------------------------------------------------

    def action_complete(self) -> None:
        """Complete the line: as chosen in the list, or as far as is certain."""
        chosen = self._chosen()
        entries = list(self._listing.entries)
        if chosen is not None or len(entries) == 1:
            self._write(self._path(chosen or entries[0]))
        elif entries:
            typed = self.query_one("#path", Input).value
            head, slash, tail = typed.rpartition("/")
            prefix = common([entry.name for entry in entries])
            if len(prefix) > len(tail):
                self._write(f"{head}{slash}{prefix}")

    def action_parent(self) -> None:
        """Go up a folder."""
        typed = self.query_one("#path", Input).value.rstrip("/")
        head, slash, _ = typed.rpartition("/")
        self._write(f"{head}{slash}" if slash else "../")

    @on(Input.Submitted, "#path")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        chosen = self._chosen()
        if chosen is not None:
            self._take(chosen)
            return
        value = event.value.strip()
        if value:
            self._finish(value)

    @on(OptionList.OptionSelected, "#path-list")
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_index < len(self._listing.entries):
            self._take(self._listing.entries[event.option_index])

    def _take(self, entry: Entry) -> None:
        path = self._path(entry)
        if entry.folder:
            self._write(path)
        else:
            self._finish(path)

    def _finish(self, value: str) -> None:
        """Close with a path if it can be one; else say why not."""
        if value.startswith(SCHEMES):
            self.dismiss(value)
            return
        try:
            path = Path(value).expanduser()
            if path.is_dir():
                self._write(value if value.endswith("/") else f"{value}/")
            elif self._new and not path.parent.is_dir():
                self._say(f"there is no folder {path.parent}")
            elif not self._new and not path.exists():
                self._say(f"there is no file {path}")
            else:
                self.dismiss(value)
        except (OSError, ValueError, RuntimeError) as error:
            self._say(str(error))

    def _path(self, entry: Entry) -> str:
        if entry.name.startswith(SCHEMES):
            return entry.name
        head, slash, _ = self.query_one("#path", Input).value.rpartition("/")
        return f"{head}{slash}{entry.name}{'/' if entry.folder else ''}"

    def _write(self, value: str) -> None:
        line = self.query_one("#path", Input)
        self._value = line.value = value
        line.cursor_position = len(value)
        self.listed.highlighted = None


def _shown(entry: Entry) -> Content:
    """Return how an entry is listed."""
    if entry.folder:
        return Content.assemble((f"{clean(entry.name)}/", "bold"))
    note = entry.note if entry.bytes is None else size(entry.bytes)
    return Content.assemble(content(entry.name), "  ", content(note, "dim"))


def short_path(path: Path) -> str:
    """Return a path with ``~`` for the home folder."""
    try:
        return f"~/{path.relative_to(Path.home())}".removesuffix("/.")
    except (ValueError, RuntimeError):  # elsewhere, or there is no home
        return str(path)


SUFFIXES = (
    *(".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".data"),
    *(".gz", ".bz2", ".xz", ".zst", ".zip"),
    *(".parquet", ".pq", ".feather", ".arrow", ".ipc"),
    *(".json", ".jsonl", ".ndjson", ".arff"),
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
)


class OpenDataset(PickPath):
    """A path to a table, or a sample."""

    def __init__(self) -> None:
        super().__init__(
            "Open a dataset",
            "tab completes   ↑ ↓ choose   enter opens   shift+tab goes up   "
            "sample: lists samples, dataset: public collections",
            SUFFIXES,
        )

    def extra(self, typed: str) -> list[Entry]:
        """List the samples once ``sample:`` is typed, and so for other schemes."""
        if not typed or ("/" in typed and not typed.startswith(collection.SCHEME)):
            return []
        notes = {f"sample:{name}": sample.title for name, sample in SAMPLES.items()}
        notes |= {f"make:{name}": kind.title for name, kind in KINDS.items()}
        for name, tables in collection.COLLECTIONS.items():
            for table in tables or ():
                note = f"fetched once through {name}"
                notes[f"{collection.SCHEME}{name}/{table}"] = note
        return [
            Entry(name, folder=False, note=note)
            for name, note in notes.items()
            if name.startswith(typed)
        ]


class OpenTestRows(PickPath):
    """A path to a second table, whose rows are the test rows.

    Parameters
    ----------
    source : str
        The first one, beside which it is looked for.
    """

    def __init__(self, source: str) -> None:
        folder = source.rpartition("/")[0] if ":" not in source else ""
        super().__init__(
            "Which file has the test rows?",
            "Columns are matched by name; all rows of the first file are learned from. "
            "tab completes   enter takes it",
            SUFFIXES,
            f"{folder}/" if folder else "",
        )


DEFAULT_NAME = "experiment.toml"


class OpenExperiment(PickPath):
    """A path to an experiment file."""

    def __init__(self) -> None:
        super().__init__(
            "Open an experiment file",
            "tab completes   ↑ ↓ choose   enter opens   shift+tab goes up",
            (".toml",),
        )


class SaveExperiment(PickPath):
    """A path to write the experiment to.

    Parameters
    ----------
    path : str or None
        Where it was opened from or saved to last.
    """

    def __init__(self, path: str | None) -> None:
        super().__init__(
            "Save the experiment as TOML",
            "tab completes   enter saves   a file that is there is asked about",
            (".toml",),
            value=path or DEFAULT_NAME,
            new=True,
        )
