"""More than two classes as text: how many there are, what is found of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.console import facts, figures
from tui.console.facts import ArmRow, Document
from tui.console.grid import Column, grid
from tui.console.lines import Line, Span, beside, flow, line, wrap
from tui.safe_text import clip

__all__ = ["class_opening", "class_table", "weights"]

_MOST_ARM = 24
_MOST_LABEL = 16
_MOST_COUNTED = 12
_ALWAYS = 3
"""So many classes, the rarest, are always shown."""
_FINGERPRINT = 12
_REST = (
    Column("macro recall", "macro"),
    Column("macro F1", "F1", drop=1),
    Column("AP", drop=2),
    Column("Brier", drop=3),
    Column("weights", align="left", drop=1001, most=16),
    Column("trials", drop=1003),
    Column("time", drop=1002),
)


def class_table(
    rows: Sequence[ArmRow], classes: Sequence[str], width: int
) -> tuple[list[Line], list[str]]:
    """Lay out the board of more than two classes.

    Parameters
    ----------
    rows : sequence of ArmRow
        Those with a result, in the order to show them.
    classes : sequence of str
        The rarest first.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    lines : list of Line
        The missed rows of the rarest class, the recall of each, their means.
    dropped : list of str
        Headings of the columns that did not fit; classes are only counted.
    """
    columns = [Column("arm", align="left", most=_MOST_ARM), Column("missed")]
    columns += [
        Column(clip(label, _MOST_LABEL), clip(label, 8), drop=_drop(place))
        for place, label in enumerate(classes)
    ]
    lines, gone = grid(
        [*columns, *_REST],
        [
            [
                Span(row.name + (" ⚠" if row.repairs else "")),
                Span(figures.count(row.fn), "bold"),
                *(Span(figures.decimals(row.class_recall.get(c), 2)) for c in classes),
                Span(figures.decimals(row.macro_recall, 2)),
                Span(figures.decimals(row.macro_f1, 2)),
                Span(figures.decimals(row.average_precision, 3)),
                Span(figures.decimals(row.brier, 3)),
                Span(weights(row.weights, classes)),
                Span(figures.count(row.trials)),
                Span(figures.clock(row.seconds)),
            ]
            for row in rows
        ],
        width,
    )
    known = {column.title for column in _REST}
    dropped = [title for title in gone if title in known]
    if left := len(gone) - len(dropped):
        dropped.insert(0, f"the recall of {figures.plural(left, 'class', 'classes')}")
    rarest = clip(classes[0], _MOST_LABEL)
    text = f"missed: rows of {rarest}, the rarest; then the recall of each class"
    return [*lines, *wrap(text, width, first=" ", look="dim")], dropped


def _drop(place: int) -> int:
    """Return when a class goes: the most frequent first, the rarest never."""
    return 0 if place < _ALWAYS else min(1000, 10 + place)


def weights(known: Mapping[str, float], order: Sequence[str]) -> str:
    """Write the weights of classes in an order, the smallest as 1.

    Only their ratios matter.

    Examples
    --------
    >>> weights({"a": 0.5, "b": 6.5}, ("b", "a")), weights({"a": 1, "b": 1}, ("b", "a"))
    ('13:1', 'equal')
    """
    found = [known[label] for label in order if label in known]
    least = min((value for value in found if value > 0), default=0.0)
    if not least:
        return figures.NOTHING
    parts = [value / least for value in found]
    if max(parts) - min(parts) < 1e-9:
        return "equal"
    return ":".join(
        f"{part:.1f}".removesuffix(".0") if part < 9.95 else f"{part:,.0f}"
        for part in parts
    )


def class_opening(document: Document, run: Line, width: int) -> list[Line]:
    """Name the table and the split, with the rows of each class.

    Parameters
    ----------
    document : mapping
        A result document of more than two classes.
    run : Line
        What is said of the run.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
    """
    dataset, split = document["dataset"], document.get("split") or {}
    classes = facts.classes(document)
    counts = dataset["classes"]
    most, least = counts[classes[-1]], counts[classes[0]]
    items = [
        line(Span(clip(dataset["name"], 40), "bold")),
        line(f"{dataset['rows']:,} × {dataset['columns']:,}"),
        line(clip(dataset["target"], _MOST_ARM)),
        line(f"{len(classes)} classes"),
        line(Span(figures.ratio(most, least), "bold")),
    ]
    lines = beside(flow(items, width), run, width)
    if not split:
        return lines + _counted("rows", counts, classes, width)
    for name in ("test", "train"):
        lines += _counted(name, split[name], classes, width)
    print_ = f"test rows SHA-256 {split['test_fingerprint'][:_FINGERPRINT]}"
    return [*lines, line(" ", Span(print_, "dim"))]


def _counted(
    title: str, counts: Mapping[str, int], classes: Sequence[str], width: int
) -> list[Line]:
    items = [line(f"{sum(counts.values()):,} rows")]
    items += [
        line(f"{clip(one, _MOST_LABEL)}: {counts.get(one, 0):,}")
        for one in classes[:_MOST_COUNTED]
    ]
    if (left := len(classes) - _MOST_COUNTED) > 0:
        items.append(line(f"and {figures.plural(left, 'more class', 'more classes')}"))
    return flow(items, width, first=f" {title:<5} ")
