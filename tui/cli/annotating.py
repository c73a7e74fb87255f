"""`imbtui note` and `imbtui tag`: what a person says about a run."""

from __future__ import annotations

import argparse

from engine.errors import UsageError
from tui.cli.opening import open_store
from tui.cli.output import say
from tui.cli.storing import REMOVED
from tui.cli.streams import write
from tui.safe_text import clean

__all__ = ["changed", "note", "tag"]


def note(args: argparse.Namespace) -> int:
    """Print the note of a run, set it, or clear it."""
    with open_store(args.store, create=False) as store:
        run = store.run(args.run)
        if not args.text:
            if run.note:
                write(f"{clean(run.note)}\n")
            else:
                say(f"run {run.id} has no note")
            return 0
        text = " ".join(" ".join(args.text).splitlines())  # one line, as in the app
        kept = store.annotate(run.id, note=text).note
        say(f"the note of run {run.id} is {'set' if kept else 'cleared'}")
    return 0


def tag(args: argparse.Namespace) -> int:
    """Add tags to a run and remove some, then print what it has."""
    with open_store(args.store, create=False) as store:
        run = store.run(args.run)
        tags = changed(run.tags, args.changes)
        if set(tags) != set(run.tags):
            tags = store.annotate(run.id, tags=tags).tags
        if tags:
            write(f"{' '.join(map(clean, tags))}\n")
        else:
            say(f"run {run.id} has no tags")
    return 0


def changed(tags: tuple[str, ...], changes: list[str]) -> tuple[str, ...]:
    """Return tags after what is added and removed, in that order.

    Parameters
    ----------
    tags : tuple of str
    changes : list of str
        ``+tag`` or ``tag`` adds one, ``+-tag`` removes one.

    Raises
    ------
    UsageError
        If one is to be removed that is not there.

    Examples
    --------
    >>> changed(("old", "a"), ["+new", "b", "+-old"])
    ('a', 'new', 'b')
    """
    kept = dict.fromkeys(tags)
    for change in changes:
        if change.startswith(REMOVED):
            name = change.removeprefix(REMOVED)
            if name not in kept:
                raise UsageError(
                    f"the run has no tag {name!r}",
                    f"it has {', '.join(kept)}" if kept else "it has none",
                )
            del kept[name]
        else:
            kept[change.removeprefix("+")] = None
    return tuple(kept)
