"""The target: which column it is, what its classes are, and which is the positive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from engine.core.errors import ChoiceError, SpecError, TargetError
from engine.core.events import Advice
from engine.core.format import meant, plural, some
from engine.data.readers.values import WEIGHTS, WORDS, is_number
from engine.data.wording import advise, listed, percent

if TYPE_CHECKING:
    from engine.data.profile import FrameColumns

NAMES, EVENTS, ILLS = WORDS["target"], WORDS["event"], WORDS["ill"]
YES, NO = WORDS["positive"], WORDS["negative"]
ENOUGH = 5
"""Weight from which a column is taken, if no other has as much."""
RARE, UNEVEN, EVEN = 0.2, 0.4, 0.45
"""Share of the rarer of two values."""
MOST_CLASSES = 50
FIRST = 1000
"""Rows by which most columns show that they have more than two values."""
RARELY = 0.05
"""Share of the rows below which such a word is no class."""
Coded: TypeAlias = tuple[np.ndarray, pd.Index | np.ndarray]
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHARES = ("rare", "uneven", "even", "share")


# Which column it is -----------------------------------------------------------------


def known(
    name: str,
    frame: pd.DataFrame,
    field: str,
    error: type[SpecError | ChoiceError] = SpecError,
) -> str:
    """Return the name of a column that is there, as a field gives it.

    Raises
    ------
    SpecError or ChoiceError
        As `error` says, if it is not.
    """
    if name in frame.columns:
        return name
    names = [str(column) for column in frame.columns]
    raise error(f"no column {name!r}", meant(name, names), field=field)


def guess_target(
    frame: pd.DataFrame,
    given: str | None,
    advice: list[Advice],
    *,
    declared: str | None = None,
    file: str = "",
    found: FrameColumns | None = None,
) -> str:
    """Return the target column, the one given or the most likely one.

    A guess is added to the advice with what speaks for it.

    Parameters
    ----------
    frame : pandas.DataFrame
    given : str or None
        What the user named.
    advice : list of Advice
        Added to.
    declared : str or None, default=None
        What the file itself names, as ARFF may.
    file : str, default=""
        What the table is called.
    found : FrameColumns or None, default=None
        What is known of its columns.

    Raises
    ------
    TargetError
        If the one given is not there, or too little speaks for one, or as much for
        another.
    """
    if given is not None:
        return known(given, frame, "data.target", ChoiceError)
    if declared is not None and declared in frame.columns:
        chosen, why, likely = declared, "as the file says", []
    else:
        likely = candidates(frame, file, found)
        _refuse_weak(likely, frame)
        chosen, why = likely[0].name, likely[0].why
    advice.append(_guessed(chosen, why, likely))
    return chosen


def _guessed(chosen: str, why: str, found: list[Candidate]) -> Advice:
    """Return the advice about a guess, with what else it may be."""
    others = [f"{c.name!r} ({c.rarest!r}: {c.rows:,})" for c in found[1:]]
    wording = "IMB007-others" if others else "IMB007"
    return advise(wording, chosen, why=why, others=some(others, 3))


def _refuse_weak(found: list[Candidate], frame: pd.DataFrame) -> None:
    """Refuse to guess on too little evidence, or on equal evidence for two columns."""
    enough = bool(found) and found[0].weight >= ENOUGH
    least = ENOUGH if enough and found[0].part else found[0].weight if found else 0
    best = [one for one in found if one.weight >= least]
    if enough and len(best) == 1:
        return
    reason = "there is too little evidence for "
    if enough:
        equal = best[-1].weight == best[0].weight
        reason = f"the evidence is {'equal' if equal else 'not clear'} for "
    shown = listed(f"{one.name!r} ({one.why})" for one in (best if enough else found))
    columns = [str(column) for column in frame.columns]
    raise TargetError(
        "no target was given and none can be guessed"
        + (f": {reason}{shown}" if found else ""),
        f"its columns are: {some(columns, 30)}; name one of them",
        field="data.target",
    )


class Candidate(NamedTuple):
    """A column that may be the target.

    Attributes
    ----------
    name : str
    why : str
        What speaks for it and against it, in a few words.
    weight : int
    rarest : str
        The label of its rarest class.
    rows : int
        How many rows that has.
    part : bool
        Whether its name says an event, but not as its last word: it is not taken then
        if there is enough evidence for another column.
    """

    name: str
    why: str
    weight: int
    rarest: str
    rows: int
    part: bool = False


def candidates(
    frame: pd.DataFrame, file: str = "", known: FrameColumns | None = None
) -> list[Candidate]:
    """Return the columns that may be the target, the likeliest first.

    Parameters
    ----------
    frame : pandas.DataFrame
    file : str, default=""
        What the table is called.
    known : FrameColumns or None, default=None
        What is known of its columns.

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
        if named or _has_two(series):
            counts = series.value_counts() if known is None else known.counts(column)
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
        rarest, rows = label(counts.index[-1]), int(counts.iloc[-1])
        found.append(Candidate(name, why, weight, rarest, rows, "part" in reasons))
    return sorted(found, key=lambda one: -one.weight)


