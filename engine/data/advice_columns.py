"""Rules about single columns: pure functions from what was measured to advice."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.data.advice_rows import easy, few_of_many, ruled
from engine.data.advice_say import advise, counted, listed, number, percent, rows
from engine.data.cells import MOST_VALUES
from engine.events import Advice
from engine.spec import FeatureSpec

if TYPE_CHECKING:
    from engine.data.findings import ColumnFacts, Findings


SURELY = 0.9999
"""ROC AUC and average precision of a column that is the target in other words."""
STRONG = 0.95
APART = 0.5
"""A suspect's distance from a perfect ROC AUC is at most half that of the others."""
HALF_FOUND, RARE = 0.5, 0.2
FEWEST_SURE, FEWEST = 10, 20
"""Training rows of the rarest class from which on such a ranking is no accident."""
MOST_LEVELS = FeatureSpec().max_categories
SHARING = 0.05
MANY_TWINS = 5
"""Beyond so many, as of flags and their opposites, they are told in one line."""
BY_CHANCE = 0.01
"""Probability, over all values looked at, below which a value implies its class."""
MISSING_POINTS, MISSING_TIMES, MISSING_Z = 0.05, 1.5, 4.0


def examine(findings: Findings, *, drop: tuple[str, ...] = ()) -> Iterator[Advice]:
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
    judged = [c for c in findings.columns if c.alone is not None]
    rarest = few_of_many(findings.train)[1]
    share = _share_of_positives(findings)
    sure = [c for c in judged if _surely(c) and rarest >= FEWEST_SURE]
    if rarest < FEWEST or easy(findings):
        return tuple(sure)
    strong = [c for c in judged if _area(c) >= STRONG and c not in sure]
    others = [c for c in judged if c not in strong and c not in sure]
    best = max((_area(c) for c in others), default=0.5 if len(judged) == 1 else 1.0)
    found = [c for c in strong if 1 - _area(c) <= APART * (1 - best)]
    found += [
        c
        for c in others
        if c.alone is not None and c.alone.sure >= HALF_FOUND and share <= RARE
    ]
    return tuple(c for c in judged if c in sure or c in found)


def _leaks(findings: Findings) -> Iterator[Advice]:
    found = suspects(findings)
    rest = [c for c in findings.columns if c.alone is not None and c not in found]
    best = max(rest, key=_area, default=None)
    beside = (
        f"; the next best column, {best.name!r}, has {number(_area(best))}"
        if best is not None
        else ""
    )
    of = sum(findings.train.values())
    for column in found:
        alone = column.alone
        assert alone is not None
        if _surely(column):
            text = (
                f"{column.name!r} is {findings.target!r} in other words: by itself it "
                f"ranks all {counted(of, 'training row')} right (ROC AUC 1.00)"
            )
            remedy = "drop it"
        else:
            sure = (
                f", finds {percent(alone.sure)} of them with a precision of 95 %"
                if alone.sure >= HALF_FOUND
                else ""
            )
            what = repr(findings.positive) if findings.positive else "the classes"
            text = (
                f"{column.name!r} by itself nearly tells {what}: ROC AUC "
                f"{number(alone.roc_auc)}, average precision "
                f"{number(alone.average_precision)} ({alone.lift:.1f} times that of "
                f"guessing){sure}{beside}"
            )
            remedy = "drop it, unless it is known before the outcome is"
        yield _drop(column, "IMB012", text, remedy)


def _words(findings: Findings, column: ColumnFacts) -> Iterator[Advice]:
    found = column.mixed
    if found is None:
        return
    shown = listed(
        f"{word!r} ({_where(findings, count, found.rows[word])})"
        for word, count in found.words.items()
    )
    first = next(iter(found.words))
    text = (
        f"{column.name!r} is text because of "
        f"{counted(sum(found.words.values()), 'cell')} among "
        f"{counted(found.numbers, 'number')}: {shown}"
    )
    if any(char.isdigit() for char in first):
        remedy, fix = "write them as numbers in the file", None
    else:
        cells = "cell" if sum(found.words.values()) == 1 else "cells"
        remedy = f"read {first!r} as missing (--missing), or correct the {cells}"
        fix = ("missing", first)
    yield advise("IMB006", text, remedy, column=column.name, fix=fix)


def _where(findings: Findings, count: int, row: int) -> str:
    if findings.sampled is not None:  # rows of a sample have no number to look up
        return rows(count)
    return f"row {row:,}" if count == 1 else f"{rows(count)}, the first is {row:,}"


def _levels(column: ColumnFacts) -> Iterator[Advice]:
    if column.kind != "category" or column.role != "feature":
        return
    if column.levels <= MOST_LEVELS or column.top > 1 - SHARING:
        return
    yield _drop(
        column,
        "IMB018",
        f"{column.name!r} has {column.levels:,} levels; the {MOST_LEVELS - 1} most "
        f"frequent hold {percent(column.top)} of its cells and the others are taken "
        "together",
        "put levels together that belong together, or drop the column",
    )


