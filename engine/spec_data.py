"""The part of an experiment that says which table, and what its columns are for."""

from __future__ import annotations

from typing import Literal

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of an experiment: frozen, and strict about its field names."""


class ReadSpec(Part, frozen=True):
    """How a file is read; what is None is found out, and said.

    Parameters
    ----------
    format : str or None, default=None
        ``text``, ``parquet``, ``feather``, ``jsonl``, ``arff`` or ``excel``.
    delimiter : str or None, default=None
        What separates fields; ``whitespace`` for runs of blanks.
    encoding : str or None, default=None
        Python's name of a text encoding.
    quote : str or None, default=None
        Quote character; ``none`` if quotes mean nothing.
    escape : str or None, default=None
        Character before which a delimiter, a quote or a line end is part of a cell.
    decimal : {".", ","} or None, default=None
        Decimal mark of numbers.
    header : int or None, default=None
        Number of header lines; 0 if the first line is data.
    skip : int or None, default=None
        Lines before the header.
    missing : tuple of str, default=()
        Further texts that mean a missing cell, in any column.
    ragged : {"refuse", "drop", "fill"}, default="refuse"
        What becomes of lines with too few or too many fields: ``drop`` leaves them
        out, ``fill`` takes absent fields as missing (too many are still refused).
    member : str or None, default=None
        File of a zip archive, or sheet of a workbook.
    columns : tuple of str, default=()
        Columns to read; all of them when empty.
    rows : int or None, default=None
        Read a sample of so many rows, stratified by the target.
    """

    format: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    escape: str | None = None
    decimal: str | None = None
    header: int | None = None
    skip: int | None = None
    missing: tuple[str, ...] = ()
    ragged: Literal["refuse", "drop", "fill"] = "refuse"
    member: str | None = None
    columns: tuple[str, ...] = ()
    rows: int | None = None


class DataSpec(Part, frozen=True):
    """Which table, and what its columns are for.

    Parameters
    ----------
    source : str
        A path, ``sample:NAME`` for a sample dataset, ``dataset:…`` for one of a
        public collection, or ``make:…`` for one made up.
    target : str or None, default=None
        Name of the target column; guessed (and said) when None.
    positive : str or None, default=None
        Label of the positive class, as text; the rarer class when None.
    drop : tuple of str, default=()
        Columns to ignore.
    keep : tuple of str, default=()
        Columns to learn from that would be ignored for what they are (an id, a
        date, free text).
    kinds : dict of str to str, default={}
        Columns that are of another kind than they look: ``category`` for numbers
        that are codes.
    mute : tuple of str, default=()
        Advice not to give: ``IMB018``, or ``IMB018:city`` for one column.
    test_source : str or None, default=None
        A second table, whose rows are the test rows; then all rows of the first
        are for training.
    read : ReadSpec
        How the file is read.
    """

    source: str
    target: str | None = None
    positive: str | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    kinds: dict[str, str] = {}
    mute: tuple[str, ...] = ()
    test_source: str | None = None
    read: ReadSpec = ReadSpec()
