"""The page as a whole: which parts it has, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.export.page import again, arms, board, data, forest, scores
from engine.export.page.facts import Facts
from engine.export.page.parts import Block, Code, Page, Prose, Section, Spans

__all__ = ["layout"]


def layout(document: dict[str, Any], *, when: float | None = None) -> Page:
    """Lay out a result document: what to do first, how it was found out last.

    Parameters
    ----------
    document : dict
        As `engine.document.build` makes it, with ``note`` and ``tags`` if
        there are; of a run that is over or not.
    when : float or None, default=None
        When the run was begun, in seconds since 1970.

    Returns
    -------
    Page

    Examples
    --------
    >>> page = layout({"run": "a1", "status": "running", "arms": [], "verdict": None})
    >>> page.title, [section.title for section in page.sections]
    ('run a1', ['Do it again'])
    """
    facts = Facts(document)
    made: list[Section | None] = [
        board.boards(facts),
        board.matrices(facts),
        board.thresholds(facts),
        scores.matched(facts),
        scores.curves(facts),
        forest.statistics(facts),
        scores.calibration(facts),
        scores.costs(facts),
        data.dataset(facts),
        data.proof(facts),
        arms.arms(facts),
        arms.search(facts),
        again.warnings(facts),
        again.again(facts),
    ]
    return Page(
        title=_title(facts),
        about=_about(facts, when),
        top=tuple(_top(facts)),
        sections=tuple(section for section in made if section is not None),
        foot=(
            "Made by imbtui ",
            Code(facts.all.text("imbtui")),
            " from the run's own result document; every figure is as it stands there.",
        ),
    )


def _title(facts: Facts) -> str:
    of = facts.dataset
    if not of:
        return f"run {facts.all.text('run')}"
    if of["positive"].value is None:
        return f"{of.text('name')}: {of.text('target')}"
    return f"{of.text('name')}: {of.text('target')} = {of.text('positive')}"


def _about(facts: Facts, when: float | None) -> Spans:
    state = facts.all.text("status")
    about: list[Any] = [
        "imbtui report · run ",
        Code(facts.all.text("run")),
        f" · {state}",
    ]
    if when is not None:
        about.append(f" · {datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC")
    about += [f" · #{tag}" for tag in facts.all["tags"].value or ()]
    return tuple(about)


def _top(facts: Facts) -> list[Block]:
    blocks: list[Block] = list(board.status(facts))
    if facts.all["note"]:
        blocks.append(Prose((facts.all.text("note"),), "note"))
    blocks += board.verdict(facts)
    tiles = data.tiles(facts)
    blocks += [] if tiles is None else [tiles]
    return [*blocks, *board.grounds(facts), *board.codes(facts)]
