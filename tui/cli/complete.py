"""What a shell asks for while a command is typed: ``imbtui _complete runs|columns``.

Called by the scripts in `tui/cli/shell`, at each press of tab: everything is light,
nothing is written, and what cannot be read is nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from engine.core.errors import EngineError
from engine.io.header import columns_of
from engine.store.names import RunName, run_names


def complete(arguments: Sequence[str]) -> int:
    """Print the answers, one a line, for a shell only.

    Parameters
    ----------
    arguments : sequence of str
        ``runs`` or ``columns``, and the words of the command line so far.

    Returns
    -------
    int
        The exit code, 0.
    """
    kind, *words = [*map(os.path.expanduser, arguments)] or [""]
    with suppress(EngineError, OSError, ValueError):
        found = _columns(words) if kind == "columns" else _runs(words, kind)
        # What drives a terminal is not offered to be typed into it.
        shown = "".join(f"{x}\n" for x in found if x.replace("\t", " ").isprintable())
        sys.stdout.buffer.write(shown.encode())
        sys.stdout.buffer.flush()
    return 0


def _stored(words: Sequence[str]) -> list[RunName]:
    """Return the runs of the store that the words name, or of the usual one."""
    named = dict(pairwise(words)).get("--store")
    return run_names(Path(named) if named else None)


def _runs(words: Sequence[str], kind: str) -> Iterable[str]:
    """Return the names of runs, each with what it is behind a tab."""
    found = _stored(words) if kind == "runs" else []
    last = ["last\tthe newest run"] if found else []
    about = (f"{run.number}\t{Path(run.source).name}, {run.status}" for run in found)
    return [*last, *about]


def _columns(words: Sequence[str]) -> Sequence[str]:
    """Return the columns of the first table that the words name, or of its run."""
    runs: list[RunName] | None = None
    for word in words:
        if word.startswith("-"):
            continue
        if found := columns_of(word):
            return found
        if word == "last" or word.isalnum():
            runs = _stored(words) if runs is None else runs
            named = [run for run in runs if word in ("last", str(run.number))]
            # A number is not the beginning of an id, where there is such a run.
            for run in named or [run for run in runs if run.id.startswith(word)]:
                return columns_of(run.source)
    return ()
