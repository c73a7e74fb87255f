"""The result document: a run as plain JSON values, ready to print or store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core import result
from engine.state import State

if TYPE_CHECKING:
    from engine.client.messages import TableInfo
    from engine.store.record import Run


_TABLE: Final = (
    *("name", "rows", "columns", "target", "positive", "classes", "ratio"),
    *("train", "test", "recall_half_width", "duplicate_rows", "contradictory_rows"),
    *("reader", "sampled", "advice", "muted", "problem", "seconds"),
)
_ADVICE: Final = ("code", "column", "message", "cause", "fix", "change")
"""What is told of a table and of advice, in the order that a user would tell it."""


def build(state: State, *, run: str, status: str | None = None) -> dict[str, Any]:
    """Return the result of a run as `engine.core.result.build` does, of JSON values."""
    return _plain(result.build(state, run=run, status=status))


def of_run(state: State, run: Run, *, name: str | None = None) -> dict[str, Any]:
    """Return the result of a stored run, of JSON values."""
    return _plain(result.of_run(state, run, name=name))


def _plain(found: result.Result) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return plain


def of_table(info: TableInfo, *, seconds: float) -> dict[str, Any]:
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
    >>> from engine.client.messages import TableInfo
    >>> info = TableInfo(source="t.csv", name="t.csv", bytes=9, rows=2, columns=())
    >>> document = of_table(info, seconds=0.1)
    >>> document["rows"], document["target"], document["ratio"], document["sampled"]
    (2, None, None, False)
    """
    # Through JSON once, as above.
    plain = msgspec.json.decode(msgspec.json.encode(info))
    plain |= {
        "advice": [{name: one[name] for name in _ADVICE} for one in plain["advice"]],
        "sampled": plain["sampled"] or False,
        "ratio": _ratio(info),
        "seconds": round(seconds, 3),
    }
    return {name: plain[name] for name in _TABLE}


def _ratio(info: TableInfo) -> float | None:
    """Return negatives per positive; of more than two classes, most per fewest."""
    counts = info.classes
    if len(counts) < 2 or not all(counts.values()):
        return None
    if info.positive is not None:
        few = counts[info.positive]
        return round((sum(counts.values()) - few) / few, 4)
    return round(max(counts.values()) / min(counts.values()), 4)
