"""Every message of the app: intents go up, results come down.

A widget posts an `Intent`; it bubbles to the app, which alone changes the session
and alone starts work. A job, in its thread, posts a `JobMessage` to the app, with the
number of the job or the id of the run it belongs to. Payloads are frozen and small.
Widgets need no result: what came in is in the session they are given.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.core.events import Event
from engine.core.experiment import Experiment
from engine.core.messages import LoadProgress, TableInfo
from engine.core.methods.samplers import ParamValue
from tui.features import session
from tui.features.arms.draft import Problem
from tui.features.mail import Intent, JobMessage

# The dataset -----------------------------------------------------------------------


class OpenRequested(Intent):
    """Open a table; without a source the user is asked for one."""

    source: str | None = None
    target: str | None = None
    positive: str | None = None


class LoadChoiceChanged(Intent):
    """Change one choice about the dataset.

    `target`, `positive`, `group`, `time` and `by` are names and `test_source` a path
    (None: guess, or none); `test_size` is a share, `stratify` a bool, `duplicates`
    ``together`` or ``apart``, `seed` a whole number; the test size and the seed may be
    given as text, as typed.
    """

    field: session.ChoiceField
    value: str | float | int | bool | None


class RoleChanged(Intent):
    """Give a column another role."""

    column: str
    role: session.RoleChoice


class LoadCancelRequested(Intent):
    """Stop reading the table; what was known before stays."""


# The experiment --------------------------------------------------------------------


class ArmToggled(Intent):
    """Tick or untick an arm; None turns it over."""

    arm: str
    ticked: bool | None = None


class StepParamChanged(Intent):
    """Set a parameter of an arm's step; None goes back to the default.

    Text is read as the parameter's kind. A refused value leaves the old one, and
    `session.draft.problems[arm_key(arm, step, param)]` says why.
    """

    arm: str
    step: int
    param: str
    value: ParamValue | None


class BudgetChanged(Intent):
    """Set a field of the budget, the model, or the decision; None is the default.

    Text is read as the field's type. A refused value leaves the old one, and
    `session.draft.problems[field]` says why.
    """

    field: str
    value: ParamValue | None


class PresetChosen(Intent):
    """Set arms, budget and split up as a preset says."""

    name: str


class OpenExperimentRequested(Intent):
    """Open an experiment file; without a path the user is asked for one."""

    path: str | None = None


class SaveExperimentRequested(Intent):
    """Save the experiment as TOML; without a path the user is asked for one."""

    path: str | None = None
    overwrite: bool = False


class CostsDialogRequested(Intent):
    """Ask what a miss and a false alarm cost."""


class CostsEntered(Intent):
    """Set costs and prevalence of the next run, as typed; empty takes them back.

    With `run` the experiment is run with them at once.
    """

    cost_fn: str
    cost_fp: str
    prevalence: str
    run: bool = False


# Runs ------------------------------------------------------------------------------


class RunRequested(Intent):
    """Start a run of the experiment as it is set up.

    If not `confirmed`, the user is asked first where a target was only guessed, or
    results would leave the screen.
    """

    confirmed: bool = False


class RunWithdrawn(Intent):
    """Start no run once the table is read, though one was asked for."""


class CancelRequested(Intent):
    """End a run: the one that is looked at, or that of the id.

    The user is asked first where trials are finished, unless `confirmed`.
    """

    run_id: str | None = None
    confirmed: bool = False


class ResumeRequested(Intent):
    """Go on with a run that was interrupted or cancelled."""

    run_id: str


class RunsRequested(Intent):
    """Show the list of stored runs."""


class OpenRunRequested(Intent):
    """Look at a stored run; a living one is followed."""

    run_id: str


# Looking ---------------------------------------------------------------------------


class PaneActivated(Intent):
    """Make a pane the active one; the workbench focuses it."""

    pane: session.PaneId


class ViewChosen(Intent):
    """Choose the view of a pane's picture; with `enter` the focus goes into it."""

    pane: session.PaneId
    view: str
    enter: bool = False


