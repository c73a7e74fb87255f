"""Whether a row is a mixture of others: inside their convex hull, or outside of it.

A hull in more than a few dimensions has too many faces to be drawn, but one row can
be asked about. The mixture that comes nearest to it is a problem of least squares
with weights that are not negative (Lawson and Hanson 1974, chapter 23). If it is the
row itself, the row is inside; if not, what is left over points away from the hull:
every row of the hull must lie behind it, which is checked (Farkas' lemma). Either
answer is a proof, but for rounding.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import nnls

INSIDE, OUTSIDE, UNDECIDED = 0, 1, -1

ALL: Final = 800
"""So few rows are given to the solver at once; of more the useful ones, in rounds."""
NEAREST: Final = 96
ADDED: Final = 32
"""Rows that join in a round: those furthest on the wrong side."""
ROUNDS: Final = 40
"""A row that is not separated after so many steps is left undecided."""
SLOP: Final = 4.0
"""How many times the rounding of all columns is still rounding."""
BLOCK_VALUES: Final = 4_000_000


def side(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Tell for each point whether it is out of the convex hull of rows.

    A point that is outside by no more than the rounding of the values' own type is
    inside.

    Parameters
    ----------
    points : numpy.ndarray of shape (n_points, n_features)
    rows : numpy.ndarray of shape (n_rows, n_features)
        One at least; finite.

    Returns
    -------
    numpy.ndarray of shape (n_points,), dtype int8
        `INSIDE`, `OUTSIDE`, or `UNDECIDED` where the solver gave up.

    Examples
    --------
    >>> corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> side(np.array([[0.5, 0.5], [0.51, 0.51], [2.0, 0.0]]), corners)
    array([0, 1, 1], dtype=int8)
    """
    box = Box(rows)
    sides = np.full(len(points), UNDECIDED, dtype=np.int8)
    sides[box.excludes(points)] = OUTSIDE
    open_ = np.flatnonzero(sides == UNDECIDED)
    if not box.wide.any():
        sides[open_] = INSIDE
        return sides
    queries = box.scaled(points[open_])
    mixtures = _Mixtures(box.scaled(rows), box.error[box.wide] / box.width[box.wide])
    sides[open_] = mixtures.side(queries)
    return sides


class Box:
    """The smallest box around rows, widened by their rounding.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n_rows, n_features)

    Attributes
    ----------
    low, width, error : numpy.ndarray of shape (n_features,)
        Where it begins, how wide it is, and what rounding may add on either side.
    wide : numpy.ndarray of shape (n_features,), dtype bool
        The columns in which the rows differ by more.

    Examples
    --------
    >>> Box(np.array([[0.0, 1.0], [2.0, 1.0]])).excludes(np.array([[1.0, 1.5]]))
    array([ True])
    """

    def __init__(self, rows: np.ndarray) -> None:
        unit = float(np.finfo(rows.dtype).eps) if rows.dtype.kind == "f" else 2.0**-52
        self.low = rows.min(axis=0).astype(np.float64)
        self.high = rows.max(axis=0).astype(np.float64)
        self.width = self.high - self.low
        self.error = 4 * unit * np.maximum(np.abs(self.low), np.abs(self.high))
        self.wide = self.width > self.error

    def excludes(self, points: np.ndarray) -> np.ndarray:
        """Return which points are outside of it along some column."""
        below, above = points < self.low - self.error, points > self.high + self.error
        return np.asarray((below | above).any(axis=1))

    def scaled(self, rows: np.ndarray) -> np.ndarray:
        """Return rows in units of the box, without the columns that do not differ."""
        middle = self.low + self.width / 2
        varying = np.asarray(rows[:, self.wide], dtype=np.float64)
        return np.asarray((varying - middle[self.wide]) / self.width[self.wide])


class _Mixtures:
    """Mixtures of rows that come nearest to points, in units of the box."""

    def __init__(self, rows: np.ndarray, error: np.ndarray) -> None:
        self.rows, self.error = rows, error
        self.squares = np.einsum("ij,ij->i", rows, rows)
        # That weights add up to one is one more column.
        self.allowed = np.append(error, error.max())

    def side(self, points: np.ndarray) -> np.ndarray:
        """Ask about all points together: the rows are read once a round."""
        sides = np.full(len(points), UNDECIDED, dtype=np.int8)
        used = [self._first(point) for point in points]
        pending = np.arange(len(points))
        for _ in range(ROUNDS):
            away, missed = np.zeros_like(points), np.zeros(len(points), dtype=bool)
            for number in pending:
                left = self._left_over(points[number], used[number])
                if left is None:
                    continue
                if (np.abs(left) <= self.allowed).all():
                    sides[number] = INSIDE
                else:
                    away[number], missed[number] = left[:-1], True
            pending = np.flatnonzero(missed)
            if not pending.size:
                break
            pending = self._check_behind(points, away, used, pending, sides)
        return sides

    def _first(self, point: np.ndarray) -> np.ndarray:
        """Return the rows to begin with: all, or those near to the point."""
        if len(self.rows) <= ALL:
            return np.arange(len(self.rows))
        far = self.squares - 2 * (self.rows @ point)
        return np.asarray(np.argpartition(far, NEAREST)[:NEAREST])

    def _left_over(self, point: np.ndarray, used: np.ndarray) -> np.ndarray | None:
        """Return how the nearest mixture misses a point; None if none is found."""
        columns = np.vstack([self.rows[used].T, np.ones(len(used))])
        aim = np.append(point, 1.0)
        try:
            weights, _ = nnls(columns, aim)
        except RuntimeError:  # no end within its iterations
            return None
        return np.asarray(aim - columns @ weights)

    def _check_behind(
        self,
        points: np.ndarray,
        away: np.ndarray,
        used: list[np.ndarray],
        pending: np.ndarray,
        sides: np.ndarray,
    ) -> np.ndarray:
        """Look whether every row lies behind a point; return those still open.

        A row that does not may help to mix the point, so it joins.
        """
        directions = away[pending]
        ahead = np.einsum("ij,ij->i", directions, points[pending])
        slack = np.abs(directions) @ self.error
        best, who = self._furthest(directions)
        open_ = []
        for position, number in enumerate(pending):
            if ahead[position] > best[position, 0] + slack[position]:
                sides[number] = OUTSIDE
                continue
            joined = np.union1d(used[number], who[position])
            if len(joined) == len(used[number]):
                # No row can help: either what is left over is no more than rounding,
                # or the solver did not go to the end.
                if np.abs(directions[position]).sum() <= SLOP * self.error.sum():
                    sides[number] = INSIDE
                continue
            used[number] = joined
            open_.append(number)
        return np.array(open_, dtype=np.int64)

    def _furthest(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how far the furthest rows along each direction lie, and which."""
        count = min(ADDED, len(self.rows))
        best = np.full((len(directions), 0), -np.inf)
        who = np.zeros((len(directions), 0), dtype=np.int64)
        step = max(count, BLOCK_VALUES // len(directions))
        for begin in range(0, len(self.rows), step):
            reach = directions @ self.rows[begin : begin + step].T
            top = np.argpartition(-reach, min(count, reach.shape[1]) - 1)[:, :count]
            best = np.hstack([best, np.take_along_axis(reach, top, axis=1)])
            who = np.hstack([who, top + begin])
            order = np.argsort(-best, axis=1, kind="stable")[:, :count]
            best = np.take_along_axis(best, order, axis=1)
            who = np.take_along_axis(who, order, axis=1)
        return best, who
