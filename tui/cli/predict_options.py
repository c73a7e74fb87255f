"""The arguments of `imbtui predict`."""

from __future__ import annotations

import argparse

from tui.cli.options import listed, number

__all__ = ["predict_arguments"]


def predict_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare a bundle, a table, and what is written."""
    parser.add_argument(
        "bundle",
        metavar="BUNDLE",
        help="the folder or .zip that imbtui export --as bundle wrote",
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        help="rows to score: a table, sample:NAME, or - for standard input",
    )
    group = parser.add_argument_group("what is written")
    group.add_argument(
        "-o", "--output", metavar="OUT", help="the scores: a .csv or .parquet"
    )
    group.add_argument(
        "--keep",
        metavar="COL,…",
        type=listed,
        help="write these columns of the table beside the scores",
    )
    group.add_argument(
        "--all", action="store_true", help="write every column of the table"
    )
    group.add_argument(
        "--force", action="store_true", help="replace OUT if it exists already"
    )
    group = parser.add_argument_group("what rows are called")
    group.add_argument(
        "--policy",
        metavar="NAME",
        help="default, prevalence, f1, cost …; the one the bundle was made with if "
        "unsaid",
    )
    group.add_argument(
        "--threshold",
        metavar="X",
        type=number,
        help="positive from this score on, instead of a policy (two classes)",
    )
    group.add_argument(
        "--coerce",
        action="store_true",
        help="read cells of the wrong kind as missing rather than refuse them",
    )
    group.add_argument(
        "--as-trained",
        action="store_true",
        help="read the table with the delimiter, encoding and decimal mark of the one "
        "the run was made of",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress on standard error"
    )
