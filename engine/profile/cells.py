"""What the cells of one column show: words among numbers, names of nothing, groups."""

from __future__ import annotations

import re

import msgspec
import numpy as np
import pandas as pd

from engine.data.readers.values import WORDS

MOSTLY = 0.9
"""Share of cells that are numbers in a column of numbers with a few words."""
MOST_WORDS = 20
FEWEST_NUMBERS = 10
"""Different numbers; a column of 0, 1, 2 and 3+ is a category."""
LONG_DECIMALS = 1e4
"""A number that has digits beyond the fourth decimal was mostly worked out."""
FEWEST_WHOLE = 10

_IDENTIFIES = re.compile(r"(?:^|_)(?:id|ids|uuid|guid)$")
_ENTITY = re.compile(
    rf"(?:^|_)(?:{'|'.join(WORDS['entity'])})s?"
    r"(_(?:id|no|nr|nbr|num|number|code|key|name))?$"
)
FEWEST_GROUPS = 5
FEWEST_UNMARKED = 20
"""Groups from which a column called hospital, without number or id, is one."""
MANY_GROUPS, MANY_OF_ROWS = 100, 0.05
"""Values, or their share of the rows, above which they may be persons or things: the
8 kinds of admission in 100,000 rows are none, whatever the column is called."""
IMPLIES = 0.95
"""Share of a value's rows that are of one class, from which it implies that class."""
FEWEST_IMPLYING, MOST_VALUES, RARE = 10, 20, 0.2
"""Training rows of such a value, values of its column, share of its class."""


class Mixed(msgspec.Struct, frozen=True):
    """Words in a column of numbers.

    Attributes
    ----------
    words : dict of str to int
        Cells by word, the most frequent first.
    rows : dict of str to int
        Number of the first row of each word, from 1.
    numbers : int
        Cells that are numbers.
    """

    words: dict[str, int]
    rows: dict[str, int]
    numbers: int


class Repeats(msgspec.Struct, frozen=True):
    """A column whose values stand for persons or things that have several rows.

    Attributes
    ----------
    groups, repeated : int
        Values; those with two rows or more.
    rows : int
        Rows of the repeated ones.
    largest : int
        Rows of the most frequent value.
    trained, constant : int
        Values with two training rows or more; those of them whose training rows are
        of one class only.
    chance : float
        Share of them that would be so if classes fell by chance.
    sharing : tuple of int
        Test rows by class whose value is in the training rows as well.
    """

    groups: int
    repeated: int
    rows: int
    largest: int
    trained: int
    constant: int
    chance: float
    sharing: tuple[int, ...]


class Implied(msgspec.Struct, frozen=True):
    """A value whose training rows are of one rare class.

    Attributes
    ----------
    value, label : str
    rows, hits : int
        Training rows that hold it; those of them that are of the class.
    of_class : int
        Training rows of the class.
    chance : float
        Probability of so many hits if the class fell by chance.
    """

    value: str
    label: str
    rows: int
    hits: int
    of_class: int
    chance: float


def mixed(
    codes: np.ndarray, values: pd.Index | np.ndarray, numbered: np.ndarray
) -> Mixed | None:
    """Return the words of a text column whose other cells are numbers.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_rows,)
        Position in `values`, -1 where missing.
    values : index or array of str
    numbered : numpy.ndarray of shape (n_rows,)
        Number of each row in its file.

    Returns
    -------
    Mixed or None
        None unless nine cells in ten are numbers, of which there are ten different
        ones, and there are at most 20 words.
    """
    if len(values) <= FEWEST_NUMBERS:
        return None
    numbers = pd.to_numeric(pd.Series(np.asarray(values, dtype=object)), "coerce")
    is_word = numbers.isna().to_numpy()
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    found, known = int(counts[~is_word].sum()), int(counts.sum())
    words = np.flatnonzero(is_word)
    if not 0 < len(words) <= MOST_WORDS or (~is_word).sum() < FEWEST_NUMBERS:
        return None
    if found < MOSTLY * known:
        return None
    words = words[np.argsort(-counts[words], kind="stable")]
    texts = [str(values[place]) for place in words.tolist()]
    first = [int(numbered[np.argmax(codes == place)]) for place in words]
    return Mixed(
        words=dict(zip(texts, counts[words].tolist(), strict=True)),
        rows=dict(zip(texts, first, strict=True)),
        numbers=found,
    )


def named_nothing(counts: np.ndarray, values: pd.Index | np.ndarray) -> dict[str, int]:
    """Return the levels of a text column that may mean a missing cell, with counts.

    Examples
    --------
    >>> import numpy as np
    >>> named_nothing(np.array([5, 2]), np.array(["red", "Unknown"], dtype=object))
    {'Unknown': 2}
    """
    return {
        str(value): int(count)
        for value, count in zip(values, counts, strict=True)
        if str(value).strip().lower() in WORDS["nothing"]
    }


def names_a_group(name: str, groups: int) -> bool:
    """Tell whether a column's name says that its values are persons or things.

    Examples
    --------
    >>> names_a_group("patientID", 50), names_a_group("store", 3)
    (True, False)
    >>> names_a_group("hospital", 40), names_a_group("pain_index", 40)
    (True, False)
    """
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    plain = re.sub(r"[\W_]+", "_", plain).strip("_").lower()
    if _IDENTIFIES.search(plain):
        return groups >= FEWEST_GROUPS
    found = _ENTITY.search(plain)
    if found is None:
        return False
    return groups >= (FEWEST_GROUPS if found[1] else FEWEST_UNMARKED)


