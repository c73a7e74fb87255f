"""The arguments of `imbtui export`."""

from __future__ import annotations

import argparse

from engine.export.kinds import KINDS
from tui.cli.options import add
from tui.cli.tables import JSON, QUIET, STORE

__all__ = ["export_arguments"]


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is exported of a run, and where to."""
    parser.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="id, unique beginning of it, last",
    )
    group = parser.add_argument_group("what is exported")
    group.add_argument(
        "--as",
        dest="kind",
        metavar="KIND",
        help=f"{', '.join(kind.name for kind in KINDS)}; all are listed if unsaid",
    )
    group.add_argument("--arm", metavar="ARM", help="default: the recommended one")
    group.add_argument(
        "--policy", metavar="NAME", help="operating point; default: recommended"
    )
    group.add_argument(
        "--table",
        metavar="FORMAT",
        help="csv (the default) or parquet, where tables are written",
    )
    group = parser.add_argument_group("where it goes")
    group.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="a file, a folder, or the address of a store or server; a name made from "
        "run and arm, in this folder, if unsaid",
    )
    group.add_argument(
        "--force",
        action="store_true",
        help="replace OUT, or the files of those names in it, if they exist already",
    )
    group.add_argument(
        "--plan",
        action="store_true",
        help="say what would be written, and write nothing",
    )
    add(parser, f"{STORE}{JSON}{QUIET}")
