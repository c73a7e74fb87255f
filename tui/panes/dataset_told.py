"""What is told of a table: its split in words, and a line for each column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from textual.content import Content

from engine.client.messages import ColumnInfo, Load, Preview, TableInfo
from engine.core import format as figures
from engine.events import Advice, Reader, Sampled
from tui.choices import Way, way_of
from tui.panes import wording
from tui.safe_text import clean, clip, content
from tui.screens.frame import short_name
from tui.widgets.columns import Cell
from tui.widgets.rows import Item

Order: TypeAlias = Literal["file", "strength", "missing", "levels", "name"]
_SORTED: Final[dict[Order, tuple[str, Callable[[ColumnInfo], Any]]]] = {
    "file": ("columns as in the file", lambda column: 0),
    "strength": (
        "columns by strength",
        lambda column: -column.alone.average_precision if column.alone else 1.0,
    ),
    "missing": ("columns by missing cells", lambda column: -column.missing),
    "levels": ("columns by levels", lambda column: -column.levels),
    "name": ("columns by name", lambda column: column.name.casefold()),
}
ORDERS: Final[tuple[Order, ...]] = tuple(_SORTED)
"""How the columns may be sorted, in the order of the key."""
_BAR: Final = 8
_MOST_LABELS: Final = 6
_TELLING: Final = ("target", "group", "time", "split")


# The columns -----------------------------------------------------------------------


def column_items(table: TableInfo, order: Order = "file") -> list[Item]:
    """Return a line per column.

    Parameters
    ----------
    table : TableInfo
    order : {"file", "strength", "missing", "levels", "name"}, default="file"
        The strongest, or those with the most, come first.

    Returns
    -------
    list of Item
        Each has name, kind, role, missing, levels, strength, lift, advice.
    """
    said: dict[str, list[Advice]] = {}
    for advice in table.advice:
        if advice.column is not None:
            said.setdefault(advice.column, []).append(advice)
    alone = [column.alone for column in table.columns if column.alone is not None]
    most = max((one.lift for one in alone), default=1.0)
    return [
        _item(column, table.rows, most, said.get(column.name, ()))
        for column in sorted(table.columns, key=_SORTED[order][1])
    ]


def _item(column: ColumnInfo, rows: int, most: float, advice: Sequence[Advice]) -> Item:
    told = "" if column.role == "feature" else "dim"
    style = "bold $text-accent" if column.role in _TELLING else told
    known: Cell = (figures.NOTHING, "dim")
    bar = ""
    if column.alone is not None:
        known = figures.decimals(column.alone.average_precision, 3)
        bar = _lift_bar(column.alone.lift, most)
    # The column's own view and the advice say what the codes mean.
    codes = " ".join(dict.fromkeys(one.code for one in advice))
    return Item(
        column.name,
        (
            column.name,
            (column.kind, "dim"),
            (column.role, style),
            figures.share(column.missing, rows) if column.missing else "0",
            figures.count(column.levels),
            known,
            (bar, "$text-accent"),
            (codes, "$text-warning"),
        ),
    )


def _lift_bar(times: float, most: float) -> str:
    """Return a bar from chance to the strongest column, and the lift."""
    full = round(_BAR * max(0.0, times - 1) / (most - 1)) if most > 1 else 0
    return f"{'━' * full}{'─' * (_BAR - full)} ×{times:.1f}"


# The split -------------------------------------------------------------------------


def told(table: TableInfo, request: Load | None, order: Order = "file") -> Content:
    """Return what the classes, the split and the rows tell, in a few lines.

    Parameters
    ----------
    table : TableInfo
    request : Load or None
        The choices it was loaded with.
    order : {"file", "strength", "missing", "levels", "name"}, default="file"
        How the columns below are sorted.

    Returns
    -------
    textual.content.Content
    """
    lines: list[Content] = []
    if table.sampled is not None:
        text = f"a {sampled(table.sampled)}"
        lines.append(Content.styled(text, "bold $text-warning"))
    if table.problem:
        lines.append(wording.refusal(table.problem))
    elif several(table):
        text = f"all {len(table.labels)} classes are compared"
        more = "; pane 1 chooses one against the others"
        lines.append(Content.assemble((text, "bold $text-accent"), (more, "dim")))
    if not table.problem and table.target is not None:
        lines.append(_tested(table, request))
    if len(table.train) > 2 or len(table.test) > 2:
        lines += [_counts("train", table.train), _counts("test", table.test)]
    lines.append(_rows(table, order))
    return wording.lines(line for line in lines if line.plain)


def several(table: TableInfo) -> bool:
    """Tell whether more than two classes are compared, none of them the positive."""
    return table.positive is None and len(table.labels) > 2


def _tested(table: TableInfo, request: Load | None) -> Content:
    """Say which rows are the test rows, and what the rare ones among them can tell."""
    half, label = table.recall_half_width, table.positive
    if not table.test or (label is not None and half is None):
        return Content("")
    if label is None:
        label = min(table.test, key=table.test.__getitem__)
        rows = figures.plural(table.test[label], "row")
        rows += f" of {clip(label, 16)}, the rarest"
    else:
        rows = figures.plural(table.test.get(label, 0), "positive")
    known = "" if half is None else f"a recall of 0.50 is known to ± {half:.2f}"
    said = content(f"{_test_words(request)}: {rows}{' → ' if known else ''}")
    return Content.assemble(said, (known, "bold"))


def _test_words(request: Load | None) -> str:
    if request is None:
        return "test"
    share = f"{100 * request.test_size:g} %"
    words: dict[Way, str] = {
        "random": f"test {share}",
        "group": f"test {share} in groups of {clip(request.group, 20)}",
        "time": f"test, the latest {share} by {clip(request.time, 20)}",
        "by": f"test rows as {clip(request.by, 20)} says",
        "file": f"test rows of {clip(short_name(request.test_source or ''), 24)}",
    }
    return words[way_of(request)]


def _counts(name: str, counts: Mapping[str, int]) -> Content:
    """Return the classes of one side of the split."""
    shown = list(counts.items())[:_MOST_LABELS]
    parts = [f"{clip(label, 14)} {count:,}" for label, count in shown]
    if len(counts) > len(shown):
        parts.append(f"and {len(counts) - len(shown)} more")
    return Content.styled(f"{name:<5} {clean(' · '.join(parts))}", "dim")


def _rows(table: TableInfo, order: Order) -> Content:
    """Return rows that are there twice, and the order of the columns."""
    twice, against = table.duplicate_rows, table.contradictory_rows
    share = figures.share(twice, table.rows)
    parts = (
        (
            twice,
            f"{figures.plural(twice, 'row')} equal to an earlier one ({share})",
            "",
        ),
        (against, f"{against:,} contradictory rows", "$text-warning"),
        (order != "file", _SORTED[order][0], "$text-accent"),
    )
    return Content(" · ").join(
        Content.styled(text, style) for there, text, style in parts if there
    )


DELIMITERS: Final = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "bar |",
    ":": "colon",
    "whitespace": "blanks",
    "^": "caret ^",
    "~": "tilde ~",
}
DECIMALS: Final = {".": "point", ",": "comma"}
QUOTES: Final = {'"': 'double "', "'": "single '", "untreated": "untreated"}
_LONGEST: Final = 24


def delimiter(text: str) -> str:
    """Return what a delimiter is called.

    Examples
    --------
    >>> delimiter(";"), delimiter("#")
    ('semicolon', '#')
    """
    return DELIMITERS.get(text) or clip(text, _LONGEST)


def quote(text: str) -> str:
    """Return what a quote character is called."""
    return QUOTES.get(text) or clip(text, _LONGEST)


def header(lines: int) -> str:
    """Return how many header lines there are.

    Examples
    --------
    >>> header(0), header(1), header(2)
    ('no header line', '1 header line', '2 header lines')
    """
    return "no header line" if not lines else figures.plural(lines, "header line")


def is_text(reader: Reader | None) -> bool:
    """Tell whether a file is delimited text, or nothing better is known."""
    return reader is None or reader.format in ("", "text", "csv", "delimited text")


def read_as(reader: Reader) -> str:
    """Return how a table was read, as a few words apart.

    Examples
    --------
    >>> read_as(Reader(format="text", delimiter=",", encoding="utf-8", header=1))
    'text · comma · utf-8 · 1 header line'
    """
    unusual = reader.quoting in ("'", "untreated")
    parts = (
        clip(reader.format, _LONGEST),
        clip(reader.compression or "", _LONGEST),
        clip(reader.member or "", _LONGEST),
        delimiter(reader.delimiter) if reader.delimiter else "",
        clip(reader.encoding or "", _LONGEST),
        "" if reader.header is None else header(reader.header),
        f"{figures.plural(reader.skipped, 'line')} skipped" if reader.skipped else "",
        "decimal comma" if reader.decimal == "," else "",
        f"quotes: {quote(reader.quoting or '')}" if unusual else "",
        f"escape {reader.escape}" if reader.escape else "",
    )
    return " · ".join(filter(None, parts))


def promise(preview: Preview) -> str:
    """Return what the first rows tell of the whole: size, rows, memory.

    Examples
    --------
    >>> promise(Preview(source="a", name="a", bytes=2_600_000, columns=("x", "y"),
    ...         rows=(), reader=Reader(format="text"), estimated_rows=43_000))
    '2 columns · about 43,000 rows · 2.6 MB'
    """
    rows, memory, free = preview.estimated_rows, preview.memory, preview.free
    parts = (
        figures.plural(len(preview.columns), "column"),
        "" if rows is None else f"about {figures.plural(rows, 'row')}",
        "" if preview.bytes is None else figures.size(preview.bytes),
        "" if memory is None else f"takes {figures.size(memory)}",
    )
    told = " · ".join(filter(None, parts))
    known = memory is not None and free is not None
    return f"{told} of {figures.size(free)} free" if known else told


def sampled(sample: Sampled) -> str:
    """Say that a table is a sample.

    Examples
    --------
    >>> sampled(Sampled(rows=100_000, of=12_000_000))
    'sample 100,000 of 12,000,000 rows'
    """
    return f"sample {sample.rows:,} of {sample.of:,} rows"
