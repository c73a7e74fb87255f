"""The wrong way beside the right way: three scores of a model, and what they teach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core import format as figures
from engine.core.views import Cell, Column, Look, Row, ViewTable

if TYPE_CHECKING:
    from engine.core.lab import LeakScore, LeakShown

_COLUMNS: Final = (
    Column("", align="left"),
    Column("recall"),
    Column("missed", drop=1),
    Column("false alarms", short="FP", drop=2),
    Column("precision"),
    Column("F1", drop=4),
    Column("average precision", short="AP"),
    Column("ROC AUC", short="AUC", drop=3),
)
_WAYS: Final[dict[str, tuple[str, Look]]] = {
    "wrong": ("the wrong way claims", "bad"),
    "delivered": ("the same model delivers", "bold"),
    "right": ("the right way says", "good"),
}
NOTABLE: Final = 0.05
"""Difference of two scores from which on they differ."""


def scores(shown: LeakShown) -> ViewTable:
    """Return a row per way: what is claimed, what is delivered, the right way."""
    return ViewTable(_COLUMNS, tuple(map(_row, shown.scores)))


def _row(score: LeakScore) -> Row:
    words, look = _WAYS[score.way]
    rates = (score.precision, score.f1, score.average_precision, score.roc_auc)
    cells = (
        Cell(words, look),
        Cell(figures.decimals(score.recall, 3), look),
        Cell(f"{score.fn:,} of {score.fn + score.tp:,}"),
        Cell(figures.count(score.fp)),
        *(Cell(figures.decimals(rate, 3)) for rate in rates),
    )
    return Row(score.way, cells)


def lesson(shown: LeakShown) -> tuple[tuple[Cell, str], ...]:
    """Return what the scores mean and what to do: headings, each with its text."""
    by = {score.way: score for score in shown.scores}
    wrong, delivered, right = by["wrong"], by["delivered"], by["right"]
    texts = (_claims_text(wrong, delivered), _wrong_way_text(shown, wrong))
    adjusted = (f"Adjusted: {text}." for text in shown.repairs)
    return (
        (Cell("The wrong way", "bad"), " ".join((*texts, *adjusted))),
        (Cell("What it delivers", "bold"), _delivery_text(delivered)),
        (Cell("The right way", "good"), _right_way_text(delivered, right)),
        (
            Cell("What to do", "bold"),
            "Split first, and in cross-validation balance inside each fold. A run does "
            "that: no validation or test row comes near a sampler.",
        ),
    )


def _wrong_way_text(shown: LeakShown, wrong: LeakScore) -> str:
    validated = _rows(wrong)
    share = figures.share(wrong.fn + wrong.tp, validated)
    life = f"{100 * shown.prevalence:.2g} %"
    text = (
        f"All rows but those set aside are balanced ({shown.arm.name}), and then a "
        f"fifth of them is drawn to test on: {validated:,} rows."
    )
    known = []
    if wrong.synthetic:
        known.append(
            f"{wrong.synthetic:,} of them are synthetic, and describe no real case"
        )
    if wrong.copies:
        known.append(
            f"{wrong.copies:,} share a real row with the rows it was trained on, as a "
            "copy of it or made from it: the model is tested on what it learned"
        )
    if known:
        text += f" {'; '.join(known)}."
    return f"{text} And {share} of them are positive, where {life} of the table are."


def _delivery_text(delivered: LeakScore) -> str:
    hits, positives = delivered.tp, delivered.fn + delivered.tp
    text = (
        f"The same model on {_rows(delivered):,} rows that were set aside before "
        f"anything was done: it finds {hits:,} of {positives:,} positives"
    )
    if delivered.tp + delivered.fp:
        alerts = delivered.tp + delivered.fp
        text += f", and {delivered.fp:,} of its {alerts:,} alerts are false"
    return f"{text}."


def _claims_text(wrong: LeakScore, delivered: LeakScore) -> str:
    """Say which claims do not hold; the recall first."""
    names = {
        "recall": "A recall",
        "precision": "A precision",
        "average_precision": "An average precision",
    }
    broken = []
    for name, noun in names.items():
        claim, truth = getattr(wrong, name), getattr(delivered, name)
        if claim is None or not _differ(claim, truth):
            continue
        outcome = "no alarm is raised" if truth is None else f"{truth:.2f} is delivered"
        broken.append(f"{noun} of {claim:.2f} was claimed, {outcome}.")
    if not broken:
        return "The claim is close to what is delivered here; do not rely on that."
    return " ".join(broken[:2])


def _right_way_text(delivered: LeakScore, right: LeakScore) -> str:
    text = (
        "Split first, balance the training rows only, test on rows as they are "
        f"collected: a recall of {figures.decimals(right.recall, 2)}"
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


def _differ(first: float | None, second: float | None) -> bool:
    """Tell whether two scores differ by more than a reader would wave through."""
    if first is None or second is None:
        return first is not second
    return abs(first - second) >= NOTABLE


def _rows(score: LeakScore) -> int:
    return score.tn + score.fp + score.fn + score.tp