def are_many(groups: int, rows: int) -> bool:
    """Tell whether there are so many values that they may be persons or things.

    Examples
    --------
    >>> are_many(8, 100_000), are_many(71_518, 101_766), are_many(40, 600)
    (False, True, True)
    """
    return groups > min(MANY_GROUPS, MANY_OF_ROWS * rows)


def repeats(
    codes: np.ndarray,
    y: np.ndarray,
    classes: int,
    train: np.ndarray,
    test: np.ndarray | None = None,
) -> Repeats | None:
    """Return how often the values of a column repeat, and whether their class does.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_rows,)
        Number of each row's value, -1 where missing.
    y : numpy.ndarray of shape (n_rows,)
        Code of each row's class.
    classes : int
        How many there are.
    train : numpy.ndarray
        The rows whose class is looked at.
    test : numpy.ndarray or None, default=None
        The rows that are counted where a training row has their value.

    Returns
    -------
    Repeats or None
        None if no value repeats.

    Examples
    --------
    >>> import numpy as np
    >>> codes, y = np.array([0, 0, 1, 1, 2]), np.array([1, 1, 0, 1, 0])
    >>> found = repeats(codes, y, 2, np.arange(4))
    >>> found.groups, found.repeated, found.trained, found.constant
    (3, 2, 2, 1)
    """
    sizes = np.bincount(codes[codes >= 0])
    many = sizes >= 2
    if not many.any():
        return None
    sharing = np.zeros(classes, dtype=np.int64)
    if test is not None:
        trained = np.bincount(codes[train] + 1, minlength=len(sizes) + 1) > 0
        trained[0] = False  # a missing value is nobody's
        sharing = np.bincount(y[test[trained[codes[test] + 1]]], minlength=classes)
    codes, y = codes[train], y[train]
    known = codes >= 0
    table = np.bincount(
        codes[known] * classes + y[known], minlength=len(sizes) * classes
    ).reshape(-1, classes)
    rows = table.sum(axis=1)
    table, rows = table[rows >= 2], rows[rows >= 2]
    shares = np.bincount(y, minlength=classes) / max(1, len(y))
    chance = (shares[None, :] ** rows[:, None]).sum(axis=1)
    return Repeats(
        groups=int((sizes > 0).sum()),
        repeated=int(many.sum()),
        rows=int(sizes[many].sum()),
        largest=int(sizes.max()),
        trained=len(rows),
        constant=int((table.max(axis=1) == rows).sum()),
        chance=float(chance.mean()) if len(rows) else 1.0,
        sharing=tuple(sharing.tolist()),
    )


def implied(
    counts: np.ndarray, values: tuple[str, ...], labels: tuple[str, ...]
) -> Implied | None:
    """Return the value that implies a rare class in most rows, if one does.

    Such a value is part of how the class was decided, as the flag of one cause of
    failure is of a failure. Exact binomial, one-sided.

    Parameters
    ----------
    counts : numpy.ndarray of shape (n_values, n_classes)
        Training rows; of two classes the second is the positive one.
    values, labels : tuple of str

    Examples
    --------
    >>> import numpy as np
    >>> found = implied(np.array([[960, 10], [0, 30]]), ("0", "1"), ("runs", "fails"))
    >>> found.value, found.label, found.rows, found.chance < 1e-40
    ('1', 'fails', 30, True)
    """
    from scipy.special import bdtrc

    of_class = counts.sum(axis=0)
    sizes = counts.sum(axis=1, keepdims=True)
    rare = (of_class > 0) & (of_class <= RARE * of_class.sum())
    if len(labels) == 2:
        rare[0] = False
    pure = (counts >= IMPLIES * sizes) & (sizes >= FEWEST_IMPLYING) & rare
    if not pure.any():
        return None
    value, code = np.unravel_index(np.where(pure, counts, -1).argmax(), counts.shape)
    hits, rows = int(counts[value, code]), int(sizes[value, 0])
    base = float(of_class[code] / of_class.sum())
    return Implied(
        value=values[value],
        label=labels[code],
        rows=rows,
        hits=hits,
        of_class=int(of_class[code]),
        chance=float(bdtrc(hits - 1, rows, base)),
    )


def are_some_whole(values: np.ndarray) -> bool:
    """Tell whether some numbers of a column are whole and some are not."""
    count = int(_whole(values).sum())
    return FEWEST_WHOLE <= count < len(values)


def _whole(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        numbers = values.astype(float)
        whole: np.ndarray = numbers - np.floor(numbers) == 0
    return whole


def invented(
    values: np.ndarray, by_class: np.ndarray, labels: tuple[str, ...]
) -> tuple[str, float] | None:
    """Return the class whose numbers look interpolated where others are whole.

    Oversampling puts 45.38291 between ages of 45 and 46, in one class only.

    Parameters
    ----------
    values : numpy.ndarray of shape (n_values,)
        The different numbers of a column.
    by_class : numpy.ndarray of shape (n_values, n_classes)
        Rows of each value and class.
    labels : tuple of str

    Returns
    -------
    (label, share) or None
        The share of that class's numbers that are not whole.
    """
    whole = _whole(values)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values * LONG_DECIMALS
        long = ~whole & (np.abs(scaled - np.rint(scaled)) > 1e-6 * LONG_DECIMALS)
    if whole.sum() < FEWEST_WHOLE or not long.any():
        return None
    sizes = by_class.sum(axis=0)
    present = sizes > 0
    shares = by_class[long].sum(axis=0)[present] / sizes[present]
    if len(shares) < 2 or shares.max() < 0.3 or shares.min() > 0.05:
        return None
    place = int(np.flatnonzero(present)[shares.argmax()])
    return labels[place], float(shares.max())
