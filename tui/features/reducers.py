"""Reducers: pure functions from a session to the next one.

Every intent of the user and every answer of a job has one here. An answer to a
job that is no longer the newest changes nothing: this, and not the stopping of
threads, keeps stale answers off the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from engine.core.errors import SpecError
from engine.core.events import Event
from engine.core.experiment import Experiment, ReadSpec
from engine.core.messages import Load, LoadProgress, TableInfo
from engine.core.presets import preset
from engine.core.state import State, reduce
from engine.core.views.progress import LogLine
from engine.core.views.progress import lines as written
from tui.features import questions
from tui.features.arms import changes
from tui.features.arms import draft as drafts
from tui.features.arms.draft import Problem
from tui.features.commands import turn
from tui.features.dataset import state as choices
from tui.features.lab.state import LabState
from tui.features.questions import Question
from tui.features.remembered import Sort
from tui.features.session import (
    ChoiceField,
    CurrentRun,
    Loading,
    PaneId,
    Part,
    RoleChoice,
    RunSummary,
    Session,
    Side,
)

MOST_LOG_LINES = 500
LEAST: Final[dict[Side, int]] = {"left": 28, "above": 4}
"""Cells, or lines, that the panes have at least."""
MOST_UNDONE = 50
"""Choices that can be gone back to."""

# The dataset -----------------------------------------------------------------------


def ask_load(session: Session, request: Load, *, undo: bool = False) -> Session:
    """Begin a load; another source forgets the old table. Numbers the request.

    With `undo` it is one that there was before.
    """
    jobs = session.jobs + 1
    request = replace(request, id=jobs)
    old = session.load
    first: Question[Any, Any] = Question(job=jobs)  # the load begins with a look
    if old.request is None or old.request.source != request.source:
        load = Loading(request=request, busy=True, preview=first)
    else:
        same = old.request.read == request.read
        history = old.history[:-1] if undo else (*old.history, old.request)
        load = Loading(
            request=request,
            history=history[-MOST_UNDONE:],
            busy=True,
            table=old.table,
            confirmed=old.confirmed,
            run_waits=old.run_waits,
            preview=questions.settle(old.preview) if same else first,
            page=questions.settle(old.page) if same else Question(),
        )
    return replace(session, jobs=jobs, load=load)


def undo(session: Session) -> Session:
    """Go back to the choices about the dataset before the last one."""
    if not session.load.history:
        return session
    return ask_load(session, session.load.history[-1], undo=True)


def open_source(
    session: Session,
    source: str,
    target: str | None = None,
    positive: str | None = None,
) -> Session:
    """Begin to load a table with the split of the draft, in a fresh view."""
    base = session.draft.base
    request = Load(
        id=0,
        source=source,
        target=target,
        positive=positive,
        test_size=base.split.test_size,
        stratify=base.split.stratify,
        duplicates=base.split.duplicates,
        seed=base.seed,
    )
    session = looking(session, pane="dataset", selected={}, shown={}, zoomed=None)
    return ask_load(session, request)


def open_experiment(
    session: Session, experiment: Experiment, path: str | None = None
) -> Session:
    """Set everything up as an experiment says, and begin to load its table."""
    session = replace(session, draft=drafts.from_experiment(experiment, path))
    request = choices.to_request(experiment.data, experiment.split, experiment.seed)
    return ask_load(session, request)


def choose(session: Session, field: ChoiceField, value: Any) -> Session:
    """Change one choice about the dataset and load anew (the file is not re-read).

    A value that cannot be is refused: see `Draft.problems`.
    """
    try:
        value = changes.check_choice(field, value)
    except SpecError as error:
        problem = drafts.add_problem(session.draft, field, error)
        return replace(session, draft=problem)
    session = replace(session, draft=drafts.drop_problem(session.draft, field))
    return reload(session, choices.with_choice, field, value)


def assign(session: Session, column: str, role: RoleChoice) -> Session:
    """Give a column a role and load anew."""
    return change_columns(session, (column,), f"role-{role}")


def change_columns(session: Session, columns: Iterable[str], change: str) -> Session:
    """Give columns a role (``role-ignored``) or kind (``kind-date``) and load anew.

    ``kind-`` is what a column looks like; ``errors-by`` compares errors by the columns,
    or not any more.
    """
    table, (what, _, value) = session.load.table, change.partition("-")
    known = {c.name: c.kind for c in table.columns} if table else {}
    kinds = {name: known.get(name, "") for name in columns}

    def apply(request: Load) -> Load:
        if what == "errors":
            return choices.toggle_subgroups(request, kinds)
        for name, kind in kinds.items():
            if what == "role":
                request = choices.with_role(request, name, value, kind)
            else:
                request = choices.with_kind(request, name, value or None)
        return request

    return reload(session, apply)


def read_as(session: Session, read: ReadSpec) -> Session:
    """Read the file in another way, or once more if it could not be read."""
    request, seen = session.load.request, session.load.preview
    if request is None:
        return session
    request = replace(request, read=read)
    if seen.answer is not None and seen.problem is None:
        request = choices.forget_missing(request, seen.answer.columns)
    return ask_load(session, request)


def reload(session: Session, change: Callable[..., Load], *values: object) -> Session:
    """Begin a load with another choice, unless it changes nothing."""
    old = session.load.request
    new = change(old, *values) if old is not None else None
    return session if new is None or new == old else ask_load(session, new)


def confirm_target(session: Session) -> Session:
    """Note that the user agreed to run with the target there is."""
    table = session.load.table
    target = table.target if table is not None else None
    return replace(session, load=replace(session.load, confirmed=target))


def load_progressed(session: Session, job: int, progress: LoadProgress) -> Session:
    """Note where the load is."""
    return _load(session, job, progress=progress)


_OVER: Final = {"busy": False, "progress": None, "run_waits": False}
"""What a load is when it has ended."""


def table_loaded(session: Session, job: int, table: TableInfo) -> Session:
    """Take the answer of the newest load."""
    new = _load(session, job, table=table, problem=None, **_OVER)
    # What was known of methods was about the table as it was.
    return session if new is session else replace(new, lab=LabState())


def load_failed(session: Session, job: int, problem: Problem) -> Session:
    """Note that the newest load failed."""
    return _load(session, job, problem=problem, **_OVER)


def await_table(session: Session, wanted: bool) -> Session:
    """Note whether a run is to start once the table is read."""
    return replace(session, load=replace(session.load, run_waits=wanted))


def note(session: Session, field: str, value: Any) -> Session:
    """Note what a job found out, unless it is known already."""
    same = getattr(session, field) == value
    return session if same else replace(session, **{field: value})


def choose_preset(session: Session, name: str) -> Session:
    """Set arms, budget and split up as a preset says; the table stays."""
    try:
        chosen = preset(name, source="")
    except SpecError as error:
        problem = drafts.add_problem(session.draft, "preset", error)
        return replace(session, draft=problem)
    draft = drafts.with_experiment(chosen, session.draft)
    size, stratify = chosen.split.test_size, chosen.split.stratify
    split = partial(replace, test_size=size, stratify=stratify, seed=chosen.seed)
    return reload(replace(session, draft=draft), split)


# Runs -------------------------------------------------------------------------------


def follow(session: Session, run: CurrentRun) -> Session:
    """Look at a run from now on; one that was looked at is seen as before."""
    if session.run_of(run.id) is None:
        nothing: dict[str, Any] = {"at": None, "klass": None, "thresholds": {}}
        session = looking(session, **nothing, beside=None, all_arms=False)
    return replace(session, run=run)


def replay(
    events: Iterable[Event], state: State, log: tuple[LogLine, ...]
) -> tuple[State, tuple[LogLine, ...]]:
    """Return what events add up to, and the log's newest lines."""
    for event in events:
        new = reduce(state, event)
        log += written(event, state, new)
        state = new
    return state, log[-MOST_LOG_LINES:]


