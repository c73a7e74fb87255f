"""What the arms' pane and picture say about an arm: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from textual.content import Content

from engine.core import format as figures
from engine.core.errors import SpecError
from engine.core.format import merge_texts
from engine.core.methods import registry, tuning
from engine.core.methods.grammar import Arm
from tui.features import wording
from tui.features.arms import cost as arms_cost
from tui.features.arms.draft import Offer, known_sampler
from tui.features.lab.words import noticed
from tui.features.session import Session, draft_costs
from tui.terminal.safe_text import clip, content
from tui.widgets.columns import Cell

WORTH: Final = 5.0
"""Seconds below which nobody minds."""
_MOST_LABEL: Final = 16
_OF_MORE: Final[Mapping[bool | str, str]] = {
    True: "Every class has the same total weight; no row is added or removed.",
    "cost": "A row weighs what it costs to misclassify it.",
}
"""What weights do of more than two classes."""


class About(NamedTuple):
    """An arm in words."""

    title: str
    summary: str
    home: str = ""
    source: str = ""
    when: str = ""
    when_not: str = ""


def about(arm: Arm, classes: int = 2) -> About:
    """Return an arm in words, from the registry; weights differ from three classes on.

    Examples
    --------
    >>> from engine.core.methods import grammar
    >>> about(grammar.parse("smote+tomek-links")).title
    'SMOTE, then Tomek links'
    """
    if arm.ensemble is not None:
        return _of_entry(registry.ensemble(arm.ensemble))
    if not arm.steps:
        control = next(c for c in registry.CONTROLS if c.weights == arm.weights)
        summary = _OF_MORE.get(arm.weights) if classes > 2 else None
        return _of_entry(control)._replace(summary=summary or control.summary)
    try:
        entries = [registry.sampler(step.sampler) for step in arm.steps]
    except SpecError as error:
        return About("A sampler of it is not installed here.", error.message)
    if len(entries) == 1:
        return _of_entry(entries[0])
    titles = [entry.title for entry in entries]
    summary = " ".join(f"{i}. {e.summary}" for i, e in enumerate(entries, 1))
    return About(", then ".join(titles), summary)


def _of_entry(entry: object) -> About:
    """Return what the registry says of a control, a sampler or an ensemble."""
    return About(*(getattr(entry, name, "") for name in About._fields))


def verdict(session: Session, arm: Arm) -> Content:
    """Return whether an arm can be run on the open table, and what that takes."""
    if (found := arms_cost.finding(session, arm)) is None:
        return Content("")
    if found.status == "cannot":
        return wording.refusal(f"cannot: {found.problem}", found.fix)
    word = ("✓ runs", "bold $text-success")
    if found.status == "repaired":
        word = ("⚠ repaired", "bold $text-warning")
    takes = arms_cost.method_text(session, arm, found)
    line = Content.assemble(word, (f"  {takes}", "dim") if takes else "")
    repairs = [content(f"  {repair}") for repair in merge_texts(found.repairs)]
    return wording.lines([line, *repairs])


def tuned(session: Session, arm: Arm) -> Content:
    """Say what the search chooses of an arm, and that its budget stays equal."""
    most = session.draft.base.search.trials
    same = f"the same {figures.plural(most, 'trial')} as every arm"
    if arm.ensemble is not None:
        text = "It takes XGBoost's place: the search chooses its empty parameters, with"
        return Content.styled(f"{text} {same}.", "dim")
    if not arm.tuned or not all(known_sampler(step.sampler) for step in arm.steps):
        return Content("")
    settings = tuning.settings(arm)
    text = f"The search chooses {figures.plural(len(arm.tuned), 'parameter')} among "
    text += f"{figures.plural(settings, 'setting')}, within {same}"
    text += f": at most {most} of them are tried" if settings > most else ""
    return Content.styled(f"{text}.", "$text-accent")


def nothing_to_set(session: Session, arm: Arm) -> Content:
    """Say that a control has no parameters, and what its weights will be."""
    table, costs = session.load.table, draft_costs(session)
    train = table.train if table is not None else {}
    if not arm.weights or table is None or len(train) < 2 or not all(train.values()):
        return Content.styled("There is nothing to set.", "dim")
    known = table.positive if table.positive in train else None
    rare = known or min(train, key=train.__getitem__)
    often = max((one for one in train if one != rare), key=train.__getitem__)
    times, more = f"{train[often] / train[rare]:,.1f}", ""
    if arm.weights == "cost" and costs is not None:
        assumed = costs.assumed and costs.classes
        of = costs.classes[rare] / costs.classes[often] if assumed else costs.ratio
        times, more = figures.cost(of), " (b changes the costs)"
    rare, often = clip(rare, _MOST_LABEL), clip(often, _MOST_LABEL)
    return content(f"A row of {rare} counts {times} times one of {often}{more}.")


def remarks(session: Session, arm: Arm) -> list[Content]:
    """Return what a run noticed of an arm, or else what is to be expected."""
    if (known := arms_cost.measured(session, arm)) is not None:
        return noticed(known[0].repairs, known[0].notes)
    found = arms_cost.finding(session, arm) if arm.kind != "control" else None
    return noticed((), found.notes) if found else []


def remark(session: Session, offer: Offer) -> Cell:
    """Return the one thing worth saying about an arm in a word or two."""
    if session.draft.has_problem(offer.name):
        return ("✗ refused", "bold $text-error")
    arms = session.run.state.arms if session.run is not None else ()
    labelled = session.draft.labelled(offer)
    ran = next((arm for arm in arms if arm.name == labelled.name), None)
    found = arms_cost.finding(session, labelled)
    status = found.status if found else "runs"
    if ran is not None and ran.failed is not None:
        return ("✗ failed", "$text-error")
    if found and status == "cannot" and not (ran and ran.repairs):
        return (f"✗ {arms_cost.trouble(session, found)}", "$text-error")
    if status == "repaired" or (ran and ran.repairs):
        return ("⚠ repaired", "$text-warning")
    if labelled.tuned:
        return (f"tunes {len(labelled.tuned)}", "$text-accent")
    given = [offer.arm.params, *(step.params for step in offer.arm.steps)]
    if not offer.own and any(given):
        return ("changed", "$text-accent")
    if offer.locked:
        return ("always", "dim")
    if ran is not None and ran.evaluated is not None:
        spent = sum(trial.seconds for trial in ran.trials)
        return (f"~{figures.clock(spent)}", "dim")
    if found is not None and found.measured:
        took = arms_cost.preparation(session, labelled, found)
        return (figures.about(took), "dim") if took >= WORTH else ""
    entries = [known_sampler(step.sampler) for step in offer.arm.steps]
    return ("slow", "dim") if any(e is not None and e.slow for e in entries) else ""
