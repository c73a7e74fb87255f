"""The options of the commands about stored runs, and about the store itself."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tui.cli.options import (
    detached,
    execution,
    experiment,
    notification,
    output,
    store,
)

__all__ = [
    "compare_arguments",
    "delete_arguments",
    "note_arguments",
    "one_run",
    "rerun_arguments",
    "resume_arguments",
    "runs_arguments",
    "show_arguments",
    "store_arguments",
    "tag_arguments",
    "tag_changes",
    "watch_arguments",
]

RUN = "id, unique beginning of it, last"
REMOVED = "+-"
"""What marks a tag to remove once the arguments are read: no tag begins so."""


def one_run(parser: argparse.ArgumentParser) -> None:
    """Declare the run a command is about, and its store."""
    parser.add_argument("run", metavar="RUN", help=RUN)
    store(parser)


def runs_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui runs``."""
    group = parser.add_argument_group("which runs; all if unsaid")
    group.add_argument(
        "--filter",
        metavar="TEXT",
        help="those with every word of it in id, dataset, target, arms, note, tags or "
        "status",
    )
    group.add_argument(
        "--tag", metavar="T", action="append", help="those with this tag, or with each"
    )
    group.add_argument(
        "--status",
        metavar="S",
        help="done, failed, cancelled, running, queued, interrupted, unreadable, or "
        "stalled",
    )
    store(parser)
    output(parser)


def show_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui show``."""
    one_run(parser)
    parser.add_argument(
        "--policy", metavar="NAME", help="operating point that orders the board"
    )
    parser.add_argument(
        "--section",
        metavar="NAME,…",
        help="one side in full instead: verdict, matched, calibration, costs or folds",
    )
    parser.add_argument(
        "--class",
        dest="klass",
        metavar="LABEL",
        help="of more than two classes the one a section is about; else the rarest",
    )
    output(parser)


def watch_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui watch``."""
    one_run(parser)
    notification(parser)
    output(parser)
    parser.add_argument(
        "--quiet", action="store_true", help="no progress on standard error"
    )


def resume_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui resume``."""
    watch_arguments(parser)
    detached(parser)


def delete_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui delete``."""
    parser.add_argument("runs", metavar="RUN", nargs="+", help=RUN)
    store(parser)


def note_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui note``."""
    parser.add_argument("run", metavar="RUN", help=RUN)
    parser.add_argument(
        "text",
        metavar="TEXT",
        nargs="*",
        default=[],
        help="the note; '' clears it, and without one it is printed",
    )
    store(parser)


def tag_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui tag``; `tag_changes` has prepared them."""
    parser.usage = "%(prog)s [-h] [--store PATH] RUN [+TAG|-TAG|TAG …]"
    parser.add_argument("run", metavar="RUN", help=RUN)
    parser.add_argument(
        "changes",
        metavar="TAG",
        nargs="*",
        default=[],
        help="+TAG or TAG adds one, -TAG removes one; without any they are printed",
    )
    store(parser)


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


def compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui compare``."""
    parser.add_argument("runs", metavar="RUN", nargs="+", help=f"two or more: {RUN}")
    parser.add_argument(
        "--policy",
        metavar="NAME",
        help="operating point of the results; that of the first run if unsaid",
    )
    parser.add_argument("--arms", metavar="ARM,…", help="these arms only")
    store(parser)
    output(parser)


def rerun_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui rerun``: those of ``imbtui run``."""
    parser.add_argument("run", metavar="RUN", help=RUN)
    experiment(parser)
    execution(parser)
    # What is not said is as it was, not as a new run has it.
    parser.set_defaults(executor=None)


def store_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui store``."""
    parser.add_argument(
        "--check",
        action="store_true",
        help="read everything in it and print each damaged row; exit 1 if there is one",
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove prepared folds and whatever no run needs",
    )
    store(parser)
    output(parser)