def run_events(
    session: Session,
    run_id: str,
    events: Iterable[Event],
    status: str,
    elapsed: float,
    cancelling: bool = False,
    silent: float | None = None,
) -> Session:
    """Take news of the followed run; those of any other are dropped."""
    run = session.run_of(run_id)
    if run is None:
        return session
    state, log = replay(events, run.state, run.log)
    live = status in ("queued", "running")
    run = replace(
        run,
        state=state,
        status=status,
        elapsed=max(elapsed, run.elapsed) if live else elapsed,
        log=log,
        cancelling=(run.cancelling or cancelling) and live,
        silent=silent if live else None,
        lost=None,
    )
    return replace(session, run=run)


def cancelling(session: Session, run_id: str) -> Session:
    """Note that the followed run was asked to end."""
    run = session.run_of(run_id)
    if run is None or not run.live:
        return session
    return replace(session, run=replace(run, cancelling=True))


def lose(session: Session, run_id: str, problem: Problem) -> Session:
    """Note that the followed run cannot be followed any more."""
    run = session.run_of(run_id)
    return session if run is None else replace(session, run=replace(run, lost=problem))


def forget_run(session: Session, run_id: str) -> Session:
    """Look at no run any more, if it was that one."""
    return replace(session, run=None) if session.run_of(run_id) else session


