"""Dialogs about the dataset: which columns, what one is for, how the file is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from engine.core import format as figures
from engine.core.doc import fields_of
from engine.core.events import Reader
from engine.core.experiment import ReadSpec, doc_of
from engine.core.messages import ColumnInfo, Preview
from engine.core.views import profile as words
from tui.features import wording
from tui.features.dataset.state import LookRequested
from tui.features.dialogs import ChoiceDialog, FormDialog, column_about
from tui.features.pane import say, there
from tui.features.screen import DIALOG_STYLE, Dialog, SessionScreen
from tui.features.session import Session, short_name
from tui.terminal.safe_text import clip, content
from tui.widgets.chooser import Option
from tui.widgets.field import ChoiceField, Form, FormField, TextField
from tui.widgets.rows import Item, ListColumn, Rows
from tui.widgets.sheet import Sheet

# Columns ----------------------------------------------------------------------------

_EXAMPLES: Final = 3
_TICKED: Final = (
    ListColumn("", 3),
    ListColumn("column", 14, grow=30),
    ListColumn("as", 10, grow=60),
)


class ChooseColumns(Dialog[tuple[str, ...]]):
    """Asks for columns; dismisses with their names, () for all, or with nothing.

    Parameters
    ----------
    names : sequence of str
        The table's columns.
    chosen : sequence of str
        Those read now; all of them when empty.
    target : str or None
        Stays ticked.
    preview : Preview or None
        Its first rows, and what all of it would take.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "pick_column.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "turn_all", show=False),
        Binding("enter", "finish", show=False, priority=True),
    ]
    heading = "Which columns to load?"
    hint = "space ticks   a ticks all or none   enter loads"

    def __init__(
        self,
        names: Sequence[str],
        chosen: Sequence[str],
        target: str | None,
        preview: Preview | None,
    ) -> None:
        super().__init__()
        self._names = tuple(names)
        self._chosen = set(chosen or names)
        self._target = target
        self._preview = preview

    def compose_body(self) -> ComposeResult:
        """Lay out the sum and the list."""
        yield Static(id="columns-sum")
        yield Rows(_TICKED, header=False, hot=3, id="columns-list")

    def on_mount(self) -> None:
        """Show what is ticked."""
        self.query_one(Rows).focus()
        self._show()

    def _show(self) -> None:
        items = []
        for name in self._names:
            box = "[■]" if name in self._chosen else "[ ]"
            note = "the target" if name == self._target else self._examples(name)
            items.append(Item(name, (box, name, (note, "dim"))))
        self.query_one(Rows).update_items(items)
        self.query_one("#columns-sum", Static).update(self._sum())

    def _examples(self, name: str) -> str:
        seen = self._preview
        if seen is None or name not in seen.columns:
            return ""
        place = seen.columns.index(name)
        cells = (row[place] for row in seen.rows if place < len(row))
        known = dict.fromkeys(cell for cell in cells if cell is not None)
        return ", ".join(clip(cell, 12) for cell in list(known)[:_EXAMPLES])

    def _sum(self) -> Content:
        count, of = len(self._chosen), len(self._names)
        text = f"{count:,} of {figures.plural(of, 'column')}"
        seen = self._preview
        if seen is not None and seen.memory is not None and of:
            part = seen.memory * count // of
            text += f", some {figures.size(part)}"
            if seen.free is not None:
                text += f" of {figures.size(seen.free)} free memory"
                if part > seen.free:
                    return Content.styled(f"{text}: too much", "bold $text-warning")
        return Content(text)

    @on(Rows.Chosen)
    def _tick(self, event: Rows.Chosen) -> None:
        if event.how != "enter" and event.key != self._target:
            self._chosen ^= {event.key}
            self._show()

    def action_turn_all(self) -> None:
        """Tick all columns, or none but the target."""
        whole = len(self._chosen) == len(self._names)
        self._chosen = {n for n in self._names if not whole or n == self._target}
        self._show()

    def action_finish(self) -> None:
        """Close with what is ticked."""
        chosen = tuple(name for name in self._names if name in self._chosen)
        if chosen:
            self.dismiss(() if len(chosen) == len(self._names) else chosen)


_ANSWERS: Final = (
    ("role-feature", "f", "feature      the model uses it"),
    ("role-ignored", "i", "ignored      the model does not use it"),
    ("role-target", "t", "target       what is to be predicted"),
    ("role-group", "g", "group        equal values stay in one part"),
    ("role-time", "m", "time         the latest rows become the test set"),
    ("role-split", "s", "split        marks the test rows"),
    ("errors-by", "b", "by group     errors are compared by its values"),
    ("kind-number", "n", "number       values on a scale"),
    ("kind-category", "c", "category     codes or names, in no order"),
    ("kind-date", "d", "date         days and times"),
    ("kind-text", "x", "text         free text"),
)


_OF_ONE: Final = ("role-target", "role-group", "role-time", "role-split")
"""Roles that one column has."""


