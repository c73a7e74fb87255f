"""All that the app knows, as one frozen value.

The app holds one `Session` and replaces it with what the pure functions of
`tui.features.reducers` return; widgets only ever read it. Nothing here knows Textual.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from engine.core import messages as client
from engine.core.costs import Costs
from engine.core.experiment import DecisionSpec, Experiment, family, references
from engine.core.result import Result, build
from engine.core.space import is_searched
from engine.core.state import State
from engine.core.views.progress import LogLine, TimeLeft, time_left, trials
from engine.io.make_spec import make
from tui.features.arms import draft as drafts
from tui.features.arms.draft import Draft, Offer, Problem
from tui.features.export.state import ExportState
from tui.features.lab.state import LabState
from tui.features.questions import Asker, Question
from tui.features.remembered import Remembered
from tui.features.results.state import ExplainState
from tui.features.suite.state import BenchState
from tui.features.validation.state import ValidationState

PaneId: TypeAlias = Literal["dataset", "arms", "training", "results"]
PANES: Final[tuple[PaneId, ...]] = ("dataset", "arms", "training", "results")
Part: TypeAlias = Literal["pane", "picture"]
"""The two sides of the workbench."""
Side: TypeAlias = Literal["left", "above"]
"""Where the panes are: beside the picture, or above it."""
ChoiceField: TypeAlias = Literal[
    "target",
    "positive",
    "group",
    "time",
    "by",
    "test_source",
    "test_size",
    "stratify",
    "duplicates",
    "thin",
    "seed",
]
RESUMABLE: Final = ("interrupted", "cancelled", "failed")
RoleChoice: TypeAlias = Literal[
    "feature", "target", "group", "time", "split", "ignored"
]


class ServicePhase(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the child that loads tables is there yet.

    `phase` is ``off`` before it is started, ``starting``, ``warming`` (it imports
    `part`; `done` of `total` parts are there), ``ready``, or ``gone`` with the
    `problem` that ended it.
    """

    phase: Literal["off", "starting", "warming", "ready", "gone"] = "off"
    part: str = ""
    done: int = 0
    total: int = 0
    problem: Problem | None = None


class Loading(msgspec.Struct, frozen=True, kw_only=True):
    """The dataset: what was asked for and what is known of it.

    Parameters
    ----------
    request : Load or None
        The newest choices about the file, its columns and the split; None before
        anything was opened. Its id is the job.
    history : tuple of Load
        The choices before, the oldest first, as far as they can be gone back to.
    busy : bool
        Whether the answer is still to come. `table` is the last one until then.
    progress : LoadProgress or None
        Where a busy load is.
    table : TableInfo or None
        What is known of the table. `table.problem` says why it cannot be run.
    problem : Problem or None
        Why the newest request failed.
    confirmed : str or None
        The guessed target that the user agreed to run with.
    run_waits : bool
        Whether a run is to start once the table is read.
    preview, page, column : Question
        The first rows, and how they would be read; rows; a column's distribution.
    """

    request: client.Load | None = None
    history: tuple[client.Load, ...] = ()
    busy: bool = False
    progress: client.LoadProgress | None = None
    table: client.TableInfo | None = None
    problem: Problem | None = None
    confirmed: str | None = None
    run_waits: bool = False
    preview: Question[client.Look, client.Preview] = Question()
    page: Question[client.PageRequest, client.TablePage] = Question()
    column: Question[client.PictureRequest, client.ColumnPicture] = Question()

    @property
    def guessed(self) -> bool:
        """Whether the target was guessed, and the user did not agree to it yet."""
        if (table := self.table) is None or not table.target_guessed:
            return False
        chosen = self.request.target if self.request is not None else None
        return chosen is None and table.target != self.confirmed


class MakeState(msgspec.Struct, frozen=True, kw_only=True):
    """A table that is being made up: `sketch` has points of it."""

    sketch: Question[client.Sketch, client.Sketched] = Question()

    @property
    def source(self) -> str:
        """``make:…``, the newest wish."""
        request = self.sketch.request
        return make("moons").source if request is None else request.source