def _has_two(series: pd.Series) -> bool:
    """Tell whether the first cells of a column have two different values at most."""
    if series.dtype.kind not in "iuf":
        return bool(series.iloc[:FIRST].nunique() <= 2)
    cells = series.to_numpy()[:FIRST]  # a tenth of the time, for very many columns
    known = cells[cells == cells]
    first = known == known[:1]
    others = known[~first]
    return bool((others == others[:1]).all())


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
    texts = [label(value) for value in counts.index]
    lower = [text.strip().lower() for text in texts]
    answers = any(low in YES for low in lower) and any(low in NO for low in lower)
    share = float(counts.iloc[1] / counts.sum())
    shown = next((t for t, low in zip(texts, lower, strict=True) if low in YES), None)
    rarer = shown if share == 0.5 and shown else texts[1]
    reasons = {"yes": "two values"} if answers else {"": "two values"}
    even = "even" if share >= EVEN and not named else "share"
    what = "rare" if share <= RARE else "uneven" if share <= UNEVEN else even
    reasons[what] = f"{percent(share)} of the rows are {rarer!r}"
    return reasons


# Its classes ------------------------------------------------------------------------


class Classes(NamedTuple):
    """The class of each row, as a number.

    `y` is 1 where the row is positive, or, of more than two classes, the place of
    the row's class in `labels`; `positive` is None then.
    """

    y: np.ndarray
    labels: tuple[str, ...]
    positive: str | None

    @property
    def counts(self) -> dict[str, int]:
        """Rows by label."""
        counted = np.bincount(self.y, minlength=len(self.labels)).tolist()
        return dict(zip(self.labels, counted, strict=True))


def label(value: object) -> str:
    """Return a class label as text; whole numbers lose their ``.0``.

    Examples
    --------
    >>> label(1.0), label("Yes")
    ('1', 'Yes')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def labelled(
    frame: pd.DataFrame,
    target: str,
    advice: list[Advice],
    positive: str | None = None,
    coded: Coded | None = None,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the rows that have a target, and which of all rows they are.

    What the reader did not read as missing is a class. Only a word such as NA that is
    rare, beside two other classes, and not named as the positive one, is none.

    Parameters
    ----------
    frame : pandas.DataFrame
    target : str
    advice : list of Advice
        What is left out is added to it.
    positive : str or None, default=None
        Label of the positive class, if it is known.
    coded : (codes, values) or None, default=None
        The target as `pandas.factorize` gives it, if that is known.

    Raises
    ------
    TargetError
        If no row has one.
    """
    codes, values = pd.factorize(frame[target]) if coded is None else coded
    if not len(values):
        raise TargetError(f"target {target!r} is empty", "choose another column")
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    words = _no_classes([label(v) for v in values], counts, positive)
    absent = [place for place, word in enumerate(words) if word is not None]
    there: np.ndarray = (codes >= 0) & ~np.isin(codes, absent)
    if there.all():
        return frame, there
    left = int((~there).sum())
    were = "was" if left == 1 else "were"
    words_left = [f"{words[p]!r} in {plural(int(counts[p]), 'row')}" for p in absent]
    wording, shown = "IMB009-words" if words_left else "IMB009", listed(words_left)
    advice.append(advise(wording, target, rows=left, were=were, words=shown))
    return frame[there].reset_index(drop=True), there


def _no_classes(
    labels: Sequence[str], counts: np.ndarray, positive: str | None
) -> list[str | None]:
    """Return each label if it is a word for no class, else None."""
    named = [text.strip().lower() in WORDS["no_class"] for text in labels]
    if len(labels) - sum(named) < 2:
        return [None] * len(labels)
    most = RARELY * counts.sum()
    return [
        text if name and count < most and text != positive else None
        for text, name, count in zip(labels, named, counts.tolist(), strict=True)
    ]


