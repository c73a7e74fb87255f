"""Rules about rows, classes and the split: pure functions, as in `advice_columns`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.data.advice_say import advise, counted, listed, number, percent, rows
from engine.evaluate.words import half_width
from engine.events import Advice, Sampled

if TYPE_CHECKING:
    from engine.data.findings import ColumnFacts, Findings


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
    judged = [c for c in findings.columns if c.alone is not None]
    strong = [c for c in judged if c.alone is not None and c.alone.roc_auc >= EASY]
    return tuple(strong) if len(strong) > 1 and 2 * len(strong) >= len(judged) else ()


def sampled(found: Sampled | None) -> Iterator[Advice]:
    """Say that a table is a sample, if it is one."""
    if found is not None:
        yield advise(
            "IMB022",
            f"these are {found.rows:,} of the {rows(found.of)} of the file"
            if found.rows != 1
            else f"this is 1 of the {rows(found.of)} of the file",
            "read all of them (without --rows) where there is memory for it",
        )


def _copies(findings: Findings) -> Iterator[Advice]:
    equal, total = findings.equal, findings.rows
    tests = sum(findings.test.values())
    if equal.straddling:
        text = (
            f"{equal.straddling:,} of {counted(tests, 'test row')} "
            f"{'is' if equal.straddling == 1 else 'are'} equal to a training row in "
            "every feature"
        )
        if findings.second_file:
            yield advise("IMB013", text, "take them out of one of the two files")
        elif ruled(findings):
            yield advise("IMB013", text, "check that they are rows of their own")
        elif equal.apart:
            fix = ("duplicates", "together")
            remedy = "keep equal rows on one side of the split (--duplicates together)"
            yield advise("IMB013", text, remedy, fix=fix)
        else:
            yield advise(
                "IMB013",
                f"{text}: groups of equal rows that are too large to be copies are "
                "drawn like other rows",
                "nothing to do if they are rows of their own, else take the copies out "
                "of the file; figures are also given without them",
            )
        return
    if not equal.copies or equal.copies < SOME_COPIES * total:
        return
    yield advise(
        "IMB013",
        f"{rows(equal.copies)} of {total:,} "
        f"{'is' if equal.copies == 1 else 'are'} equal to an earlier one in every "
        "feature; equal rows stay on one side of the split",
        "nothing to do; take them out of the file if they are copies",
    )


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
    yield advise(
        "IMB014",
        f"{counted(equal.contradictory, 'training row')} ({percent(of_all)}{among}) "
        f"have an equal in every feature with another {findings.target!r}{example}",
        "find a column that tells them apart, or correct the labels",
    )


def _too_rare(findings: Findings, folds: int) -> Iterator[Advice]:
    train = findings.train
    empty = {k: n for k, n in train.items() if n < folds}
    if empty:
        shown = listed(f"{label!r} ({n:,})" for label, n in empty.items())
        fewest = min(empty.values())
        yield advise(
            "IMB015",
            f"fewer training rows than {counted(folds, 'fold')}: {shown}",
            f"collect more of them, or take {fewest} folds (--folds)"
            if fewest >= 2
            else "collect more of them, or put the class together with another",
        )
    for label, n in train.items():
        left = n - math.ceil(n / folds)
        if n >= folds and left < NEIGHBOURS:
            yield advise(
                "IMB017",
                f"{label!r} has {counted(n, 'training row')}, of which a fold leaves "
                f"as few as {left:,} to fit on",
                "collect more of them; take arms without SMOTE, or one with smaller "
                "k_neighbors",
            )


def _prevalence(findings: Findings) -> Iterator[Advice]:
    counts = findings.counts
    total = sum(counts.values())
    rarest = findings.positive or few_of_many(counts)[0]
    few = counts.get(rarest, 0)
    if not total or few >= RARE * total:
        return
    frequent = max(counts, key=counts.__getitem__)
    text = (
        f"{percent(few / total)} of the rows are {rarest!r}: always saying "
        f"{frequent!r} is right in {percent(counts[frequent] / total)} of the rows and "
        f"finds none of them"
    )
    if findings.positive:
        text += f"; guessing has an average precision of {number(few / total)}"
    yield advise(
        "IMB016", text, "nothing to do: accuracy is not what arms are compared by here"
    )


def _clean(findings: Findings) -> Iterator[Advice]:
    invented = [(c.name, *c.invented) for c in findings.columns if c.invented]
    if invented:
        name, label, share = invented[0]
        more = f" ({len(invented):,} such columns)" if len(invented) > 1 else ""
        yield advise(
            "IMB020",
            f"{percent(share)} of the numbers of class {label!r} in {name!r} have many "
            f"decimals where those of other rows are whole{more}: rows of {label!r} "
            "look interpolated, as SMOTE does it",
            "go back to the table before it was resampled",
            column=name if len(invented) == 1 else None,
        )
    strong = easy(findings)
    if strong:
        judged = sum(c.alone is not None for c in findings.columns)
        yield advise(
            "IMB020",
            f"{len(strong):,} of {judged:,} columns tell {findings.target!r} "
            f"almost alone (ROC AUC of {EASY} or more): "
            + listed(repr(c.name) for c in strong),
            "check where the table comes from: real ones are seldom so easy",
        )
    counts = list(findings.counts.values())
    even = len(counts) > 1 and min(counts) == max(counts)
    gaps = any(c.missing for c in findings.columns)
    if (
        even
        and sum(counts) >= FEWEST_BALANCED
        and not gaps
        and not findings.equal.copies
    ):
        yield advise(
            "IMB020",
            f"the classes have exactly {counts[0]:,} rows each, no cell is missing and "
            "no two rows are equal: the table looks balanced on purpose",
            "find out how it was made; probabilities are off where the real shares "
            "differ",
        )
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
    copies = findings.equal.copies
    repeated = copies >= REPEATED * (few + rest)
    yield advise(
        "IMB030",
        f"there are {text} ({few:,}): "
        + (
            f"with {rows(copies)} of {few + rest:,} equal to an earlier one, the "
            "likely cause is oversampling"
            if repeated
            else "the table may have been sampled by class"
        ),
        ("go back to the table before rows were repeated, or " if repeated else "")
        + f"find out the real share of {findings.positive!r}: precision, alerts and "
        "costs in use depend on it",
    )


def _shifted(findings: Findings) -> Iterator[Advice]:
    if not findings.second_file:
        return
    n, m = sum(findings.train.values()), sum(findings.test.values())
    for label, count in findings.train.items():
        p, q = count / max(1, n), findings.test.get(label, 0) / max(1, m)
        if (
            label == max(findings.train, key=findings.train.__getitem__)
            or not n
            or not m
        ):
            continue
        pooled = (p * n + q * m) / (n + m)
        spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        if max(p, q) >= SHIFT * min(p, q) and abs(p - q) > SHIFT_Z * spread:
            yield advise(
                "IMB021",
                f"{label!r} is {percent(p)} of the training file and {percent(q)} of "
                "the test file",
                "check that both were drawn in the same way; thresholds and "
                "probabilities are those of the training file",
                column=findings.target,
            )


def _few_positives(findings: Findings) -> Iterator[Advice]:
    test = findings.test
    if not test:
        return
    label = findings.positive or few_of_many(test)[0]
    count = test.get(label, 0)
    more = "" if findings.second_file else ", or hold out a larger share (--test-size)"
    if 0 < count < FEW_POSITIVES:
        yield advise(
            "IMB024",
            f"{counted(count, 'test row is', 'test rows are')} {label!r}: a recall of "
            f"0.50 is known to ± {half_width(count):.2f}",
            f"collect more of them{more}; read differences between arms with their "
            "intervals",
        )
