"""Seeded sample tables: strokes that nobody had, and the article's moons and blobs.

``python -m engine.data.generate OUTDIR`` writes the three of them, as they lie in
``sample_data/``.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from engine.data import made
from engine.data.catalogue import compressed
from engine.data.make_spec import make
from engine.data.stroke import stroke
from engine.files import put_all

__all__ = ["blobs", "moons", "stroke", "to_csv"]


def moons(seed: int = 42) -> pd.DataFrame:
    """Generate the article's two moons: 2,500 of class 0 and 250 of class 1.

    Parameters
    ----------
    seed : int, default=42
        Used for the moons, as in the article, and for the rows that are left out,
        where the article uses none. The ``multiplier`` and ``minority_class`` that
        it passes there as well do nothing beside a dict of counts.

    Returns
    -------
    pandas.DataFrame
        Columns ``feature1``, ``feature2`` and ``label``.

    Examples
    --------
    >>> moons()["label"].value_counts().to_dict()
    {0: 2500, 1: 250}
    """
    return made.frame(make("moons", rows=2750, ratio=10, noise=0.5, seed=seed))


def blobs(seed: int = 42) -> pd.DataFrame:
    """Generate the article's two blobs: 250 of class 0 and 50 of class 1.

    Parameters
    ----------
    seed : int, default=42
        Used for the blobs, as in the article, and for the rows that are left out,
        where the article uses none.

    Returns
    -------
    pandas.DataFrame
        Columns ``feature1``, ``feature2`` and ``label``.

    Examples
    --------
    >>> blobs()["label"].value_counts().to_dict()
    {0: 250, 1: 50}
    """
    return made.frame(make("blobs", rows=300, ratio=5, noise=3, seed=seed))


def _shortest(number: Any) -> str:
    return repr(float(number)).removesuffix(".0")


def to_csv(table: pd.DataFrame) -> bytes:
    r"""Write a table as the samples are written.

    Numbers take their shortest exact form, 3 and not 3.0; a missing cell is empty.

    Parameters
    ----------
    table : pandas.DataFrame
        What to write; its index is left out.

    Returns
    -------
    bytes
        UTF-8 with a header and line feeds.

    Examples
    --------
    >>> to_csv(pd.DataFrame({"age": [3.0, 0.08], "bmi": [None, 18.5]}))
    b'age,bmi\n3,\n0.08,18.5\n'
    """
    text = io.StringIO()
    table.to_csv(
        text,
        index=False,
        lineterminator="\n",
        float_format=_shortest,
    )
    return text.getvalue().encode()


def main(arguments: Sequence[str]) -> int:
    """Write the generated samples into the folder that is named."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m engine.data.generate OUTDIR\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    samples = {
        "stroke.csv.gz": compressed(to_csv(stroke())),
        "moons.csv": to_csv(moons()),
        "blobs.csv": to_csv(blobs()),
    }
    files = [(folder / name, content) for name, content in samples.items()]
    put_all(files, overwrite=True, private=False)  # they go into the package
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
