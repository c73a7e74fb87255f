"""What is said of an arm: whether it runs, what becomes of the rows, what it is.

Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from textual.content import Content

from engine.core import format as figures
from engine.core import models as known_models
from engine.core import space
from engine.core.errors import SpecError
from engine.core.events import FoldPrepared
from engine.core.experiment import SearchSpec
from engine.core.format import merge_texts
from engine.core.lab import Finding
from engine.core.methods import cost, grammar, preflight, ratio, registry, repair
from engine.core.methods.grammar import Arm
from engine.core.methods.preflight import FitFacts, Probe
from engine.core.methods.samplers import ParamValue, Sampler
from engine.core.state import ArmState
from engine.io import machine
from tui.features import wording
from tui.features.arms import models
from tui.features.arms.draft import Offer, known_sampler, plain
from tui.features.lab.words import noticed
from tui.features.session import Session, draft_costs
from tui.terminal.safe_text import clip, content
from tui.widgets.rows import Cell

_COPIES = "random-over"
_CENTRES = "cluster-centroids"
WORTH: Final = 5.0
"""Seconds below which nobody minds."""
_MOST_LABEL: Final = 16
_MULTICLASS: Final[Mapping[bool | str, str]] = {
    True: "Every class has the same total weight; no row is added or removed.",
    "cost": "A row weighs what it costs to misclassify it.",
}
"""What weights do of more than two classes."""

# Whether it runs, and what it takes ---------------------------------------------------


def facts(session: Session) -> FitFacts | None:
    """Return what is known of the training rows, or None if there are no classes."""
    table, base = session.load.table, session.draft.base
    if table is None:
        return None
    most = base.features.max_categories
    return preflight.facts(
        table, search=base.search, max_categories=most, memory=_memory()
    )


def finding(session: Session, arm: Arm) -> Finding | None:
    """Return what will become of an arm, or None if nobody knows.

    Where the service has treated rows, what it saw counts.
    """
    if (known := facts(session)) is None:
        return None
    judged = session.lab.findings.get(arm.name) if says_all(arm) else None
    if judged is None or not judged.measured:
        return _examine(arm, known, None)
    now = _examine(arm, known, judged.seconds)
    if now.status == "cannot" or judged.status != "cannot":
        return now if now.status == "cannot" else judged
    # It may have been refused for a patience that is no longer the one.
    usual = known._replace(search=SearchSpec(folds=known.search.folds))
    impatient = _examine(arm, usual, judged.seconds).status == "cannot"
    return now if impatient else judged


def says_all(arm: Arm) -> bool:
    """Tell whether an arm's name says all that it does, so that it stands for it.

    Examples
    --------
    >>> from engine.core.methods.grammar import Step
    >>> says_all(Arm(name="smote", steps=(Step("smote"),)))
    True
    >>> says_all(Arm(name="smote", steps=(Step("smote", {"k_neighbors": 3}),)))
    False
    """
    there = all(known_sampler(step.sampler) for step in arm.steps)
    return bool(arm.steps) and there and grammar.to_text(arm) == arm.name


def judgeable(session: Session) -> dict[str, Arm]:
    """Return the arms that the service can try on the open table, by their offers."""
    if facts(session) is None:
        return {}
    draft = session.draft
    arms = {offer.name: draft.labelled(offer) for offer in draft.offers}
    return {name: arm for name, arm in arms.items() if says_all(arm)}


def preparation(session: Session, arm: Arm, found: Finding) -> float:
    """Return the seconds of all an arm's preparations, on one core.

    Each fold for each setting of the method that is searched, and the last fit.
    """
    if (known := facts(session)) is None or not arm.steps:
        return 0.0
    return cost.preparations(arm, found.seconds, known.search)


def trouble(session: Session, found: Finding) -> str:
    """Return in a word or two why an arm cannot be run; nothing if it can.

    Examples
    --------
    >>> trouble(Session(), Finding(arm="a", status="cannot", problem="no category"))
    'unusable'
    >>> trouble(Session(), Finding(arm="a", status="runs"))
    ''
    """
    if found.status != "cannot":
        return ""
    if (memory := _memory()) is not None and found.bytes > memory:
        return "too big"
    return "too slow" if found.seconds else "unusable"


def preparation_text(session: Session, arm: Arm, found: Finding) -> str:
    """Say what an arm's preparations take, in a few words; nothing for a control."""
    if not arm.steps or not found.bytes:
        return ""
    search = session.draft.base.search
    settings = min(space.count_settings(arm), search.trials)
    times = settings * search.folds * search.repeats + 1
    memory = f", {figures.size(found.bytes)}" if found.bytes > 10**6 else ""
    if not found.seconds:
        return f"resampling: {times:,} ×{memory}"
    took = figures.about(preparation(session, arm, found) / times)
    return f"resampling: {times:,} × {took}, 1 core{memory}"


