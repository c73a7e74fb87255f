"""From which two rows a synthetic row was made, and where between them it lies.

The samplers of the SMOTE family note it while they work: their own code makes the
rows, a class in between only looks on. Where a sampler hides it, the segment between
two near rows of the class that is nearest to the synthetic row is looked for, and
said to be.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from imblearn.over_sampling import ADASYN, SMOTEN, SMOTENC
from imblearn.over_sampling._smote.base import BaseSMOTE
from imblearn.under_sampling import ClusterCentroids
from scipy import sparse
from sklearn.base import clone

from engine.features.encoding import BLOCK_ROWS
from engine.resample.neighbours import ExactNeighbors
from engine.resample.provenance import (
    SYNTHETIC,
    match_rows,
    nearest_levels,
    nearest_rows,
    nearest_segments,
    place,
    selected_rows,
)

NEIGHBOURS = 5
"""How many are tried of each row where a sampler does not say how many it asks."""


class Parents(NamedTuple):
    """What each row after sampling was made from.

    Attributes
    ----------
    first, second : numpy.ndarray of shape (n_rows,), dtype int64
        Row numbers among the rows that the sampler was given; -1 where there is none.
        A real row has neither, a jittered copy and a vote of neighbours the first.
    weight : numpy.ndarray of shape (n_rows,), dtype float64
        Where the row lies: 0 is the first parent, 1 the second, outside of them
        beyond; nan where there are no two.
    exact : numpy.ndarray of shape (n_rows,), dtype bool
        Whether the sampler told its parents. Otherwise they were looked for.
    """

    first: np.ndarray
    second: np.ndarray
    weight: np.ndarray
    exact: np.ndarray


class _Note(NamedTuple):
    """What one call made: rows of `starts` towards rows of `ends`."""

    starts: Any
    ends: Any
    rows: np.ndarray
    others: np.ndarray
    steps: np.ndarray
    label: Any


class _Noting:
    """Note what a sampler of the SMOTE family is about to interpolate."""

    def _fit_resample(self, X: Any, y: Any, **params: Any) -> Any:
        self._notes: list[_Note] = []
        return super()._fit_resample(X, y, **params)  # type: ignore[misc]

    def _generate_samples(
        self,
        X: Any,
        nn_data: Any,
        nn_num: np.ndarray,
        rows: np.ndarray,
        cols: np.ndarray,
        steps: np.ndarray,
        y_type: Any = None,
        *rest: Any,
    ) -> Any:
        others = nn_num[rows, cols]
        self._notes.append(_Note(X, nn_data, rows, others, np.ravel(steps), y_type))
        made = super()._generate_samples  # type: ignore[misc]
        return made(X, nn_data, nn_num, rows, cols, steps, y_type, *rest)

    def __reduce__(self) -> tuple[Any, ...]:
        # By name there is only imbalanced-learn's class.
        kind = type(self).__mro__[2]
        return _make_unfitted, (kind,), self.__dict__


def _make_unfitted(kind: type) -> Any:
    return object.__new__(tracing_class(kind))


@lru_cache(maxsize=64)
def tracing_class(kind: type) -> type:
    """Return a sampler's class that notes what its rows are made from.

    Parameters
    ----------
    kind : type
        imbalanced-learn's class, or any other.

    Returns
    -------
    type
        A class of the same name, parameters and results. It is `kind` itself where
        there is nothing to note.

    Examples
    --------
    >>> from imblearn.over_sampling import SMOTE
    >>> tracing_class(SMOTE)(k_neighbors=3)
    SMOTE(k_neighbors=3)
    >>> tracing_class(ADASYN) is ADASYN
    True
    """
    # A plug-in may have a function that makes its sampler. SMOTEN is one by name only:
    # it does not interpolate.
    smote = isinstance(kind, type) and issubclass(kind, BaseSMOTE)
    if not smote or issubclass(kind, (SMOTEN, _Noting)):
        return kind
    names = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
    }
    return type(kind.__name__, (_Noting, kind), names)


def parents(
    sampler: Any,
    before: np.ndarray,
    labels: np.ndarray,
    after: np.ndarray,
    labels_after: np.ndarray,
    origin: np.ndarray,
) -> Parents:
    """Return what each synthetic row was made from.

    Parameters
    ----------
    sampler : imbalanced-learn sampler
        Fitted, by its ``fit_resample`` on `before`; one of a class that
        `tracing_class` returned tells its parents.
    before : numpy.ndarray of shape (n_before, n_features)
        The rows it was given.
    labels : numpy.ndarray of shape (n_before,)
        Their classes.
    after : numpy.ndarray of shape (n_after, n_features)
        The rows it returned, not yet made legal.
    labels_after : numpy.ndarray of shape (n_after,)
        Their classes.
    origin : numpy.ndarray of shape (n_after,)
        As of `provenance.origin`.

    Returns
    -------
    Parents
        In a category, a row of SMOTENC has what its first parent's neighbours have
        most often; between its parents it lies in the numbers only.

    Examples
    --------
    >>> from imblearn.over_sampling import SMOTE
    >>> X, y = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 0, 1, 1])
    >>> sampler = tracing_class(SMOTE)(k_neighbors=1, random_state=0)
    >>> after, labels = sampler.fit_resample(X, y)
    >>> origin = np.array([0, 1, 2, 3, 4, 5, -1, -1])
    >>> found = parents(sampler, X, y, after, labels, origin)
    >>> found.first[-2:], found.second[-2:], found.exact[-2:]
    (array([4, 5]), array([5, 4]), array([ True,  True]))
    """
    count = len(after)
    kin = Parents(
        first=np.full(count, -1, dtype=np.int64),
        second=np.full(count, -1, dtype=np.int64),
        weight=np.full(count, np.nan),
        exact=np.zeros(count, dtype=bool),
    )
    made = np.flatnonzero(origin == SYNTHETIC)
    if not made.size:
        return kin
    places = selected_rows(sampler, count)
    noted = _read_notes(sampler, before, labels)
    if noted is not None:
        _write_noted(kin, noted, sampler, before, after, made, places)
    elif places is not None and (places[made] < len(before)).all():
        # A smoothed bootstrap: it names the row that it jitters.
        kin.first[made] = places[made]
        kin.exact[made] = True
    left = made[~kin.exact[made]]
    for label in np.unique(labels_after[left]):
        rows = np.flatnonzero(labels == label)
        if rows.size:
            here = left[labels_after[left] == label]
            _look(kin, sampler, before, rows, after, here)
    return kin


def _read_notes(sampler: Any, before: np.ndarray, labels: np.ndarray) -> Parents | None:
    """Return the parents of every row that was appended, in order, as noted.

    Notes are those of the sampler, or of the over-sampler inside it.
    """
    notes = getattr(getattr(sampler, "smote_", sampler), "_notes", None)
    if not notes:
        return None
    firsts, seconds, weights = [], [], []
    for note in notes:
        starts = ends = _numbers(note.starts, note.label, before, labels)
        if note.ends is not note.starts:
            ends = _numbers(note.ends, note.label, before, labels)
        firsts.append(starts[note.rows])
        seconds.append(ends[note.others])
        weights.append(note.steps.astype(np.float64))
    first, second, weight = map(np.concatenate, (firsts, seconds, weights))
    return Parents(first, second, weight, exact=(first >= 0) & (second >= 0))


def _numbers(
    noted: Any, label: Any, before: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Return which rows those are that a sampler worked with."""
    ours = np.flatnonzero(labels == label)
    if sparse.issparse(noted):
        # SMOTENC's indicators of all rows of the class, in order.
        return ours if noted.shape[0] == len(ours) else np.full(noted.shape[0], -1)
    for rows in (np.arange(len(before), dtype=np.int64), ours):
        if len(rows) == len(noted) and np.array_equal(noted, before[rows]):
            return rows
    same = match_rows(noted, np.full(len(noted), label), before[ours], labels[ours])
    return np.where(same >= 0, ours[same], -1)


