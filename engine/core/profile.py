"""The profile of a table: one frozen value, built from what the service says. Light."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.core.events import Advice, Reader, Sampled
from engine.core.messages import ColumnInfo, TableInfo


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a table before learning, as its document has it.

    Without a target `target` is None and `classes` empty; with more than two classes
    and no positive one `positive` is None and `classes` holds all of them. `ratio` is
    negatives per positive; of more than two classes, most per fewest. A target is
    guessed where neither the user nor the file names it.
    """

    schema: Literal[1]
    name: str
    rows: int
    columns: tuple[ColumnInfo, ...]
    target: str | None
    target_guessed: bool
    positive: str | None
    classes: dict[str, int]
    ratio: float | None
    train: dict[str, int]
    test: dict[str, int]
    recall_half_width: float | None
    duplicate_rows: int
    contradictory_rows: int
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
    own = {"schema", "ratio", "sampled", "seconds"}
    return Profile(
        schema=1,
        ratio=_ratio(info),
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
