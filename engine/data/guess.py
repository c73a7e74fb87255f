"""Which column is the target, weighed by what speaks for it."""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd

from engine.data.advice_text import percent
from engine.data.readers.values import WEIGHTS, WORDS

NAMES, EVENTS, ILLS = WORDS["target"], WORDS["event"], WORDS["ill"]
YES, NO = WORDS["positive"], WORDS["negative"]

ENOUGH = 5
"""Weight from which a column is taken, if no other has as much."""
RARE, UNEVEN, EVEN = 0.2, 0.4, 0.45
"""Share of the rarer of two values."""
MOST_CLASSES = 50
FIRST = 1000
"""Rows by which most columns show that they have more than two values."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class Candidate(NamedTuple):
    """A column that may be the target.

    Attributes
    ----------
    name : str
    why : str
        What speaks for it and against it, in a few words.
    weight : int
    part : bool
        Whether its name says an event, but not as its last word: it is not taken then
        if there is enough evidence for another column.
    """

    name: str
    why: str
    weight: int
    part: bool = False


def candidates(frame: pd.DataFrame, file: str = "") -> list[Candidate]:
    """Return the columns that may be the target, the likeliest first.

    Parameters
    ----------
    frame : pandas.DataFrame
    file : str, default=""
        What the table is called.

    Returns
    -------
    list of Candidate
        Columns of two values, and those called like a target.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"isFraud": [0, 0, 0, 1], "x": range(4), "pad": [0, 1] * 2})
    >>> for one in candidates(frame):
    ...     print(one.weight, one.name, "-", one.why)
    8 isFraud - two values, 25 % of the rows are '1', its name says fraud, the first column
    2 pad - two values, 50 % of the rows are '1', the last column
    """  # noqa: E501
    counted: dict[str, pd.Series] = {}
    for column in frame.columns:
        named = str(column).lower() in NAMES
        series = frame[column]
        if named or series.iloc[:FIRST].nunique() <= 2:
            counts = series.value_counts()
            if len(counts) == 2 or (named and 2 < len(counts) <= MOST_CLASSES):
                counted[str(column)] = counts
    ends = {str(frame.columns[0]): "first", str(frame.columns[-1]): "last"}
    pairs = sum(len(counts) == 2 for counts in counted.values())
    found = []
    for name, counts in counted.items():
        reasons = _named(name, file)
        if len(counts) == 2:
            reasons |= _valued(counts, named=bool(reasons))
            if pairs == 1:
                reasons["only"] = "no other column has two values"
        else:
            reasons[""] = f"{len(counts)} values"
        if name in ends:
            reasons[ends[name]] = f"the {ends[name]} column"
        weight = sum(WEIGHTS.get(what, 0) for what in reasons)
        # The values come first, then what its name and its place say.
        values = [reasons.pop(key) for key in ("", "yes", *_SHARES) if key in reasons]
        why = ", ".join(text for text in (*values, *reasons.values()) if text)
        found.append(Candidate(name, why, weight, "part" in reasons))
    return sorted(found, key=lambda one: -one.weight)


_SHARES = ("rare", "uneven", "even", "share")


def _named(name: str, file: str) -> dict[str, str]:
    """Return what a column's name says."""
    words = [word.lower() for word in _WORDS.findall(name)]
    says = [word for word in words if len(word) > 1 and word not in WORDS["ending"]]
    last = says[-1] if says else ""
    events = [w for w in says if w.startswith(EVENTS) or w in WORDS["whole_event"]]
    ills = [w for w in says if w.startswith(ILLS) or w in WORDS["whole_ill"]]
    reasons: dict[str, str] = {}
    if name.lower() in NAMES:
        reasons["name"] = "its name is usual for a target"
    elif last.startswith(WORDS["last_event"]) or last in events:
        reasons["event"] = f"its name says {last}"
    elif events or (ills and last not in ills):
        reasons["part"] = f"its name says {(events + ills)[0]}"
    elif ills:
        reasons["ill"] = f"its name says {last}"
    elif words and words[0] in WORDS["asking"]:
        reasons["asking"] = f"its name asks a question ({words[0]})"
    if against := next((word for word in words if word in WORDS["against"]), None):
        reasons["against"] = f"against it: its name says {against}"
    elif "flag" in words and not reasons.keys() & {"name", "event", "ill"}:
        reasons["against"] = "against it: its name says flag"
    of_file = {word.lower() for word in _WORDS.findall(file) if len(word) > 3}
    shared = next((word for word in words if word in of_file), None)
    if shared is not None:
        reasons["file"] = f"the table is called after it ({shared})"
    return reasons


def _valued(counts: pd.Series, *, named: bool) -> dict[str, str]:
    """Return what two values and their shares say."""
    from engine.data.target import label

    texts = [label(value) for value in counts.index]
    lower = [text.strip().lower() for text in texts]
    answers = any(low in YES for low in lower) and any(low in NO for low in lower)
    share = float(counts.iloc[1] / counts.sum())
    shown = next((t for t, low in zip(texts, lower, strict=True) if low in YES), None)
    rarer = shown if share == 0.5 and shown else texts[1]
    reasons = {"yes": "two values"} if answers else {"": "two values"}
    what = (
        "rare"
        if share <= RARE
        else "uneven"
        if share <= UNEVEN
        else "even"
        if share >= EVEN and not named
        else "share"
    )
    reasons[what] = f"{percent(share)} of the rows are {rarer!r}"
    return reasons
