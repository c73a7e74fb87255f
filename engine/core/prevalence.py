"""What test rows say of a place where the positives are rarer or more frequent. Light.

Recall and false positive rate are shares of one class each, so they hold wherever only
the shares of the classes differ (*prior shift* [1]_). All else follows from them, or
from rows that count more or less.

References
----------
.. [1] Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs of a
   classifier to new a priori probabilities. Neural Computation 14(1), 21-41.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import UnsetType

Prevalence: TypeAlias = float | UnsetType
"""A share of positives in (0, 1); unset where it is that of the rows."""


def weight_of_negative(
    prevalence: Prevalence, positives: float, negatives: float
) -> float:
    """Return what a negative counts beside a positive, so that rows have a prevalence.

    Parameters
    ----------
    prevalence : float or unset
    positives, negatives : float
        The rows.

    Returns
    -------
    float
        ``(1 - prevalence) / prevalence * positives / negatives``; 1 where no prevalence
        is given, or there are no rows of a class.

    Examples
    --------
    >>> round(weight_of_negative(0.01, 50, 50), 9)
    99.0
    """
    if isinstance(prevalence, UnsetType) or not (positives and negatives):
        return 1.0
    return (1 - prevalence) / prevalence * positives / negatives


def equal_prevalence(prevalence: float, times: float) -> float:
    """Return where so many times the cost of a miss decides alike as the cost itself.

    A missed positive that costs so many times as much counts as if positives had so
    many times the odds.

    Examples
    --------
    >>> equal_prevalence(0.5, 3.0), equal_prevalence(0.25, 1.0)
    (0.75, 0.25)
    """
    odds = times * prevalence / (1 - prevalence)
    return odds / (1 + odds)


def weights(
    prevalence: Prevalence, positives: int, negatives: int
) -> tuple[float, float]:
    """Return what each positive and negative counts; together as many as the rows.

    Examples
    --------
    >>> [round(each, 9) for each in weights(0.1, 50, 50)]
    [0.2, 1.8]
    """
    negative = weight_of_negative(prevalence, positives, negatives)
    if negative == 1:
        return 1.0, 1.0
    positive = (positives + negatives) / (positives + negative * negatives)
    return positive, positive * negative
