"""Options that several commands have: the experiment, its budget, how it runs."""

from __future__ import annotations

import argparse

from tui.cli.reading import reading, roles
from tui.cli.values import number, whole
from tui.notify import KINDS

__all__ = [
    "budget",
    "detached",
    "execution",
    "experiment",
    "notification",
    "output",
    "store",
]


def experiment(parser: argparse.ArgumentParser) -> None:
    """Declare the choices of an experiment."""
    roles(parser)
    reading(parser)
    group = parser.add_argument_group("the experiment")
    group.add_argument(
        "--preset",
        metavar="NAME",
        help="article, quick or thorough; else the article's, but stratified",
    )
    group.add_argument(
        "--arms",
        metavar="ARM,…",
        help="remedies to compare, each a name or a recipe such as "
        "svm-smote:ratio=0.3+random-under:ratio=0.5; ratio=tune lets the search choose",
    )
    group.add_argument(
        "--space", metavar="NAME", help="search space: shallow, wide, sagemaker, fixed"
    )
    group.add_argument(
        "--objective",
        metavar="NAME",
        help="average_precision (the default), roc_auc, log_loss or brier",
    )
    group.add_argument(
        "--cost-fn",
        metavar="X",
        type=number,
        help="cost of a missed positive; assumed to be as many false alarms as there "
        "are negatives to a positive",
    )
    group.add_argument(
        "--cost-fp", metavar="Y", type=number, help="cost of a false alarm (1)"
    )
    group.add_argument(
        "--cost-tp", metavar="X", type=number, help="cost of a found positive (0)"
    )
    group.add_argument(
        "--cost-tn", metavar="Y", type=number, help="cost of a true negative (0)"
    )
    group.add_argument(
        "--recall-floor", metavar="R", type=number, help="the r of recall>=r (0.8)"
    )
    group.add_argument(
        "--precision-floor",
        metavar="P",
        type=number,
        help="the p of precision>=p (0.2)",
    )
    group.add_argument(
        "--alerts",
        metavar="K",
        type=number,
        help="the k of alerts<=k: a share of the rows (0.05), or a number of test rows",
    )
    group.add_argument(
        "--rope",
        metavar="W",
        type=number,
        help="differences of average precision up to this are the same in practice "
        "(0.01)",
    )
    group.add_argument(
        "--policy",
        metavar="NAME",
        help="operating point that orders the board (recommended: least cost); one "
        "that is named, as recall>=0.9, is also what the recommendation follows, "
        "unless --cost-fn is given",
    )
    budget(parser)


def budget(parser: argparse.ArgumentParser) -> None:
    """Declare the budget."""
    group = parser.add_argument_group("the budget, the same for every arm")
    group.add_argument("--trials", metavar="N", type=whole, help="settings per arm")
    group.add_argument("--folds", metavar="K", type=whole, help="folds of a trial")
    group.add_argument(
        "--repeats", metavar="R", type=whole, help="times the folds are drawn"
    )
    group.add_argument("--seed", metavar="S", type=whole, help="seed of all draws")
    group.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=number,
        help="no new trial starts after that",
    )
    group.add_argument(
        "--patience",
        metavar="SECONDS",
        type=number,
        help="an arm whose rows would take longer to prepare is refused (3600)",
    )
    group.add_argument(
        "--no-prune",
        action="store_true",
        default=None,
        help="let trials go on that stay behind the median of the earlier ones",
    )


def execution(parser: argparse.ArgumentParser) -> None:
    """Declare how a run runs."""
    group = parser.add_argument_group("how it runs")
    group.add_argument(
        "--jobs", metavar="N", type=whole, help="units at a time; all cores if unsaid"
    )
    group.add_argument(
        "--executor",
        metavar="NAME",
        default="local",
        help="local (threads, the default), processes, dask or inline; the numbers "
        "are the same",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster, as tls://host:8786; else dask makes one here",
    )
    group.add_argument(
        "--memory",
        metavar="GIB",
        type=number,
        help="what the run may take; most of what is free if unsaid",
    )
    group.add_argument(
        "--no-cache", action="store_true", help="keep no prepared folds for later runs"
    )
    detached(group)
    group.add_argument(
        "--note", metavar="TEXT", help="what imbtui runs shows beside it"
    )
    notification(group)
    store(parser)
    output(parser)
    parser.add_argument(
        "--quiet", action="store_true", help="no progress on standard error"
    )


def detached(parser: argparse._ActionsContainer) -> None:
    """Declare whether a command returns before the run is over."""
    parser.add_argument(
        "--detach", action="store_true", help="leave it running and return at once"
    )


def notification(parser: argparse._ActionsContainer) -> None:
    """Declare how a person hears that a run is over."""
    parser.add_argument(
        "--notify",
        choices=KINDS,
        help="at its end ring the terminal's bell, or have it show a notification",
    )


def store(parser: argparse.ArgumentParser) -> None:
    """Declare where runs are kept."""
    parser.add_argument(
        "--store", metavar="PATH", help="file the runs are kept in; else IMBTUI_STORE"
    )


def output(parser: argparse.ArgumentParser) -> None:
    """Declare how the result is printed."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else"
    )
