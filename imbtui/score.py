"""``python -m imbtui.score BUNDLE DATA -o OUT``: score a table with few packages.

As ``imbtui predict`` does it, to the last bit. Takes msgspec, NumPy, pandas, pyarrow
and XGBoost; no scikit-learn, no Textual, and nothing that only POSIX systems have.
"""

from __future__ import annotations

import argparse
import sys

from engine.bundle.scoring import predict
from engine.core.errors import EngineError
from engine.core.messages import Predict


def main(words: list[str] | None = None) -> int:
    """Score a table; return the exit code.

    Parameters
    ----------
    words : list of str, optional
        The arguments; those of the process when None.
    """
    parser = argparse.ArgumentParser(
        prog="python -m imbtui.score",
        description="Score the rows of a table with a bundle of an XGBoost arm.",
        epilog="example: python -m imbtui.score bundle.zip new.csv -o scores.csv",
    )
    parser.add_argument("bundle", help="folder or .zip of imbtui export --as bundle")
    parser.add_argument("data", help="table of rows, or - (stdin)")
    parser.add_argument("-o", "--output", required=True, help=".csv or .parquet")
    parser.add_argument("--at", help="operating point (default: that of the bundle)")
    parser.add_argument("--threshold", type=float, help="instead of a point")
    parser.add_argument("--keep", default="", help="columns to write, with commas")
    parser.add_argument("--force", action="store_true", help="overwrite OUT")
    given = parser.parse_args(words)
    request = Predict(
        bundle=given.bundle,
        data=given.data,
        output=given.output,
        at=given.at,
        threshold=given.threshold,
        keep=tuple(name for name in given.keep.split(",") if name),
        overwrite=given.force,
    )
    try:
        done = predict(request)
    except EngineError as error:
        sys.stderr.write(f"imbtui.score: {error}\n")
        return 1
    for note in done.notes:
        sys.stderr.write(f"imbtui.score: {note}\n")
    counts = ", ".join(f"{name}: {n:,}" for name, n in done.predicted.items())
    sys.stderr.write(f"imbtui.score: {done.rows:,} rows scored; predicted {counts}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
