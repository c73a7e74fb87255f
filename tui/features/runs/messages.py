"""Messages about stored runs and where they are kept."""

from __future__ import annotations

from typing import Literal, TypeAlias

from engine.core.compare_runs import Contrast
from engine.core.experiment import Experiment
from tui.features.arms.draft import Problem
from tui.features.mail import Intent, JobMessage
from tui.features.session import DiskUse, StoreInfo

Annotation: TypeAlias = Literal["note", "tags"]
"""What a user can write about a run."""

# What the user wants -------------------------------------------------------------


class RunsRefreshRequested(Intent):
    """Look at the store again: other processes write there too."""


class DeleteRunsRequested(Intent):
    """Delete stored runs; the user is asked first unless `confirmed`."""

    run_ids: tuple[str, ...]
    confirmed: bool = False


class PruneRequested(Intent):
    """Remove the cached folds; the user is asked first unless `confirmed`."""

    confirmed: bool = False


class AnnotationDialogRequested(Intent):
    """Ask for the note or the tags of a run."""

    run_id: str
    what: Annotation


class AnnotateRequested(Intent):
    """Give a run another note, or other tags; None stays as it is."""

    run_id: str
    note: str | None = None
    tags: tuple[str, ...] | None = None


class CompareRequested(Intent):
    """Show runs side by side, the first one first."""

    run_ids: tuple[str, ...]


class RerunRequested(Intent):
    """Set the experiment of a run up again, to be changed and run."""

    run_id: str


class LeaveDialogRequested(Intent):
    """Ask what becomes of the run that still works when the app is left."""


class FollowRequested(Intent):
    """Follow a run that works, without setting anything up."""

    run_id: str


# What jobs found out ---------------------------------------------------------------


class StoreStatus(JobMessage):
    """Where runs are kept, and what is wrong with that."""

    store: StoreInfo


class RunsUnlisted(JobMessage):
    """The store cannot be listed."""

    problem: Problem


class UsageMeasured(JobMessage):
    """The disk that the store takes."""

    usage: DiskUse


class Pruned(JobMessage):
    """The cached folds are gone."""

    bytes: int


class RunLost(JobMessage):
    """A run cannot be followed any more, though nothing says that it has ended."""

    run_id: str
    problem: Problem


class RunBusy(JobMessage):
    """A run cannot be resumed: another process works on it."""

    run_id: str
    text: str


class RunResumed(JobMessage):
    """A run has a process again."""

    run_id: str


class RunRecalled(JobMessage):
    """The experiment of a run, to be set up again."""

    number: int
    experiment: Experiment
    folder: str | None


class RunsCompared(JobMessage):
    """Runs side by side, or why they cannot be."""

    run_ids: tuple[str, ...]
    answer: Contrast | Problem
