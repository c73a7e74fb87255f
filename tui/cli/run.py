"""`imbtui run`, `demo` and `rerun`: from arguments to a followed run."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from functools import partial
from pathlib import Path

import msgspec

from engine.core.errors import ChoiceError, DataError, EngineError, SpecError
from engine.core.execution import Place, check
from engine.core.experiment import DecisionSpec, Experiment
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from engine.core.presets import preset
from engine.core.record import annotation
from engine.io.source import NO_FILES, STDIN, here, locate
from engine.io.toml.loading import read_text
from engine.io.toml.places import about_table
from engine.io.toml.reading import read, resolve_beside, shadowed_tables
from engine.store import inputs
from engine.store.store import Run, RunOptions, Store
from tui.cli import declare
from tui.cli.declare import (
    BUDGET,
    DETACH,
    EXECUTION,
    EXPERIMENT,
    RUN,
    TRIALS,
    Option,
    command,
    unset,
)
from tui.cli.follow import About, launch, same, start_run
from tui.cli.output import find_run, open_store
from tui.cli.streams import say

_DEMO = unset(EXPERIMENT) | {
    "data": "sample:stroke",
    "target": "stroke",
    "positive": "1",
    "preset": "article",
    # A smaller budget than the preset's 10 and 5: it is a first impression.
    "trials": 6,
    "folds": 3,
    "executor": "local",
}


@command(
    "imbtui run patients.csv --target stroke --cost-fn 10 --cost-fp 1",
    Option("data DATA|EXPERIMENT.toml", "table, sample:NAME, - (stdin) or experiment"),
    *EXPERIMENT,
    *EXECUTION,
    executor="local",
)
def run(args: argparse.Namespace) -> int:
    """Tune and compare methods on a dataset."""
    spec = experiment(args)
    options = run_options(args, RunOptions(folder=here()))

    def about(error: EngineError) -> EngineError:
        return _with_line(args.data, error)

    try:
        declare.is_piped(spec.data.source, spec.data.test_source)  # not for both
        declare.refuse_missing(spec.data)
    except (ChoiceError, DataError) as error:
        raise about(error) from None
    with open_store(args.store) as store:
        return begin(args, store, spec, options, note=args.note, about=about)


@command("imbtui demo", *TRIALS, DETACH, *BUDGET, *EXECUTION, **_DEMO)
def demo(args: argparse.Namespace) -> int:
    """Run the article's experiment on the stroke sample: 6 trials, 3 folds."""
    return run(args)


@command("imbtui rerun last --trials 20", RUN, *EXPERIMENT, *EXECUTION)
def rerun(args: argparse.Namespace) -> int:
    """Start a new run with the settings of another; options change some of them."""
    if args.preset is not None:
        raise SpecError("rerun with --preset", "leave it out: the run has all settings")
    if args.test_source is not None and _is_file(args.test_source):
        # Of this folder, not of the run's.
        args.test_source = str(Path(args.test_source).absolute())
    with open_store(args.store, create=False) as store:
        first = find_run(store, args.run)
        spec = with_changes(first.experiment, args)
        folder = _folder_of(first, spec)
        base = msgspec.structs.replace(first.options, folder=folder)
        options = run_options(args, base)
        with contextlib.chdir(options.folder or os.curdir):
            declare.refuse_missing(spec.data)
        if not args.quiet and spec == first.experiment:
            other = " with other execution settings; its results will be equal"
            more = "" if options == first.options else other
            say(f"{first.title} is repeated{more}")
        note = f"again: {first.id}" if args.note is None else args.note
        return begin(args, store, spec, options, note=note)


def _folder_of(first: Run, spec: Experiment) -> str | None:
    """Return what relative paths of the run are relative to; it may be gone.

    Raises
    ------
    DataError
        If it is, and a table is told by such a path.
    """
    folder = first.options.folder
    if folder is None or Path(folder).is_dir():
        return folder
    for source in (spec.data.source, spec.data.test_source):
        if source is None or not _is_file(source) or source.startswith("~"):
            continue
        if not Path(source).is_absolute():
            wrong = f"{source!r} of {first.title} was in {folder!r}, which is missing"
            way = "start a new one with imbtui run, or put the table there"
            raise DataError(wrong, way)
    return None


def _is_file(source: str) -> bool:
    """Tell whether a source is the path of a file, rather than a name."""
    return source != STDIN and not source.startswith(NO_FILES)


