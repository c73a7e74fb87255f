"""What a page is made of, without a form: plain frozen values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from engine.core.views import Column, Look
from engine.core.views.report.plot import HEIGHT, Shape


class Figure(NamedTuple):
    """A number of the document: as it is read, exactly, and where it is from.

    `value` is the sum of what `path` names, over the sum of what `of` names; paths are
    parted by blanks.
    """

    text: str
    value: str
    path: str
    of: str = ""


class Code(NamedTuple):
    """A name, or what is typed."""

    text: str


class Strong(NamedTuple):
    """What is meant."""

    text: str


class Link(NamedTuple):
    """A place on this page; `to` is the id of a section or of a code of ours."""

    text: str
    to: str


Span: TypeAlias = str | Figure | Code | Strong | Link
Spans: TypeAlias = tuple[Span, ...]


class PageCell(NamedTuple):
    """A cell of a table.

    `look` is ``bad``, ``good``, ``dim``, ``strong`` or nothing; `bars` are shares of
    one that are drawn side by side.
    """

    spans: Spans
    look: str = ""
    bars: tuple[float, ...] = ()


Row: TypeAlias = Sequence[PageCell | Span | Spans]


class ListItem(NamedTuple):
    """An entry of a list: its mark, what it says, the code of that, and what to do.

    `field` are names of fields that do it, separated by blanks.
    """

    mark: str
    spans: Spans
    code: str = ""
    look: Look = ""
    below: Spans = ()
    field: str = ""


class MatrixCell(NamedTuple):
    """A count of a matrix, the share of its row, and how dark it is, from 0 to 10."""

    figure: Figure
    share: Span
    shade: int
    mark: str = ""


class Matrix(NamedTuple):
    """A confusion matrix: predicted classes across, actual ones down."""

    title: str
    predicted: tuple[str, ...]
    rows: tuple[tuple[str, tuple[MatrixCell, ...]], ...]


class Key(NamedTuple):
    """An entry of a chart's legend, and the look of its line."""

    name: str
    series: int
    note: Spans = ()


@dataclass(frozen=True)
class Chart:
    """A drawing: what it shows in a few words and in a sentence, and its shapes."""

    id: str
    title: str
    text: str
    shapes: tuple[Shape, ...]
    legend: tuple[Key, ...] = ()
    note: Spans = ()
    height: int = HEIGHT


@dataclass(frozen=True)
class PageTable:
    """A table; the first cell of a row names it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[PageCell, ...], ...]
    note: Spans = ()

    def pick(self, *places: int) -> PageTable:
        """Return the table with some of its columns, in that order."""
        columns = tuple(self.columns[place] for place in places)
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        return PageTable(self.title, columns, rows, self.note)


@dataclass(frozen=True)
class Matrices:
    """Matrices side by side."""

    title: str
    matrices: tuple[Matrix, ...]
    note: Spans = ()


@dataclass(frozen=True)
class Charts:
    """Charts side by side."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class FactList:
    """Names, each with its text; `tiles` if they are read first."""

    facts: tuple[tuple[str, Spans], ...]
    tiles: bool = False


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[ListItem, ...]
    title: str = ""


@dataclass(frozen=True)
class TextBlock:
    """A paragraph; `look` is ``lead``, ``call``, ``dim``, ``bad``, ``warn`` or ""."""

    spans: Spans
    look: str = ""


@dataclass(frozen=True)
class CodeBlock:
    """Lines to be copied."""

    lines: tuple[str, ...]
    language: str = ""


@dataclass(frozen=True)
class Details:
    """What is looked at by those who want it."""

    title: str
    blocks: tuple[Block, ...]


Block: TypeAlias = (
    PageTable | Matrices | Charts | FactList | Items | TextBlock | CodeBlock | Details
)


@dataclass(frozen=True)
class PageSection:
    """A part of the page; `id` is ours."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """All of it."""

    title: str
    about: Spans
    top: tuple[Block, ...]
    sections: tuple[PageSection, ...]
    foot: Spans


def text(spans: Spans) -> str:
    """Return what stands there as plain text.

    Examples
    --------
    >>> text(("at ", Strong("cost")))
    'at cost'
    """
    return "".join(span if isinstance(span, str) else span.text for span in spans)


def source(spans: Spans) -> str:
    """Return a sentence as it was before `markup`.

    Examples
    --------
    >>> source(markup("`untreated` is kept"))
    '`untreated` is kept'
    """
    return text(tuple(f"`{s.text}`" if isinstance(s, Code) else s for s in spans))


def table(
    title: str,
    columns: Iterable[Column | str],
    rows: Iterable[Row],
    *note: Span,
    words: int = 1,
) -> PageTable:
    """Return a table.

    Parameters
    ----------
    title : str
    columns : iterable of Column or str
        Columns, or the titles of plain ones.
    rows : iterable of sequences
        A cell may be given as a span, or as several.
    *note : Span
        What stands below it.
    words : int, default=1
        So many plain columns hold words, and those without a title; all others numbers.

    Examples
    --------
    >>> made = table("", ("arm", "missed"), [["untreated", "3"]])
    >>> [column.align for column in made.columns], made.rows[0][1].spans
    (['left', 'right'], ('3',))
    """
    known = (
        column
        if isinstance(column, Column)
        else Column(column, align="right" if n >= words and column else "left")
        for n, column in enumerate(columns)
    )
    cells = (tuple(map(_cell, row)) for row in rows)
    return PageTable(title, tuple(known), tuple(cells), note)


def _cell(content: PageCell | Span | Spans) -> PageCell:
    if isinstance(content, PageCell):
        return content
    return PageCell((content,) if isinstance(content, Span) else content)


def section(id: str, title: str, blocks: Iterable[Block | None]) -> PageSection | None:
    """Return a section of the blocks that there are; None if there are none."""
    present = tuple(block for block in blocks if block is not None)
    return PageSection(id, title, present) if present else None


def markup(text: str, names: Iterable[str] | None = None) -> Spans:
    """Return a sentence with what is between backticks as code.

    Parameters
    ----------
    text : str
    names : iterable of str or None, default=None
        What may be meant by that, where text from data is in the sentence: a name may
        hold backticks of its own. Anything, where all of it is ours.

    Examples
    --------
    >>> markup("`untreated` is kept")
    (Code(text='untreated'), ' is kept')
    >>> markup("`a`b` is `a` thing", ["a`b"])
    (Code(text='a`b'), ' is `a` thing')
    """
    if names is None:
        parts = text.split("`")
    else:
        longest = sorted(map(re.escape, names), key=len, reverse=True)
        parts = re.split(f"`({'|'.join(longest)})`", text) if longest else [text]
    return tuple(Code(part) if n % 2 else part for n, part in enumerate(parts) if part)
