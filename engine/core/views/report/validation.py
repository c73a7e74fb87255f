"""A validation of a bundle as a page: the verdict first, then the figures."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.validation import Validation
from engine.core.views import ViewTable, validation
from engine.core.views.report import parts

_LOOKS = {"chosen": "strong", "warn": "bad", "bad": "bad", "good": "good", "dim": "dim"}
_RARE = 0.1
"""Below such a prevalence a picture has scales of square roots."""


def layout(found: Validation) -> parts.Page:
    """Lay out a validation.

    Parameters
    ----------
    found : Validation

    Returns
    -------
    Page
    """
    verdict = found.verdict
    call = (f"{verdict.headline}. {verdict.recommendation} ", parts.Code(verdict.code))
    reasons = [
        parts.ListItem("·", parts.markup(one.text), one.code) for one in verdict.reasons
    ]
    doubts = [
        parts.ListItem("!", parts.markup(one.text), one.code, look="warn")
        for one in verdict.doubts
    ]
    needed = _items([parts.markup(text) for text in validation.needed(found)])
    notes = _items([(note,) for note in found.notes])
    columns = validation.drift(found, most=len(found.columns))
    sections = (
        parts.section(
            "metrics", "Metrics", [_table(validation.metrics(found)), _chart(found)]
        ),
        parts.section(
            "points",
            "Operating points",
            [_table(validation.points(found)), _table(validation.requests(found))],
        ),
        parts.section("drift", "Drift", [_table(columns)] if found.columns else ()),
        parts.section("needed", "How many positives", needed),
        parts.section("rows", "How the table fits", notes),
    )
    return parts.Page(
        title=f"{found.dataset}: {found.target} = {found.classes[-1]}",
        about=(
            "imbtui validation · ",
            parts.Code(found.arm),
            f" of run {found.run} at ",
            parts.Code(found.at),
        ),
        top=(
            parts.TextBlock(call, "call"),
            parts.TextBlock((validation.rows_text(found),), "lead"),
            *([parts.Items(tuple(reasons), "Why")] if reasons else []),
            *([parts.Items(tuple(doubts), "Limits")] if doubts else []),
        ),
        sections=tuple(section for section in sections if section is not None),
        foot=(
            "Made by imbtui ",
            parts.Code(found.imbtui),
            "; rules: docs/validate.md.",
        ),
    )


def _items(texts: Sequence[parts.Spans]) -> list[parts.Block]:
    """Return texts as a list; nothing of none."""
    items = tuple(parts.ListItem("·", spans) for spans in texts)
    return [parts.Items(items)] if items else []


def _table(table: ViewTable) -> parts.PageTable | None:
    """Return rows as a table of a page."""
    if not table.rows:
        return None
    rows = [
        [parts.PageCell((cell.text,), _LOOKS.get(cell.look, "")) for cell in row.cells]
        for row in table.rows
    ]
    title = "".join(cell.text for cell in table.title)
    note = [" ".join(table.notes)] if table.notes else []
    return parts.table(title, table.columns, rows, *note)


def _chart(found: Validation) -> parts.Charts:
    """Draw the share of positives in bins of like probabilities."""
    bins = [(b.score, b.positives / b.rows) for b in found.calibration.bins]
    rare = found.prevalence.now < _RARE
    x, y = (
        parts.root(title, high) if rare else parts.linear(title, 0.0, min(1.0, high))
        for n, title in enumerate(("mean probability", "share of positives"))
        for high in [max(point[n] for point in bins) or 1.0]
    )
    plane = parts.Plane(x, y)
    ends = [n / 50 * min(x.high, y.high) for n in range(51)]
    plane.line([(end, end) for end in ends], "base")
    plane.line(bins, parts.look(1))
    for point in bins:
        plane.mark(*point, 1, 3.2)
    chart = parts.Chart(
        "calibration",
        "Calibrated probabilities on the new rows",
        "The share of positives against the mean probability, in bins of equally many "
        "rows; the diagonal is perfect calibration.",
        plane.shapes(),
        note=("Both scales are those of square roots.",) if rare else (),
    )
    return parts.Charts((chart,))
