"""Words that several panes use for the same thing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec
from textual.content import Content

from engine.core import format as figures
from engine.core.costs import error_costs, metric
from engine.core.passes import amount, percent, rate, time_left
from tui.features.results import operating
from tui.features.results.operating import class_of
from tui.features.session import (
    Loading,
    ServicePhase,
    Session,
    draft_costs,
    short_name,
)
from tui.terminal.safe_text import content

NO_DATASET = "No dataset is open: o opens a file or a sample."
MARKED = "●"
"""Beside a line that is marked."""
_BAR = 16
_MOST_COLUMN = 16
NO_RESULTS = "No results yet: r starts a run."
NO_VERDICT = "Verdict when all arms are done."


def no_table(load: Loading) -> str:
    """Say why there is no table: what is done about it, or what went wrong."""
    if load.request is None:
        return NO_DATASET
    name = short_name(load.request.source)
    if load.busy:
        return f"Reading {name} …"
    problem = load.problem
    return f"{name}: {problem.text}" if problem else f"{name} was not read."


def progress(load: Loading, service: ServicePhase) -> list[Content]:
    """Return what a load does now, a bar if the end is known, its rate and its end."""
    if (progress := load.progress) is None:
        waiting = warming(service)
        text = f"waiting: {waiting}" if waiting else "reading …"
        return [Content.styled(text, "$text-accent")]
    text = f"{progress.stage} {amount(progress)}".rstrip()
    pace = [text for text in (rate(progress), time_left(progress)) if text]
    if (part := percent(progress)) is None:
        return [content(f"{text} …", "$text-accent"), *map(Content, pace)]
    bar = Content(f"{figures.bar(part, 100, _BAR)} {part} %")
    return [content(text, "$text-accent"), bar, *map(Content, pace)]


def escapes(load: Loading) -> str:
    """Say what the way out of a load does."""
    return "esc takes the run back" if load.run_waits else "esc stops"


def warming(service: ServicePhase) -> str:
    """Say that the service is not there yet, or nothing."""
    if service.phase in ("off", "ready"):
        return ""
    if service.phase == "gone":
        return "the service stopped"
    of = f" {service.done}/{service.total}" if service.total else ""
    return f"getting ready{of}"


def objective(name: str) -> str:
    """Return an objective as people call it."""
    return metric(name).title


def point_text(session: Session, name: str, *, aimed: bool = False) -> str:
    """Return an operating point as a board heads it, with the costs that are meant.

    What the recommended one follows is named with it if `aimed`.
    """
    if session.run is None:
        return figures.point_name(name, **error_costs(draft_costs(session)))
    return session.run.result.point_label(name, _one_class(session), aimed=aimed)


def point_in_pane(session: Session, name: str) -> str:
    """Return an operating point with little beside it: the recommended one's costs."""
    base = session.run.experiment if session.run else session.draft.base
    if name != "recommended" or base.decision.aim != "cost":
        return point_text(session, name)
    return f"{name}{point_text(session, 'cost').removeprefix('cost')}"


def point_short(session: Session, name: str) -> str:
    """Return an operating point as `at`, where there is little room."""
    if session.run is None:
        return name
    return session.run.result.point_short(name, _one_class(session))


def _one_class(session: Session) -> str | None:
    return None if operating.whole(session) else class_of(session)


def costs_line(session: Session, brief: bool = False) -> str:
    """Say what the run's costs are, and who gave them; nothing if they are unknown."""
    found = session.run.state.costs if session.run else None
    if found is None:
        return ""
    miss, alarm = figures.cost(found.cost_fn), figures.cost(found.cost_fp)
    if found.column:
        by = figures.brief(found.column, _MOST_COLUMN)
        return f"Costs by {by}: a miss {miss} on average, a false alarm {alarm}."
    text = f"a miss costs {miss}, a false alarm {alarm}"
    if found.cost_tp or found.cost_tn:
        text += f", a true positive {found.cost_tp:g}"
        text += f", a true negative {found.cost_tn:g}"
    if not found.assumed:
        return f"Costs: {text}."
    if found.classes:
        text = "a miss costs more in a rarer class"
    why = "" if brief else ", as balancing implies"
    return f"Costs assumed{why}: {text}. $ gives yours."


def assumed(session: Session) -> str:
    """Say what a miss costs in the next run if nobody gives it."""
    decision = session.draft.base.decision
    if decision.cost_fn_column:
        by = figures.brief(decision.cost_fn_column, _MOST_COLUMN)
        return f"empty: by column {by}"
    decision = msgspec.structs.replace(decision, cost_fn=None)
    if (found := draft_costs(session, decision)) is None:
        return "empty: assumed, once the table is read"
    if found.classes:
        return "empty: more for rarer classes"
    return f"empty: {figures.cost(found.cost_fn)}, as balancing implies"


def mark(names: Sequence[str], seen: Collection[int]) -> Content:
    """Return names side by side, those at some places marked."""
    marks = [("▸", "bold") if n in seen else (" ", "dim") for n in range(len(names))]
    pairs = zip(names, marks, strict=True)
    return Content("  ").join(Content.styled(f"{m}{name}", s) for name, (m, s) in pairs)


def lines(parts: Iterable[Content]) -> Content:
    """Return contents below each other."""
    return Content("\n").join(parts)


def refusal(message: str, fix: str = "") -> Content:
    """Return why something cannot be, and what to do."""
    text = content(f"✗ {message}", "bold $text-error")
    return lines([text, content(f"→ {fix}")]) if fix else text


def first_line(text: Content) -> Content:
    """Return the first of several lines."""
    return text.split("\n", allow_blank=True)[0]
