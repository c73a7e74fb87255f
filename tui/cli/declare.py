"""Every headless command, declared once: its name, help, example and arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tui.cli import tables as t
from tui.cli.export_options import export_arguments
from tui.cli.options import add
from tui.cli.predict_options import predict_arguments

__all__ = ["COMMANDS", "Command", "find"]

REMOVED = "+-"
"""What marks a tag to remove once the arguments are read: no tag begins so."""


class Command(NamedTuple):
    """One command.

    `handler` is ``module:function``; the function takes the parsed arguments and
    returns the exit code. `tables` are its arguments, and `more` adds others;
    `defaults` are those of this command. `prepare` may rewrite what was typed before it
    is parsed.
    """

    name: str
    summary: str
    example: str
    handler: str
    tables: tuple[str, ...]
    defaults: Mapping[str, Any] = {}
    more: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    prepare: Callable[[Sequence[str]], list[str]] = list

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Give a parser the arguments of the command."""
        self.more(parser)
        add(parser, *self.tables)
        parser.set_defaults(**self.defaults)


def tag_changes(argv: Sequence[str]) -> list[str]:
    """Mark the tags to remove, so that argparse takes them for no options.

    Examples
    --------
    >>> tag_changes(["last", "+a", "-b", "c", "--store", "s.sqlite"])
    ['last', '+a', '+-b', 'c', '--store', 's.sqlite']
    >>> tag_changes(["-h"])
    ['-h']
    """
    marked: list[str] = []
    named = False
    for word in argv:
        removes = named and len(word) > 1 and word[0] == "-" != word[1]
        marked.append(f"+{word}" if removes else word)
        named = named or not word.startswith("-")
    return marked


def _unsaid(*tables: str) -> dict[str, Any]:
    """Return the options of some tables as if none of them was given."""
    parser = argparse.ArgumentParser(add_help=False)
    add(parser, *tables)
    return vars(parser.parse_args([]))


# A smaller budget than the preset's 10 and 5: the demo is a first impression.
DEMO = {
    "data": "sample:stroke",
    "target": "stroke",
    "positive": "1",
    "preset": "article",
    "trials": 6,
    "folds": 3,
    "executor": "local",
}

