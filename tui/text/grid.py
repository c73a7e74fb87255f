"""Tables as lines, whose columns give way in a stated order; lists of what to do.

Also what the command line calls a field of the engine, since what is to be done is said
with the options that do it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from engine.core.doc import Doc, fields_of
from engine.core.errors import EngineError
from engine.core.events import Advice
from engine.core.experiment import SECTIONS, Experiment
from engine.core.views import FOCUSED, Column, Look, Row, ViewTable
from engine.core.views.profile import fix
from engine.core.views.report import parts
from tui.terminal.safe_text import cells, clip_middle, pad
from tui.text.lines import Line, Span, aside, line, marks, wrap

# Tables -------------------------------------------------------------------------------

_INDENT = 1
_GAPS = (3, 2)


def grid(
    columns: Sequence[Column], rows: Sequence[Sequence[Span]], width: int
) -> tuple[list[Line], list[str]]:
    """Lay out a table.

    Parameters
    ----------
    columns : sequence of Column
    rows : sequence of sequence of Span
        One span per column.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    lines : list of Line
        The heading and a line per row.
    dropped : list of str
        Headings of the columns that did not fit.
    """
    shown = list(range(len(columns)))
    while True:
        for short in (False, True):
            titles = [c.short or c.title if short else c.title for c in columns]
            wide = [
                max([cells(title), *(min(cells(r[i].text), c.most) for r in rows)])
                for i, (c, title) in enumerate(zip(columns, titles, strict=True))
            ]
            for gap in _GAPS:
                room = width - _INDENT - gap * (len(shown) - 1)
                fitted = _shrink([wide[i] for i in shown], [0 for _ in shown], room)
                if fitted is not None:
                    return _lay_out(columns, titles, rows, shown, fitted, gap)
        least = [min(columns[i].least or wide[i], wide[i]) for i in shown]
        fitted = _shrink([wide[i] for i in shown], least, room)
        going = max(columns[i].drop for i in shown)
        if fitted is not None or not going:
            fitted = fitted or least
            return _lay_out(columns, titles, rows, shown, fitted, gap)
        shown = [i for i in shown if columns[i].drop < going]


def draw(view: ViewTable, width: int, focused: str = "") -> list[Line]:
    """Lay out a table, with its notes and what did not fit below it.

    The row whose key is `focused` is marked.
    """
    lines = [line(" ", *view.title)] if view.title else []
    if view.rows:
        rows = [_mark(row, focused) for row in view.rows if not row.heading]
        (head, *drawn), dropped = grid(view.columns, rows, width)
        lines.append(head)
        ready = iter(drawn)
        for row in view.rows:
            lines += _heading(row, width) if row.heading else [next(ready)]
        lines += left_out(dropped, width)
    lines += marks(view.notes, width, " ", look="dim")
    return lines + marks(view.warnings, width, Span(" ! ", "warn"))


def _mark(row: Row, focused: str) -> Sequence[Span]:
    if not focused or row.key != focused:
        return row.cells
    (text, look), *others = row.cells
    return [Span(f"{FOCUSED}{text}", look), *others]


def _heading(row: Row, width: int) -> list[Line]:
    *lead, (text, look) = row.cells
    if not lead:
        return [line(" ", Span(clip_middle(text, width - 1), look))]
    first = Span(" " + "".join(cell.text for cell in lead))
    return wrap(text, width, first=first, look=look)


def draw_page(
    block: parts.PageTable,
    width: int,
    more: Callable[[tuple[parts.PageCell, ...]], Span] | None = None,
    focused: str = "",
) -> list[Line]:
    """Lay out a table of a page with its title and its note.

    What `more` makes of a row is another column. The row that names `focused` is
    marked.
    """
    rows = []
    for row in block.rows:
        spans = [
            Span(parts.text(cell.spans), "bold" if cell.look == "strong" else "")
            for cell in row
        ]
        last = [more(row)] if more else []
        rows.append(Row(spans[0].text, (*spans, *last)))
    columns = [*block.columns, *([Column("", align="left")] if more else [])]
    note = (parts.text(block.note),) if block.note else ()
    title = (Span(block.title, "bold"),) if block.title else ()
    return draw(ViewTable(tuple(columns), tuple(rows), note, title), width, focused)


def drawing(text: str) -> list[Line]:
    """Return a drawing as lines, one cell from the left."""
    return [line(f" {row}") for row in text.split("\n")]


def draw_items(
    items: Iterable[parts.ListItem],
    width: int,
    look: Look = "",
    *,
    options: bool = True,
    codes: bool = True,
) -> list[Line]:
    """Lay out entries of a list, what is to be done below each.

    Parameters
    ----------
    items : iterable of ListItem
    width : int
        Cells that a line takes at most.
    look : Look, default=""
        The look of what they say.
    options, codes : bool, default=True
        Whether options of the command line are named, and codes.
    """
    lines: list[Line] = []
    for item in items:
        fields = item.field if options else None
        below = parts.text(item.below)
        text = parts.source(item.spans)
        text = text if below else add_options(text, fields)
        text = f"{text} {item.code}" if item.code and codes else text
        mark = Span(f" {item.mark or ' '} ", item.look or ("dim" if item.mark else ""))
        lines += wrap(text, width, first=mark, look=look)
        if below:
            lines += wrap(add_options(below, fields), width, first="   → ")
    return lines


def left_out(titles: Sequence[str], width: int) -> list[Line]:
    """Say which columns did not fit; nothing if all did."""
    names = dict.fromkeys(title.strip() for title in titles)
    text = f"not shown at this width: {', '.join(names)}"
    return aside(text, width) if titles else []


def _shrink(wide: list[int], least: list[int], room: int) -> list[int] | None:
    """Cut the widest column cell by cell until all fit; None if they cannot."""
    fitted = list(wide)
    while (excess := sum(fitted) - room) > 0:
        slack = [f - low if low else 0 for f, low in zip(fitted, least, strict=True)]
        if sum(slack) < excess:
            return None
        can = [i for i, more in enumerate(slack) if more]
        fitted[max(can, key=lambda i: fitted[i])] -= 1
    return fitted


def _lay_out(
    columns: Sequence[Column],
    titles: Sequence[str],
    rows: Sequence[Sequence[Span]],
    shown: Sequence[int],
    widths: Sequence[int],
    gap: int,
) -> tuple[list[Line], list[str]]:
    heading = [Span(title, "dim") for title in titles]
    lines: list[Line] = []
    for row in (heading, *rows):
        spans = [Span(" " * _INDENT)]
        for place, (index, width) in enumerate(zip(shown, widths, strict=True)):
            text, look = row[index]
            if place:
                spans.append(Span(" " * gap))
            spans.append(Span(pad(text, width, columns[index].align), look))
        lines.append(tuple(spans))
    dropped = [c.title for i, c in enumerate(columns) if i not in shown]
    return lines, dropped


# Fields and what to do, as the command line has them ----------------------------------

_NAMES: Final = {
    "kind": "as",
    "overwrite": "force",
    "path": "output",
    "keep_equal": "keep-equal",
}
"""The options of what is no experiment's, where they are not called like it."""
_COMMANDS: Final = {"bundle": "export RUN --as bundle", "check": "store --check"}
_ADVICE_FIELDS: Final = {
    "IMB007": "data.target",
    "IMB008": "data.positive",
    "IMB010": "data.positive",
    "IMB015": "search.folds",
    "IMB022": "data.read.rows",
    "IMB026": "data.drop",
}
"""The fields of advice that no one choice follows."""


