"""Rules about rows, classes and the split: pure functions, as in `advice`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.core.events import Advice, Sampled
from engine.data.advice_text import advise, listed, number, percent, plural
from engine.evaluate.verdict.words import half_width

if TYPE_CHECKING:
    from engine.profile.findings import ColumnFacts, Findings


RULING = ("group", "time", "split")
SOME_COPIES = 0.001
CONTRADICTORY = 0.01
RARE = 0.2
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


def examine(findings: Findings, *, folds: int) -> Iterator[Advice]:
    """Yield the advice about rows and classes."""
    yield from sampled(findings.sampled)
    yield from _copies(findings)
    yield from _contradictory(findings)
    yield from _too_rare(findings, folds)
    yield from _prevalence(findings)
    yield from _clean(findings)
    yield from _shifted(findings)
    yield from _few_positives(findings)


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
    if not total or few >= RARE * total:
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
    for label, count in findings.train.items():
        p, q = count / max(1, n), findings.test.get(label, 0) / max(1, m)
        if label == most or not n or not m:
            continue
        pooled = (p * n + q * m) / (n + m)
        spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        if max(p, q) >= SHIFT * min(p, q) and abs(p - q) > SHIFT_Z * spread:
            yield advise("IMB021-class", findings.target, label=label, train=p, test=q)


def _few_positives(findings: Findings) -> Iterator[Advice]:
    test = findings.test
    if not test:
        return
    label = findings.positive or few_of_many(test)[0]
    count = test.get(label, 0)
    more = "" if findings.second_file else ", or hold out a larger share"
    if 0 < count < FEW_POSITIVES:
        half = half_width(count)
        yield advise("IMB024", rows=count, label=label, half=half, more=more)
