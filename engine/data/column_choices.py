"""Columns that a user names: what they hold, and which rows are test rows.

A column may be of another kind than it looks, be learned from all the same, or tell
the groups, the times, or the test rows of the split.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from engine.core.errors import SpecError
from engine.core.events import Advice
from engine.core.format import plural
from engine.data.profile import ColumnProfile, column, dates, is_text
from engine.data.readers.values import WORDS
from engine.data.target import label
from engine.data.wording import advise

YES_NO = ({"yes": 1.0, "no": 0.0}, {"true": 1.0, "false": 0.0}, {"y": 1.0, "n": 0.0},
          {"t": 1.0, "f": 0.0})  # fmt: skip
TEST, TRAIN, YES, NO = (set(WORDS[one]) for one in ("test", "train", "yes", "no"))
WORD = r"(?:^|[_\W])(?:is)?%s(?:ing)?(?:$|[_\W])"
SAYS_TRAIN = re.compile(WORD % "train", re.IGNORECASE)
"""A column called ``is_train`` means the training rows by its yes."""
MOST_COST = 1e15
"""Of one missed row: sums of more lose whole units."""
SAYS_TEST = re.compile(WORD % "test", re.IGNORECASE)


def convert(
    frame: pd.DataFrame,
    kinds: Mapping[str, str],
    train: np.ndarray,
    advice: list[Advice],
) -> pd.DataFrame:
    """Return a table whose columns have the kinds given.

    Parameters
    ----------
    frame : pandas.DataFrame
    kinds : mapping of str to str
        Kind by column.
    train : numpy.ndarray
        The rows that decide whether a column can be that.
    advice : list of Advice
        Cells that got lost are added to it.

    Raises
    ------
    SpecError
        If a column cannot be of the kind it is said to be.
    """
    changed = {
        name: _as(kind, frame[name], train, advice)
        for name, kind in kinds.items()
        if kind not in ("text", "id")
    }
    return frame.assign(**changed) if changed else frame


def keep(series: pd.Series, found: ColumnProfile) -> tuple[pd.Series, ColumnProfile]:
    """Return a column that is learned from although it would be ignored.

    A date becomes its number of days since 1970, an id of numbers a number, and
    anything else a category.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.Series(pd.to_datetime(["1970-01-02", "1970-02-01"]), name="since")
    >>> keep(days, column(days))[0].tolist()
    [1.0, 31.0]
    """
    if found.kind == "date":
        series = _days(series)
    if not pd.api.types.is_numeric_dtype(series.dtype):
        return series, found._replace(kind="category")
    whole = bool((series.dropna() % 1 == 0).all())
    return series, found._replace(kind="integer" if whole else "number")


def _days(series: pd.Series) -> pd.Series:
    since = (dates(series) - pd.Timestamp(0)) / pd.Timedelta(1, "D")
    days: pd.Series = since.rename(str(series.name))
    return days


def _as(
    kind: str, series: pd.Series, train: np.ndarray, advice: list[Advice]
) -> pd.Series:
    """Return a column as the kind given."""
    numeric = pd.api.types.is_numeric_dtype(series.dtype)
    if kind == "category":
        return _levels(series)
    if kind == "date":
        if pd.api.types.is_datetime64_any_dtype(series.dtype):
            return series
        if numeric:
            why = "numbers do not say since when they count"
            raise _impossible(series, kind, why)
        return _mostly(series, dates(series), train, advice, kind)
    if kind == "boolean" and not numeric:
        words = series.map(lambda v: label(v).strip().lower(), na_action="ignore")
        seen = set(words.iloc[train].dropna().unique())
        for pair in YES_NO:
            if seen <= pair.keys():
                return words.map(pair).astype(float)
    if column(series).kind == "date":
        numbers = _days(series)
    elif numeric:
        numbers = series.astype(float) if series.dtype == bool else series
    else:
        found = pd.to_numeric(series, errors="coerce")
        numbers = _mostly(series, found, train, advice, kind)
    known = numbers.iloc[train].dropna()
    broken = {"integer": known % 1 != 0, "boolean": ~known.isin([0, 1])}.get(kind)
    if broken is not None and broken.any():
        first = label(float(known[broken.to_numpy()].iloc[0]))
        why = "is not whole" if kind == "integer" else "is neither 0 nor 1"
        raise _impossible(series, kind, f"{first} {why}")
    return numbers


def _levels(series: pd.Series) -> pd.Series:
    if is_text(series):
        return series
    codes, values = pd.factorize(series)
    levels = pd.Series([label(value) for value in values], dtype=object)
    named = levels.reindex(codes).set_axis(series.index)
    texts: pd.Series = named.where(named.notna(), None).rename(str(series.name))
    return texts


def _mostly(
    series: pd.Series,
    changed: pd.Series,
    train: np.ndarray,
    advice: list[Advice],
    kind: str,
) -> pd.Series:
    """Accept what loses less than half of the cells, and say what is lost."""
    known = series.notna()
    lost = known & changed.isna()
    if not lost.any():
        return changed
    first = int(np.flatnonzero(lost.to_numpy())[0])
    example = repr(label(series.iloc[first]))
    if 2 * lost.iloc[train].sum() >= known.iloc[train].sum():
        raise _impossible(
            series, kind, f"most of its cells are none, such as {example}"
        )
    name, count = str(series.name), int(lost.sum())
    advice.append(advise("IMB011-kind", name, lost=count, kind=kind, example=example))
    return changed


def _impossible(series: pd.Series, kind: str, why: str) -> SpecError:
    return SpecError(
        f"column {str(series.name)!r} cannot be of kind {kind}: {why}",
        "choose another kind, or none: what a column is is found out",
        field="data.kinds",
    )


# Columns of the split and of weights --------------------------------------------------


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
    each = "it is" if blank == 1 else "each is"
    advice.append(advise("IMB028", name, rows=blank, each=each))
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


def row_weights(series: pd.Series) -> np.ndarray:
    """Return what each row weighs.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype float64
        Of 0 or more, not all of them 0.

    Raises
    ------
    SpecError
        If a cell is missing or is no such number, or every row weighs 0.

    Examples
    --------
    >>> import pandas as pd
    >>> row_weights(pd.Series([1, 0, 2.5], name="w")).tolist()
    [1.0, 0.0, 2.5]
    """
    numbers = pd.to_numeric(series, errors="coerce")
    weights: np.ndarray = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(over="ignore"):
        stored = weights.astype(np.float32)  # as XGBoost does
    wrong = ~(np.isfinite(stored) & (stored >= 0))
    if wrong.any():
        first = series[wrong].iloc[0]
        example = "an empty cell" if pd.isna(first) else repr(label(first))
        count = plural(int(wrong.sum()), "row holds", "rows hold")
        what = f"{count} no number from 0 to 3e38, such as {example}"
    elif not stored.any():
        what = "every row weighs 0"
    else:
        return weights
    raise SpecError(
        f"column {str(series.name)!r} cannot weigh the rows: {what}",
        "correct it, or choose another column",
        field="data.weight",
    )


def miss_costs(series: pd.Series, positive: np.ndarray) -> np.ndarray:
    """Return what it costs to miss each row: 0 of a negative, which cannot be missed.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        What a cell of a negative holds does not matter: often it is empty.
    positive : numpy.ndarray of shape (n_rows,), dtype bool

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype float64

    Raises
    ------
    SpecError
        If the column is of no numbers, or the cell of a positive is missing or out of
        range.

    Examples
    --------
    >>> import pandas as pd
    >>> amounts = pd.Series([12.5, None, 0.0], name="amount")
    >>> miss_costs(amounts, np.array([True, False, True])).tolist()
    [12.5, 0.0, 0.0]
    """
    what = "its cells are no numbers"
    kind = series.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        costs = np.where(positive, numbers, 0.0)
        wrong = ~((costs >= 0) & (costs <= MOST_COST))
        if not wrong.any():
            return costs
        first = series[wrong].iloc[0]
        example = "an empty cell" if pd.isna(first) else repr(label(first))
        count = plural(int(wrong.sum()), "positive has", "positives have")
        what = f"{count} no number from 0 to {MOST_COST:g} there, such as {example}"
    raise SpecError(
        f"column {str(series.name)!r} cannot say what a miss costs: {what}",
        "correct it (a cost that is guessed would decide), or choose another column",
        field="decision.cost_fn_column",
    )


def mark_test_rows(series: pd.Series) -> np.ndarray:
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
    >>> mark_test_rows(pd.Series(["train", "Test"], name="part")).tolist()
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
