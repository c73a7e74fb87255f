"""What commands write: documents and texts, progress and remarks, on any stream.

A standard stream may be closed, full, gone, or of a narrow encoding. Here are also the
stores and runs that commands open, since what is wrong with a store is said once.
"""

from __future__ import annotations

import codecs
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from engine import store as stores
from engine.core.errors import out_of_memory, shortage
from engine.core.execution import Progress, silent
from engine.core.messages import LoadProgress
from engine.core.passes import described, is_worth_a_line, task, timed
from engine.core.record import unreadable
from engine.core.result import Result, of_run
from engine.store.store import Run, Store
from tui.cli import streams
from tui.cli.streams import say, tell, write
from tui.terminal.safe_text import clip
from tui.text.lines import style_for
from tui.text.live import can_redraw, pass_text
from tui.text.report import render

# Standard streams ---------------------------------------------------------------------


# Answers ------------------------------------------------------------------------------

NARROWEST, WIDEST = 60, 140
SCHEMA = 1
"""Of every JSON document; it grows when a key goes or changes its meaning."""
_UNSEEN = re.compile(
    r"[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
"""What drives a terminal or turns the direction of text around."""


def answer(
    document: object, *, json: bool, render: Callable[..., str], key: str = ""
) -> int:
    """Print an answer, as a JSON document or as text for this terminal.

    Parameters
    ----------
    document : object
    json : bool
        Whether to print the document.
    render : callable
        Else returns the text; takes a width and a style.
    key : str, default=""
        As of `print_json`.

    Returns
    -------
    int
        The exit code of a command that found it, 0.
    """
    if json:
        print_json(document, key)
    else:
        write(f"{render(width=width(), style=style_for(sys.stdout))}\n")
    return 0


def print_json(value: object, key: str = "") -> None:
    """Print one JSON document, an object with the number of its schema.

    A list stands under `key`.
    """
    document = msgspec.to_builtins(value)
    named = document if isinstance(document, dict) else {key: document}
    encoded = msgspec.json.encode({"schema": SCHEMA} | named)
    text = msgspec.json.format(encoded, indent=2).decode()
    if codecs.lookup(sys.stdout.encoding or "ascii").name != "utf-8":
        text = json.dumps(json.loads(text), indent=2)  # in ASCII
    # JSON itself escapes only what is below a blank.
    text = _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    write(f"{text}\n")


def plain(value: msgspec.Struct) -> dict[str, object]:
    """Return an answer as a document, without what it is an answer to."""
    document: dict[str, object] = msgspec.to_builtins(value)
    return {name: document[name] for name in document if name not in ("id", "reply")}


def print_result(store: Store, run: Run, *, json: bool, at: str | None = None) -> None:
    """Print the result of a stored run, as JSON or as a report for the terminal."""
    result = result_of(store, run, None if json else run.name)
    answer(result, json=json, render=partial(render, result, at=at, run=run.title))


def result_of(store: Store, run: Run, name: str | None = None) -> Result:
    """Return the result of a stored run, called so in texts; by its id when None."""
    return of_run(store.state(run.id), run, name=name)


def width() -> int:
    """Return how wide a report may be on this terminal."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((100, 24)).columns))


@contextmanager
def within_memory(what: str, way: str) -> Iterator[None]:
    """Say what takes more memory than there is, and what to do about it."""
    try:
        yield
    except Exception as error:
        if not out_of_memory(error):
            raise
        raise shortage(what, way) from None


# Stores and runs ----------------------------------------------------------------------


def open_store(path: str | Path | None = None, *, create: bool = True) -> Store:
    """Open a store, and say on standard error what a user must know about it.

    Parameters
    ----------
    path, create
        As in `engine.store.open_store`.

    Returns
    -------
    Store
        Where it is damaged or newer, one that is only read.

    Raises
    ------
    StoreError
        If it cannot be opened at all.
    """
    store = stores.open_store(path, create=create)
    for text in (*store.notices, *filter(None, [store.problem])):
        if text not in streams.SHOWN:
            streams.SHOWN.add(text)
            say(text)
    return store


def find_run(store: Store, name: str) -> Run:
    """Return a run by its name.

    Raises
    ------
    StoreError
        If there is no such run, or another version wrote it.
    """
    run = store.run(name)
    if run.status == "unreadable":
        raise unreadable(run.name)
    return run


def free_bytes(store: Store) -> int | None:
    """Return the room on the disk of a store; None if unknown."""
    try:
        return shutil.disk_usage(store.path.parent).free
    except OSError:
        return None


# Progress -----------------------------------------------------------------------------

_CLEAR = "\r\x1b[K"


@contextmanager
def stages(*, quiet: bool) -> Iterator[Progress]:
    """Yield the function that reports a pass, what is done of it, and of how much.

    Parameters
    ----------
    quiet : bool
        Whether nothing is to be said.
    """
    if quiet:
        yield silent
    elif can_redraw(sys.stderr):
        try:
            yield timed(_line(), LoadProgress)
        finally:
            tell(_CLEAR, end="")
    else:
        yield timed(_log(), LoadProgress)


def _log() -> Callable[[LoadProgress], None]:
    """Return what writes a line for each pass, and a few for one that takes long."""
    named: set[str] = set()
    before: LoadProgress | None = None

    def report(progress: LoadProgress) -> None:
        nonlocal before
        words = task(progress.stage).words
        if words not in named:
            named.add(words)
            say(words)
        elif is_worth_a_line(progress, before):
            say(described(progress))
        before = progress

    return report


def _line() -> Callable[[LoadProgress], None]:
    """Return what writes how far a pass is over what was there before."""
    shown = ""

    def report(progress: LoadProgress) -> None:
        nonlocal shown
        most = shutil.get_terminal_size().columns - 1
        text = f" {pass_text(progress, most - 1)}"
        if text != shown:
            shown = text
            tell(_CLEAR + clip(text, max(1, most)), end="")

    return report
