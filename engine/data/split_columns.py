"""Split columns: the group, the time, or train or test for each row."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from engine.data.advice_text import advise, rows
from engine.data.profile import column, dates
from engine.data.target import label
from engine.data.vocabulary import WORDS
from engine.errors import SpecError
from engine.events import Advice

TEST, TRAIN, YES, NO = (set(WORDS[one]) for one in ("test", "train", "yes", "no"))
WORD = r"(?:^|[_\W])(?:is)?%s(?:ing)?(?:$|[_\W])"
SAYS_TRAIN = re.compile(WORD % "train", re.IGNORECASE)
"""A column called ``is_train`` means the training rows by its yes."""
SAYS_TEST = re.compile(WORD % "test", re.IGNORECASE)


def groups(series: pd.Series, advice: list[Advice]) -> np.ndarray:
    """Return the number of the group of each row.

    Nothing says that rows with an empty cell belong together: each is a group of its
    own.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
    advice : list of Advice
        How many rows have no group is added to it.

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype int64

    Raises
    ------
    SpecError
        If every cell is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> groups(pd.Series(["a", None, "a", None], name="who"), []).tolist()
    [0, 1, 0, 2]
    """
    codes, values = pd.factorize(series)
    name, absent = str(series.name), codes < 0
    if not len(values):
        raise SpecError(
            f"column {name!r} is empty, so it tells no groups",
            "choose another column",
            field="split.group",
        )
    blank = int(absent.sum())
    found: np.ndarray = codes.astype(np.int64)
    if not blank:
        return found
    has, each = ("has", "it is") if blank == 1 else ("have", "each is")
    advice.append(advise("IMB028", name, rows=rows(blank), has=has, each=each))
    found[absent] = len(values) + np.arange(blank)
    return found


def instants(series: pd.Series) -> np.ndarray:
    """Return the place of each row in time; rows of one moment share a number.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        Numbers, or dates as moments or as text.

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype int64

    Raises
    ------
    SpecError
        If a cell is missing, or is no moment.

    Examples
    --------
    >>> import pandas as pd
    >>> instants(pd.Series(["2024-02-01", "2023-12-31", "2024-02-01"])).tolist()
    [1, 0, 1]
    """
    _no_gap(series, "a moment")
    values = series
    if not (
        pd.api.types.is_numeric_dtype(series.dtype)
        or pd.api.types.is_datetime64_any_dtype(series.dtype)
    ):
        values = pd.to_datetime(series, errors="coerce", format="ISO8601", utc=True)
        if column(series).kind == "date":
            values = dates(series)  # 31/12/2024
        if values.isna().any():
            row = int(np.flatnonzero(values.isna().to_numpy())[0])
            raise SpecError(
                f"column {str(series.name)!r} does not tell the time of every row: "
                f"one holds {label(series.iloc[row])!r}; numbers and dates like "
                "2024-01-31 do",
                "correct it, or choose another column",
                field="split.time",
            )
    order: np.ndarray = np.unique(values.to_numpy(), return_inverse=True)[1]
    return order.astype(np.int64)


def held_out(series: pd.Series) -> np.ndarray:
    """Tell which rows a column calls test rows.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        Two different values: ``train`` and ``test``, 0 and 1, no and yes. In a
        column that is called after training, like ``is_train``, yes means that.

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype bool

    Raises
    ------
    SpecError
        If a cell is missing, or the values do not say it.

    Examples
    --------
    >>> import pandas as pd
    >>> held_out(pd.Series(["train", "Test"], name="part")).tolist()
    [False, True]
    """
    name = str(series.name)
    _no_gap(series, "train or test")
    codes, values = pd.factorize(series)
    labels = [label(value).strip() for value in values]
    words = [text.lower() for text in labels]
    if len(set(words)) != 2:
        shown = ", ".join(labels[:5]) + (" …" if len(labels) > 5 else "")
        raise SpecError(
            f"column {name!r} has {len(set(words)):,} different values ({shown}); one "
            "that tells training from test rows has 2",
            "let it say train or test, or choose another column",
            field="split.by",
        )
    sides = {word: _side(word, name) for word in words}
    known = {side for side in sides.values() if side is not None}
    # 1 and 2, or y and z, are no yes and no.
    half = None in sides.values() and not (TEST | TRAIN).intersection(words)
    if half or not known or (len(known) == 1 and None not in sides.values()):
        raise SpecError(
            f"column {name!r} does not say which rows are test rows: its values are "
            f"{labels[0]!r} and {labels[-1]!r}",
            "let it say train or test (or 0 and 1), or choose another column",
            field="split.by",
        )
    # A word that is not known is the other side of the one that is.
    other = next(iter(known)) != "test"
    tests = np.array(
        [other if sides[w] is None else sides[w] == "test" for w in words], dtype=bool
    )
    mask: np.ndarray = tests[codes]
    return mask


def _side(word: str, column: str) -> str | None:
    if word in TEST:
        return "test"
    if word in TRAIN:
        return "train"
    if word not in YES | NO:
        return None
    trains = SAYS_TRAIN.search(column) is not None
    if trains and SAYS_TEST.search(column):
        return None
    return "train" if trains == (word in YES) else "test"


def _no_gap(series: pd.Series, what: str) -> None:
    missing = int(series.isna().sum())
    if missing:
        raise SpecError(
            f"column {str(series.name)!r} is empty in {missing:,} rows, where it has "
            f"to say {what}",
            "fill it in, or choose another column",
        )
