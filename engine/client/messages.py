"""What the app and its service child say to each other: frozen, small, JSON."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from engine.events import Advice

__all__ = [
    "ColumnInfo",
    "ColumnPicture",
    "Failure",
    "Load",
    "LoadProgress",
    "Page",
    "Picture",
    "Ready",
    "Reply",
    "Request",
    "Rows",
    "TableInfo",
    "Warming",
]

Role: TypeAlias = Literal["feature", "target", "id", "group", "ignored"]


class _Request(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="request", omit_defaults=True
):
    """Base of the requests; `id` comes back in every reply to it."""

    id: int


class Load(_Request, frozen=True, tag="load"):
    """Read a table (or describe the one already read again) with these choices.

    Parameters
    ----------
    source : str
        A path or ``sample:NAME``; the same source is not read twice.
    target, positive : str or None
        Guessed when None; a target that cannot be guessed is no error here.
    group : str or None
        Column whose equal values stay on one side of the split.
    drop : tuple of str
        Columns to ignore.
    test_size, stratify, seed
        The hold-out, for the count of test positives.
    """

    source: str
    target: str | None = None
    positive: str | None = None
    group: str | None = None
    drop: tuple[str, ...] = ()
    test_size: float = 0.2
    stratify: bool = True
    seed: int = 42


class Rows(_Request, frozen=True, tag="rows"):
    """Ask for some rows of the loaded table, as text."""

    start: int
    count: int


class Picture(_Request, frozen=True, tag="picture"):
    """Ask how a column of the loaded table is distributed in each class."""

    column: str
    bins: int = 30


Request: TypeAlias = Load | Rows | Picture


class _Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="reply"):
    """Base of the replies; `id` is that of the request, 0 if unasked."""

    id: int = 0


class Warming(_Reply, frozen=True, tag="warming"):
    """The child imports the science stack; `done` of `total` parts are there."""

    part: str
    done: int
    total: int


class Ready(_Reply, frozen=True, tag="ready"):
    """The child has everything imported."""


class LoadProgress(_Reply, frozen=True, tag="load-progress"):
    """Where a load is: what it does now, bytes read, and of how many."""

    stage: str
    done: int
    total: int | None = None


class ColumnInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One column: kind, role, missing cells, distinct values."""

    name: str
    kind: str
    role: str
    missing: int
    levels: int


class TableInfo(_Reply, frozen=True, tag="table"):
    """A loaded table and what is known about it.

    `target` is None if none was given and none can be guessed; then `classes`,
    `positive`, `train`, `test` are empty. `problem` says why a run with these
    choices would be refused, as one line with its remedy. `labels` are the
    classes of the target in the table, with counts; `classes` are negative and
    positive after the choice of the positive class. `recall_half_width` is the
    half-width of the 95 % interval of a recall of 0.5 with so many test positives.
    """

    source: str
    name: str
    bytes: int | None
    rows: int
    columns: tuple[ColumnInfo, ...]
    target: str | None = None
    positive: str | None = None
    labels: dict[str, int] = {}
    classes: dict[str, int] = {}
    train: dict[str, int] = {}
    test: dict[str, int] = {}
    recall_half_width: float | None = None
    targets: tuple[str, ...] = ()
    reader: dict[str, str | None] = {}
    advice: tuple[Advice, ...] = ()
    problem: str | None = None


class Page(_Reply, frozen=True, tag="page"):
    """Rows `start` and on, a cell as text or None if missing."""

    start: int
    total: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


class ColumnPicture(_Reply, frozen=True, tag="column-picture"):
    """How a column is distributed in each class.

    For numbers `edges` are the bins' borders (one more than bins) and `levels` is
    empty; for categories `levels` are the most frequent, `others` counts the rest.
    `counts` holds one list per class label, in the order of `levels` or bins.
    """

    column: str
    kind: str
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    counts: dict[str, tuple[int, ...]] = {}
    missing: dict[str, int] = {}
    others: int = 0


class Failure(_Reply, frozen=True, tag="failure"):
    """A request failed; one line what and one line what to do."""

    code: str
    message: str
    remedy: str


Reply: TypeAlias = (
    Warming | Ready | LoadProgress | TableInfo | Page | ColumnPicture | Failure
)