def _write_noted(
    kin: Parents,
    noted: Parents,
    sampler: Any,
    before: np.ndarray,
    after: np.ndarray,
    made: np.ndarray,
    places: np.ndarray | None,
) -> None:
    """Write down the noted parents of those rows which lie where these say."""
    number = (made if places is None else places[made]) - len(before)
    known = (number >= 0) & (number < len(noted.first))
    known[known] = noted.exact[number[known]]
    made = made[known]
    first, second, weight, _ = (column[number[known]] for column in noted)
    inner = getattr(sampler, "smote_", sampler)
    columns: Any = slice(None)
    if isinstance(inner, SMOTENC):
        columns = inner.continuous_features_
    for begin in range(0, len(made), BLOCK_ROWS):
        some = slice(begin, begin + BLOCK_ROWS)
        right, weight[some] = place(
            np.asarray(before[first[some]][:, columns]),
            np.asarray(before[second[some]][:, columns]),
            np.asarray(after[made[some]][:, columns]),
            weight[some],
        )
        here = made[some][right]
        for column, values in zip(kin, (first, second, weight), strict=False):
            column[here] = values[some][right]
        kin.exact[here] = True


def _look(
    kin: Parents,
    sampler: Any,
    before: np.ndarray,
    rows: np.ndarray,
    after: np.ndarray,
    here: np.ndarray,
) -> None:
    """Look for the parents of synthetic rows among the rows of their class."""
    own, points = before[rows], after[here]
    if isinstance(sampler, SMOTEN):
        kin.first[here] = rows[nearest_levels(points, own)]
    elif isinstance(sampler, ClusterCentroids) or len(rows) == 1:
        kin.first[here] = rows[nearest_rows(points, own)]
    else:
        near = nearest_segments(points, own, _neighbours(sampler, own))
        kin.first[here], kin.second[here] = rows[near.first], rows[near.second]
        kin.weight[here] = near.weight


def _neighbours(sampler: Any, own: np.ndarray) -> np.ndarray:
    """Return the neighbours of each row in its class that a sampler asks for."""
    if isinstance(sampler, ADASYN):
        # The same search of the same rows: where some are tied, the same of them.
        search = clone(sampler.nn_)
    else:
        names = ("k_neighbors", "n_neighbors")
        given = [getattr(sampler, name, None) for name in names]
        count = next((n for n in given if isinstance(n, int) and n > 0), NEIGHBOURS)
        search = ExactNeighbors(min(count, len(own) - 1) + 1)
    return np.asarray(search.fit(own).kneighbors(own, return_distance=False))[:, 1:]