def run_options(args: argparse.Namespace, base: RunOptions) -> RunOptions:
    """Return the execution options; those not given stay as in `base`.

    Raises
    ------
    SpecError
        If there is no such place.
    """
    if args.executor not in (None, base.executor):
        # A scheduler belongs to the other executor.
        base = msgspec.structs.replace(base, scheduler=None)
    base = declare.with_options(base, args)
    check(Place(base.executor, base.jobs, base.scheduler, memory=base.memory))
    return base


def begin(
    args: argparse.Namespace,
    store: Store,
    spec: Experiment,
    options: RunOptions,
    *,
    note: str | None,
    about: About = same,
) -> int:
    """Start a run and follow it, or leave it running; return the exit code."""
    annotation(note, None)  # refused before anything is made
    if declare.is_piped(spec.data.source, spec.data.test_source):
        spec = _store_input(spec, store, quiet=args.quiet)
    start = partial(start_run, store, spec, options, note)
    return launch(args, store, start, about=about)


def _store_input(spec: Experiment, store: Store, *, quiet: bool) -> Experiment:
    """Put what comes by standard input where the run, and its rest, can read it."""
    path = inputs.keep(store.folder, sys.stdin.buffer)
    if not quiet:
        say(f"standard input is stored as {path} until its last run is deleted")
    return msgspec.structs.replace(spec, data=declare.from_pipe(spec.data, path))


def experiment(args: argparse.Namespace) -> Experiment:
    """Return the experiment that the arguments describe.

    A TOML file or a preset gives what is not said.

    Raises
    ------
    SpecError
        If the file or an argument does not fit.
    """
    if args.data.lower().endswith(".toml"):
        base = _from_file(args.data, args.preset, arms=args.methods is None)
    else:
        base = preset(args.preset, source=args.data)
    return with_changes(base, args)


def with_changes(base: Experiment, args: argparse.Namespace) -> Experiment:
    """Return an experiment with what the arguments say; for the rest as it was.

    Raises
    ------
    SpecError
        If an argument does not fit.
    """
    data, split = declare.specs(args, base.data, base.split)
    changes: dict[str, object] = {"data": data, "split": split}
    changes["decision"] = _decision(args, base.decision)
    for name in ("features", "model", "search"):
        changes[name] = declare.with_options(getattr(base, name), args)
    if args.methods is not None:
        changes["arms"] = _arms(args.methods, base)
    if args.models is not None:
        changes["models"] = _names(args.models)
    for name in ("seed", "splits"):
        if (value := getattr(args, name)) is not None:
            changes[name] = value
    return msgspec.structs.replace(base, **changes)


def _decision(args: argparse.Namespace, base: DecisionSpec) -> DecisionSpec:
    """Return what the arguments say of costs and points, for the rest as it was."""
    names = [name for name in base.__struct_fields__ if name != "at"]
    values = {name: value for name in names if (value := vars(args)[name]) is not None}
    at = base.point_after(**values) if args.at is None else args.at
    decision = msgspec.structs.replace(base, **values, at=at)
    for name, value in values.items():
        if getattr(decision, name) != value:
            options = f"--at {args.at!r} and --{name.replace('_', '-')} {value:g}"
            raise SpecError(f"{options}, a different number", "give one of them")
    return decision


def _arms(text: str, base: Experiment) -> tuple[Arm, ...]:
    """Return the arms of a list, with the models of an experiment, if none are said."""
    arms = tuple(grammar.parse(name) for name in grammar.split(text))
    if not arms:
        raise SpecError("--methods names no arm", "name some: untreated,smote")
    return grammar.with_models_of(grammar.with_untreated(arms), base.arms)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise SpecError("--models names no model", "name some", action="models")
    return names


def _from_file(path: str, preset_given: str | None, *, arms: bool) -> Experiment:
    if preset_given:
        way = "give one of them: the file has all settings"
        raise SpecError("a TOML file and --preset", way)
    try:
        file, name = locate(path)
    except DataError as error:
        raise SpecError(error.message, "give an experiment file") from None
    text = read_text(file, name)
    spec = read(text, name=name, arms=arms)
    folder = str(file.parent)
    for table in shadowed_tables(spec, folder):
        say(f"{table!r} is the one in this folder, not the one beside {name}")
    return resolve_beside(spec, folder)


def _with_line(path: str, error: EngineError) -> EngineError:
    """Return an error with its line, if it is about what an experiment file says."""
    if not path.lower().endswith(".toml"):
        return error
    try:
        file, name = locate(path)
        text = read_text(file, name)
    except (EngineError, OSError):  # it is gone meanwhile
        return error
    return about_table(error, text, name)
