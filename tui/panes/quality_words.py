"""What synthetic rows look like beside the real ones, in plain words: pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.events import Quality
from tui.console import figures

__all__ = ["Judgement", "judgements"]

FEW, MANY = 0.05, 0.20
"""Shares up to which nothing is wrong, and from which on something is."""
ALIKE, APART = 0.65, 0.85
"""ROC AUC up to which the two are alike, and from which on they are not."""


_SHARES: Final = (
    (
        "intruding",
        (
            "they lie where their class is",
            "lie nearest to a row of another class",
            "lie nearest to a row of another class: blurred",
        ),
    ),
    (
        "outside",
        (
            "they are mixtures of real rows of their class",
            "are no mixture of real rows (rounding may do that)",
        ),
    ),
    (
        "duplicates",
        (
            "they are new rows",
            "repeat a real row in every column",
            "repeat a real row in every column: little is new",
        ),
    ),
)
"""Of each share its words by grade, from good to bad."""
_TOLD_APART: Final = (
    "a small classifier cannot tell them from real rows",
    "a small classifier tells some of them from real rows",
    "a small classifier tells them from real rows: they look different",
)


class Judgement(NamedTuple):
    """One figure in words.

    `grade` is 0 if it is as it should be, 1 if it is worth a look, 2 if it is bad.
    """

    name: str
    value: str
    grade: int
    words: str


def judgements(quality: Quality) -> list[Judgement]:
    """Return the figures that there are, each with what it means.

    Parameters
    ----------
    quality : Quality

    Returns
    -------
    list of Judgement

    Examples
    --------
    >>> found = judgements(Quality(rows=50, of=50, intruding=0.3, separability=0.52))
    >>> [(one.name, one.value, one.grade) for one in found]
    [('intruding', '30.0 %', 2), ('told apart', '0.52', 0)]
    >>> judgements(Quality(rows=50, of=50, duplicates=0.02))[0].words
    'nearly all are new rows'
    """
    found = []
    for field, words in _SHARES:
        share: float | None = getattr(quality, field)
        if share is not None:
            grade = min(len(words) - 1, _grade(share, FEW, MANY))
            said = words[grade]
            if grade == 0 and share > 0:
                said = said.replace("they", "nearly all", 1)
            text = figures.share(round(share * quality.rows), quality.rows)
            found.append(Judgement(field, text, grade, said))
    if (auc := quality.separability) is not None:
        grade = _grade(auc, ALIKE, APART)
        text = figures.decimals(auc, 2)
        found.append(Judgement("told apart", text, grade, _TOLD_APART[grade]))
    return found


def _grade(value: float, good: float, bad: float) -> int:
    return 0 if value <= good else 2 if value >= bad else 1
