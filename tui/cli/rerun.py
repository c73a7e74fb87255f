"""`imbtui rerun`: a stored experiment again, with changes or without, as a new run."""

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path

from msgspec.structs import replace

from engine.data import collection
from engine.data.make_spec import is_made
from engine.errors import DataError, SpecError
from engine.spec import Experiment
from engine.store.store import Run
from tui.cli.opening import open_store, readable
from tui.cli.output import say
from tui.cli.reading import PIPE
from tui.cli.run import begin, changed, how, refuse_missing

__all__ = ["rerun"]


def rerun(args: argparse.Namespace) -> int:
    """Start what a run did as a new run, with what the arguments change."""
    if args.preset is not None:
        raise SpecError(
            "rerun with --preset", "leave it out: the run says everything already"
        )
    if args.test is not None and _is_file(args.test):
        args.test = str(Path(args.test).absolute())  # of this folder, not of the run's
    with open_store(args.store, create=False) as store:
        first = readable(store, args.run)
        wanted = changed(first.experiment, args)
        options = how(args, replace(first.options, folder=_folder(first, wanted)))
        with contextlib.chdir(options.folder or os.curdir):
            refuse_missing(wanted)
        if not args.quiet:
            _say_changes(first, wanted, same_way=options == first.options)
        note = f"again: {first.id}" if args.note is None else args.note
        return begin(args, store, wanted, options, note=note)


def _folder(first: Run, wanted: Experiment) -> str | None:
    """Return what relative paths of the run are relative to; it may be gone.

    Raises
    ------
    DataError
        If it is, and a table is told by such a path.
    """
    folder = first.options.folder
    if folder is None or Path(folder).is_dir():
        return folder
    for source in (wanted.data.source, wanted.data.test_source):
        if source is not None and _is_relative(source):
            raise DataError(
                f"{source!r} of run {first.id} was in {folder!r}, which is gone",
                "start it anew with imbtui run, or put the table there",
            )
    return None


def _is_relative(source: str) -> bool:
    return (
        _is_file(source)
        and not source.startswith("~")
        and not Path(source).is_absolute()
    )


def _is_file(source: str) -> bool:
    """Tell whether a source is the path of a file, rather than a name."""
    named = source.startswith("sample:") or collection.is_dataset(source)
    return not (named or is_made(source) or source == PIPE)


def _say_changes(first: Run, wanted: Experiment, *, same_way: bool) -> None:
    if wanted != first.experiment:
        return
    say(
        f"run {first.id} is repeated as it was"
        if same_way
        else f"only how it runs is changed: run {first.id} is repeated, to the same "
        "numbers"
    )
