"""The profile document: a table as plain JSON values, ready to print."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.client.messages import TableInfo
from engine.events import Advice

__all__ = ["build"]


def build(info: TableInfo, *, seconds: float) -> dict[str, Any]:
    """Return the profile document of a table.

    Parameters
    ----------
    info : TableInfo
        What the service says of it.
    seconds : float
        What reading and measuring took.

    Returns
    -------
    dict
        Of JSON values. Without a target ``target`` is None and ``classes`` empty;
        with more than two classes and no positive one ``positive`` is None and
        ``classes`` holds all of them.

    Examples
    --------
    >>> info = TableInfo(source="t.csv", name="t.csv", bytes=9, rows=2, columns=())
    >>> document = build(info, seconds=0.1)
    >>> document["rows"], document["target"], document["ratio"], document["sampled"]
    (2, None, None, False)
    """
    sampled = _plain(info.sampled) if info.sampled is not None else False
    return {
        "name": info.name,
        "rows": info.rows,
        "columns": [_plain(column) for column in info.columns],
        "target": info.target,
        "positive": info.positive,
        "classes": info.classes,
        "ratio": _ratio(info),
        "train": info.train,
        "test": info.test,
        "recall_half_width": info.recall_half_width,
        "duplicate_rows": info.duplicate_rows,
        "contradictory_rows": info.contradictory_rows,
        "reader": _plain(info.reader),
        "sampled": sampled,
        "advice": [_advice(one) for one in info.advice],
        "muted": info.muted,
        "problem": info.problem,
        "seconds": round(seconds, 3),
    }


def _plain(value: Any) -> Any:
    """Return a value as reading its JSON gives it: lists, no tuples."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _advice(advice: Advice) -> dict[str, Any]:
    """Return advice in the order a person would tell it."""
    fix = advice.fix
    return {
        "code": advice.code,
        "column": advice.column,
        "message": advice.message,
        "cause": advice.cause,
        "remedy": advice.remedy,
        "fix": None if fix is None else {"field": fix.field, "value": fix.value},
    }


def _ratio(info: TableInfo) -> float | None:
    """Return negatives per positive; of more than two classes, most per fewest."""
    counts = info.classes
    if len(counts) < 2 or not all(counts.values()):
        return None
    if info.positive is not None:
        few = counts[info.positive]
        return round((sum(counts.values()) - few) / few, 4)
    return round(max(counts.values()) / min(counts.values()), 4)
