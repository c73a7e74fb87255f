"""The profile of a table, as its document, as rows and in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from typing import Final, Literal

import msgspec

from engine.core import format as figures
from engine.core.events import Advice, Reader, Sampled
from engine.core.messages import ColumnInfo, Preview, TableInfo, TargetCandidate
from engine.core.views import Cell, Column, Look, Row, ViewTable

COLUMNS: Final = (
    Column("column", align="left", least=10, most=32),
    Column("kind", align="left"),
    Column("role", align="left"),
    Column("missing", drop=3),
    Column("levels", drop=2),
    Column("AP alone", short="AP"),
    Column("× chance", align="left", drop=4),
    Column("AUC alone", short="AUC", drop=5),
    Column("advice", align="left", drop=1, least=13, most=40),
)
_AT_FIRST: Final = ("column", "kind", "missing", "levels")
"""What is known of a column before the whole table is."""
_BAR: Final = 8
_SEEN: Final = 1.2
"""Times chance from which a bar is drawn: less may be chance."""
_NO_FIX: Final = "nothing to do"
_MOST_CLASSES: Final = 4
_MOST_LABEL: Final = 24
_SPECIAL: Final = ("target", "weight", "group", "time", "split")


# The columns -------------------------------------------------------------------------


def columns(table: TableInfo) -> ViewTable:
    """Return a row per column."""
    codes: dict[str | None, list[str]] = {}
    for item in table.advice:
        codes.setdefault(item.column, []).append(item.code)
    alone = [column.alone for column in table.columns if column.alone is not None]
    most = max((item.lift for item in alone), default=1.0)
    rows = tuple(
        _row(item, role(item, table), table.rows, most, codes.get(item.name, []))
        for item in table.columns
    )
    return ViewTable(COLUMNS, rows)


def role(column: ColumnInfo, table: TableInfo) -> str:
    """Return the role of a column, and whether errors are compared by its values.

    Examples
    --------
    >>> sex = ColumnInfo(name="sex", kind="category", role="ignored", missing=0,
    ...                  levels=2)
    >>> info = TableInfo(source="t.csv", name="t.csv", bytes=9, rows=2, columns=(sex,))
    >>> role(sex, info), role(sex, msgspec.structs.replace(info, subgroups=("sex",)))
    ('ignored', 'by group')
    """
    if column.name not in table.subgroups:
        return column.role
    by = "by group"
    return by if column.role in ("ignored", "id") else f"{column.role}, {by}"


def _row(
    column: ColumnInfo, role: str, rows: int, most: float, codes: list[str]
) -> Row:
    alone, missing = column.alone, column.missing
    share = f"{missing:,} ({figures.share(missing, rows)})"
    average_precision, lift, roc_auc = figures.NOTHING, "", figures.NOTHING
    if alone is not None:
        average_precision = figures.decimals(alone.average_precision, 3)
        roc_auc = figures.decimals(alone.roc_auc, 3)
        # From chance to the strongest column.
        full = (alone.lift - 1) / (most - 1) if most > 1 else 0.0
        bar = figures.bar(round(_BAR * max(0.0, full)), _BAR, _BAR)
        lift = f"{bar if alone.lift >= _SEEN else ' ' * _BAR} ×{alone.lift:.1f}"
    known = Cell(average_precision, "" if alone else "dim")
    usual: Look = "" if role == "feature" else "dim"
    cells = (
        Cell(column.name),
        Cell(column.kind, "dim"),
        Cell(role, "chosen" if role in _SPECIAL or role != column.role else usual),
        Cell(share) if missing else Cell("0", "dim"),
        Cell(figures.count(column.levels)),
        known,
        Cell(lift),
        known._replace(text=roc_auc),
        # The column's own view and the advice say what the codes mean.
        Cell(" ".join(dict.fromkeys(codes)), "warn"),
    )
    return Row(column.name, cells)


def missing(column: ColumnInfo, table: TableInfo) -> str:
    """Say how much is missing, and in which class of the training rows."""
    if not column.missing:
        return "none missing"
    text = f"{figures.share(column.missing, table.rows)} missing"
    counts = table.train
    parts = [
        f"{figures.share(count, counts[label])} of {figures.brief(label, 12)}"
        for label, count in list(column.missing_by_class.items())[:_MOST_CLASSES]
        if counts.get(label)
    ]
    return f"{text} ({', '.join(parts)})" if parts else text


def alone(column: ColumnInfo, table: TableInfo) -> str:
    """Say how well the column by itself ranks the positives, if that is known."""
    if column.alone is None:
        return ""
    text = f"AP alone {column.alone.average_precision:.3f}"
    chance = table.classes.get(table.positive or "", 0)
    if chance:
        share = figures.decimals(chance / sum(table.classes.values()), 3)
        text += f" (chance {share})"
    return f"{text}, ROC AUC {figures.decimals(column.alone.roc_auc, 3)}"


def fix(advice: Advice) -> str:
    """Return what to do about advice; empty if there is nothing to do."""
    return "" if advice.fix == _NO_FIX else advice.fix


# The rows ----------------------------------------------------------------------------


def several(table: TableInfo) -> bool:
    """Tell whether more than two classes are compared, none of them the positive."""
    return table.positive is None and len(table.labels) > 2


def headline(table: TableInfo) -> Iterator[Cell]:
    """Yield name, shape, target, share and ratio, the most important first."""
    generated = table.name.startswith("make:")
    yield Cell(table.name.partition("?")[0] if generated else table.name, "bold")
    if table.sampled is None:
        yield Cell(f"{table.rows:,} × {len(table.columns):,}")
    else:
        yield Cell(sample_text(table.sampled), "warn")
    if table.target is None:
        yield Cell("no target", "warn")
        return
    counts, every = table.classes, sum(table.classes.values())
    few, many = min(counts.values(), default=0), max(counts.values(), default=0)
    if table.positive in counts:
        few = counts[table.positive]
        many = every - few
        yield Cell(f"{table.target}={table.positive}")
        yield Cell(f"{figures.share(few, every)} ({few:,})")
    else:
        yield Cell(table.target)
        if len(counts) < 3:
            return
        yield Cell(f"{len(counts):,} classes")
    yield Cell(figures.ratio(many, few), "bold")


def about_rows(table: TableInfo) -> Iterator[Cell]:
    """Yield how many rows are there twice, and on how many columns were scored."""
    twice, against = table.duplicate_rows, table.contradictory_rows
    if twice:
        rows, share = figures.plural(twice, "row"), figures.share(twice, table.rows)
        yield Cell(f"{rows} equal to an earlier one ({share})")
    if against:
        yield Cell(figures.plural(against, "contradictory row"), "warn")
    if (part := table.alone_sampled) is not None:
        yield Cell(f"columns scored on {part.rows:,} of {part.of:,} training rows")


def test_rows(table: TableInfo) -> tuple[str, str]:
    """Return how many rare rows the test rows hold, and how exact that makes recall."""
    half, label = table.recall_half_width, table.positive
    if not table.test or (label is not None and half is None):
        return "", ""
    if label is None:
        label = min(table.test, key=table.test.__getitem__)
        rows = figures.plural(table.test[label], "row")
        rows += f" of class {figures.brief(label, 16)}, the rarest"
    else:
        rows = figures.plural(table.test.get(label, 0), "positive")
    return rows, "" if half is None else f"95 % CI of recall about ± {half:.2f}"


def sample_text(sample: Sampled) -> str:
    """Say that a table is a sample.

    Examples
    --------
    >>> from engine.core.events import Sampled
    >>> sample_text(Sampled(rows=100_000, of=12_000_000))
    'sample 100,000 of 12,000,000 rows'
    """
    return f"sample {sample.rows:,} of {sample.of:,} rows"


# The reading -------------------------------------------------------------------------

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
QUOTES: Final = {'"': 'double "', "'": "single '", "none": "none"}


def delimiter(text: str) -> str:
    """Return what a delimiter is called.

    Examples
    --------
    >>> delimiter(";"), delimiter("#")
    ('semicolon', '#')
    """
    return DELIMITERS.get(text) or figures.brief(text, _MOST_LABEL)


def quote(text: str) -> str:
    """Return what a quote character is called."""
    return QUOTES.get(text) or figures.brief(text, _MOST_LABEL)


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
    >>> from engine.core.events import Reader
    >>> read_as(Reader(format="text", delimiter=",", encoding="utf-8", header=1))
    'text · comma · utf-8 · 1 header line'
    """
    unusual = reader.quoting in ("'", "none")
    parts = (
        figures.brief(reader.format, _MOST_LABEL),
        figures.brief(reader.compression or "", _MOST_LABEL),
        figures.brief(reader.member or "", _MOST_LABEL),
        delimiter(reader.delimiter) if reader.delimiter else "",
        figures.brief(reader.encoding or "", _MOST_LABEL),
        "" if reader.header is None else header(reader.header),
        f"{figures.plural(reader.skipped, 'line')} skipped" if reader.skipped else "",
        "decimal comma" if reader.decimal == "," else "",
        f"quotes: {quote(reader.quoting or '')}" if unusual else "",
        f"escape {reader.escape}" if reader.escape else "",
    )
    return " · ".join(filter(None, parts))


