"""A path, typed with completion or chosen from a list.

The line takes a path; the list below shows what it could become. Tab completes as far
as is certain, the arrows choose, enter opens a folder or takes a file. On an open
folder of Parquet files, or a pattern of them, it takes all of them as one table.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.core.errors import DataError
from engine.core.format import size
from engine.io import source as collection
from engine.io.catalogue import SAMPLES
from engine.io.make_spec import KINDS
from tui.features.screen import DIALOG_STYLE, Dialog
from tui.terminal.safe_text import content

MOST_ENTRIES = 2_000
SCHEMES = ("sample:", "make:", "dataset:")
"""How what is no path begins."""


class Completion(NamedTuple):
    """Something that a typed path can become, with a word on what it is."""

    name: str
    note: str = ""
    folder: bool = False


def list_paths(typed: str, suffixes: tuple[str, ...]) -> list[Completion]:
    """List what a typed path could become, folders first.

    Parameters
    ----------
    typed : str
        A path, absolute, relative or with ``~``, perhaps unfinished.
    suffixes : tuple of str
        Endings of files that are wanted, lower case.

    Returns
    -------
    list of Completion
        At most 2,000; hidden ones only if a dot was typed.

    Raises
    ------
    ValueError
        If the folder cannot be read.
    """
    head, _, tail = typed.rpartition("/")
    folder = Path(f"{head}/" if "/" in typed else ".")
    try:
        folder = folder.expanduser()
        with os.scandir(folder) as items:
            named = (i for i in items if i.name.lower().startswith(tail.lower()))
            seen = (i for i in named if tail[:1] == "." or i.name[:1] != ".")
            shown = filter(None, (_entry(item, suffixes) for item in seen))
            entries = [*islice(shown, MOST_ENTRIES)]
    except (OSError, ValueError, RuntimeError) as error:  # also: the home of nobody
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"{folder}: {reason}") from error
    return sorted(entries, key=lambda e: (not e.folder, e.name.lower(), e.name))


def _entry(item: os.DirEntry[str], suffixes: tuple[str, ...]) -> Completion | None:
    try:
        if item.is_dir():
            return Completion(item.name, folder=True)
        if item.is_file() and item.name.lower().endswith(suffixes):
            return Completion(item.name, size(item.stat().st_size))
    except OSError:
        pass
    return None


def common_start(names: Iterable[str]) -> str:
    """Return how all names begin, letters of either case being the same.

    Examples
    --------
    >>> common_start(["train.csv", "Trainees.csv"]), common_start([])
    ('train', '')
    """
    names = [*names]
    shared = os.path.commonprefix([n.lower() for n in names])  # noqa: RUF071
    return names[0][: len(shared)] if names else ""


class PickPath(Dialog[str]):
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

    CSS_PATH: ClassVar = [DIALOG_STYLE, "pick_path.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("tab", "complete", show=False, priority=True),
        Binding("shift+tab", "parent", show=False, priority=True),
    ]

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
        self._suffixes, self._new = suffixes, new
        self._value = value or f"{short_path(Path.cwd())}/"
        self._entries: list[Completion] = []
        self._line = Input(self._value, select_on_focus=False, id="path")
        self._list = OptionList(id="path-list", markup=False)

    def compose_body(self) -> ComposeResult:
        """Lay out the line and the list."""
        yield self._line
        yield Static(id="path-problem", markup=False)
        yield self._list

    def on_mount(self) -> None:
        """Let the user type at once."""
        self._line.cursor_position = len(self._line.value)
        self._line.focus()
        self._list.can_focus = False

    # The list ----------------------------------------------------------------------

    def extra(self, typed: str) -> list[Completion]:
        """Return entries that are no files, such as samples."""
        return []

    @on(Input.Changed)
    def _change(self) -> None:
        # What was typed or pasted behind a folder put here may be a whole path. There
        # may be more in the line by now than when this was sent.
        typed = self._line.value
        behind = typed.removeprefix(self._value)
        begun = self._value.endswith("/") and behind != typed
        if begun and behind.startswith(("/", "~")):
            self._write(behind)
        else:
            show = self._show(typed)
            self.run_worker(show, group="listing", exclusive=True, exit_on_error=False)

    async def _show(self, typed: str) -> None:
        """List what was typed; the folder may be on a slow disk."""
        problem, entries = "", self.extra(typed)
        try:
            entries += await asyncio.to_thread(list_paths, typed, self._suffixes)
        except ValueError as error:
            problem = str(error)
        self._entries = entries
        options = [Option(_option(entry)) for entry in entries]
        if len(entries) >= MOST_ENTRIES:
            options.append(Option("… more: type to narrow", disabled=True))
        self._list.set_options(options)
        none = "" if self._new else "no folder or table begins so"
        known = bool(entries) or typed.startswith(SCHEMES) or Path(typed).is_file()
        known = known or await asyncio.to_thread(self._is_many, typed)
        self._say("" if known else problem or none)

    def _is_many(self, typed: str) -> bool:
        """Tell whether a folder or a pattern is a table of many files."""
        if self._new or collection.MANY[0] not in self._suffixes:
            return False
        with suppress(DataError):
            return not collection.locate(typed)[0].is_file()
        return False

    def _say(self, text: str) -> None:
        self.query_one("#path-problem", Static).update(content(text))

    def _chosen(self) -> Completion | None:
        place = self._list.highlighted
        return None if place is None else self._entries[place]

    def _only(self) -> Completion | None:
        """Return the one entry of the list, if it begins as what is typed."""
        typed = self._line.value.rpartition("/")[2]
        one = self._entries[0] if len(self._entries) == 1 else None
        return one if one and typed and one.name.startswith(typed) else None

    # Keys --------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Choose in the list without leaving the line."""
        last, here = len(self._entries) - 1, self._list.highlighted
        place = (0 if step > 0 else last) if here is None else here + step
        if last >= 0:
            self._list.highlighted = min(last, max(0, place))

    def action_complete(self) -> None:
        """Complete the line: as chosen in the list, or as far as is certain."""
        head, slash, tail = self._line.value.rpartition("/")
        prefix = common_start(entry.name for entry in self._entries)
        if (entry := self._chosen() or self._only()) is not None:
            self._write(self._path(entry))
        elif len(prefix) > len(tail):
            self._write(f"{head}{slash}{prefix}")

    def action_parent(self) -> None:
        """Go up a folder."""
        head, slash, _ = self._line.value.rstrip("/").rpartition("/")
        self._write(f"{head}{slash}" if slash else "../")

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._take(chosen)
        elif value := event.value.strip():
            self._finish(value)

    @on(OptionList.OptionSelected)
    def _pick(self, event: OptionList.OptionSelected) -> None:
        self._take(self._entries[event.option_index])

    def _take(self, entry: Completion) -> None:
        (self._write if entry.folder else self._finish)(self._path(entry))

    def _finish(self, value: str) -> None:
        """Close with a path if it can be one; else say why not."""
        if value.startswith(SCHEMES):
            self.dismiss(value)
            return
        try:
            path = Path(value).expanduser()
            # A folder is walked into first; entered again, it may be a table.
            walk = path.is_dir() and not value.endswith("/")
            if not walk and self._is_many(value):
                self.dismiss(value)
            elif path.is_dir():
                self._write(f"{value.removesuffix('/')}/")
            elif self._new and not path.parent.is_dir():
                self._say(f"there is no folder {path.parent}")
            elif self._new or path.exists():
                self.dismiss(value)
            elif (only := self._only()) is not None:
                self._take(only)
            else:
                self._say(f"there is no file {path}")
        except (OSError, ValueError, RuntimeError) as error:
            self._say(str(error))

    def _path(self, entry: Completion) -> str:
        if entry.name.startswith(SCHEMES):
            return entry.name
        head, slash, _ = self._line.value.rpartition("/")
        return f"{head}{slash}{entry.name}{'/' if entry.folder else ''}"

    def _write(self, value: str) -> None:
        self._value = self._line.value = value
        self._line.cursor_position = len(value)
        self._list.highlighted = None


