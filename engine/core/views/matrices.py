"""Confusion matrices: which cells are marked, what they are called, the worst errors.

Two classes are the case of several in which the positive one alone is marked.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.core import format as figures
from engine.core.outcome import ClassConfusion, Confusion

MARK: Final = "▶"
_OF_TWO: Final = (("TN", "FP false alarms"), ("FN missed", "TP found"))


class MatrixCount(NamedTuple):
    """Rows of an actual class with one prediction, of the `total` rows of the class.

    `meaning` is what it is called of two classes; its first two letters say it, too.
    """

    actual: str
    predicted: str
    number: int
    total: int
    marked: bool
    meaning: str

    @property
    def right(self) -> bool:
        """Whether the prediction is right."""
        return self.actual == self.predicted

    @property
    def text(self) -> str:
        """The count and its share of the class."""
        share = figures.row_share(self.number, self.total)
        return f"{figures.count(self.number)} ({share})"


class ConfusionMatrix(NamedTuple):
    """Counts by actual class, then by predicted class, in the same order.

    The most frequent error of each actual class is marked; of two classes the missed
    positives.
    """

    title: str
    rows: tuple[tuple[MatrixCount, ...], ...]

    @property
    def labels(self) -> list[str]:
        """The classes."""
        return [row[0].actual for row in self.rows]

    def errors(self, focus: str | None = None) -> list[MatrixCount]:
        """Return the errors with a count, the worst first.

        Parameters
        ----------
        focus : str or None, default=None
            The class whose rows come first.

        Returns
        -------
        list of MatrixCount
            By count, then by the share of the class, then as the classes are listed.

        Examples
        --------
        >>> counts = ClassConfusion(labels=("a", "b"), matrix=((7, 1), (3, 2)))
        >>> [(n.actual, n.predicted, n.number)
        ...     for n in confusion_matrix("", counts).errors()]
        [('b', 'a', 3), ('a', 'b', 1)]
        """
        errors = (n for row in self.rows for n in row if n.number and not n.right)
        return sorted(
            errors, key=lambda n: (n.actual != focus, -n.number, -n.number / n.total)
        )


def confusion_matrix(
    title: str,
    counts: Confusion | ClassConfusion,
    labels: tuple[str, str] = ("negative", "positive"),
) -> ConfusionMatrix:
    """Return a matrix with its marks.

    Parameters
    ----------
    title : str
        Mostly the arm.
    counts : Confusion or ClassConfusion
    labels : tuple of str
        The negative and the positive class, where there are two.

    Examples
    --------
    >>> made = confusion_matrix("smote", Confusion(tn=9, fp=2, fn=0, tp=4))
    >>> [(n.number, n.meaning) for row in made.rows for n in row if n.marked]
    [(0, 'FN missed')]
    """
    if isinstance(counts, Confusion):
        matrix = ((counts.tn, counts.fp), (counts.fn, counts.tp))
        counts = ClassConfusion(labels=labels, matrix=matrix)
    names, two, rows = counts.labels, len(counts.labels) == 2, []
    for k, row in enumerate(counts.matrix):
        worst = max(n for m, n in enumerate(row) if m != k)
        cells = []
        for m, n in enumerate(row):
            marked = m != k and (k == 1 if two else n == worst > 0)
            meaning = _OF_TWO[k][m] if two else ""
            cells.append(MatrixCount(names[k], names[m], n, sum(row), marked, meaning))
        rows.append(tuple(cells))
    return ConfusionMatrix(title, tuple(rows))
