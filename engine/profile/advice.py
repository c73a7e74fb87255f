"""The rules of advice: from what was measured to what is worth saying."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.core.checks import CODES
from engine.core.events import Advice, FieldChange, Sampled
from engine.core.format import plural
from engine.core.repeated_splits import ENOUGH_SPLITS, FEW_FOR_ONE_SPLIT
from engine.data.wording import advise, listed, number, percent
from engine.evaluate.verdict.words import half_width
from engine.profile.cells import MOST_VALUES, Repeats
from engine.profile.measure import SHOWN_LEVELS

if TYPE_CHECKING:
    from engine.core.experiment import DataSpec
    from engine.profile.measure import ColumnFacts, Findings

OUTDONE = {
    **dict.fromkeys(("IMB003", "IMB004", "IMB018"), "IMB006"),
    "IMB029": "IMB012",
}
"""Said of the same column, the second explains the first."""


def examine(
    findings: Findings, spec: DataSpec, *, folds: int = 5, splits: int = 1
) -> tuple[Advice, ...]:
    """Return all advice about a dataset that is not muted.

    Parameters
    ----------
    findings : Findings
        What was measured; what was said while reading and giving roles is in it.
    spec : DataSpec
        Its `drop` and `mute` are minded.
    folds : int, default=5
        Folds that the training rows will be cut into.
    splits : int, default=1
        Times that test rows will be drawn.

    Returns
    -------
    tuple of Advice
        What can make a result wrong first, what is said for the record last.
    """
    every = everything(findings, spec, folds=folds, splits=splits)
    return unmuted(every, spec.mute)


def everything(
    findings: Findings, spec: DataSpec, *, folds: int = 5, splits: int = 1
) -> tuple[Advice, ...]:
    """Return all advice, muted or not, in the order of `examine`."""
    found = [
        *(replace(one, change=_change(one, findings)) for one in findings.notices),
        *_on_columns(findings, spec.drop),
        *_on_rows(findings, folds, splits),
    ]
    given = {(a.code, a.column) for a in found}
    every = [a for a in found if (OUTDONE.get(a.code), a.column) not in given]
    return tuple(sorted(every, key=lambda a: (CODES[a.code].weight, a.code)))


def unmuted(advice: Iterable[Advice], mute: Sequence[str]) -> tuple[Advice, ...]:
    """Return the advice that is not muted.

    Parameters
    ----------
    advice : iterable of Advice
    mute : sequence of str
        ``CODE``, or ``CODE:column`` for one column.

    Examples
    --------
    >>> some = Advice(code="IMB018", column="city", message="", fix="")
    >>> unmuted([some], ["IMB018:city"]), len(unmuted([some], ["IMB018:street"]))
    ((), 1)
    """
    return tuple(a for a in advice if not _is_muted(a, mute))


def count_muted(advice: Iterable[Advice], mute: Sequence[str]) -> int:
    """Count the advice that is muted."""
    return sum(_is_muted(a, mute) for a in advice)


def _is_muted(advice: Advice, mute: Sequence[str]) -> bool:
    return advice.code in mute or f"{advice.code}:{advice.column}" in mute


def _change(advice: Advice, findings: Findings) -> FieldChange | None:
    column = advice.column or ""
    match advice.code:
        case "IMB003":
            return FieldChange(field="keep", value=column)
        case "IMB005" if not ruled(findings):
            return FieldChange(field="time", value=column)
        case "IMB011":
            return FieldChange(field="drop", value=column)
    return None


def ruled(findings: Findings) -> bool:
    """Tell whether a column or a second file decides about the split already."""
    return findings.second_file or any(c.role in RULING for c in findings.columns)


def few_of_many(counts: Mapping[str, int]) -> tuple[str, int]:
    """Return the rarest class with its rows.

    Examples
    --------
    >>> few_of_many({"no": 90, "yes": 10}), few_of_many({})
    (('yes', 10), ('', 0))
    """
    if not counts:
        return "", 0
    rarest = min(counts, key=counts.__getitem__)
    return rarest, counts[rarest]


def easy(findings: Findings) -> tuple[ColumnFacts, ...]:
    """Return the columns that tell the target almost alone, if half of them do.

    Where that is so the table is easy as a whole, and no single column is suspect.
    """
    measured = [c for c in findings.columns if c.alone is not None]
    strong = [c for c in measured if c.alone is not None and c.alone.roc_auc >= EASY]
    return tuple(strong) if len(strong) > 1 and 2 * len(strong) >= len(measured) else ()


# Rules about columns ----------------------------------------------------------------


SURELY = 0.9999
"""ROC AUC and average precision of a column that is the target in other words."""
STRONG = 0.95
APART = 0.5
"""A suspect's distance from a perfect ROC AUC is at most half that of the others."""
HALF_FOUND, RARE = 0.5, 0.2
FEWEST_SURE, FEWEST = 10, 20
"""Training rows of the rarest class from which on such a ranking is no accident."""
SHARING = 0.05
MANY_TWINS = 5
"""Beyond so many, as of flags and their opposites, they are listed in one line."""
BY_CHANCE = 0.01
"""Probability, over all values looked at, below which a value implies its class."""
MISSING_POINTS, MISSING_TIMES, MISSING_Z = 0.05, 1.5, 4.0