def _option(entry: Completion) -> Content:
    """Return how an entry is listed."""
    if entry.folder:
        return content(f"{entry.name}/", "bold")
    return Content.assemble(content(entry.name), "  ", content(entry.note, "dim"))


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

    def extra(self, typed: str) -> list[Completion]:
        """List the samples once ``sample:`` is typed, and so for other schemes."""
        if not typed or ("/" in typed and not typed.startswith(collection.SCHEME)):
            return []
        notes = {f"sample:{name}": sample.title for name, sample in SAMPLES.items()}
        notes |= {f"make:{name}": kind.title for name, kind in KINDS.items()}
        for name, tables in collection.COLLECTIONS.items():
            about = f"fetched once through {name}"
            notes |= {f"{collection.SCHEME}{name}/{t}": about for t in tables or ()}
        return [Completion(*one) for one in notes.items() if one[0].startswith(typed)]


class OpenTestRows(PickPath):
    """A path to a second table, whose rows are the test rows.

    Parameters
    ----------
    source : str
        The first one, beside which it is looked for.
    """

    def __init__(self, source: str) -> None:
        folder = source.rpartition("/")[0] if ":" not in source else ""
        hint = (
            "Columns are matched by name; all rows of the first file are training "
            "rows. tab completes   enter selects"
        )
        value = f"{folder}/" if folder else ""
        super().__init__("Which file has the test rows?", hint, SUFFIXES, value)
