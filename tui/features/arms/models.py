"""What is said of a model: what it is, what it can learn from, what is searched of it.

Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace
from textual.content import Content

from engine.core import format as figures
from engine.core import models, space
from engine.core.errors import ArmError
from engine.core.methods import grammar, handbook
from engine.core.methods.grammar import Arm
from engine.core.methods.preflight import model_refusal
from tui.features import wording
from tui.features.arms.draft import CONTROL, Draft, model_key
from tui.features.session import Session
from tui.terminal.safe_text import content
from tui.widgets.rows import Cell, Item

PARTLY: Final[Cell] = ("⚠ not all", "$text-warning")
"""Not every ticked method goes with every ticked model."""
_TICKED, _LOCKED, _EMPTY = "[■]", "[▪]", "[ ]"


def tick(ticked: bool, locked: bool) -> str:
    """Return the box of what is ticked or not; locked is what cannot be unticked."""
    return _LOCKED if locked else _TICKED if ticked else _EMPTY


def items(session: Session) -> list[Item]:
    """Return a line per model."""
    chosen = session.draft.models
    return [
        Item(
            model_key(one.name),
            (
                (
                    f"{tick(one.name in chosen, (one.name,) == chosen)} {one.name}",
                    "" if one.name in chosen else "dim",
                ),
                _remark(session, one.name),
                (one.summary, "dim"),
            ),
            more=" ".join((one.title, one.when, one.when_not)),
        )
        for one in models.models()
    ]


def _remark(session: Session, name: str) -> Cell:
    found, every = _refused(session, name)
    if not found:
        return ""
    missing = any(error.code == "library" for error in found.values())
    word = "missing" if missing else "unusable"
    return (f"✗ {word}", "$text-error") if every else PARTLY


def verdict(session: Session, name: str) -> Content:
    """Return whether a model can learn from the open table, and what it takes."""
    found, every = _refused(session, name)
    lines = [Content.styled("✓ runs", "bold $text-success")]
    if found:
        error = next(iter(found.values()))
        if every:
            return wording.refusal(f"not possible: {error.message}", error.fix)
        lines = [_partly(", ".join(found), error)]
    takes = handbook.takes(models.get(name).needs)
    return wording.lines([*lines, content(f"takes {takes}", "dim")])


def unsuited(session: Session, arm: Arm) -> list[Content]:
    """Say which ticked models cannot learn from a method that can from others."""
    found = _refusals(session, [arm], session.draft.models).items()
    partly = ((n, error) for (_, n), error in found if not _refused(session, n)[1])
    return [_partly(name, error) for name, error in partly]


def searched(draft: Draft, name: str) -> Content:
    """Say what is searched of a model, and within what budget."""
    arm = Arm(name=grammar.at_model(CONTROL, name), model=name)
    ranges = space.ranges(draft.base.model, arm).items()
    chosen = ", ".join(f"{one} {at.low:g} to {at.high:g}" for one, at in ranges)
    most = figures.plural(draft.base.search.trials, "trial")
    text = f"The search chooses {chosen}, with {most} for every arm."
    if not chosen:
        text = "Nothing of it is searched: 1 trial, or more where the method is tuned."
    return Content.styled(text, "dim")


def _partly(names: str, error: ArmError) -> Content:
    return content(f"⚠ not with {names}: {error.message}; {error.fix}", "$text-warning")


def _refused(session: Session, name: str) -> tuple[dict[str, ArmError], bool]:
    """Return the ticked methods that a model cannot learn from, and if all are so."""
    draft = session.draft
    arms = [draft.labelled(offer) for offer in draft.offers if offer.ticked]
    found = _refusals(session, arms, [name])
    every = len(found) == sum(arm.ensemble is None for arm in arms)
    return {arm: error for (arm, _), error in found.items()}, every


def _refusals(
    session: Session, arms: Iterable[Arm], names: Iterable[str]
) -> dict[tuple[str, str], ArmError]:
    """Return why methods cannot be run with models; an ensemble is its own model."""
    table = session.load.table
    counts = table.train if table is not None else {}
    columns = table.columns if table is not None else ()
    weighted = any(column.role == "weight" for column in columns)
    found = {}
    for arm in arms:
        for name in () if arm.ensemble is not None else names:
            one = replace(arm, model=name)
            error = model_refusal(one, counts, weighted=weighted)
            if error is not None:
                found[arm.name, name] = error
    return found