def classes(
    series: pd.Series,
    positive: str | None,
    advice: list[Advice],
    *,
    multiclass: bool,
    blank: int = 0,
    coded: Coded | None = None,
) -> Classes:
    """Return the class of each row.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        The target; no cell is missing.
    positive : str or None
        Label of the positive class; the rarer of two when None.
    advice : list of Advice
        What was guessed or put together is added to it.
    multiclass : bool
        Whether more than two classes without a positive one are all kept; refused
        otherwise.
    blank : int, default=0
        Rows that were left out because they have no target.
    coded : (codes, values) or None, default=None
        The target as `pandas.factorize` gives it, if that is known.

    Raises
    ------
    TargetError
        If there is one class, or far too many, or no such positive class.
    """
    names, counts, codes = counted(series, coded)
    target = str(series.name)
    first = zip(names[:8], counts[:8], strict=True)
    shown = ", ".join(f"{name} ({n:,})" for name, n in first)
    if len(names) == 1:
        empty = f", and nothing in {plural(blank, 'row')}" if blank else ""
        raise TargetError(
            f"target {target!r} has one class only: {shown}{empty}",
            "give the empty cells a class of their own, or choose a column with two"
            if blank
            else "choose a column with two",
        )
    if len(names) > MOST_CLASSES:
        raise TargetError(
            f"target {target!r} has {len(names):,} different values, so it is a "
            "quantity or an identifier and no class",
            "choose a column with few values, or cut this one into two classes",
        )
    alike = _differ_in_case(names, target)
    advice += alike
    if positive is None and len(names) > 2 and multiclass:
        return Classes(codes.astype("int8"), names, None)
    if alike and positive is None and len(names) > 2:
        shown += f" ({alike[0].message})"
    chosen = _positive(names, counts, target, positive, shown, advice)
    others = [name for name in names if name != chosen]
    negative = others[0] if len(others) == 1 else f"not {chosen}"
    if len(others) > 1:
        many = len(others)
        advice.append(advise("IMB010", target, classes=many, negative=negative))
    place = names.index(chosen)
    if counts[place] < 2:
        raise TargetError(
            f"class {chosen!r} of {target!r} has 1 row; at least 2 are needed to "
            "train and to test",
            "collect more of them, or choose another class",
            field="data.positive",
        )
    return Classes((codes == place).astype("int8"), (negative, chosen), chosen)


def _differ_in_case(names: tuple[str, ...], target: str) -> list[Advice]:
    """Say which classes are called the same but for capitals."""
    same: dict[str, list[str]] = {}
    for name in names:
        same.setdefault(name.casefold(), []).append(name)
    alike = [repr(n) for group in same.values() if len(group) > 1 for n in group]
    return [advise("IMB027", target, alike=listed(alike))] if alike else []


def counted(
    series: pd.Series, coded: Coded | None = None
) -> tuple[tuple[str, ...], list[int], np.ndarray]:
    """Return the labels, the most frequent first, their rows, and each row's place.

    Labels with as many rows keep the order in which they appear: what they are
    called changes nothing. The place of a missing cell is -1.
    """
    codes, values = pd.factorize(series) if coded is None else coded
    texts, texted = pd.factorize(np.array([label(v) for v in values], dtype=object))
    codes = np.append(texts, -1)[codes]  # two values may have the same label
    counts = np.bincount(codes[codes >= 0], minlength=len(texted))
    order = np.argsort(-counts, kind="stable")
    place = np.append(np.argsort(order), -1)
    names = tuple(str(text) for text in texted[order])
    return names, counts[order].tolist(), place[codes]


def _positive(
    names: tuple[str, ...],
    counts: Sequence[int],
    target: str,
    given: str | None,
    shown: str,
    advice: list[Advice],
) -> str:
    if given is not None:
        as_number = label(float(given)) if is_number(given) else given
        chosen = given if given in names else as_number
        if chosen not in names:
            raise ChoiceError(
                f"target {target!r} has no class {given!r}",
                f"it has: {shown}",
                field="data.positive",
            )
        return chosen
    if len(names) > 2:
        raise TargetError(
            f"target {target!r} has {len(names)} classes: {shown}",
            "name the one that matters: the others together become the negative class",
            field="data.positive",
        )
    first, second = names
    equal = counts[0] == counts[1]
    chosen = first if equal and first.lower() in YES else second
    why = "and the other has as many rows" if equal else "the rarer one"
    advice.append(advise("IMB008", target, positive=chosen, why=why))
    return chosen
