"""Every headless command, declared once: its name, help, example and arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tui.cli.bench_options import bench_arguments as _bench
from tui.cli.export_options import export_arguments as _export
from tui.cli.inspecting import curves_arguments as _curves
from tui.cli.inspecting import errors_arguments as _errors
from tui.cli.inspecting import explain_arguments as _explain
from tui.cli.options import budget as _budget
from tui.cli.options import execution as _execution
from tui.cli.options import experiment as _experiment
from tui.cli.options import output as _output
from tui.cli.predict_options import predict_arguments as _predict
from tui.cli.reading import reading as _reading
from tui.cli.reading import roles as _roles
from tui.cli.storing import compare_arguments as _compare
from tui.cli.storing import delete_arguments as _delete
from tui.cli.storing import note_arguments as _note
from tui.cli.storing import one_run as _one
from tui.cli.storing import rerun_arguments as _rerun
from tui.cli.storing import resume_arguments as _resume
from tui.cli.storing import runs_arguments as _runs
from tui.cli.storing import show_arguments as _show
from tui.cli.storing import store_arguments as _store
from tui.cli.storing import tag_arguments as _tag
from tui.cli.storing import tag_changes as _tag_changes
from tui.cli.storing import watch_arguments as _watch
from tui.cli.treating import balance_arguments as _balance
from tui.cli.treating import leak_arguments as _leak
from tui.cli.values import whole as _whole

__all__ = ["COMMANDS", "Command", "find"]

Arguments = Callable[[argparse.ArgumentParser], None]
Prepare = Callable[[Sequence[str]], list[str]]


class Command(NamedTuple):
    """One command.

    `handler` is ``module:function``; the function takes the parsed arguments and
    returns the exit code. `prepare` may rewrite what was typed before it is parsed.
    """

    name: str
    summary: str
    example: str
    arguments: Arguments
    handler: str
    prepare: Prepare = list


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data",
        metavar="DATA|EXPERIMENT.toml",
        help="a table, sample:NAME, - for standard input, or a TOML",
    )
    _experiment(parser)
    _execution(parser)


def _demo(parser: argparse.ArgumentParser) -> None:
    _budget(parser)
    # All other choices are those of `run` with none of them made.
    unmade = argparse.ArgumentParser(add_help=False)
    _experiment(unmade)
    parser.set_defaults(**vars(unmade.parse_args([])))
    # A smaller budget than the preset's 10 and 5: the demo is a first impression.
    parser.set_defaults(
        data="sample:stroke",
        target="stroke",
        positive="1",
        preset="article",
        trials=6,
        folds=3,
    )
    _execution(parser)


def _profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", help="a table, sample:NAME, or - for standard input"
    )
    _roles(parser)
    _reading(parser)
    parser.add_argument(
        "--seed", metavar="S", type=_whole, help="seed of the split (42)"
    )
    _output(parser)
    parser.add_argument(
        "--quiet", action="store_true", help="no progress on standard error"
    )


def _preflight(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", help="a table, sample:NAME, or - for standard input"
    )
    _roles(parser)
    _reading(parser)
    group = parser.add_argument_group("what is tried")
    group.add_argument(
        "--arms",
        metavar="NAME,…|all",
        help="remedies or recipes; all of them if unsaid",
    )
    group.add_argument(
        "--folds", metavar="K", type=_whole, help="folds that a run would have (5)"
    )
    group.add_argument(
        "--seed", metavar="S", type=_whole, help="seed of the split and the draws (42)"
    )
    _output(parser)
    parser.add_argument(
        "--quiet", action="store_true", help="no progress on standard error"
    )


def _methods(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="a remedy")
    _output(parser)


def _sample(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="a sample dataset")
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="write it to a .csv, .csv.gz or .parquet"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace OUT if it exists already"
    )
    _output(parser)


def _generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", metavar="KIND", help="moons or blobs")
    group = parser.add_argument_group("the table; imbtui generate KIND says the ranges")
    for name, words in {
        "rows": "rows of all classes together",
        "ratio": "rows of the largest class for each of the smallest",
        "noise": "how blurred the classes are",
        "overlap": "how near each other the classes are, 0 to 1",
        "classes": "number of classes (blobs)",
        "features": "number of columns (blobs)",
        "seed": "of all draws: the same gives the same table",
    }.items():
        group.add_argument(f"--{name}", metavar="N", help=words)
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="write it to a .csv, .csv.gz or .parquet"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace OUT if it exists already"
    )
    _output(parser)


COMMANDS: tuple[Command, ...] = (
    Command(
        "run",
        "tune and compare remedies on a table",
        "imbtui run patients.csv --target stroke --cost-fn 10 --cost-fp 1",
        _run,
        "tui.cli.run:run",
    ),
    Command(
        "demo",
        "the article's experiment on the stroke sample, 6 trials and 3 folds",
        "imbtui demo",
        _demo,
        "tui.cli.run:run",
    ),
    Command(
        "runs",
        "list the runs, all or some, and what they take on the disk",
        "imbtui runs --filter 'stroke smote' --status done",
        _runs,
        "tui.cli.listing:runs",
    ),
    Command(
        "show",
        "print the result of a run",
        "imbtui show last --json",
        _show,
        "tui.cli.runs:show",
    ),
    Command(
        "compare",
        "set runs side by side: what differs, then what came of it",
        "imbtui compare 3f2a 77ab --policy cost",
        _compare,
        "tui.cli.compare:compare",
    ),
    Command(
        "watch",
        "follow a run that is running",
        "imbtui watch last",
        _watch,
        "tui.cli.runs:watch",
    ),
    Command(
        "resume",
        "go on with a run that was interrupted, cancelled or failed",
        "imbtui resume last --detach",
        _resume,
        "tui.cli.runs:resume",
    ),
    Command(
        "cancel",
        "end a run and keep what it has",
        "imbtui cancel last",
        _one,
        "tui.cli.runs:cancel",
    ),
    Command(
        "rerun",
        "do what a run did again as a new run; what no option changes stays as it was",
        "imbtui rerun last --trials 20 --arms none,smote",
        _rerun,
        "tui.cli.rerun:rerun",
    ),
    Command(
        "note",
        "say something about a run, or print what was said",
        "imbtui note last 'with the new columns'",
        _note,
        "tui.cli.annotating:note",
    ),
    Command(
        "tag",
        "tag a run, take tags from it, or print them",
        "imbtui tag last +keep -draft",
        _tag,
        "tui.cli.annotating:tag",
        _tag_changes,
    ),
    Command(
        "delete",
        "remove runs from the store",
        "imbtui delete 3f2a 77ab",
        _delete,
        "tui.cli.runs:delete",
    ),
    Command(
        "store",
        "say what the store takes on the disk; check it, prune it, save what is whole",
        "imbtui store --check",
        _store,
        "tui.cli.store:store",
    ),
    Command(
        "profile",
        "say what a table holds and what to mind, before any learning",
        "imbtui profile patients.csv --target stroke",
        _profile,
        "tui.cli.profile:profile",
    ),
    Command(
        "curves",
        "draw the curves of a run, or print their points",
        "imbtui curves last --curve roc --arm none,smote",
        _curves,
        "tui.cli.curves:curves",
    ),
    Command(
        "errors",
        "list the test rows that an arm gets wrong, or where they are",
        "imbtui errors last --arm smote --policy cost",
        _errors,
        "tui.cli.errors:errors",
    ),
    Command(
        "explain",
        "say what an arm goes by, or what made the score of a row",
        "imbtui explain last --arm smote",
        _explain,
        "tui.cli.errors:explain",
    ),
    Command(
        "export",
        "take a run away: as code, model, data, report, or for other systems",
        "imbtui export last --arm smote --as script -o smote.py",
        _export,
        "tui.cli.export:export",
    ),
    Command(
        "bench",
        "compare remedies over many tables, one run each",
        "imbtui bench tables/ --arms none,weights,smote --trials 10",
        _bench,
        "tui.cli.bench:bench",
    ),
    Command(
        "methods",
        "list the remedies, or say everything about one",
        "imbtui methods kmeans-smote",
        _methods,
        "tui.cli.methods:methods",
    ),
    Command(
        "preflight",
        "say which remedies will work on a table, what they do and how long they take",
        "imbtui preflight patients.csv --target stroke --arms smote,enn",
        _preflight,
        "tui.cli.preflight:preflight",
    ),
    Command(
        "sample",
        "list the sample datasets, or write one to a file",
        "imbtui sample stroke -o stroke.csv",
        _sample,
        "tui.cli.sample:sample",
    ),
    Command(
        "generate",
        "make a lopsided table up: say what it would be, or write it to a file",
        "imbtui generate moons --rows 2000 --ratio 10 --noise 0.2 -o moons.csv",
        _generate,
        "tui.cli.generate:generate",
    ),
    Command(
        "balance",
        "write a training table whose classes are balanced, test rows kept apart",
        "imbtui balance patients.csv --target stroke --method smote --split 0.2 "
        "-o train.csv",
        _balance,
        "tui.cli.balance:balance",
    ),
    Command(
        "predict",
        "score the rows of a table with a bundle that a run was exported as",
        "imbtui predict stroke-bundle new.csv -o scores.csv",
        _predict,
        "tui.cli.predict:predict",
    ),
    Command(
        "leak-demo",
        "show what it claims to balance before the split, and what it delivers",
        "imbtui leak-demo patients.csv --target stroke --method smote",
        _leak,
        "tui.cli.leak:leak",
    ),
)


def find(name: str) -> Command | None:
    """Return the command of that name, or None."""
    return next((c for c in COMMANDS if c.name == name), None)