def _on_columns(findings: Findings, drop: tuple[str, ...]) -> Iterator[Advice]:
    """Yield the advice about columns, those dropped left out."""
    columns = [c for c in findings.columns if c.name not in drop]
    yield from _leaks(findings)
    yield from _implied(findings, columns)
    for column in columns:
        yield from _words(findings, column)
        yield from _levels(column)
        yield from _group(findings, column)
        yield from _missing(findings, column)
        yield from _drift(findings, column)
    yield from _twins(columns)
    yield from _nothing(columns)


def suspects(findings: Findings) -> tuple[ColumnFacts, ...]:
    """Return the columns that may be the answer itself, for all the evidence there is.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    tuple of ColumnFacts
        See the code IMB012 for the rule.
    """
    measured = [c for c in findings.columns if c.alone is not None]
    rarest = few_of_many(findings.train)[1]
    rows, share = sum(findings.train.values()), 1.0
    if findings.positive is not None:  # of more than two classes none is
        share = findings.train.get(findings.positive, 0) / max(1, rows)
    sure = [c for c in measured if _surely(c) and rarest >= FEWEST_SURE]
    if rarest < FEWEST or easy(findings):
        return tuple(sure)
    strong = [c for c in measured if _area(c) >= STRONG and c not in sure]
    others = [c for c in measured if c not in strong and c not in sure]
    best = max((_area(c) for c in others), default=0.5 if len(measured) == 1 else 1.0)
    found = [c for c in strong if 1 - _area(c) <= APART * (1 - best)]
    found += [
        c
        for c in others
        if c.alone is not None and c.alone.sure >= HALF_FOUND and share <= RARE
    ]
    return tuple(c for c in measured if c in sure or c in found)


def _leaks(findings: Findings) -> Iterator[Advice]:
    found = suspects(findings)
    rest = [c for c in findings.columns if c.alone is not None and c not in found]
    best = max(rest, key=_area, default=None)
    beside = ""
    if best is not None:
        beside = f"; the next best column, {best.name!r}, has {number(_area(best))}"
    for column in found:
        alone = column.alone
        assert alone is not None
        if _surely(column):
            rows = sum(findings.train.values())
            yield _drop(column, "IMB012-same", target=findings.target, rows=rows)
            continue
        sure = f", finds {percent(alone.sure)} of them with a precision of 95 %"
        found_by = {"sure": sure if alone.sure >= HALF_FOUND else "", "beside": beside}
        what = repr(findings.positive) if findings.positive else "the classes"
        yield _drop(column, "IMB012", what=what, alone=alone, **found_by)


def _words(findings: Findings, column: ColumnFacts) -> Iterator[Advice]:
    found = column.mixed
    if found is None:
        return
    shown = listed(
        f"{word!r} ({_where(findings, count, found.rows[word])})"
        for word, count in found.words.items()
    )
    first, count = next(iter(found.words)), sum(found.words.values())
    digits = any(char.isdigit() for char in first)
    yield advise(
        "IMB006-digits" if digits else "IMB006",
        column.name,
        fix=None if digits else ("missing", first),
        cells=count,
        numbers=found.numbers,
        shown=shown,
        first=first,
        few="cell" if count == 1 else "cells",
    )


