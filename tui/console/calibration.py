"""The arms' scores as risks, as they are and repaired: a table and a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from engine.errors import UsageError
from engine.events import Calibration
from engine.export.page.facts import Document
from tui.console.grid import Column, grid
from tui.console.lines import Line, Span, line, wrap
from tui.console.risks import MARK, MEASURES, NAMES, figure, judgement, warning
from tui.safe_text import clip

_MOST_ARM = 24
_COLUMNS = (
    Column("arm", align="left", most=_MOST_ARM),
    Column("scores", align="left"),
    Column("Brier"),
    Column("log loss"),
    Column("slope", drop=2),
    Column("intercept", drop=3),
    Column("ECE", drop=1),
    Column("in the large", short="large", drop=4),
)


def calibration(
    document: Document,
    *,
    width: int,
    arm: str | None = None,
    klass: str | None = None,
) -> list[Line]:
    """Lay out how far the arms' scores can be read as risks, as they are and repaired.

    Parameters
    ----------
    document : mapping
        A result document, finished or not.
    width : int
        Cells that a line takes at most.
    arm : str or None, default=None
        The only arm to show; all of them when None.
    klass : str or None, default=None
        Of more than two classes the one that is told from the rest; the rarest when
        None.

    Returns
    -------
    list of Line
        A table with the recommended method marked, then a sentence or two per arm.

    Raises
    ------
    UsageError
        If the run has no such arm or class.
    """
    klass = _class(document, klass)
    known = {one["name"]: one for one in document.get("arms") or []}
    if arm is not None and arm not in known:
        raise UsageError(
            f"the run has no arm {arm!r}", f"choose one of: {', '.join(known)}"
        )
    found = {
        name: _of(one, klass) for name, one in known.items() if arm in (None, name)
    }
    judged = {name: pair for name, pair in found.items() if pair[0]}
    if not judged:
        whose = "no arm has a" if arm is None else f"{clip(arm, _MOST_ARM)} has no"
        yet = " yet" if document.get("status") == "running" else ""
        return [line(Span(f" {whose} calibration{yet}", "dim"))]
    lines: list[Line] = []
    if klass is not None:
        lines.append(
            line(" ", Span(f"{clip(klass, _MOST_ARM)} against the rest", "bold"))
        )
    rows = [
        row
        for name, (some, repair) in judged.items()
        for row in _rows(name, some, repair)
    ]
    table, dropped = grid(_COLUMNS, rows, width)
    lines += table
    text = f"{MARK} did best on out-of-fold scores"
    if klass is not None and _one_for_all(known.values()):
        text += ", over all classes"
    if dropped:
        text += f"; not shown at this width: {', '.join(dropped)}"
    lines += wrap(text, width, first=" ", look="dim")
    warned: dict[str, list[str]] = {}
    for name, (some, repair) in judged.items():
        lines += wrap(judgement(name, some, repair), width, first=" · ")
        if said := warning(some):
            warned.setdefault(said, []).append(clip(name, _MOST_ARM))
    for said, names in warned.items():
        text = f"{', '.join(names)}: {said}"
        lines += wrap(text, width, first=Span(" ⚠ ", "warn"))
    return lines


def _class(document: Document, klass: str | None) -> str | None:
    """Return the class to show of more than two; None of two."""
    dataset: Mapping[str, Any] = document.get("dataset") or {}
    counted: Mapping[str, int] = dataset.get("classes") or {}
    many = dataset.get("positive") is None and len(counted) > 2
    if klass is None:
        return min(counted, key=lambda name: counted[name]) if many else None
    if not many:
        raise UsageError(
            f"the run has no class {klass!r} to show apart: it has two classes",
            "leave the class out",
        )
    if klass not in counted:
        raise UsageError(
            f"the run has no class {klass!r}", f"choose one of: {', '.join(counted)}"
        )
    return klass


def _of(
    arm: Mapping[str, Any], klass: str | None
) -> tuple[tuple[Calibration, ...], str]:
    """Return an arm's calibrations and its recommended repair."""
    whole = arm if klass is None else (arm.get("classes") or {}).get(klass) or {}
    found = msgspec.convert(whole.get("calibration") or [], tuple[Calibration, ...])
    return found, whole.get("repair") or "none"


def _one_for_all(arms: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether every arm has one repair for all classes; old runs may not."""
    classes = [(arm.get("classes") or {}).values() for arm in arms]
    return all(len({one.get("repair") for one in some}) <= 1 for some in classes)


def _rows(
    name: str, found: Sequence[Calibration], repair: str
) -> list[tuple[Span, ...]]:
    rows = []
    for place, one in enumerate(found):
        best = one.method == repair
        rows.append(
            (
                Span("" if place else clip(name, _MOST_ARM), "bold"),
                Span(NAMES[one.method] + (f" {MARK}" if best else "")),
                *(Span(figure(one, measure)) for measure, _ in MEASURES),
            )
        )
    return rows