COMMANDS: tuple[Command, ...] = (
    Command(
        "run",
        "tune and compare remedies on a table",
        "imbtui run patients.csv --target stroke --cost-fn 10 --cost-fp 1",
        "tui.cli.run:run",
        (t.RUN_DATA, *t.EXPERIMENT, t.EXECUTION + t.NOTE + t.NOTIFY, t.ENDING),
        {"executor": "local"},
    ),
    Command(
        "demo",
        "the article's experiment on the stroke sample, 6 trials and 3 folds",
        "imbtui demo",
        "tui.cli.run:run",
        (
            t.TRIALS + t.DETACH,
            t.EVEN + t.BUDGET,
            t.EXECUTION + t.NOTE + t.NOTIFY,
            t.ENDING,
        ),
        {**_unsaid(*t.EXPERIMENT), **DEMO},
    ),
    Command(
        "runs",
        "list the runs, all or some, and what they take on the disk",
        "imbtui runs --filter 'stroke smote' --status done",
        "tui.cli.listing:runs",
        (t.RUNS, t.STORE + t.JSON),
    ),
    Command(
        "show",
        "print the result of a run",
        "imbtui show last --json",
        "tui.cli.runs:show",
        (t.RUN + t.SHOW + t.KLASS + t.STORE + t.JSON,),
    ),
    Command(
        "compare",
        "set runs side by side: what differs, then what came of it",
        "imbtui compare 3f2a 77ab --policy cost",
        "tui.cli.runs:compare",
        (t.COMPARE + t.STORE + t.JSON,),
    ),
    Command(
        "watch",
        "follow a run that is running",
        "imbtui watch last",
        "tui.cli.runs:watch",
        (t.RUN + t.NOTIFY + t.STORE + t.JSON + t.QUIET,),
        {"detach": False},
    ),
    Command(
        "resume",
        "go on with a run that was interrupted, cancelled or failed",
        "imbtui resume last --detach",
        "tui.cli.runs:resume",
        (t.RUN + t.DETACH + t.NOTIFY + t.STORE + t.JSON + t.QUIET,),
    ),
    Command(
        "cancel",
        "end a run and keep what it has",
        "imbtui cancel last",
        "tui.cli.runs:cancel",
        (t.RUN + t.STORE,),
    ),
    Command(
        "rerun",
        "do what a run did again as a new run; what no option changes stays as it was",
        "imbtui rerun last --trials 20 --arms none,smote",
        "tui.cli.run:rerun",
        (t.RUN, *t.EXPERIMENT, t.EXECUTION + t.NOTE + t.NOTIFY, t.ENDING),
    ),
    Command(
        "note",
        "say something about a run, or print what was said",
        "imbtui note last 'with the new columns'",
        "tui.cli.runs:note",
        (t.RUN + t.TEXT + t.STORE,),
    ),
    Command(
        "tag",
        "tag a run, take tags from it, or print them",
        "imbtui tag last +keep -draft",
        "tui.cli.runs:tag",
        (t.RUN + t.TAGS + t.STORE,),
        prepare=tag_changes,
    ),
    Command(
        "delete",
        "remove runs from the store",
        "imbtui delete 3f2a 77ab",
        "tui.cli.runs:delete",
        (t.MANY + t.STORE,),
    ),
    Command(
        "store",
        "say what the store takes on the disk; check it, prune it, save what is whole",
        "imbtui store --check",
        "tui.cli.runs:store",
        (t.KEEP + t.STORE + t.JSON,),
    ),
    Command(
        "profile",
        "say what a table holds and what to mind, before any learning",
        "imbtui profile patients.csv --target stroke",
        "tui.cli.profile:profile",
        (t.DATA, *t.TABLE, "--seed N  seed of the split (42)\n" + t.JSON + t.QUIET),
    ),
    Command(
        "curves",
        "draw the curves of a run, or print their points",
        "imbtui curves last --curve roc --arm none,smote",
        "tui.cli.curves:curves",
        (t.RUN + t.CURVES_DRAWN + t.KLASS + t.STORE + t.JSON,),
        {"curve": "pr"},
    ),
    Command(
        "errors",
        "list the test rows that an arm gets wrong, or where they are",
        "imbtui errors last --arm smote --policy cost",
        "tui.cli.errors:errors",
        (t.LOOK, t.ERRORS, t.STORE + t.JSON + t.QUIET),
        {"kind": "missed", "rows": 20, "start": 1},
    ),
    Command(
        "explain",
        "say what an arm goes by, or what made the score of a row",
        "imbtui explain last --arm smote",
        "tui.cli.errors:explain",
        (t.LOOK + t.EXPLAIN + t.STORE + t.JSON + t.QUIET,),
    ),
    Command(
        "export",
        "take a run away: as code, model, data, report, or for other systems",
        "imbtui export last --arm smote --as script -o smote.py",
        "tui.cli.export:export",
        (),
        more=export_arguments,
    ),
    Command(
        "bench",
        "compare remedies over many tables, one run each",
        "imbtui bench tables/ --arms none,weights,smote --trials 10",
        "tui.cli.bench:bench",
        (
            t.BENCH + t.PRESET + t.ARMS + t.SEARCH + t.COSTS + t.HOLD_OUT,
            t.EVEN + t.TRIALS + t.BUDGET,
            t.EXECUTION,
            t.STORE + t.JSON + t.QUIET,
        ),
        {**_unsaid(*t.EXPERIMENT), "executor": "local", "metric": "average_precision"},
    ),
    Command(
        "methods",
        "list the remedies, or say everything about one",
        "imbtui methods kmeans-smote",
        "tui.cli.catalogue:methods",
        ("name? NAME  a remedy\n" + t.JSON,),
    ),
    Command(
        "preflight",
        "say which remedies will work on a table, what they do and how long they take",
        "imbtui preflight patients.csv --target stroke --arms smote,enn",
        "tui.cli.profile:preflight",
        (t.DATA, t.PREFLIGHT, *t.TABLE, t.JSON + t.QUIET),
    ),
    Command(
        "sample",
        "list the sample datasets, or write one to a file",
        "imbtui sample stroke -o stroke.csv",
        "tui.cli.catalogue:sample",
        ("name? NAME  a sample dataset\n" + t.OUTPUT + t.FORCE + t.JSON,),
    ),
    Command(
        "generate",
        "make a lopsided table up: say what it would be, or write it to a file",
        "imbtui generate moons --rows 2000 --ratio 10 --noise 0.2 -o moons.csv",
        "tui.cli.catalogue:generate",
        (t.GENERATE, t.OUTPUT + t.FORCE + t.JSON),
    ),
    Command(
        "balance",
        "write a training table whose classes are balanced, test rows kept apart",
        "imbtui balance patients.csv --target stroke --method smote --split 0.2 "
        "-o train.csv",
        "tui.cli.balance:balance",
        (t.DATA, t.METHOD + t.TREATMENT, t.BALANCE, *t.TABLE, t.JSON + t.QUIET),
    ),
    Command(
        "predict",
        "score the rows of a table with a bundle that a run was exported as",
        "imbtui predict stroke-bundle new.csv -o scores.csv",
        "tui.cli.predict:predict",
        (t.READING,),
        more=predict_arguments,
    ),
    Command(
        "leak-demo",
        "show what it claims to balance before the split, and what it delivers",
        "imbtui leak-demo patients.csv --target stroke --method smote",
        "tui.cli.balance:leak",
        (t.DATA, t.LEAK + t.TREATMENT, *t.TABLE, t.JSON + t.QUIET),
    ),
)


def find(name: str) -> Command | None:
    """Return the command of that name, or None."""
    return next((c for c in COMMANDS if c.name == name), None)
