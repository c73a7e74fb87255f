"""A profile document as text: the classes as bars, the columns, the advice."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from engine.core import format as figures
from engine.core.views import Column
from engine.export.page.facts import Document
from tui.console.grid import grid
from tui.console.lines import Line, Span, flow, line, marked, paint, stack, wrap
from tui.console.style import PLAIN, Style
from tui.safe_text import cells, clip, pad

MOST_CLASSES = 12
MOST_NOTES = 8
_MOST_LABEL = 24
_LEAST_BAR = 8

_COLUMNS = (
    Column("column", align="left", least=10, most=32),
    Column("kind", align="left"),
    Column("role", align="left", drop=3),
    Column("missing", drop=2),
    Column("levels", drop=1),
    Column("alone (AP)", short="AP"),
    Column("lift", drop=4),
    Column("alone (AUC)", short="AUC", drop=5),
    Column("advice", align="left", least=6, most=36),
)


def render(document: Document, *, width: int, style: Style = PLAIN) -> str:
    """Return a profile document as text.

    Parameters
    ----------
    document : mapping
        A profile document.
    width : int
        Cells that a line takes at most; made for 60 and more.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end. Untrusted text in it is harmless.
    """
    parts = (
        _opening(document, width),
        _problem(document, width),
        _classes(document, width),
        _split(document, width),
        _columns(document, width),
        _advice(document, width),
        _reading(document, width),
    )
    return paint(stack(parts), style, width)


def _opening(document: Document, width: int) -> list[Line]:
    columns = document["columns"]
    shape = f"{figures.plural(document['rows'], 'row')} × "
    shape += figures.plural(len(columns), "column")
    items = [line(Span(clip(document["name"], width - 2), "bold")), line(shape)]
    sampled = document["sampled"]
    if sampled:
        text = f"a sample of {sampled['of']:,} rows"
        items.append(line(Span(text, "warn")))
    target = document["target"]
    if target is not None:
        label = document["positive"]
        items.append(line(f"target {target}" + (f"={label}" if label else "")))
    if document["ratio"] is not None:
        items.append(line(_proportion(document)))
    items.append(line(figures.plural(document["duplicate_rows"], "duplicate row")))
    if document["contradictory_rows"]:
        text = figures.plural(document["contradictory_rows"], "contradictory row")
        items.append(line(text))
    items.append(line(Span(f"{document['seconds']:.1f} s", "dim")))
    return flow(items, width)


def _proportion(document: Document) -> str:
    counts: Mapping[str, int] = document["classes"]
    positive = document["positive"]
    few = counts[positive] if positive is not None else min(counts.values())
    many = sum(counts.values()) - few if positive is not None else max(counts.values())
    return figures.ratio(many, few)


def _problem(document: Document, width: int) -> list[Line]:
    if not document["problem"]:
        return []
    return wrap(document["problem"], width, first=Span(" ! ", "warn"))


def _classes(document: Document, width: int) -> list[Line]:
    """Draw a bar per class, as long as its share of the largest one."""
    counts: Mapping[str, int] = document["classes"]
    if not counts:
        return []
    shown = sorted(counts, key=lambda label: -counts[label])
    rest = shown[MOST_CLASSES:]
    shown = shown[:MOST_CLASSES]
    total, most = sum(counts.values()), max(counts.values())
    head = min(_MOST_LABEL, max(cells(label) for label in shown))
    number = max(len(f"{counts[label]:,}") for label in shown)
    room = max(_LEAST_BAR, width - head - number - 15)
    lines = []
    for label in shown:
        # A class that is there has a bar, however rare it is.
        full = max(1 if counts[label] else 0, room * counts[label] // max(1, most))
        positive = label == document["positive"]
        lines.append(
            line(
                " ",
                Span(pad(label, head), "bold" if positive else ""),
                "  ",
                Span("█" * full, "missed" if positive else ""),
                " " * (room - full),
                f"  {counts[label]:>{number},}",
                Span(f"  {figures.share(counts[label], total):>8}", "dim"),
            )
        )
    if rest:
        text = f" and {figures.plural(len(rest), 'more class', 'more classes')}"
        lines.append(line(Span(text, "dim")))
    return lines


def _split(document: Document, width: int) -> list[Line]:
    train, test = document["train"], document["test"]
    if not train or not test:
        return []
    text = (
        f"{sum(train.values()):,} rows to train and {sum(test.values()):,} to test on"
    )
    positive, known = document["positive"], document["recall_half_width"]
    if positive is not None and known is not None:
        count = figures.plural(test[positive], "test positive")
        text += f": {count}, so a recall of 0.50 is known to ± {known:.2f}"
    return wrap(text, width, first=" ")


def _columns(document: Document, width: int) -> list[Line]:
    advised: dict[str, list[str]] = {}
    for one in document["advice"]:
        if one["column"] is not None:
            advised.setdefault(one["column"], []).append(one["code"])
    rows = [_row(column, document, advised) for column in document["columns"]]
    return grid(_COLUMNS, rows, width)[0]


def _row(
    column: Mapping[str, Any], document: Document, advised: Mapping[str, list[str]]
) -> list[Span]:
    alone = column["alone"] or {}
    missing = column["missing"]
    share = figures.share(missing, document["rows"])
    lift = alone.get("lift")
    codes = " ".join(dict.fromkeys(advised.get(column["name"], [])))
    target = column["role"] == "target"
    return [
        Span(column["name"], "chosen" if target else ""),
        Span(column["kind"]),
        Span(column["role"], "" if column["role"] == "feature" else "dim"),
        Span(f"{missing:,} ({share})" if missing else "0", "" if missing else "dim"),
        Span(figures.count(column["levels"])),
        Span(figures.decimals(alone.get("average_precision"), 3)),
        Span(figures.NOTHING if lift is None else f"{lift:.1f}×"),
        Span(figures.decimals(alone.get("roc_auc"), 3)),
        Span(codes, "warn"),
    ]


def _advice(document: Document, width: int) -> list[Line]:
    lines: list[Line] = []
    for one in document["advice"]:
        if one["code"] == "IMB001":  # told with how the file was read
            continue
        text = f"{_sentence(one['cause'])} {_fix_text(one)}"
        lines += wrap(one["message"], width, first=Span(f" {one['code']}  ", "warn"))
        lines += wrap(text, width, first=" " * 9, look="dim")
    if muted := document["muted"]:
        text = f" {figures.plural(muted, 'more is', 'more are')} muted"
        lines.append(line(Span(text, "dim")))
    return lines


def _fix_text(one: Mapping[str, Any]) -> str:
    """Return what to do, with the option that does it."""
    fix = one["fix"]
    text = _sentence(f"→ {one['fix']}")
    if fix is None:
        return text
    option = f"--{fix['field']}"
    value = shlex.quote(fix["value"])
    # A value that looks like an option has to be tied to its own.
    whole = f"{option}={value}" if value.startswith("-") else f"{option} {value}"
    if f"({option})" in text:
        return text.replace(f"({option})", f"({whole})")
    return text if whole in text else f"{text[:-1]} ({whole})."


def _sentence(text: str) -> str:
    return text and f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _reading(document: Document, width: int) -> list[Line]:
    reader = document["reader"]
    marks = {"\t": "tab", " ": "blank", ",": "comma", ";": "semicolon", "|": "bar"}
    told = {name: reader[name] for name in ("format", "compression", "member")}
    told |= {
        "delimiter": marks.get(reader["delimiter"], reader["delimiter"]),
        "encoding": reader["encoding"],
        "quoting": marks.get(reader["quoting"], reader["quoting"]),
        "escape": reader["escape"],
        "decimal mark": reader["decimal"],
        "header lines": reader["header"],
        "lines skipped": reader["skipped"] or None,
    }
    items = [
        line(Span(f"{name} ", "dim"), str(value))
        for name, value in told.items()
        if value is not None
    ]
    lines = flow(items, width)
    notes = list(reader["notes"])
    lines += marked(notes[:MOST_NOTES], width, " · ")
    more = len(notes) - MOST_NOTES
    if more > 0:
        lines.append(line(Span(f" · and {figures.plural(more, 'more note')}", "dim")))
    return lines