def _examine(arm: Arm, known: FitFacts, seconds: float | None) -> Finding:
    return preflight.examine(arm, known, Probe(seconds=seconds))


@cache
def _memory() -> int | None:
    """Return the bytes that a run may take, as there were when first asked."""
    free = machine.available()
    return None if free is None else int(machine.SHARE * free)


# The rows of each class --------------------------------------------------------------


class Forecast(NamedTuple):
    """Training rows by class before and after.

    `synthetic` counts those that no file holds by class, of a run in all. `open_end`
    says that a step drops rows of which nobody knows the number yet. `steps` has the
    rows after each step.
    """

    before: dict[str, int]
    after: dict[str, int]
    synthetic: dict[str, int] | int
    open_end: bool = False
    steps: tuple[dict[str, int], ...] = ()


def forecast(arm: Arm, train: Mapping[str, int]) -> Forecast | None:
    """Work out the training rows after a method with its ratios.

    Parameters
    ----------
    arm : Arm
        With the parameters it would run with; those that are searched are taken as
        the first trial takes them.
    train : mapping of str to int
        Training rows by class.

    Returns
    -------
    Forecast or None
        None for what has no steps, and where there are no classes.

    Raises
    ------
    SpecError
        If counts are asked for that cannot be.

    Examples
    --------
    >>> forecast(grammar.parse("random-under"), {"0": 900, "1": 90}).after
    {'0': 90, '1': 90}
    >>> three = {"a": 500, "b": 100, "c": 30}
    >>> forecast(grammar.parse("smote"), three).synthetic
    {'b': 400, 'c': 470}
    """
    if not arm.steps or len(train) < 2 or not all(train.values()):
        return None
    before = after = dict(train)
    between = ratio.ends(before)
    synthetic: dict[str, int] = {}
    open_end = False
    steps: list[dict[str, int]] = []
    for step in space.fix_setting(arm, space.first_setting(arm)).steps:
        entry = registry.sampler(step.sampler)
        values = registry.check_step(step)
        if (new := repair.target_counts(step, after, between)) is not None:
            synthetic = _count_synthetic(entry, values, after, new, synthetic)
            after = new
        open_end = open_end or not entry.has_ratio or entry.group == "combined"
        steps.append(after)
    return Forecast(before, after, synthetic, open_end, tuple(steps))