def first_rows(preview: Preview) -> str:
    """Return what a table is called of which no more is there.

    Examples
    --------
    >>> from engine.core.messages import Preview
    >>> from engine.core.events import Reader
    >>> known = {"bytes": 9, "columns": ("x",), "reader": Reader(format="text")}
    >>> seen = Preview(source="a", name="a", rows=(("1",),) * 500, **known)
    >>> first_rows(seen)
    'First 500 rows'
    """
    return f"First {figures.plural(len(preview.rows), 'row')}"


def first_columns(preview: Preview) -> ViewTable:
    """Return a row per column: what it is in the first rows of the table."""
    known = [column.title in _AT_FIRST for column in COLUMNS]
    full = [_row(column, "", len(preview.rows), 1.0, []) for column in preview.seen]
    rows = tuple(row._replace(cells=tuple(compress(row.cells, known))) for row in full)
    return ViewTable(tuple(compress(COLUMNS, known)), rows)


def promise(preview: Preview) -> str:
    """Return what the first rows tell of the whole: size, rows, memory.

    Examples
    --------
    >>> from engine.core.messages import Preview
    >>> from engine.core.events import Reader
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
    text = " · ".join(filter(None, parts))
    known = memory is not None and free is not None
    return f"{text} of {figures.size(free)} free" if known else text


# The document ------------------------------------------------------------------------


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a table before learning, as its document has it.

    Without a target `target` is None and `classes` empty; with more than two classes
    and no positive one `positive` is None and `classes` holds all of them. `ratio` is
    negatives per positive; of more than two classes, most per fewest. A target is
    guessed where neither the user nor the file names it, of the candidates. `alone` of
    a column is of `alone_sampled` training rows; false means all of them.
    """

    schema: Literal[1]
    name: str
    rows: int
    columns: tuple[ColumnInfo, ...]
    target: str | None
    target_guessed: bool
    target_candidates: tuple[TargetCandidate, ...]
    positive: str | None
    classes: dict[str, int]
    ratio: float | None
    train: dict[str, int]
    test: dict[str, int]
    recall_half_width: float | None
    duplicate_rows: int
    contradictory_rows: int
    alone_sampled: Sampled | bool
    reader: Reader
    sampled: Sampled | bool
    advice: tuple[Advice, ...]
    muted: int
    problem: str | None
    seconds: float


def of_table(info: TableInfo, *, seconds: float) -> Profile:
    """Return the profile of a table.

    Parameters
    ----------
    info : TableInfo
        What the service says of it.
    seconds : float
        What reading and measuring took.

    Examples
    --------
    >>> info = TableInfo(source="t.csv", name="t.csv", bytes=9, rows=2, columns=())
    >>> profile = of_table(info, seconds=0.1)
    >>> profile.rows, profile.target, profile.ratio, profile.sampled
    (2, None, None, False)
    """
    own = {"schema", "ratio", "alone_sampled", "sampled", "seconds"}
    return Profile(
        schema=1,
        ratio=_ratio(info),
        alone_sampled=info.alone_sampled or False,
        sampled=info.sampled or False,
        seconds=round(seconds, 3),
        **{n: getattr(info, n) for n in Profile.__struct_fields__ if n not in own},
    )


def _ratio(info: TableInfo) -> float | None:
    """Return negatives per positive; of more than two classes, most per fewest."""
    counts = info.classes
    if len(counts) < 2 or not all(counts.values()):
        return None
    if info.positive is not None:
        few = counts[info.positive]
        return round((sum(counts.values()) - few) / few, 4)
    return round(max(counts.values()) / min(counts.values()), 4)
