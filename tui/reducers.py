"""What happens to a session: pure functions from a session to the next one.

Every intent of the person and every answer of a job has one here. An answer to a
job that is no longer the newest changes nothing: this, and not the stopping of
threads, keeps stale answers off the screen. Where the person looks is in
`tui.looking`, what becomes of runs in `tui.running`; all of it is here by name.
"""

from __future__ import annotations

from typing import Any

import msgspec

from engine.client.messages import Load, LoadProgress, TableInfo
from engine.errors import SpecError
from engine.events import Fix
from engine.presets import preset
from engine.spec import Experiment, ReadSpec
from tui import budget, choices, lab, questions
from tui import draft as drafts
from tui.draft import Draft, Problem
from tui.looking import (
    activate,
    choose_class,
    choose_policy,
    looking,
    move_threshold,
    select,
    show,
    zoom,
)
from tui.questions import Question
from tui.running import (
    MOST_LOG_LINES,
    cancelling,
    follow,
    forget_run,
    lost,
    run_events,
    store_told,
    stored,
    unlisted,
    usage,
)
from tui.session import (
    ChoiceField,
    Loading,
    RoleChoice,
    Service,
    Session,
)

__all__ = [
    "MOST_LOG_LINES",
    "MOST_UNDONE",
    "activate",
    "apply_fix",
    "ask_load",
    "assign",
    "assign_kind",
    "cancelling",
    "choose",
    "choose_class",
    "choose_policy",
    "choose_preset",
    "draft",
    "follow",
    "forget_run",
    "load_failed",
    "load_progressed",
    "lost",
    "move_threshold",
    "mute",
    "open_experiment",
    "open_source",
    "read_as",
    "recent",
    "run_events",
    "select",
    "service",
    "show",
    "split_at_random",
    "store_told",
    "stored",
    "table_loaded",
    "undo",
    "unlisted",
    "usage",
    "zoom",
]

MOST_UNDONE = 50
"""Choices that can be gone back to."""

# The dataset -----------------------------------------------------------------------


def ask_load(session: Session, request: Load, *, undo: bool = False) -> Session:
    """Begin a load; another source forgets the old table. Numbers the request.

    With `undo` it is one that there was before.
    """
    jobs = session.jobs + 1
    request = msgspec.structs.replace(request, id=jobs)
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
            preview=questions.settled(old.preview) if same else first,
            page=questions.settled(old.page) if same else Question(),
        )
    return _replace(session, jobs=jobs, load=load)


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
    session = looking(session, pane="dataset", selected={}, shown={}, zoomed=False)
    return ask_load(session, request)


def open_experiment(
    session: Session, experiment: Experiment, path: str | None = None
) -> Session:
    """Set everything up as an experiment says, and begin to load its table."""
    session = _replace(session, draft=drafts.from_experiment(experiment, path))
    request = choices.asked(experiment.data, experiment.split, experiment.seed)
    return ask_load(session, request)


def choose(session: Session, field: ChoiceField, value: Any) -> Session:
    """Change one choice about the dataset and load anew (the file is not re-read).

    A test size or a seed that cannot be is refused: see `Draft.problems`.
    """
    request = session.load.request
    if request is None:
        return session
    try:
        value = budget.checked_choice(field, value)
    except SpecError as error:
        return _replace(session, draft=drafts.refused(session.draft, field, error))
    session = _replace(session, draft=drafts.accepted(session.draft, field))
    return _ask_other(session, choices.with_choice(request, field, value))


def assign(session: Session, column: str, role: RoleChoice) -> Session:
    """Give a column a role and load anew."""
    request, table = session.load.request, session.load.table
    if request is None:
        return session
    columns = table.columns if table else ()
    kind = next((c.kind for c in columns if c.name == column), "")
    return _ask_other(session, choices.with_role(request, column, role, kind))


def split_at_random(session: Session) -> Session:
    """Let no column and no second file tell the test rows."""
    request = session.load.request
    if request is None:
        return session
    none = dict.fromkeys(("group", "time", "by", "test_source"))
    return _ask_other(session, msgspec.structs.replace(request, **none))


def assign_kind(session: Session, column: str, kind: str | None) -> Session:
    """Say of what kind a column is (None: what it looks like) and load anew."""
    request = session.load.request
    if request is None:
        return session
    return _ask_other(session, choices.with_kind(request, column, kind))


def apply_fix(session: Session, fix: Fix) -> Session:
    """Do what an advice recommends and load anew."""
    request = session.load.request
    if request is None:
        return session
    return _ask_other(session, choices.fixed(request, fix))


def mute(session: Session, key: str, on: bool) -> Session:
    """Mute an advice, or hear it again."""
    request = session.load.request
    if request is None:
        return session
    return _ask_other(session, choices.muted(request, key, on))


def read_as(session: Session, read: ReadSpec) -> Session:
    """Read the file in another way, or once more if it could not be read."""
    load = session.load
    if load.request is None:
        return session
    seen = load.preview
    columns = seen.answer.columns if seen.answer and not seen.problem else None
    return ask_load(session, choices.reread(load.request, read, columns))


def _ask_other(session: Session, request: Load) -> Session:
    """Begin a load, unless nothing was changed."""
    return session if request == session.load.request else ask_load(session, request)


def load_progressed(session: Session, job: int, progress: LoadProgress) -> Session:
    """Note where the load is."""
    if not _loading(session, job):
        return session
    return _load(session, progress=progress)


def table_loaded(session: Session, job: int, table: TableInfo) -> Session:
    """Take the answer of the newest load."""
    if not _loading(session, job):
        return session
    # What was known of remedies was about the table as it was.
    session = lab.forget(session)
    return _load(session, busy=False, progress=None, table=table, problem=None)


def load_failed(session: Session, job: int, problem: Problem) -> Session:
    """Note that the newest load failed."""
    if not _loading(session, job):
        return session
    return _load(session, busy=False, progress=None, problem=problem)


def recent(session: Session, sources: tuple[str, ...]) -> Session:
    """Note what was opened last."""
    return _replace(session, recent=sources)


def service(session: Session, status: Service) -> Session:
    """Note how far the service child is."""
    return _replace(session, service=status)


def choose_preset(session: Session, name: str) -> Session:
    """Set arms, budget and split up as a preset says; the table stays."""
    try:
        chosen = preset(name, source="")
    except SpecError as error:
        return draft(session, drafts.refused(session.draft, "preset", error))
    session = _replace(session, draft=drafts.anew(chosen, session.draft))
    old = session.load.request
    if old is None:
        return session
    new = msgspec.structs.replace(
        old,
        test_size=chosen.split.test_size,
        stratify=chosen.split.stratify,
        seed=chosen.seed,
    )
    return session if new == old else ask_load(session, new)


def draft(session: Session, new: Draft) -> Session:
    """Take a changed draft."""
    return _replace(session, draft=new)


# -----------------------------------------------------------------------------------


def _loading(session: Session, job: int) -> bool:
    request = session.load.request
    return request is not None and request.id == job and session.load.busy


def _load(session: Session, **changes: Any) -> Session:
    return _replace(session, load=msgspec.structs.replace(session.load, **changes))


def _replace(session: Session, **changes: Any) -> Session:
    return msgspec.structs.replace(session, **changes)