def _count_synthetic(
    entry: Sampler,
    values: Mapping[str, ParamValue],
    old: Mapping[str, int],
    new: Mapping[str, int],
    known: Mapping[str, int],
) -> dict[str, int]:
    """Return the rows that no file holds, by class, after one step more."""
    # What is dropped at random is dropped from both in proportion.
    made = {c: n * min(new[c], old[c]) // old[c] for c, n in known.items()}
    if entry.group == "under":
        if entry.name == _CENTRES and values.get("voting") != "hard":
            made |= {c: n for c, n in new.items() if n < old[c]}
    elif entry.name != _COPIES or float(values.get("shrinkage", 0.0)) > 0:
        for label, count in new.items():
            if count > old[label]:
                made[label] = made.get(label, 0) + count - old[label]
    return made


def measured(session: Session, arm: Arm) -> tuple[ArmState, FoldPrepared] | None:
    """Return what the run that is looked at made of the training rows.

    None if there is no run, or it had another table or other parameters.
    """
    run, request = session.run, session.load.request
    if run is None or request is None:
        return None
    ran = _ran(session, arm) if run.experiment.data.source == request.source else []
    found = next((one for same, one in ran if plain(same) == arm and one.final), None)
    return (found, found.final) if found and found.final else None


def _ran(session: Session, arm: Arm) -> list[tuple[Arm, ArmState]]:
    """Return where the run's arms of a method are, of each model that it has there."""
    run = session.run
    states = {one.name: one for one in run.state.arms} if run is not None else {}
    arms = run.experiment.arms if run is not None else ()
    called = (
        one for one in arms if grammar.method_name(one.name, one.model) == arm.name
    )
    return [(one, states[one.name]) for one in called if one.name in states]


# What it is ---------------------------------------------------------------------------


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
        summary = _MULTICLASS.get(arm.weights) if classes > 2 else None
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


def about_model(name: str) -> About:
    """Return a model in words."""
    entry = known_models.get(name)
    return _of_entry(entry)._replace(home=entry.package)


def _of_entry(entry: object) -> About:
    """Return what the registry says of a control, a sampler or an ensemble."""
    return About(*(getattr(entry, name, "") for name in About._fields))


def verdict(session: Session, arm: Arm) -> Content:
    """Return whether an arm can be run on the open table, and what that takes."""
    if (found := finding(session, arm)) is None:
        return Content("")
    if found.status == "cannot":
        return wording.refusal(f"not possible: {found.problem}", found.fix)
    word = ("✓ runs", "bold $text-success")
    if found.status == "repaired":
        word = ("⚠ adjusted", "bold $text-warning")
    takes = preparation_text(session, arm, found)
    line = Content.assemble(word, (f"  {takes}", "dim") if takes else "")
    repairs = [content(f"  {repair}") for repair in merge_texts(found.repairs)]
    return wording.lines([line, *repairs])


def tuned(session: Session, arm: Arm) -> Content:
    """Say what the search chooses of an arm, and that its budget stays equal."""
    most = session.draft.base.search.trials
    same = f"the same {figures.plural(most, 'trial')} as every arm"
    if arm.ensemble is not None:
        text = "It is its own model: the search chooses its empty parameters, with"
        return Content.styled(f"{text} {same}.", "dim")
    if not arm.tuned or not all(known_sampler(step.sampler) for step in arm.steps):
        return Content("")
    settings = space.count_settings(arm)
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
        of /= costs.weight_of_negative(train[rare], train[often])
        times, more = figures.cost(of), " (b changes the costs)"
        if costs.column:  # which rows are training rows is not known yet
            return content(f"A row of {rare} counts by the mean of {costs.column}.")
    rare, often = clip(rare, _MOST_LABEL), clip(often, _MOST_LABEL)
    return content(f"A row of {rare} counts {times} times one of {often}{more}.")


def remarks(session: Session, arm: Arm) -> list[Content]:
    """Return what a run noticed of an arm, or else what is to be expected."""
    if (known := measured(session, arm)) is not None:
        return noticed(known[0].repairs, known[0].notes)
    found = finding(session, arm) if arm.kind != "control" else None
    return noticed((), found.notes) if found else []


def remark(session: Session, offer: Offer) -> Cell:
    """Return the one thing worth saying about an arm in a word or two."""
    if session.draft.has_problem(offer.name):
        return ("✗ refused", "bold $text-error")
    labelled = session.draft.labelled(offer)
    ran = [one for _, one in _ran(session, labelled)]
    repaired = any(one.repairs for one in ran)
    found = finding(session, labelled)
    status = found.status if found else "runs"
    if any(one.failed is not None for one in ran):
        return ("✗ failed", "$text-error")
    if found and status == "cannot" and not repaired:
        return (f"✗ {trouble(session, found)}", "$text-error")
    if models.unsuited(session, labelled):
        return models.PARTLY
    if status == "repaired" or repaired:
        return ("⚠ adjusted", "$text-warning")
    if labelled.tuned:
        return (f"tunes {len(labelled.tuned)}", "$text-accent")
    given = [offer.arm.params, *(step.params for step in offer.arm.steps)]
    if not offer.own and any(given):
        return ("changed", "$text-accent")
    if offer.locked:
        return ("always", "dim")
    if ran and all(one.evaluated is not None for one in ran):
        spent = sum(trial.seconds for one in ran for trial in one.trials)
        return (f"~{figures.clock(spent)}", "dim")
    if found is not None and found.measured:
        took = preparation(session, labelled, found)
        return (figures.about(took), "dim") if took >= WORTH else ""
    entries = [known_sampler(step.sampler) for step in offer.arm.steps]
    return ("slow", "dim") if any(e is not None and e.slow for e in entries) else ""