class CurrentRun(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The run that is looked at: a living one, or one from the store.

    Parameters
    ----------
    id, number, created
        As stored; `created` is seconds since 1970.
    experiment : Experiment
        As stored, there even before the run says anything.
    status : str
        ``queued``, ``running``, ``done``, ``failed``, ``cancelled`` or
        ``interrupted``.
    state : State
        What its events so far add up to; `state.arms` is empty until it started.
    elapsed : float
        Seconds since it was asked for, over all its parts; of one that is over what its
        record says.
    jobs : int
        Units of work at a time.
    cancelling : bool
        It was asked to end and has not yet.
    log : tuple of LogLine
        What happened, oldest first, at most 500 lines.
    folder : str or None
        What relative paths of the experiment are relative to.
    silent : float or None
        Seconds that its process has not been heard for, if that is too long.
    lost : Problem or None
        Why it is not followed any more, although it may still work.
    """

    id: str
    number: int
    created: float
    experiment: Experiment
    status: str = "queued"
    state: State = State()
    elapsed: float = 0.0
    jobs: int = 1
    cancelling: bool = False
    log: tuple[LogLine, ...] = ()
    folder: str | None = None
    silent: float | None = None
    lost: Problem | None = None

    @cached_property
    def result(self) -> Result:
        """What it came to, so far."""
        return build(self.state, run=self.id)

    @property
    def live(self) -> bool:
        """Whether it still works (or is about to), as far as is known."""
        return self.status in ("queued", "running") and self.lost is None

    @property
    def resumable(self) -> bool:
        """Whether something of it is left to be done, and nobody does it."""
        return self.status in RESUMABLE and self.lost is None

    @property
    def part(self) -> State:
        """The split that is looked at: the newest of one at work, else the first."""
        return self.state.current

    @property
    def trials(self) -> tuple[int, int]:
        """Trials finished, and trials in all, over all arms and splits."""
        e, state = self.experiment, self.state
        searched = (is_searched(e.model, arm) for arm in e.arms)
        wanted = sum(e.search.trials if one else 1 for one in searched)
        arms = [trials(self.part, arm) for arm in self.part.arms]
        total = sum(arms) if arms else wanted
        if self.status == "done":
            return total * e.splits, total * e.splits
        done = sum(
            total if state.is_over(number) else _finished(part)
            for number, part in enumerate((state, *state.splits), 1)
        )
        return done, total * e.splits

    @cached_property
    def families(self) -> dict[str, str]:
        """The model that each arm belongs to."""
        arms = self.experiment.arms
        return {arm.name: family(arm, arms) for arm in arms}

    @cached_property
    def learners(self) -> dict[str, str]:
        """What learns in each arm."""
        return {arm.name: arm.learner for arm in self.experiment.arms}

    @cached_property
    def references(self) -> dict[str, str]:
        """The arm that each arm is compared with."""
        return references(self.experiment.arms)

    @cached_property
    def left(self) -> TimeLeft | None:
        """The time to the end, and of each arm; None if it is over, or unknown."""
        if not self.live:
            return None
        return time_left(self.state, elapsed=self.elapsed, jobs=self.jobs)


def _finished(state: State) -> int:
    """Return the trials of a split that are done, or will never be."""
    return sum(
        trials(state, arm) if arm.stage in ("done", "failed") else len(arm.trials)
        for arm in state.arms
    )


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of runs; every text is untrusted.

    `headline` is the verdict's, or what went wrong; `seconds` is None until it ended.
    `silent` is how long its process has not been heard, if that is too long.
    """

    id: str
    number: int
    created: float
    status: str
    source: str
    target: str
    arms: tuple[str, ...]
    trials: int
    seconds: float | None = None
    headline: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    silent: float | None = None


class StoreInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where runs are kept; every text is untrusted.

    `problem` says why the store is only read (None: it can be written) and `fix`
    what to do, `elsewhere` that it is not where runs usually are; `notices` are to be
    shown once.
    """

    path: str = ""
    problem: str | None = None
    fix: str = ""
    elsewhere: bool = False
    notices: tuple[str, ...] = ()


class DiskUse(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes on the disk: all of the store, its cached folds, each run."""

    total: int = 0
    folds: int = 0
    free: int | None = None
    runs: dict[str, int] = {}


class ViewState(msgspec.Struct, frozen=True, kw_only=True):
    """Where the user is looking.

    Parameters
    ----------
    pane : PaneId
        The active pane; its picture is shown.
    shown : dict of PaneId to str
        The view of each pane's picture that was chosen since the table was opened.
    before : (PaneId, str) or None
        The pane and its view that were looked at before those of now.
    selected : dict of PaneId to str
        What is highlighted in each pane: a column (dataset), an arm (arms,
        training, results).
    zoomed : {"pane", "picture"} or None
        What has the whole screen.
    at : str or None
        Operating point that was chosen for the run that is looked at.
    klass : str or None
        Class in focus of more than two; None is the rarest.
    thresholds : dict of str to float
        Arms whose threshold was moved away from the operating point's.
    beside : str or None
        Arm that the focused one is compared with in charts; None is its reference.
    by_model : bool
        Whether boards list the arms model by model.
    all_arms : bool
        Whether charts have all arms in colour, not only those two.
    remembered : Remembered
        How the user arranged the app, in this session or an earlier one.
    """

    pane: PaneId = "dataset"
    shown: dict[PaneId, str] = {}
    before: tuple[PaneId, str] | None = None
    selected: dict[PaneId, str] = {}
    zoomed: Part | None = None
    at: str | None = None
    klass: str | None = None
    thresholds: dict[str, float] = {}
    beside: str | None = None
    by_model: bool = False
    all_arms: bool = False
    remembered: Remembered = Remembered()

    def view_of(self, pane: PaneId) -> str | None:
        """Return the name of the view that a pane shows; None before any was chosen."""
        return self.shown.get(pane) or self.remembered.shown.get(pane)

    @property
    def place(self) -> tuple[PaneId, str]:
        """The active pane and its view; empty for the first one."""
        return self.pane, self.view_of(self.pane) or ""


class Session(Asker, frozen=True, kw_only=True):
    """All that the app knows.

    Two sessions share the parts that did not change, so a widget asks
    ``before.load is not session.load`` to know whether it must redraw.
    """

    service: ServicePhase = ServicePhase()
    load: Loading = Loading()
    making: MakeState = MakeState()
    lab: LabState = LabState()
    explain: ExplainState = ExplainState()
    bench: BenchState = BenchState()
    export: ExportState = ExportState()
    validation: ValidationState = ValidationState()
    draft: Draft = msgspec.field(default_factory=drafts.fresh)
    run: CurrentRun | None = None
    view: ViewState = ViewState()
    stored: tuple[RunSummary, ...] | None = None
    """What the store holds, the newest first; None until it was looked at."""
    unlisted: Problem | None = None
    """Why the store could not be listed last."""
    store: StoreInfo = StoreInfo()
    usage: DiskUse | None = None
    """The disk it takes; None until that was measured."""
    recent: tuple[str, ...] = ()
    """Sources opened last, the newest first."""
    rerun_load: int = 0
    """The load that a stored run brought with it: nobody asked for its table."""

    @property
    def outcome(self) -> object:
        """What the run came to so far: equal until more than a trial has ended."""
        if (run := self.run) is None or not run.live:
            return run
        state = run.state
        known = state.experiment, state.dataset, state.split, state.compared
        arms = ((a.stage, a.repairs, a.evaluated, a.failed) for a in state.arms)
        return run.id, known, *arms

    @property
    def offer(self) -> Offer:
        """The method that the cursor of pane 2 is on; the first if it is on none."""
        wanted = self.view.selected.get("arms", "")
        return self.draft.offer(wanted) or self.draft.offers[0]

    @property
    def model(self) -> str | None:
        """The model that the cursor of pane 2 is on."""
        return drafts.model_of(self.view.selected.get("arms", ""))

    @property
    def explained(self) -> ExplainState:
        """What is known of the errors in the run that is looked at."""
        run = self.run.id if self.run is not None else ""
        return self.explain if self.explain.run == run else ExplainState(run=run)

    @property
    def evaluated(self) -> int:
        """How many arms of the run have a result."""
        arms = self.run.state.arms if self.run is not None else ()
        return sum(arm.evaluated is not None for arm in arms)

    @property
    def apart(self) -> str:
        """What the run is on, if the table or the target that is open is another."""
        table = self.load.table
        data = self.run.state.dataset if self.run is not None else None
        if table is None or data is None or self.load.busy:
            return ""
        if data.name != table.name:
            return f"on {data.name}"
        other = table.target is not None and data.target != table.target
        return f"on target {data.target}" if other else ""

    def run_of(self, run_id: str) -> CurrentRun | None:
        """Return the run that is looked at, if it is that one."""
        return self.run if self.run is not None and self.run.id == run_id else None

    def stored_run(self, run_id: str) -> RunSummary | None:
        """Return a run of the list."""
        return next((run for run in self.stored or () if run.id == run_id), None)

    @property
    def running(self) -> bool:
        """Whether a run works now."""
        return self.run is not None and self.run.live

    @property
    def points(self) -> tuple[str, ...]:
        """Operating points to read the results at, the most wanted first.

        One that was chosen in an earlier run gives way to one that the experiment names
        itself. The last one is the experiment's own, which its results have.
        """
        base = self.run.experiment if self.run is not None else self.draft.base
        own, last = base.decision.at, self.view.remembered.at
        wanted = (self.view.at, last if own == DecisionSpec().at else None, own)
        return tuple(point for point in wanted if point is not None)

    @property
    def at(self) -> str:
        """The operating point that the results are to be read at."""
        return self.points[0]

    @property
    def runnable(self) -> Problem | None:
        """Why no run can start now; None if one can."""
        load, table = self.load, self.load.table
        message = fix = ""
        if load.request is None:
            message, fix = "no dataset is open", "open one first"
        elif load.busy:
            message = "the dataset is still being read"
        elif load.problem is not None:
            return load.problem
        elif table is None:
            message = "no dataset is open"
        elif table.target is None:
            message, fix = "no target is chosen", "choose one in pane 1"
        elif table.problem:
            message = table.problem
        elif self.running:
            message, fix = "a run is active already", "cancel it first"
        return Problem(message=message, fix=fix) if message else None


def short_name(source: str) -> str:
    """Return what a source is called where there is little room."""
    if source.startswith("make:"):
        return source.partition("?")[0]
    schemed = source.startswith(("sample:", "dataset:"))
    return source if schemed else source.rpartition("/")[2]


def costs(session: Session) -> Costs | None:
    """Return the costs that decide: of the run, or else of the draft; None unknown."""
    run = session.run
    return run.state.costs if run is not None else draft_costs(session)


def draft_costs(session: Session, decision: DecisionSpec | None = None) -> Costs | None:
    """Return the costs that the next run decides by; None before the table is read.

    With `decision` those that it would decide by with that.
    """
    table = session.load.table
    if table is None or not table.classes:
        return None
    positive = table.positive if table.positive in table.classes else None
    return (decision or session.draft.base.decision).costs(table.classes, positive)


def experiment(session: Session) -> Experiment:
    """Return the experiment that `r` would run now.

    Its data, split and seed come from the dataset's choices, its arms are the ticked
    ones, all else is the draft's.
    """
    request, table = session.load.request, session.load.table
    base = replace(session.draft.base, arms=session.draft.arms)
    if request is None:
        return base
    target = request.target or (table.target if table else None)
    positive = request.positive or (table.positive if table else None)
    data = replace(request.data, target=target, positive=positive)
    return replace(base, data=data, split=request.split, seed=request.seed)