class ColumnRole(ChoiceDialog):
    """What columns are for; dismisses with ``role-…``, ``kind-…`` or ``errors-by``.

    Parameters
    ----------
    columns : sequence of ColumnInfo
        The columns as they are now.
    changed : bool
        Whether a kind was chosen, and so can be what it looks like again.
    subgroups : collection of str
        Those by which errors are compared.
    """

    def __init__(
        self,
        columns: Sequence[ColumnInfo],
        changed: bool,
        subgroups: Collection[str] = (),
    ) -> None:
        one, names = columns[0], [clip(column.name, 24) for column in columns]
        now = {"errors-by"} if {c.name for c in columns} <= set(subgroups) else set()
        if len(columns) == 1:
            title, about = "The column", f"{clip(one.name, 40)}: {column_about(one)}"
            now.add(f"role-{'ignored' if one.role == 'id' else one.role}")
            now.add(f"kind-{'number' if one.kind == 'integer' else one.kind}")
        else:
            title, about = f"{len(columns):,} columns", figures.some(names)
        left_out = set(_OF_ONE) if len(columns) > 1 else set()
        if any(column.role == "target" for column in columns):
            left_out.add("errors-by")
        answers = [
            (name, key, f"{label}{'  ← now' if name in now else ''}")
            for name, key, label in _ANSWERS
            if name not in left_out
        ]
        if changed:
            answers.append(("kind-", "o", "own kind     as detected"))
        super().__init__(title, f"{about}. Choose role or kind.", tuple(answers))


# How the file is read ---------------------------------------------------------------

AUTO: Final = "auto"
_PAUSE: Final = 0.25
"""Seconds without another key after which what is typed is tried."""
_MOST_NOTES: Final = 6


def _same(names: Iterable[str]) -> tuple[Option, ...]:
    """Return names that are shown as they are."""
    return tuple((name, name) for name in names)


def _from_words(words: Mapping[str, str]) -> tuple[Option, ...]:
    """Return texts by what they are called."""
    return tuple((word, text) for text, word in words.items())


def _lines(number: int) -> str:
    """Return how many lines a header has, beside its label."""
    return words.header(number).replace(" header", "")


_ENCODINGS: Final = (
    "utf-8 cp1252 iso-8859-1 iso-8859-15 cp1250 cp1251 utf-16 shift_jis gb18030 big5 "
    "euc-kr"
)
_FIELDS: Final = tuple(doc for doc in fields_of(ReadSpec).values() if doc.form)
_OPTIONS: Final[dict[str, tuple[Option, ...]]] = {
    "format": _same(doc_of("data.read.format").choices),
    "delimiter": _from_words(words.DELIMITERS),
    "encoding": _same(_ENCODINGS.split()),
    "quote": _from_words(words.QUOTES),
    "escape": (("backslash \\", "\\"),),
    "decimal": _from_words(words.DECIMALS),
    "header": _from_words({str(n): _lines(n) for n in range(4)}),
    "ragged": (
        ("are refused", "refuse"),
        ("are left out", "drop"),
        ("are filled up", "fill"),
    ),
}
_NOT_ONLY_TEXT: Final = ("format", "missing", "member", "rows")
"""Fields that are about every kind of file."""


