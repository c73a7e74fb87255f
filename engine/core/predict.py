"""What is asked of a bundle, and what came of it. Light."""

from __future__ import annotations

import msgspec

from engine.core.experiment import ReadSpec


class Predict(msgspec.Struct, frozen=True, kw_only=True):
    """A table to score.

    Parameters
    ----------
    bundle, data, output : str
        Folder or zip; a table, ``-`` or ``sample:NAME``; a .csv or .parquet.
    at : str or None
        What rows are called by; the bundle's own choice when None.
    threshold : float or None
        Instead of an operating point, of two classes.
    keep : tuple of str
        Columns that are written beside the scores; all with `keep_all`.
    coerce : bool
        Whether cells of the wrong kind are read as missing.
    overwrite : bool
    read : ReadSpec
        How the table is read; what is not said is found out.
    """

    bundle: str
    data: str
    output: str
    at: str | None = None
    threshold: float | None = None
    keep: tuple[str, ...] = ()
    keep_all: bool = False
    coerce: bool = False
    overwrite: bool = False
    read: ReadSpec = ReadSpec()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are (down) and what they are called (across), if that is known.

    `without` counts the rows of no known class.
    """

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    without: int = 0


class Predicted(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Parameters
    ----------
    run, arm : str
        Where the model is from.
    path : str
    rows : int
    at : str
    threshold : float or None
    predicted : dict of str to int
        Rows by their predicted class.
    seen : Seen or None
        If the table has a target.
    training_rows : int or None
        Rows that are equal to training rows of the model; None if the bundle does not
        know those.
    compared_rows : int or None
        Rows that could be compared with them; all, unless the bundle knows a sample.
    unseen : Seen or None
        As `seen`, of the rows that were compared and are equal to no training row; None
        where it would be the same, or where no row with a class is left.
    notes : tuple of str
        How the table fits the model, a line each.
    """

    run: str
    arm: str
    path: str
    rows: int
    at: str
    predicted: dict[str, int]
    threshold: float | None = None
    seen: Seen | None = None
    training_rows: int | None = None
    compared_rows: int | None = None
    unseen: Seen | None = None
    notes: tuple[str, ...] = ()