def _where(findings: Findings, count: int, row: int) -> str:
    many = plural(count, "row")
    if findings.sampled is not None:  # rows of a sample have no number to look up
        return many
    return f"row {row:,}" if count == 1 else f"{many}, the first is {row:,}"


def _levels(column: ColumnFacts) -> Iterator[Advice]:
    if column.kind != "category" or column.role != "feature":
        return
    if column.levels <= SHOWN_LEVELS + 1 or column.top > 1 - SHARING:
        return
    yield _drop(column, "IMB018", facts=column, shown=SHOWN_LEVELS)


def _group(findings: Findings, column: ColumnFacts) -> Iterator[Advice]:
    found = column.repeats
    if found is None or ruled(findings):
        return
    constant = found.constant / max(1, found.trained)
    alike = (
        f"; {percent(constant)} of those with several training rows are of one class "
        f"throughout, where chance would make it {percent(found.chance)}"
        if constant > found.chance + 0.02
        else ""
    )
    name, sharing = column.name, _sharing(findings, found, column.name)
    fix = ("group", name)
    yield advise("IMB019", name, fix=fix, found=found, alike=alike, sharing=sharing)


def _sharing(findings: Findings, found: Repeats, name: str) -> str:
    """Return how many test rows have the value of a training row, if any has."""
    if not any(found.sharing):
        return ""
    tests, share = sum(findings.test.values()), sum(found.sharing)
    label = findings.positive
    among = (
        f", {found.sharing[1]:,} of {findings.test[label]:,} positives,"
        if label is not None
        else ""
    )
    verb = "shares its" if share == 1 else "share their"
    return (
        f"; {share:,} of {plural(tests, 'test row')}{among} {verb} {name!r} "
        "with a training row"
    )


def _implied(findings: Findings, columns: list[ColumnFacts]) -> Iterator[Advice]:
    looked = sum(c.levels for c in columns if c.levels <= MOST_VALUES)
    total = sum(findings.train.values())
    for column in columns:
        found = column.implied
        if found is None or found.chance * looked > BY_CHANCE:
            continue
        hits = "all" if found.hits == found.rows else f"{found.hits:,} of"
        base, held = found.of_class / total, found.hits / found.of_class
        yield _drop(column, "IMB029", found=found, hits=hits, base=base, held=held)


def _missing(findings: Findings, column: ColumnFacts) -> Iterator[Advice]:
    shares = column.missing_shares
    if column.role != "feature" or len(shares) < 2:
        return
    high, low = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    p, q = shares[high], shares[low]
    n, m = findings.train[high], findings.train[low]
    least = max(MISSING_POINTS, MISSING_Z * _standard_error(p, n, q, m))
    if p - q < least or p < MISSING_TIMES * q:
        return
    yield _drop(column, "IMB023", high=p, low=q, of=high, other=low)


def _twins(columns: list[ColumnFacts]) -> Iterator[Advice]:
    found = [c for c in columns if c.twin is not None]
    if len(found) > MANY_TWINS:
        shown = listed(f"{c.name!r} (as {c.twin!r})" for c in found)
        yield advise("IMB026-many", twins=len(found), shown=shown)
        return
    for column in found:
        same = f"says the same as {column.twin!r} in other words,"
        if column.twin_equal:
            same = f"holds the same values as {column.twin!r}"
        yield _drop(column, "IMB026", same=same)


def _drift(findings: Findings, column: ColumnFacts) -> Iterator[Advice]:
    found = column.drift
    if found is None:
        return
    changes = []
    if found.distance:
        changes.append(f"its distribution changes (distance {found.distance:.2f})")
    if found.unseen:
        changes.append(
            f"{plural(found.unseen, 'test cell is', 'test cells are')} of levels that "
            f"no training row has, such as {found.example!r}"
        )
    if found.missing is not None:
        before, after = found.missing
        changes.append(
            f"{percent(before)} of the cells were missing, now {percent(after)}"
        )
    yield _drop(column, "IMB021-column", changes="; ".join(changes))


def _nothing(columns: list[ColumnFacts]) -> Iterator[Advice]:
    """One word means the same in every column, and is read so in all of them."""
    words: dict[str, dict[str, int]] = {}
    for column in columns:
        for word, count in column.nothing.items():
            words.setdefault(word, {})[column.name] = count
    for word, found in words.items():
        where = listed(f"{name!r} ({count:,})" for name, count in found.items())
        only = next(iter(found)) if len(found) == 1 else None
        yield advise("IMB025", only, fix=("missing", word), word=word, where=where)


