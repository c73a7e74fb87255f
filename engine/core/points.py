"""Operating points: what each is called, which number it takes, how arms compare at it.

How its threshold is selected is in `engine.evaluate.threshold`. Light.
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from engine.core.errors import SpecError


class PointKind(NamedTuple):
    """An operating point, declared once.

    Attributes
    ----------
    phrase : str
        How a sentence says where a decision was made; empty where the number does.
    metric : str
        What arms are compared in where it is aimed at.
    short : str
        Its name where there is little room.
    classes : str
        The phrase for more than two classes; empty where they do not have the point.
    fixed : bool
        Whether its threshold is not tuned on scores.
    number : str
        The letter, sign first, that stands for its number; empty without one.
    field : str
        The field of the decision that holds the number.
    counts : bool
        Whether the number counts rows, or is a share of them such as ``5%``; else it
        is a rate.
    equal : str
        What is made equal by it, as the title of the arms at it; empty if nothing is.
    always : bool
        Whether arms are compared at it, each at the threshold that just does so on the
        test rows, whatever is aimed at.
    """

    phrase: str = ""
    metric: str = "cost_per_1000"
    short: str = ""
    classes: str = ""
    fixed: bool = False
    number: str = ""
    field: str = ""
    counts: bool = False
    equal: str = ""
    always: bool = False


KINDS: Final = {
    "recommended": PointKind(
        "at the recommended threshold", classes="with the recommended class weights"
    ),
    "fixed": PointKind(
        "at the threshold 0.5",
        short="0.5",
        classes="with equal class weights",
        fixed=True,
    ),
    "prevalence": PointKind(
        "with thresholds at the prevalence",
        short="prev.",
        classes="with class weights from the prevalence",
        fixed=True,
    ),
    "f1": PointKind(
        "with thresholds of highest F1",
        metric="f1",
        classes="with class weights of highest F1",
        equal="at the best F1 of each",
    ),
    "cost": PointKind(
        "with thresholds of least cost",
        classes="with class weights of least cost",
        equal="at the least cost of each",
    ),
    "recall": PointKind(
        metric="false_positive_rate",
        short="rec.",
        number=">=r",
        field="recall_floor",
        equal="at equal recall",
        always=True,
    ),
    "precision": PointKind(
        metric="recall",
        short="prec.",
        number=">=p",
        field="precision_floor",
        equal="at equal precision",
    ),
    "alerts": PointKind(
        metric="recall",
        number="<=k",
        field="alerts",
        counts=True,
        equal="at equal alerts",
        always=True,
    ),
}
"""Every operating point, in the order shown."""
FIXED: Final = tuple(name for name, kind in KINDS.items() if kind.fixed)
"""Those whose threshold is not tuned on scores. At any other, two arms as good as each
other get two thresholds, and so differ in recall and false alarms."""
OF_CLASSES: Final = tuple(name for name, kind in KINDS.items() if kind.classes)
"""Those of more than two classes."""
USAGE: Final = ", ".join(name + kind.number for name, kind in KINDS.items())
_NAMED: Final = re.compile(r"([\w-]+?)\s*(?:([<>]?=)\s*([^%\s]+)\s*(%?))?")


class ParsedPoint(NamedTuple):
    """An operating point, and its number if it has one.

    The number is a share of the test rows if `share`, else one that counts them or a
    rate.
    """

    name: str
    number: float | None = None
    share: bool = False

    @property
    def kind(self) -> PointKind:
        """What is declared of it."""
        return KINDS[self.name]

    @property
    def matched(self) -> bool:
        """Whether all arms have the same recall, precision or alerts at it."""
        return self.number is not None

    @property
    def request(self) -> str:
        """What it requests, in words; empty without a number.

        Examples
        --------
        >>> [parse(at).request for at in ("recall>=0.8", "alerts<=5%", "alerts<=1200")]
        ['a recall of 0.8', 'alerts on 5 % of the rows', '1,200 alerts']
        """
        if self.number is None:
            return ""
        if self.share:
            return f"alerts on {100 * self.number:.12g} % of the rows"
        if self.kind.counts:
            return f"{int(self.number):,} alerts"
        return f"a {self.name} of {self.number:.12g}"

    @property
    def phrase(self) -> str:
        """Where a decision was made, in words.

        Examples
        --------
        >>> parse("recall>=0.8").phrase, parse("fixed").phrase
        ('with thresholds for a recall of 0.8', 'at the threshold 0.5')
        """
        return self.kind.phrase or f"with thresholds for {self.request}"


def with_number(name: str, number: float) -> str:
    """Return an operating point with its number.

    Examples
    --------
    >>> with_number("recall", 0.8), with_number("alerts", 0.05), with_number("f1", 0)
    ('recall>=0.8', 'alerts<=5%', 'f1')
    """
    kind = KINDS[name]
    if not kind.number:
        return name
    share = kind.counts and number < 1
    text = f"{100 * number:.12g}%" if share else f"{number:.12g}"
    return f"{name}{kind.number[:-1]}{text}"


def parse(at: str) -> ParsedPoint:
    """Split an operating point into its name and its number.

    Parameters
    ----------
    at : str
        One of `KINDS`, with a number where it takes one: a rate in (0, 1], or a whole
        number of rows or a share of them below 100 %.

    Returns
    -------
    ParsedPoint

    Raises
    ------
    SpecError
        If there is no such operating point, or its number is out of range.

    Examples
    --------
    >>> parse("cost").name, parse("recall >= 0.8").number, parse("alerts<=5%")
    ('cost', 0.8, ParsedPoint(name='alerts', number=0.05, share=True))
    """
    text = _NAMED.fullmatch(at.strip())
    kind = KINDS.get(text[1]) if text else None
    if text and kind and (text[2] or "") == kind.number[:-1]:
        if not kind.number:
            return ParsedPoint(text[1])
        number = _number(text[3]) / (100 if text[4] else 1)
        share = kind.counts and (bool(text[4]) or number < 1)
        whole = number >= 1 and (number.is_integer() if kind.counts else number == 1)
        if 0 < number < 1 or (whole and not share):
            return ParsedPoint(text[1], number, share)
    raise SpecError(
        f"no operating point {at!r}",
        f"choose one of: {USAGE}; r and p are above 0 and up to 1, k is a number of "
        "rows or a share such as 5%",
        field="decision.at",
    )


def _number(text: str) -> float:
    """Return a finite number, or 0, which no operating point takes."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
