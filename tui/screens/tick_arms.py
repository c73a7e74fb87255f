"""The question which arms are to be ticked, with what each answer would take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from engine.core import format as figures
from engine.presets import ARTICLE_ARMS
from tui.draft import Offer, known_sampler
from tui.panes import arms_cost
from tui.screens.dialogs import ChoiceDialog
from tui.session import Session

QUICK: Final = 60.0
"""Seconds for all preparations of an arm that is called quick."""


class Ticks(NamedTuple):
    """One answer: the arms that would be ticked."""

    name: str
    key: str
    label: str
    arms: tuple[str, ...]


class _Priced(NamedTuple):
    offer: Offer
    status: str
    seconds: float


def choices(session: Session) -> tuple[Ticks, ...]:
    """Return what can be ticked at once, the likeliest wish first.

    Parameters
    ----------
    session : Session
        Without a table nobody knows what an arm takes; then those that are known to
        be slow are left out.
    """
    priced = [_priced(session, offer) for offer in session.draft.offers]
    patience = session.draft.base.search.patience
    runs = [one for one in priced if one.status != "cannot"]
    patient = [one for one in runs if one.seconds <= patience]
    samplers = (one for one in patient if one.offer.arm.ensemble is None)
    quick = [one for one in samplers if one.seconds <= QUICK]
    controls = [one for one in priced if one.offer.group == "control"]
    article = [one for one in priced if one.offer.name in ARTICLE_ARMS]
    known = arms_cost.facts(session) is not None
    each = "within 1 min each" if known else "without the slow ones"
    waits = figures.about(patience).lstrip("~")
    within = f"within {waits} each" if known else "all there are"
    return (
        _ticks("quick", "q", "the quick ones", each, quick, known),
        _ticks("patient", "p", "all that can run", within, patient, known),
        _ticks("article", "a", "the article's", "", article, known),
        _ticks("controls", "c", "the controls only", "", controls, False),
    )


def _ticks(
    name: str, key: str, title: str, why: str, arms: Sequence[_Priced], known: bool
) -> Ticks:
    parts = [figures.plural(len(arms), "arm"), why]
    if known:
        parts.append(f"{figures.about(sum(one.seconds for one in arms))} in all")
    label = f"{title:<20}{', '.join(filter(None, parts))}"
    return Ticks(name, key, label, tuple(one.offer.name for one in arms))


def _priced(session: Session, offer: Offer) -> _Priced:
    arm = session.draft.labelled(offer)
    found = arms_cost.finding(session, arm)
    if found is None or (found.status != "cannot" and not found.measured):
        entries = [known_sampler(step.sampler) for step in arm.steps]
        slow = any(entry is None or entry.slow for entry in entries)
        status = "runs" if found is None else found.status
        return _Priced(offer, status, 2 * QUICK if slow else 0.0)
    return _Priced(offer, found.status, arms_cost.preparation(session, arm, found))


class TickArms(ChoiceDialog):
    """Which arms to tick; dismisses with the name of an answer.

    Parameters
    ----------
    options : sequence of Ticks
    """

    CSS_PATH: ClassVar = ["dialog.tcss", "methods.tcss"]

    def __init__(self, options: Sequence[Ticks]) -> None:
        text = (
            "Replaces the current ticks; parameters are kept. Times are for preparing "
            "the rows on one core."
        )
        answers = tuple((one.name, one.key, one.label) for one in options)
        super().__init__("Which arms are to be compared?", text, answers)