def _standard_error(p: float, n: int, q: float, m: int) -> float:
    """Return that of the difference of two shares, of n and of m rows."""
    pooled = (p * n + q * m) / (n + m)
    return math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))


def _area(column: ColumnFacts) -> float:
    return column.alone.roc_auc if column.alone is not None else 0.0


def _surely(column: ColumnFacts) -> bool:
    alone = column.alone
    return alone is not None and min(alone.roc_auc, alone.average_precision) >= SURELY


def _drop(column: ColumnFacts, wording: str, **found: object) -> Advice:
    """Return advice whose fix is to ignore the column."""
    return advise(wording, column.name, fix=("drop", column.name), **found)


# Rules about rows, classes and the split --------------------------------------------


RULING = ("group", "time", "split")
SOME_COPIES = 0.001
CONTRADICTORY = 0.01
RARE_POSITIVES = 0.2
NEIGHBOURS = 6
"""A row and its 5 neighbours."""
FEW_POSITIVES = 100
FEWEST_BALANCED = 200
FEWEST_SAMPLED, MOST_TIMES = 100, 20
"""Positives, and negatives to each, of a table that may have been sampled by class."""
REPEATED = 0.2
"""Share of equal rows from which such a table was likely made by repeating rows."""
EASY = 0.95
SHIFT, SHIFT_Z = 1.5, 4.0


def _on_rows(findings: Findings, folds: int, splits: int) -> Iterator[Advice]:
    """Yield the advice about rows, classes and the split."""
    yield from sampled(findings.sampled)
    yield from _copies(findings)
    yield from _contradictory(findings)
    yield from _too_rare(findings, folds)
    yield from _prevalence(findings)
    yield from _clean(findings)
    yield from _shifted(findings)
    yield from _few_positives(findings, splits)


def sampled(found: Sampled | None) -> Iterator[Advice]:
    """Say that a table is a sample, if it is one."""
    if found is not None:
        these = f"these are {found.rows:,}" if found.rows != 1 else "this is 1"
        yield advise("IMB022", these=these, rows=found.of)


def _copies(findings: Findings) -> Iterator[Advice]:
    equal, total = findings.equal, findings.rows
    if equal.straddling:
        tests = plural(sum(findings.test.values()), "test row")
        are = "is" if equal.straddling == 1 else "are"
        text = f"{equal.straddling:,} of {tests} {are} equal to a training row in "
        text += "every feature"
        fix = None
        if findings.second_file:
            wording = "IMB013-two-files"
        elif ruled(findings):
            wording = "IMB013-ruled"
        elif equal.apart:
            wording, fix = "IMB013-apart", ("duplicates", "together")
        else:
            wording = "IMB013-ties"
        yield advise(wording, fix=fix, straddling=text)
    elif equal.copies and equal.copies >= SOME_COPIES * total:
        are = "is" if equal.copies == 1 else "are"
        yield advise("IMB013-copies", rows=equal.copies, total=total, are=are)


def _contradictory(findings: Findings) -> Iterator[Advice]:
    equal = findings.equal
    positives = findings.train.get(findings.positive or "", 0)
    of_all = equal.contradictory / max(1, sum(findings.train.values()))
    of_positives = equal.contradictory_positives / max(1, positives)
    if max(of_all, of_positives) < CONTRADICTORY:
        return
    among = (
        f", among them {percent(of_positives)} of {findings.positive!r}"
        if equal.contradictory_positives
        else ""
    )
    example = (
        f": rows {equal.example[0]:,} and {equal.example[1]:,}, for example"
        if equal.example is not None and findings.sampled is None
        else ""
    )
    name = findings.target
    yield advise(
        "IMB014", equal=equal, share=of_all, among=among, target=name, example=example
    )


def _too_rare(findings: Findings, folds: int) -> Iterator[Advice]:
    train = findings.train
    empty = {k: n for k, n in train.items() if n < folds}
    if empty:
        shown = listed(f"{label!r} ({n:,})" for label, n in empty.items())
        fewest = min(empty.values())
        wording = "IMB015-folds" if fewest >= 2 else "IMB015"
        yield advise(wording, folds=folds, shown=shown, fewest=fewest)
    for label, n in train.items():
        left = n - math.ceil(n / folds)
        if n >= folds and left < NEIGHBOURS:
            yield advise("IMB017", label=label, rows=n, left=left)


