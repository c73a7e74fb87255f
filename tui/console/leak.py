"""The wrong way beside the right way: three scores of a model, and what they teach."""

from __future__ import annotations

from engine.client.lab import LeakScore, LeakShown
from engine.core import format as figures
from engine.core.views import Column, Look
from engine.data.source import STDIN
from tui.console.grid import grid
from tui.console.lines import Line, Span, line, paint, wrap
from tui.console.style import PLAIN, Style

_COLUMNS = (
    Column("", align="left"),
    Column("recall"),
    Column("missed", drop=1),
    Column("false alarms", short="alarms", drop=2),
    Column("precision"),
    Column("F1", drop=4),
    Column("average precision", short="AP"),
    Column("ROC AUC", short="AUC", drop=3),
)
_NAMES = {
    "wrong": "the wrong way claims",
    "delivered": "the same model delivers",
    "right": "the right way says",
}
NOTABLE = 0.05
"""Difference of two scores from which on they are said to differ."""
_LOOKS: dict[str, Look] = {"wrong": "bad", "delivered": "bold", "right": "good"}


def render(shown: LeakShown, source: str, *, width: int, style: Style = PLAIN) -> str:
    """Return the three scores as text.

    Parameters
    ----------
    shown : LeakShown
    source : str
        What the table is called.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    scores = {score.way: score for score in shown.scores}
    wrong, delivered, right = scores["wrong"], scores["delivered"], scores["right"]
    rows = [_row(score) for score in (wrong, delivered, right)]
    table, _ = grid(_COLUMNS, rows, width)
    called = "standard input" if source == STDIN else source
    title = f"{called}   {shown.arm.name}   positive {shown.positive!r}"
    said: dict[str, tuple[str, Look]] = {
        "The wrong way": (_wrong(shown, wrong), "bad"),
        "What it delivers": (_delivered(wrong, delivered), "bold"),
        "The right way": (_right(delivered, right), "good"),
        "What to do": (_advice(source), "bold"),
    }
    lines: list[Line] = [line(" ", Span(title, "bold")), (), *table]
    for head, (text, look) in said.items():
        lines += [(), line(" ", Span(head, look)), *wrap(text, width, first="   ")]
    return paint(lines, style, width)


def _row(score: LeakScore) -> list[Span]:
    look = _LOOKS[score.way]
    return [
        Span(_NAMES[score.way], look),
        Span(figures.decimals(score.recall, 3), look),
        Span(f"{score.fn:,} of {score.fn + score.tp:,}"),
        Span(figures.count(score.fp)),
        Span(figures.decimals(score.precision, 3)),
        Span(figures.decimals(score.f1, 3)),
        Span(figures.decimals(score.average_precision, 3)),
        Span(figures.decimals(score.roc_auc, 3)),
    ]


def _wrong(shown: LeakShown, wrong: LeakScore) -> str:
    judged = _rows(wrong)
    share = figures.share(wrong.fn + wrong.tp, judged)
    life = f"{100 * shown.prevalence:.2g} %"
    text = (
        f"All rows but those set aside are balanced ({shown.arm.name}), and then a "
        f"fifth of them is drawn to judge on: {judged:,} rows."
    )
    known = []
    if wrong.synthetic:
        known.append(f"{wrong.synthetic:,} of them are synthetic, and describe nobody")
    if wrong.copies:
        known.append(
            f"{wrong.copies:,} share a real row with the rows it was trained on, as a "
            "copy of it or made from it: it is asked what it was told"
        )
    if known:
        text += f" {'; '.join(known)}."
    return f"{text} And {share} of them are positive, where {life} of the table are."


def _delivered(wrong: LeakScore, delivered: LeakScore) -> str:
    found, positives = delivered.tp, delivered.fn + delivered.tp
    text = (
        f"The same model on {_rows(delivered):,} rows that were set aside before "
        f"anything was done: it finds {found:,} of {positives:,} positives"
    )
    if delivered.tp + delivered.fp:
        alarms = delivered.tp + delivered.fp
        text += f", and {delivered.fp:,} of its {alarms:,} alarms are false"
    return f"{text}. {claimed(wrong, delivered)}"


def claimed(wrong: LeakScore, delivered: LeakScore) -> str:
    """Say which claims do not hold; the recall first."""
    names = {
        "recall": "A recall",
        "precision": "A precision",
        "average_precision": "An average precision",
    }
    broken = []
    for name, said in names.items():
        claim, truth = getattr(wrong, name), getattr(delivered, name)
        if claim is None or not _differ(claim, truth):
            continue
        so = "no alarm is raised" if truth is None else f"{truth:.2f} is delivered"
        broken.append(f"{said} of {claim:.2f} was claimed, {so}.")
    if not broken:
        return "What was claimed is about what is delivered here: do not count on it."
    return " ".join(broken[:2])


def _right(delivered: LeakScore, right: LeakScore) -> str:
    text = (
        "Split first, balance the training rows only, judge on rows as they are in "
        f"life: a recall of {figures.decimals(right.recall, 2)}"
    )
    if right.recall is None or delivered.recall is None:
        return f"{text}."
    before = figures.decimals(delivered.recall, 2)
    if not _differ(delivered.recall, right.recall):
        return f"{text}. No better a model ({before} before), but a score that is true."
    better = "more" if right.recall > delivered.recall else "less"
    return (
        f"{text}, which is true. It is {better} than the {before} before, as it was "
        "trained on other rows."
    )


def _differ(one: float | None, other: float | None) -> bool:
    """Tell whether two scores differ by more than a reader would wave through."""
    if one is None or other is None:
        return one is not other
    return abs(one - other) >= NOTABLE


def _advice(source: str) -> str:
    return (
        "Keep test rows apart before anything else, and in cross-validation balance "
        "inside each fold (imblearn.pipeline.Pipeline). imbtui run does both; imbtui "
        "balance --split 0.2 writes both files. Then compare methods: imbtui run "
        f"{'DATA' if source == STDIN else source}"
    )


def _rows(score: LeakScore) -> int:
    return score.tn + score.fp + score.fn + score.tp