class ReadOptions(FormDialog[ReadSpec], SessionScreen[ReadSpec]):
    """Asks how a file is to be read; dismisses with that, or with nothing.

    Parameters
    ----------
    source : str
        The file.
    read : ReadSpec
        How it is read now.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "read_options.tcss"]
    BUTTON = "Load with these settings"
    hint = "↑ ↓ choose   space opens a list   tab goes to the rows"

    def __init__(self, source: str, read: ReadSpec) -> None:
        super().__init__()
        self.heading = f"How {clip(short_name(source), 40)} is read"
        self._first = self._read = self._looked_at = read
        self._timer: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Lay out what is chosen, what it promises, and the first rows."""
        with Vertical(id="read-body"):
            with Form(id="read-form"):
                for doc in _FIELDS:
                    if doc.name in _OPTIONS:
                        yield ChoiceField(doc.name, doc.label)
                    else:
                        yield TextField(doc.name, doc.label, hint=doc.help)
            with Vertical(id="read-seen"):
                yield Static(id="read-promise")
                yield Sheet()
                yield Static(id="read-notes")
        yield from self.compose_button()

    def on_mount(self) -> None:
        """Show how it is read now, and ask for the first rows if need be."""
        load = self.session.load
        self.query_one(Sheet).whole = False
        self.draw()
        self.call_later(self._enter, load.problem.field if load.problem else "")
        if load.preview.answer is None and not load.busy:
            self._look()

    def _enter(self, key: str) -> None:
        """Focus the field that is wrong, or else the first one."""
        wrong = [f for f in self.query(FormField) if f.key == key and f.display]
        for field in (*wrong, *self.query(ChoiceField)):
            for child in field.query("Chooser, Input"):
                if child.focusable:
                    child.focus()
                    return

    def watch_session(self, before: Session, session: Session) -> None:
        """Show what the last change gives."""
        if self.is_mounted and before.load.preview != session.load.preview:
            self.draw()

    # What is seen ------------------------------------------------------------------

    def draw(self) -> None:
        """Show how the file is read now, and its first rows."""
        self._show_fields()
        self._show_rows()

    def _show_fields(self) -> None:
        seen = self.session.load.preview.answer
        reader = seen.reader if seen else None
        delimited = words.is_text(reader) and self._read.format in (None, "text")
        for doc, field in zip(_FIELDS, self.query(FormField), strict=True):
            there(field, delimited or doc.name in _NOT_ONLY_TEXT)
            value = _text(self._read, doc.name)
            if isinstance(field, TextField):
                field.put(value or "")
            elif isinstance(field, ChoiceField):
                options = list(_OPTIONS[doc.name])
                if doc.name != "ragged":
                    text = _detail(reader, doc.name) if value is None else None
                    default = "not given" if doc.name == "escape" else "detected"
                    options.insert(0, (f"{text} (detected)" if text else default, AUTO))
                field.offer(options, value or AUTO)

    def _show_rows(self) -> None:
        load = self.session.load
        seen, problem = load.preview.answer, load.preview.problem
        if problem is None and self._read == self._first:
            # Why this was opened, until something is changed.
            problem = load.problem if not load.busy else None
        shown = Content.styled("looking …", "$text-accent")
        if problem is not None:
            shown = wording.refusal(problem.message, problem.fix)
        elif seen is not None:
            shown = _promise(seen)
        say(self.query_one("#read-promise", Static), shown)
        if seen is not None:
            self.query_one(Sheet).put(seen.columns, 0, len(seen.rows), seen.rows)
        notes = seen.reader.notes[:_MOST_NOTES] if seen and problem is None else ()
        lines = [content(f"! {note}") for note in notes]
        say(self.query_one("#read-notes", Static), wording.lines(lines))

    # What is changed ---------------------------------------------------------------

    @on(FormField.Given)
    def _given(self, event: FormField.Given) -> None:
        if self._take(event.field, event.text) and self._read != self._looked_at:
            if self._timer is not None:
                self._timer.stop()
            pause = 0.01 if isinstance(event.field, ChoiceField) else _PAUSE
            self._timer = self.set_timer(pause, self._look)

    def _take(self, field: FormField, text: str) -> bool:
        """Take the value of a field; False, with a complaint, if it cannot be."""
        try:
            self._read, problem = set_option(self._read, field.key, text), None
        except ValueError as error:
            problem = str(error)
        field.complain(problem)
        return problem is None

    def _look(self) -> None:
        self._timer = None
        self._looked_at = self._read
        self.post_message(LookRequested(self._read))

    def finish(self) -> None:
        """Close with what is chosen, if it can be."""
        # All of them: each says what is wrong with it.
        taken = [self._take(field, field.text) for field in self.query(TextField)]
        if all(taken):
            self.dismiss(self._read)


def set_option(read: ReadSpec, key: str, text: str) -> ReadSpec:
    """Return how a file is read with another value of a field.

    Parameters
    ----------
    read : ReadSpec
    key : str
        A field of it.
    text : str
        As chosen or typed; empty or ``auto`` for what is found out.

    Returns
    -------
    ReadSpec

    Raises
    ------
    ValueError
        If it cannot be; the message says what may be given.

    Examples
    --------
    >>> set_option(ReadSpec(), "missing", "?, n/a").missing
    ('?', 'n/a')
    """
    value: Any = text.strip() if key != "delimiter" else text
    if key == "missing":
        value = tuple(part for one in text.split(",") if (part := one.strip()))
    elif value in ("", AUTO):
        value = None
    elif (doc := doc_of(f"data.read.{key}")).kind is int:
        digits = value.replace(",", "")
        whole = digits.isascii() and digits.isdigit()
        if not whole or not doc.admits(int(digits)):
            raise ValueError(f"give {doc.allowed}, or nothing")
        value = int(digits)
    return msgspec.structs.replace(read, **{key: value})


def _text(read: ReadSpec, key: str) -> str | None:
    """Return what was chosen in a field; None for what is found out."""
    value = getattr(read, key)
    if key == "missing":
        return ", ".join(value)
    return None if value is None else str(value)


def _detail(reader: Reader | None, key: str) -> str | None:
    """Return what was found out about a field, in words."""
    value = getattr(reader, {"quote": "quoting"}.get(key, key), None)
    if key == "header" and value is not None:
        return _lines(value)
    if not value:
        return None
    if key == "decimal":
        return words.DECIMALS.get(value, clip(value, 8))
    word = {"delimiter": words.delimiter, "quote": words.quote}.get(key)
    return word(value) if word else clip(value, 20)


def _promise(seen: Preview) -> Content:
    """Return what the first rows promise; a warning if it would not fit."""
    known = seen.memory is not None and seen.free is not None
    heavy = known and (seen.memory or 0) > (seen.free or 0)
    return content(words.promise(seen), "bold $text-warning" if heavy else "bold")
