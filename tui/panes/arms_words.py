"""What the arms' pane and picture say about an arm: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from textual.content import Content

from engine.core import format as figures
from engine.core.format import merge_texts
from engine.errors import SpecError
from engine.resample import registry, tuning
from engine.spec import Arm
from tui.draft import Offer, known_sampler
from tui.panes import arms_cost, wording
from tui.safe_text import clip, content
from tui.session import Session, draft_costs
from tui.widgets.columns import Cell

WORTH: Final = 5.0
"""Seconds below which nobody minds."""
_MOST_CLASSES: Final = 4
_MOST_LABEL: Final = 16
_OF_MORE: Final[Mapping[bool | str, str]] = {
    True: "Every class weighs the same in sum; no row is added or removed.",
    "cost": "A row weighs what it costs to call it something else.",
}
"""What weights do of more than two classes."""
_UNKNOWN: Final = "A sampler of it is not installed here."


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
    >>> about(registry.arm("smote+tomek-links")).title
    'SMOTE, then Tomek links'
    """
    if arm.ensemble is not None:
        return _told(registry.ensemble(arm.ensemble))
    if not arm.steps:
        control = next(c for c in registry.CONTROLS if c.weights == arm.weights)
        summary = _OF_MORE.get(arm.weights) if classes > 2 else None
        return _told(control)._replace(summary=summary or control.summary)
    try:
        entries = [registry.sampler(step.sampler) for step in arm.steps]
    except SpecError as error:
        return About(_UNKNOWN, error.message)
    if len(entries) == 1:
        return _told(entries[0])
    titles = [entry.title for entry in entries]
    summary = " ".join(f"{i}. {e.summary}" for i, e in enumerate(entries, 1))
    return About(", then ".join(titles), summary)


def _told(entry: object) -> About:
    """Return what the registry says of a control, a sampler or an ensemble."""
    return About(*(getattr(entry, name, "") for name in About._fields))


def verdict(session: Session, arm: Arm) -> Content:
    """Return whether an arm can be run on the open table, and what that takes."""
    found = arms_cost.finding(session, arm)
    if found is None:
        return Content("")
    if found.status == "cannot":
        return wording.refusal(f"cannot: {found.problem}", found.fix)
    word, style = "✓ runs", "bold $text-success"
    if found.status == "repaired":
        word, style = "⚠ repaired", "bold $text-warning"
    line = Content.styled(word, style)
    if takes := arms_cost.method_text(session, arm, found):
        line = line.append(content(f"  {takes}", "dim"))
    repairs = [content(f"  {repair}") for repair in merge_texts(found.repairs)]
    return wording.lines([line, *repairs])


def counts(
    before: Mapping[str, int], after: Mapping[str, int], open_end: bool
) -> Content:
    """Return the rows of each class before and after, in a line.

    Examples
    --------
    >>> counts({"no": 900, "yes": 90}, {"no": 900, "yes": 450}, False).plain
    'no 900   yes 90 → 450'
    """
    parts: list[Content] = []
    for label in list(before)[:_MOST_CLASSES]:
        was, now = before[label], after.get(label, 0)
        name = content(f"{clip(label, 14)} ", "dim")
        change = Content.assemble(f"{was:,} → ", (f"{now:,}", "bold"))
        parts.append(name.append(Content(f"{was:,}") if was == now else change))
    if len(before) > _MOST_CLASSES:
        parts.append(Content(f"+{len(before) - _MOST_CLASSES} more"))
    if open_end:
        parts.append(Content.styled("then cleaned", "italic"))
    return Content("   ").join(parts)


def tuned(session: Session, arm: Arm) -> Content:
    """Say what the search chooses of an arm, and that its budget stays equal."""
    trials = figures.plural(session.draft.base.search.trials, "trial")
    if arm.ensemble is not None:
        return Content.styled(
            "It takes XGBoost's place: the search chooses its empty parameters, with "
            f"the same {trials} as every arm.",
            "dim",
        )
    if not arm.tuned or not all(known_sampler(step.sampler) for step in arm.steps):
        return Content("")
    settings = tuning.settings(arm)
    most = session.draft.base.search.trials
    text = f"The search chooses {figures.plural(len(arm.tuned), 'parameter')} among "
    text += f"{figures.plural(settings, 'setting')}, within the same {trials} as every "
    text += "arm"
    if settings > most:
        text += f": at most {most} of them are tried"
    return Content.styled(f"{text}.", "$text-accent")


def nothing_to_set(session: Session, arm: Arm) -> Content:
    """Say that a control has no parameters, and what its weights will be."""
    table, costs = session.load.table, draft_costs(session)
    train = table.train if table is not None else {}
    if not arm.weights or table is None or len(train) < 2 or not all(train.values()):
        return Content.styled("There is nothing to set.", "dim")
    rare = min(train, key=train.__getitem__)
    if table.positive is not None and table.positive in train:
        rare = table.positive
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
    known = arms_cost.measured(session, arm)
    if known is not None:
        return noticed(known[0].repairs, known[0].notes)
    found = arms_cost.finding(session, arm)
    if found is None or arm.kind == "control":
        return []
    return noticed((), found.notes)


def noticed(repairs: Sequence[str], notes: Sequence[str]) -> list[Content]:
    """Return what was repaired and noticed, a line each."""
    told = [
        content(f"⚠ repaired {text}", "$text-warning") for text in merge_texts(repairs)
    ]
    return told + [content(f"· {text}", "dim") for text in merge_texts(notes)]


def remark(session: Session, offer: Offer) -> Cell:
    """Return the one thing worth saying about an arm in a word or two."""
    if session.draft.refused(offer.name):
        return ("✗ refused", "bold $text-error")
    run = session.run
    arms = run.state.arms if run is not None else ()
    labelled = session.draft.labelled(offer)
    ran = next((arm for arm in arms if arm.name == labelled.name), None)
    if ran is not None and ran.failed is not None:
        return ("✗ failed", "$text-error")
    if ran is not None and ran.repairs:
        return ("⚠ repaired", "$text-warning")
    found = arms_cost.finding(session, labelled)
    if found is not None and found.status == "cannot":
        return (f"✗ {arms_cost.trouble(session, found)}", "$text-error")
    if found is not None and found.status == "repaired":
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
