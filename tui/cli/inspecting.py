"""The arguments of commands that look into a stored run."""

from __future__ import annotations

import argparse
from typing import Final

from engine.curve import CURVES
from tui.cli.values import whole

__all__ = [
    "KINDS",
    "MOST",
    "curves_arguments",
    "errors_arguments",
    "explain_arguments",
]

MOST: Final = 6
"""Arms that are drawn together unless some are named."""

KINDS: Final = (*CURVES, "cost", "sweep", "calibration")
"""The curves that can be asked for."""


def curves_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui curves``."""
    parser.add_argument("run", metavar="RUN", help="id, unique beginning of it, last")
    parser.add_argument(
        "--curve",
        metavar="NAME",
        default="pr",
        help=f"{', '.join(KINDS[:-1])} or {KINDS[-1]} (pr)",
    )
    parser.add_argument(
        "--arm",
        metavar="ARM,…",
        help=f"arms to draw; the first {MOST} if unsaid, and all of them as points",
    )
    parser.add_argument(
        "--class",
        dest="klass",
        metavar="LABEL",
        help="the class against the rest, of more than two; the rarest if unsaid",
    )
    parser.add_argument(
        "--store", metavar="PATH", help="file the runs are kept in; else IMBTUI_STORE"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else"
    )


def errors_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `imbtui errors` takes."""
    _about(parser)
    group = parser.add_argument_group("which rows")
    group.add_argument(
        "--kind",
        metavar="KIND",
        default="missed",
        help="missed (the default), alarms, found or left",
    )
    group.add_argument(
        "--where",
        metavar="COLUMN=LEVEL",
        help="only rows with that level, or that cell, in that column",
    )
    group.add_argument(
        "--against", metavar="ARM", help="only rows that this arm calls otherwise"
    )
    group.add_argument(
        "--rows", metavar="N", type=whole, default=20, help="rows at most (20)"
    )
    group.add_argument(
        "--start", metavar="N", type=whole, default=1, help="the first of them (1)"
    )
    group.add_argument(
        "--by",
        metavar="COLUMN",
        help="no rows, but misses and false alarms by the levels of a column",
    )
    _output(parser)


def _about(parser: argparse.ArgumentParser) -> None:
    """Add what tells run, arm, operating point and class."""
    parser.add_argument("run", metavar="RUN", help="id, unique beginning of it, last")
    parser.add_argument(
        "--arm", metavar="ARM", help="default: the one that the verdict recommends"
    )
    parser.add_argument(
        "--policy", metavar="NAME", help="operating point; the run's own if unsaid"
    )
    parser.add_argument(
        "--class",
        dest="klass",
        metavar="LABEL",
        help="of more than two classes the one to look at; the rarest if unsaid",
    )


def _output(parser: argparse.ArgumentParser) -> None:
    """Add where the run is and how the answer is printed."""
    parser.add_argument(
        "--store", metavar="PATH", help="file the runs are kept in; else IMBTUI_STORE"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress on standard error"
    )


def explain_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `imbtui explain` takes."""
    _about(parser)
    parser.add_argument(
        "--row",
        metavar="N",
        type=whole,
        help="number of a test row, as imbtui errors lists it; else the whole model",
    )
    _output(parser)