def _group(findings: Findings, column: ColumnFacts) -> Iterator[Advice]:
    found = column.repeats
    if found is None or ruled(findings):
        return
    constant = found.constant / max(1, found.judged)
    alike = (
        f"; {percent(constant)} of those with several training rows are of one class "
        f"throughout, where chance would make it {percent(found.chance)}"
        if constant > found.chance + 0.02
        else ""
    )
    yield advise(
        "IMB019",
        f"{column.name!r} has {found.groups:,} different values, of which "
        f"{counted(found.repeated, 'has', 'have')} several rows ({found.rows:,} in "
        f"all, up to {found.largest:,} each){alike}{_sharing(findings, column)}",
        f"if rows of one {column.name} belong together, keep them on one side of the "
        "split (--group)",
        column=column.name,
        fix=("group", column.name),
    )


def _sharing(findings: Findings, column: ColumnFacts) -> str:
    """Return how many test rows have the value of a training row, if any has."""
    found = column.repeats
    if found is None or not any(found.sharing):
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
        f"; {share:,} of {counted(tests, 'test row')}{among} {verb} {column.name!r} "
        "with a training row"
    )


def _implied(findings: Findings, columns: list[ColumnFacts]) -> Iterator[Advice]:
    looked = sum(c.levels for c in columns if c.levels <= MOST_VALUES)
    total = sum(findings.train.values())
    for column in columns:
        found = column.implied
        if found is None or found.chance * looked > BY_CHANCE:
            continue
        all_of = "all" if found.hits == found.rows else f"{found.hits:,} of"
        yield _drop(
            column,
            "IMB029",
            f"{all_of} {counted(found.rows, 'training row')} with {column.name!r} = "
            f"{found.value!r} are of class {found.label!r}, where "
            f"{percent(found.of_class / total)} of all training rows are; they hold "
            f"{percent(found.hits / found.of_class)} of that class",
            "drop it, unless it is known before the outcome is",
        )


def _missing(findings: Findings, column: ColumnFacts) -> Iterator[Advice]:
    shares = column.missing_shares
    if column.role != "feature" or len(shares) < 2:
        return
    high, low = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    p, q = shares[high], shares[low]
    n, m = findings.train[high], findings.train[low]
    pooled = (p * n + q * m) / (n + m)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    if p - q < max(MISSING_POINTS, MISSING_Z * spread) or p < MISSING_TIMES * q:
        return
    yield _drop(
        column,
        "IMB023",
        f"{column.name!r} is missing in {percent(p)} of the training rows of class "
        f"{high!r}, and in {percent(q)} of those of {low!r}",
        "find out why; drop it if it is filled in only once the outcome is known",
    )


def _twins(columns: list[ColumnFacts]) -> Iterator[Advice]:
    found = [c for c in columns if c.twin is not None]
    if len(found) > MANY_TWINS:
        yield advise(
            "IMB026",
            f"{len(found):,} columns say the same as an earlier one, in every row: "
            + listed(f"{c.name!r} (as {c.twin!r})" for c in found),
            "drop one of each two (--drop)",
        )
        return
    for column in found:
        same = (
            f"holds the same values as {column.twin!r} in every row"
            if column.twin_equal
            else f"says the same as {column.twin!r} in other words, in every row"
        )
        yield _drop(column, "IMB026", f"{column.name!r} {same}", "drop one of them")


def _drift(findings: Findings, column: ColumnFacts) -> Iterator[Advice]:
    found = column.drift
    if found is None:
        return
    told = []
    if found.distance:
        told.append(f"its values are distributed otherwise ({found.distance:.2f} of 1)")
    if found.unseen:
        told.append(
            f"{counted(found.unseen, 'test cell is', 'test cells are')} of levels that "
            f"no training row has, such as {found.example!r}"
        )
    if found.missing is not None:
        before, after = found.missing
        told.append(
            f"{percent(before)} of the cells were missing, now {percent(after)}"
        )
    yield _drop(
        column,
        "IMB021",
        f"{column.name!r} differs between the training and the test file: "
        + "; ".join(told),
        "check that both were made in the same way, or drop the column",
    )


def _nothing(columns: list[ColumnFacts]) -> Iterator[Advice]:
    """One word means the same in every column, and is read so in all of them."""
    words: dict[str, dict[str, int]] = {}
    for column in columns:
        for word, count in column.nothing.items():
            words.setdefault(word, {})[column.name] = count
    for word, found in words.items():
        where = listed(f"{name!r} ({count:,})" for name, count in found.items())
        yield advise(
            "IMB025",
            f"{word!r} is a level of {where}",
            f"leave it so, or, if it means that nothing is known, read {word!r} as "
            "missing (--missing)",
            column=next(iter(found)) if len(found) == 1 else None,
            fix=("missing", word),
        )


def _area(column: ColumnFacts) -> float:
    return column.alone.roc_auc if column.alone is not None else 0.0


def _surely(column: ColumnFacts) -> bool:
    alone = column.alone
    return alone is not None and min(alone.roc_auc, alone.average_precision) >= SURELY


def _share_of_positives(findings: Findings) -> float:
    if findings.positive is None:
        return 1.0  # of more than two classes none is the positive one
    return findings.train.get(findings.positive, 0) / max(
        1, sum(findings.train.values())
    )


def _drop(column: ColumnFacts, code: str, message: str, remedy: str) -> Advice:
    """Return advice whose fix is to ignore the column."""
    fix = ("drop", column.name)
    return advise(code, message, remedy, column=column.name, fix=fix)