def flag(doc: Doc) -> str:
    """Return the option of a field of an experiment.

    Examples
    --------
    >>> from engine.core.experiment import SearchSpec
    >>> [flag(doc) for doc in fields_of(SearchSpec).values()][-2:]
    ['--no-prune', '--patience']
    """
    return f"--{'no-' if doc.default is True else ''}{doc.option}"


def option(field: str) -> str:
    """Return the option that sets a field; empty if there is none.

    Examples
    --------
    >>> option("split.test_size"), option("data.test_source"), option("overwrite")
    ('--test-size', '--test', '--force')
    >>> option("model.rounds")
    ''
    """
    section, _, name = field.rpartition(".")
    doc = fields_of(SECTIONS[section] if section else Experiment).get(name)
    if doc is None:
        return f"--{_NAMES.get(name, name)}"
    return flag(doc) if doc.option else ""


def add_options(text: str, fields: str | None, action: str = "") -> str:
    """Return what to do, with the options and the command that do it.

    Parameters
    ----------
    text : str
    fields : str or None
        Names of fields, separated by blanks.
    action : str, default=""
        As of `EngineError`.

    Examples
    --------
    >>> add_options("name its encoding.", "data.read.encoding")
    'name its encoding (--encoding).'
    >>> add_options("go on with it", None, "resume 3f2a")
    'go on with it (imbtui resume 3f2a)'
    """
    options = [option(field) for field in (fields or "").split()]
    options += [f"imbtui {_COMMANDS.get(action, action)}"] if action else []
    shown = ", ".join(filter(None, options))
    if not shown:
        return text
    end = "." * text.endswith(".")
    return f"{text.removesuffix('.')} ({shown}){end}"


def error_text(error: EngineError) -> str:
    """Return an error in one line, with what is typed about it.

    Examples
    --------
    >>> error_text(EngineError("3 files in a.zip", "choose", field="data.read.rows"))
    '3 files in a.zip. Choose (--rows)'
    """
    texts = [error.message, error.fix] if error.fix else [error.message]
    texts[-1] = add_options(texts[-1], error.field, error.action)
    return str(EngineError(*texts))


def advice_text(advice: Advice) -> str:
    """Return what to do about advice, with the option that does it.

    Examples
    --------
    >>> from engine.core.events import FieldChange
    >>> change = FieldChange(field="drop", value="-x")
    >>> advice_text(Advice(code="IMB012", message="", fix="drop it", change=change))
    'drop it (--drop=-x)'
    """
    if advice.change is None:
        text = fix(advice)
        return add_options(text, _ADVICE_FIELDS.get(advice.code)) if text else ""
    name, value = f"--{advice.change.field}", shlex.quote(advice.change.value)
    # A value that looks like an option has to be tied to its own.
    whole = f"{name}={value}" if value.startswith("-") else f"{name} {value}"
    return f"{advice.fix} ({whole})"