def list_runs(session: Session, runs: tuple[RunSummary, ...]) -> Session:
    """Note what the store holds."""
    if runs == session.stored and session.unlisted is None:
        return session
    return replace(session, stored=runs, unlisted=None)


# Where the user looks -------------------------------------------------------------


def looking(session: Session, **changes: Any) -> Session:
    """Return the session with parts of its view changed."""
    view = replace(session.view, **changes)
    return replace(session, view=view)


def remember(session: Session, **changes: Any) -> Session:
    """Return the session with parts changed of what the next one begins with."""
    return looking(session, remembered=replace(session.view.remembered, **changes))


def sort_list(
    session: Session, name: str, column: str | None, reverse: bool = False
) -> Session:
    """Sort a list by a column; None is the order that it comes in."""
    sorts = {n: s for n, s in session.view.remembered.sorts.items() if n != name}
    if column is not None:
        sorts[name] = Sort(column, reverse)
    return remember(session, sorts=sorts)


def activate(session: Session, pane: PaneId) -> Session:
    """Make a pane the active one."""
    return session if session.view.pane == pane else _move(session, pane=pane)


def show(session: Session, pane: PaneId, view: str, enter: bool = False) -> Session:
    """Choose the view of a pane's picture; the workbench sees to `enter`."""
    if session.view.zoomed == "pane":
        session = looking(session, zoomed="picture")
    session = _move(session, shown={**session.view.shown, pane: view})
    return remember(session, shown={**session.view.remembered.shown, pane: view})


def step_view(
    pane: PaneId, views: Sequence[str], session: Session, steps: int
) -> Session:
    """Show the view so many places after the shown one; at first that is the first."""
    now = session.view.view_of(pane)
    return show(session, pane, turn(views, now if now in views else views[0], steps))


def _move(session: Session, **changes: Any) -> Session:
    """Look somewhere else, and note where that was before."""
    before, moved = session.view.place, looking(session, **changes)
    return moved if moved.view.place == before else looking(moved, before=before)


def select(session: Session, pane: PaneId, item: str) -> Session:
    """Note what is highlighted in a pane."""
    if session.view.selected.get(pane) == item:
        return session
    return looking(session, selected={**session.view.selected, pane: item})


def zoom(session: Session, part: Part) -> Session:
    """Give the pane or its picture the whole screen, or take it back from that."""
    return looking(session, zoomed=None if session.view.zoomed == part else part)


def split(
    session: Session, side: Side, size: int | None, step: int, most: int
) -> Session:
    """Give the panes another size; a step is added to the one that was chosen."""
    known = getattr(session.view.remembered, side)
    if step and known is not None:
        size = min(known, most)
    if size is not None:
        size = max(LEAST[side], min(size + step, most))
    return remember(session, **{side: size})


def choose_point(session: Session, at: str) -> Session:
    """Read the results at another operating point; moved thresholds go back."""
    return remember(looking(session, at=at, thresholds={}), at=at)


def choose_class(session: Session, klass: str) -> Session:
    """Look at another class; moved thresholds, which were of the old one, go back."""
    return looking(session, klass=klass, thresholds={})


def move_threshold(session: Session, arm: str, threshold: float | None) -> Session:
    """Move an arm's threshold; None goes back to the operating point's."""
    moved = {a: t for a, t in session.view.thresholds.items() if a != arm}
    if threshold is not None:
        moved[arm] = min(1.0, max(0.0, threshold))
    return looking(session, thresholds=moved)


# -----------------------------------------------------------------------------------


def _load(session: Session, job: int, **changes: Any) -> Session:
    """Change what is known of the newest load; what is about any other is dropped."""
    request = session.load.request
    if request is None or request.id != job or not session.load.busy:
        return session
    return replace(session, load=replace(session.load, **changes))
