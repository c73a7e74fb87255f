"""The class of each row of a file, told by its target alone, and which rows to read.

Of the target a code per row is held, and the few values that there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.events import Reader
from engine.core.execution import Progress
from engine.core.experiment import ReadSpec
from engine.core.sections import NEGATIVES
from engine.data.readers import columnar, text
from engine.data.readers.arrow import frame_of
from engine.data.readers.begin import Text
from engine.data.readers.columnar import Workers
from engine.data.readers.raw import Notes, settle
from engine.data.readers.values import Rules, columns, is_number
from engine.data.target import label
from engine.data.thin import DrawnRows, Thinning, draw
from engine.data.wording import percent

Codes: TypeAlias = tuple[np.ndarray, list[Any]]
"""A code for each row, and the values that they stand for."""

MOST_VALUES = 100
"""Values beyond which a column has more than two classes, however it is cleaned."""


def encode(arrays: Iterable[pa.Array]) -> Codes | None:
    """Return a code for each cell of a column that arrives in parts, and the values.

    Parameters
    ----------
    arrays : iterable of pyarrow.Array

    Returns
    -------
    codes : numpy.ndarray of shape (n_rows,), dtype int8
        Place of each cell in the values, -1 if it is missing.
    values : list
        In the order in which they appear.
    None
        Instead of both, if there are more than `MOST_VALUES`, or the type has none
        that Arrow tells apart.

    Examples
    --------
    >>> codes, values = encode([pa.array(["no", None]), pa.array(["yes", "no"])])
    >>> codes.tolist(), values
    ([0, -1, 1, 0], ['no', 'yes'])
    """
    known: dict[Any, int] = {}
    parts = [np.array([], dtype=np.int8)]
    for array in arrays:
        coded = array
        if not pa.types.is_dictionary(array.type):
            try:
                coded = array.dictionary_encode()
            except pa.ArrowException:
                return None
        absent = len(coded.dictionary)
        indices = pc.fill_null(coded.indices.cast(pa.int64()), absent).to_numpy()
        used = np.bincount(indices, minlength=absent)[:absent].nonzero()[0]
        if len(used) > MOST_VALUES:
            return None
        places = [
            known.setdefault(value, len(known)) if value == value else -1  # NaN is none
            for value in coded.dictionary.take(pa.array(used)).to_pylist()
        ]
        if len(known) > MOST_VALUES:
            return None
        lookup = np.full(absent + 1, -1, dtype=np.int8)
        lookup[used] = places
        parts.append(lookup[indices])
    return np.concatenate(parts), list(known)


def draw_columnar(
    path: Path,
    name: str,
    kind: str,
    spec: ReadSpec,
    target: str,
    thinning: Thinning,
    tell: Progress,
    workers: Workers | None = None,
) -> DrawnRows | None:
    """Draw the rows of a Parquet or Feather file that are to be read.

    Parameters
    ----------
    path, name, kind
        As for `engine.data.readers.columnar.opened`.
    spec : ReadSpec
    target : str
    thinning : Thinning
    tell : callable
        Takes the progress.
    workers : callable or None, default=None
        As for `engine.data.readers.tables.read`.

    Returns
    -------
    DrawnRows or None
        None if all rows are.
    """
    with columnar.opened(path, name, kind, spec.columns) as file:
        there = target in settle(file.names)[0]
        if not (there and thinning.may_draw(file.rows)):
            return None
        width = len(file.names)
    with columnar.opened(path, name, kind, (target,)) as file:
        field = file.schema.field(0).type
        plain = field.value_type if pa.types.is_dictionary(field) else field
        apply = None if workers is None else workers(path)
        if apply is None:
            found = encode(batch.column(0) for batch in file.batches(tell))
        else:
            found = _join(list(file.spread(apply, encode_part, tell)), plain)
    if found is None:
        return None
    codes, values = found
    frame, _ = frame_of(pa.table({target: pa.array(values, type=plain)}))
    return _drawn(codes, frame, Rules.of(spec, Reader(format=kind)), thinning, width)


def encode_part(part: columnar.FilePart) -> Codes | None:
    """Return what `encode` makes of the first column of a part."""
    return encode(batch.column(0) for batch in part.batches())


def _join(parts: list[Codes | None], plain: pa.DataType) -> Codes | None:
    """Return what `encode` would have made of all parts together."""
    coded = []
    for part in parts:
        if part is None:
            return None
        places, values = pa.array(part[0], mask=part[0] < 0), part[1]
        words = pa.array(values, type=plain)
        coded.append(pa.DictionaryArray.from_arrays(places, words))
    return encode(coded)


def draw_text(begun: Text, place: int, thinning: Thinning) -> DrawnRows | None:
    """Draw the rows of a delimited text that are to be read.

    Parameters
    ----------
    begun : Text
    place : int
        Of the target among its columns.
    thinning : Thinning

    Returns
    -------
    DrawnRows or None
        None if all rows are.
    """
    if not thinning.may_draw(begun.estimated_rows):
        return None
    words = {place: pa.dictionary(pa.int32(), pa.string())}
    arriving = text.batches(begun, words)
    found = encode(chunk for part in arriving for chunk in part.column(0).chunks)
    if found is None:
        return None
    codes, values = found
    # A header that stands again among the rows is left out, and changes their numbers.
    if begun.layout.names[place].strip() in (value.strip() for value in values):
        return None
    frame = pd.DataFrame({place: pd.Categorical(values, categories=values)})
    width = len(begun.file.spec.columns or ()) or begun.fields
    rules = Rules.of(begun.file.spec, begun.reader)
    return _drawn(codes, frame, rules, thinning, width)


def _drawn(
    codes: np.ndarray,
    frame: pd.DataFrame,
    rules: Rules,
    thinning: Thinning,
    width: int,
) -> DrawnRows | None:
    """Draw rows; `frame` has the one column of the values that the codes stand for."""
    cleaned = columns(frame, list(frame.columns), rules, Notes()).iloc[:, 0]
    labels: dict[str, int] = {}
    places = [
        -1 if pd.isna(value) else labels.setdefault(label(value), len(labels))
        for value in cleaned
    ]
    if len(labels) != 2:
        return None
    codes = np.array([*places, -1], dtype=np.int8)[codes]
    given = thinning.positive
    wanted = [given, label(float(given))] if given and is_number(given) else [given]
    if given is None:
        wanted = sorted(labels, key=lambda one: np.count_nonzero(codes == labels[one]))
    positive = next((one for one in wanted if one in labels), None)
    if positive is None:
        return None
    ratio = thinning.negatives or NEGATIVES
    return draw(codes, tuple(labels), positive, ratio, columns=width)


def describe(drawn: DrawnRows, target: str) -> str:
    """Say which rows were read.

    Examples
    --------
    >>> classes = {"0": 99_000_000, "1": 1_000_000}
    >>> kept = np.arange(20_800_000)
    >>> drawn = DrawnRows(100_000_000, classes, "1", kept, kept < 0, 0.01, 0.2)
    >>> describe(drawn, "y")
    '20,800,000 of 100,000,000 rows read: all 1,000,000 of y=1 and 20 % of the others'
    """
    return (
        f"{len(drawn.numbers):,} of {drawn.rows:,} rows read: all "
        f"{drawn.classes[drawn.positive]:,} of {target}={drawn.positive} and "
        f"{percent(drawn.negatives)} of the others"
    )