class Selected(Intent):
    """Say what is highlighted in a pane: `session.view.selected[pane]`."""

    pane: session.PaneId
    item: str


class Stepped(Intent):
    """Change the newest session by steps: keys come faster than it is drawn.

    `change` is a pure function of that session and the steps; negative ones go back.
    """

    change: Callable[[session.Session, int], session.Session]
    steps: int = 1


class ZoomToggled(Intent):
    """Give the pane or its picture the whole screen, or take it back from that."""

    part: session.Part


class SplitMoved(Intent):
    """Give the panes another size beside, or above, the picture; None goes back.

    A `step` is added to the size that they have; to `size` if that was never changed.
    """

    side: session.Side
    size: int | None
    step: int = 0
    most: int = 0


class ListSorted(Intent):
    """Sort a list by one of its columns: `session.view.remembered.sorts[name]`.

    None is the order that it comes in.
    """

    name: str
    column: str | None
    reverse: bool = False


class PointChosen(Intent):
    """Read the results at another operating point."""

    at: str


class ClassChosen(Intent):
    """Look at another one of more than two classes."""

    klass: str


class ThresholdMoved(Intent):
    """Move an arm's threshold; None goes back to the operating point's."""

    arm: str
    threshold: float | None


class CopyRequested(Intent):
    """Put text on the clipboard; `what` names it in the notice ("the board")."""

    text: str
    what: str


class StartViewRequested(Intent):
    """Show the start view above everything."""


class CopyFocusRequested(Intent):
    """Copy what is selected, or what has the focus."""


class Notice(Intent):
    """Show a short notice; both lines may hold untrusted text."""

    text: str
    title: str = ""
    problem: bool = False


# What jobs found out ---------------------------------------------------------------


class ServiceStatus(JobMessage):
    """The service child got further, is ready, or is gone."""

    service: session.ServicePhase


class LoadProgressed(JobMessage):
    """A load got further."""

    job: int
    progress: LoadProgress


class TableLoaded(JobMessage):
    """A load is done."""

    job: int
    table: TableInfo


class LoadFailed(JobMessage):
    """A load came to nothing."""

    job: int
    problem: Problem


class RunOpened(JobMessage):
    """A run is looked at from now on, and followed if it lives.

    `started` if it came about by itself: it was started here, or found working. Then
    the dataset and the experiment stay as they are.
    """

    run: session.CurrentRun
    started: bool = False


class RunEvents(JobMessage):
    """News of a run: its results in order, and the newest progress of each arm.

    Never more than ten a second; no result is ever left out. `cancelling` once anybody
    asked for its end; `silent` if its process had no heartbeat for too long.
    """

    run_id: str
    events: tuple[Event, ...]
    status: str
    elapsed: float
    cancelling: bool = False
    silent: float | None = None


class RunEnded(JobMessage):
    """Nothing more will come of a run."""

    run_id: str
    status: str


class RunsListed(JobMessage):
    """What the store holds, the newest first."""

    runs: tuple[session.RunSummary, ...]


class RecentListed(JobMessage):
    """The sources opened last, the newest first."""

    sources: tuple[str, ...]


class RunDeleted(JobMessage):
    """A run is no longer in the store; `elsewhere` if this app did not delete it."""

    run_id: str
    elsewhere: bool = False


class ExperimentOpened(JobMessage):
    """An experiment file was read."""

    path: str
    experiment: Experiment


class ExperimentSaved(JobMessage):
    """An experiment file was written."""

    path: str


class RunFound(JobMessage):
    """The store holds a run that still works."""

    run_id: str


class JobFailed(JobMessage):
    """Something that the user asked for did not work.

    `loud` ones are shown in a dialog, others as a notice.
    """

    title: str
    problem: Problem
    loud: bool = True