def _prevalence(findings: Findings) -> Iterator[Advice]:
    counts = findings.counts
    total = sum(counts.values())
    rarest = findings.positive or few_of_many(counts)[0]
    few = counts.get(rarest, 0)
    if not total or few >= RARE_POSITIVES * total:
        return
    most = max(counts, key=counts.__getitem__)
    share, right = few / total, counts[most] / total
    guess = ""
    if findings.positive:
        guess = f"; guessing has an average precision of {number(share)}"
    yield advise(
        "IMB016", share=share, rarest=rarest, frequent=most, right=right, guess=guess
    )


def _clean(findings: Findings) -> Iterator[Advice]:
    invented = [(c.name, *c.invented) for c in findings.columns if c.invented]
    if invented:
        name, label, share = invented[0]
        only = name if len(invented) == 1 else None
        more = "" if only else f" ({len(invented):,} such columns)"
        yield advise(
            "IMB020-invented", only, first=name, label=label, share=share, more=more
        )
    strong = easy(findings)
    if strong:
        of = sum(c.alone is not None for c in findings.columns)
        shown, name = listed(repr(c.name) for c in strong), findings.target
        yield advise(
            "IMB020-easy", n=len(strong), of=of, target=name, least=EASY, shown=shown
        )
    counts = list(findings.counts.values())
    even = len(counts) > 1 and min(counts) == max(counts)
    natural = findings.equal.copies or any(c.missing for c in findings.columns)
    if even and sum(counts) >= FEWEST_BALANCED and not natural:
        yield advise("IMB020-even", rows=counts[0])
    else:
        yield from _by_class(findings)


def _by_class(findings: Findings) -> Iterator[Advice]:
    """Say that a table may hold so many negatives for each positive on purpose."""
    few = findings.counts.get(findings.positive or "", 0)
    rest = sum(findings.counts.values()) - few
    if few < FEWEST_SAMPLED or findings.sampled is not None:
        return
    halves, odd = divmod(2 * rest, few)
    if odd or not 2 <= halves <= 2 * MOST_TIMES + 1:
        return
    times, half = divmod(halves, 2)
    if halves == 2:
        text = f"exactly as many rows of other classes as of {findings.positive!r}"
    else:
        text = f"exactly {halves if half else times} rows of other classes for every "
        text += f"{'2 rows' if half else 'row'} of {findings.positive!r}"
    copies, total = findings.equal.copies, few + rest
    wording = "IMB030-repeated" if copies >= REPEATED * total else "IMB030"
    text, name = f"{text} ({few:,})", findings.positive
    yield advise(wording, rows=text, copies=copies, total=total, positive=name)


def _shifted(findings: Findings) -> Iterator[Advice]:
    if not findings.second_file:
        return
    n, m = sum(findings.train.values()), sum(findings.test.values())
    most = max(findings.train, key=findings.train.__getitem__, default="")
    for label, count in findings.train.items() if n and m else ():
        if label == most:
            continue
        p, q = count / n, findings.test.get(label, 0) / m
        far = abs(p - q) > SHIFT_Z * _standard_error(p, n, q, m)
        if far and max(p, q) >= SHIFT * min(p, q):
            yield advise("IMB021-class", findings.target, label=label, train=p, test=q)


def _few_positives(findings: Findings, splits: int) -> Iterator[Advice]:
    test = findings.test
    if not test:
        return
    label = findings.positive or few_of_many(test)[0]
    count = test.get(label, 0)
    more = "" if findings.second_file else ", or hold out a larger share"
    if 0 < count < FEW_POSITIVES:
        every = count + findings.train.get(label, 0)
        again = findings.drawn and every < FEW_FOR_ONE_SPLIT
        again = again and splits < ENOUGH_SPLITS
        yield advise(
            "IMB024-splits" if again else "IMB024",
            fix=("splits", str(ENOUGH_SPLITS)) if again else None,
            rows=count,
            every=every,
            label=label,
            half=half_width(count),
            more=more,
        )
