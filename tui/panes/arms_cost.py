"""What will become of an arm on the open table, and what it takes: pure functions."""

from __future__ import annotations

from functools import cache

from engine.client.lab import Finding
from engine.execute import machine
from engine.resample import cost, grammar, preflight, tuning
from engine.resample.preflight import Facts, Seen
from engine.spec import Arm, SearchSpec
from tui.console import figures
from tui.draft import known_sampler
from tui.session import Session

__all__ = [
    "facts",
    "finding",
    "judgeable",
    "preparation",
    "says_all",
    "spelled",
    "trouble",
]

_MOST = 512


def facts(session: Session) -> Facts | None:
    """Return what is known of the training rows, or None if there are no classes."""
    table, base = session.load.table, session.draft.base
    if table is None:
        return None
    return preflight.facts(
        table,
        search=base.search,
        max_categories=base.features.max_categories,
        memory=_memory(),
    )


def finding(session: Session, arm: Arm) -> Finding | None:
    """Return what will become of an arm, or None if nobody knows.

    Where the service has treated rows, what it saw counts.
    """
    known = facts(session)
    if known is None:
        return None
    judged = session.lab.findings.get(arm.name) if says_all(arm) else None
    if judged is None or not judged.measured:
        return _examined(arm, known, None)
    told = _examined(arm, known, judged.seconds)
    if told.status == "cannot" or _impatient(arm, known, judged):
        return told
    return judged


def _impatient(arm: Arm, known: Facts, judged: Finding) -> bool:
    """Tell whether an arm was refused for a patience that is no longer the one."""
    if judged.status != "cannot":
        return False
    usual = known._replace(search=SearchSpec(folds=known.search.folds))
    told = _examined(arm, usual, judged.seconds)
    return told.status == "cannot"


def says_all(arm: Arm) -> bool:
    """Tell whether an arm's name says all that it does, so that it stands for it.

    Examples
    --------
    >>> from engine.spec import Step
    >>> says_all(Arm(name="smote", steps=(Step("smote"),)))
    True
    >>> says_all(Arm(name="smote", steps=(Step("smote", {"k_neighbors": 3}),)))
    False
    """
    there = all(known_sampler(step.sampler) for step in arm.steps)
    return bool(arm.steps) and there and grammar.written(arm) == arm.name


def judgeable(session: Session) -> dict[str, Arm]:
    """Return the arms that the service can try on the open table, by their offers."""
    if facts(session) is None:
        return {}
    draft = session.draft
    arms = {offer.name: draft.labelled(offer) for offer in draft.offers}
    return {name: arm for name, arm in arms.items() if says_all(arm)}


def preparation(session: Session, arm: Arm, found: Finding) -> float:
    """Return the seconds of all an arm's preparations, on one core.

    Each fold for each setting of the remedy that is searched, and the last fit.
    """
    known = facts(session)
    if known is None or not arm.steps:
        return 0.0
    return cost.preparations(arm, found.seconds, known.search)


def trouble(session: Session, found: Finding) -> str:
    """Return in a word or two why an arm cannot be run; nothing if it can.

    Examples
    --------
    >>> trouble(Session(), Finding(arm="a", status="cannot", problem="no category"))
    'cannot'
    >>> trouble(Session(), Finding(arm="a", status="runs"))
    ''
    """
    if found.status != "cannot":
        return ""
    memory = _memory()
    if memory is not None and found.bytes > memory:
        return "too big"
    return "too slow" if found.seconds else "cannot"


def spelled(session: Session, arm: Arm, found: Finding) -> str:
    """Say what an arm's preparations take, in a few words; nothing for a control."""
    if not arm.steps or not found.bytes:
        return ""
    search = session.draft.base.search
    settings = min(tuning.settings(arm), search.trials)
    times = figures.plural(settings * search.folds * search.repeats + 1, "time")
    memory = f", {cost.spoken_size(found.bytes)}" if found.bytes > 10**6 else ""
    if not found.seconds:
        return f"rows prepared {times}{memory}"
    took = cost.spoken(preparation(session, arm, found))
    return f"rows prepared {times}: {took} on one core{memory}"


_known: dict[str, Finding] = {}


def _examined(arm: Arm, known: Facts, seconds: float | None) -> Finding:
    """Return a finding; every keystroke asks for those of all arms."""
    key = repr((arm, known, seconds))
    if key not in _known:
        if len(_known) >= _MOST:
            _known.clear()
        _known[key] = preflight.examine(arm, known, Seen(seconds=seconds))
    return _known[key]


@cache
def _memory() -> int | None:
    """Return the bytes that a run may take, as there were when first asked."""
    free = machine.available()
    return None if free is None else int(machine.SHARE * free)
