"""The arguments of `imbtui bench`."""

from __future__ import annotations

import argparse

from engine.suite.values import METRICS
from tui.cli.options import budget
from tui.cli.values import number, whole

__all__ = ["bench_arguments"]


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which tables, what is done to each, and how they are compared."""
    parser.add_argument(
        "source",
        metavar="DIR|LIST",
        help="a folder with tables, or a .toml or .txt that names them",
    )
    _compared(parser)
    _experiment(parser)
    budget(parser)
    _execution(parser)


def _compared(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how the tables are read together")
    group.add_argument(
        "--metric",
        metavar="NAME",
        default="average_precision",
        help=f"{', '.join(METRICS)}; the first is the default",
    )
    group.add_argument(
        "--rope",
        metavar="X",
        type=number,
        help="differences up to this are the same in practice (0.01; cost 1, brier "
        "0.001)",
    )


def _experiment(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the experiment, the same for every table")
    group.add_argument("--preset", metavar="NAME", help="article, quick or thorough")
    group.add_argument(
        "--arms", metavar="ARM,…", help="remedies to compare, as for imbtui run"
    )
    group.add_argument(
        "--space", metavar="NAME", help="search space: shallow, wide, sagemaker, fixed"
    )
    group.add_argument(
        "--objective",
        metavar="NAME",
        help="what a trial is judged by: average_precision (the default), roc_auc, "
        "log_loss or brier",
    )
    group.add_argument(
        "--cost-fn",
        metavar="X",
        type=number,
        help="cost of a missed positive; assumed on each table to be as many false "
        "alarms as there are negatives to a positive",
    )
    group.add_argument(
        "--cost-fp", metavar="Y", type=number, help="cost of a false alarm (1)"
    )
    group.add_argument(
        "--test-size", metavar="SHARE", type=number, help="share of test rows"
    )
    group.add_argument(
        "--no-stratify", action="store_true", default=None, help="split at random"
    )


def _execution(parser: argparse.ArgumentParser) -> None:
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
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster, as tls://host:8786"
    )
    group.add_argument(
        "--memory",
        metavar="GIB",
        type=number,
        help="what a run may take; most of what is free if unsaid",
    )
    group.add_argument(
        "--no-cache", action="store_true", help="keep no prepared folds for later runs"
    )
    parser.add_argument(
        "--store", metavar="PATH", help="file the runs are kept in; else IMBTUI_STORE"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress on standard error"
    )
