"""The options that say how rows are treated: a method, its ratio, its settings.

The same for every command that treats rows: declared here, and turned into an arm here.
"""

from __future__ import annotations

import argparse

import msgspec

from engine.errors import SpecError, UsageError
from engine.resample import grammar, registry
from engine.resample.ratio import parse_counts
from engine.spec import Arm
from tui.cli.reading import reading, roles
from tui.cli.values import number, whole

__all__ = ["SEED", "arm", "balance_arguments", "leak_arguments", "seed"]

SEED = 42
LARGEST_SEED = 2**32


def balance_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui balance``."""
    _data(parser)
    _treatment(parser, "a sampler, or several in order: imbtui methods lists them")
    group = parser.add_argument_group("what is written")
    group.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="the training rows: a .csv, .csv.gz or .parquet",
    )
    group.add_argument(
        "--split",
        metavar="SHARE",
        nargs="?",
        const=0.2,
        type=number,
        help="keep test rows apart first (0.2 of all, as a run does), and write them "
        "to OUT-test as they are",
    )
    group.add_argument(
        "--synthetic",
        metavar="NAME",
        nargs="?",
        const="synthetic",
        help="add a column that is true where a row is synthetic",
    )
    group.add_argument(
        "--force",
        action="store_true",
        help="replace OUT, and OUT-test, if they exist already",
    )
    _output(parser)
    roles(parser)
    reading(parser)


def leak_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``imbtui leak-demo``."""
    _data(parser)
    _treatment(parser, "a sampler, or several in order (smote)")
    _output(parser)
    roles(parser)
    reading(parser)


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", help="a table, sample:NAME, or - for standard input"
    )


def _treatment(parser: argparse.ArgumentParser, methods: str) -> None:
    group = parser.add_argument_group("how rows are treated")
    group.add_argument("--method", metavar="NAME|RECIPE", help=methods)
    group.add_argument(
        "--ratio",
        metavar="R",
        type=number,
        help="rows of the smallest class for each of the largest afterwards, up to 1",
    )
    group.add_argument(
        "--counts",
        metavar="LABEL=N/…",
        help="rows of each class afterwards, instead of a ratio",
    )
    group.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        help="a setting of the method, such as k_neighbors=3; may be repeated",
    )
    group.add_argument(
        "--seed", metavar="S", type=whole, help="seed of the split and the method (42)"
    )


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress on standard error"
    )


def arm(args: argparse.Namespace, default: str | None = None) -> Arm:
    """Return the arm that the options say.

    Parameters
    ----------
    args : argparse.Namespace
        Of a parser with a method, a ratio, counts and settings.
    default : str or None, default=None
        The method, where none is named.

    Raises
    ------
    UsageError
        If none is named and there is no default.
    SpecError
        If there is no such method or setting, or a value does not fit.
    """
    method = args.method or default
    if method is None:
        names = ", ".join(sampler.name for sampler in registry.SAMPLERS)
        raise UsageError(
            "no method was named", f"give --method, one of: {names}; or several: A+B"
        )
    said = list(args.set or ())
    if args.ratio is not None:
        said.append(f"ratio={args.ratio!r}")
    found = grammar.parse(method)
    more = "+" in method or not found.steps
    if said or args.counts is not None:
        option = "--set" if args.set else "--ratio" if said else "--counts"
        if more:
            raise SpecError(
                f"{option} with {method!r}, which is no single sampler",
                "write it into a recipe: smote:ratio=0.5+random-under:ratio=0.8",
            )
    if args.counts is not None and args.ratio is not None:
        raise SpecError("--ratio and --counts", "give one of them")
    for one in said:
        if any(mark in one for mark in ":,+"):
            raise SpecError(f"--set {one}", "give one NAME=VALUE, and repeat --set")
    found = grammar.parse(":".join((method, *said)))
    return _with_counts(found, args.counts)


def _with_counts(found: Arm, counts: str | None) -> Arm:
    """Return an arm that comes to so many rows per class."""
    if counts is None:
        return found
    parse_counts(counts)
    (step,) = found.steps
    step = msgspec.structs.replace(step, params={**step.params, "counts": counts})
    registry.check_step(step)
    found = msgspec.structs.replace(found, steps=(step,))
    return msgspec.structs.replace(found, name=grammar.written(found))


def seed(args: argparse.Namespace) -> int:
    """Return the seed.

    Raises
    ------
    SpecError
        If it is no seed.
    """
    found = SEED if args.seed is None else int(args.seed)
    if not 0 <= found < LARGEST_SEED:
        raise SpecError(f"seed {found}", f"give one from 0 to {LARGEST_SEED - 1}")
    return found
