"""A scripted service and scripted runs, and apps that use them.

`app(...)` is the real app on both. `PaneApp(pane, session)` is a pane and its picture
alone, with the intents they post in `.intents`; `give` hands it another session.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from textual import on
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.screen import Screen

from engine.core.events import Advice, Event, FieldChange, Reader, RunFinished
from engine.core.experiment import Experiment
from engine.core.lab import LeakDemo, Preflight, PreflightReport, Treat
from engine.core.messages import (
    Alone,
    ColumnInfo,
    ColumnPicture,
    Failure,
    Load,
    LoadProgress,
    Look,
    PageRequest,
    PictureRequest,
    Preview,
    Ready,
    TableInfo,
    TablePage,
)
from engine.core.state import State, reduce
from tests.support import explain_samples, lab_samples
from tests.support.calm import at_once as at_once
from tests.support.calm import press as press
from tests.support.calm import settle as settle
from tests.support.console_samples import HOSTILE, events
from tui.app.app import ImbTuiApp
from tui.app.themes import THEMES
from tui.features import Pane, SessionWidget, reducers
from tui.features import messages as say
from tui.features.runs import messages as told
from tui.features.runs.follow import RunJobs
from tui.features.session import CurrentRun, DiskUse, RunSummary, Session

# Tables ------------------------------------------------------------------------------


def alone(precision: float, area: float) -> Alone:
    """How well a column by itself tells the 783 of 43,400 rows."""
    return Alone(
        average_precision=precision, roc_auc=area, lift=precision * 43_400 / 783
    )


TABLE = TableInfo(
    source="sample:stroke",
    name="stroke.csv",
    bytes=2_600_000,
    rows=43_400,
    columns=(
        ColumnInfo(name="id", kind="id", role="id", missing=0, levels=43_400),
        ColumnInfo(
            name="gender",
            kind="category",
            role="feature",
            missing=0,
            levels=3,
            alone=alone(0.0182, 0.51),
        ),
        ColumnInfo(
            name="age",
            kind="number",
            role="feature",
            missing=0,
            levels=104,
            alone=alone(0.0712, 0.82),
        ),
        ColumnInfo(
            name="bmi",
            kind="number",
            role="feature",
            missing=1_462,
            levels=555,
            alone=alone(0.0203, 0.55),
            missing_by_class={"0": 1_058, "1": 111},
        ),
        ColumnInfo(
            name="smoking_status",
            kind="category",
            role="feature",
            missing=13_292,
            levels=3,
            alone=alone(0.0191, 0.56),
            missing_by_class={"0": 10_519, "1": 115},
        ),
        ColumnInfo(name="stroke", kind="boolean", role="target", missing=0, levels=2),
    ),
    target="stroke",
    positive="1",
    labels={"0": 42_617, "1": 783},
    classes={"0": 42_617, "1": 783},
    train={"0": 34_098, "1": 622},
    test={"0": 8_519, "1": 161},
    recall_half_width=0.077,
    targets=("stroke", "gender", "smoking_status"),
    reader=Reader(format="text", delimiter=",", encoding="utf-8", header=1),
    duplicate_rows=12,
    advice=(
        Advice(
            code="IMB004",
            column="id",
            message="'id' is an identifier",
            fix="it is left out",
            cause="a model would learn the rows by heart",
            change=FieldChange(field="keep", value="id"),
        ),
        Advice(
            code="IMB023",
            column="smoking_status",
            message="30.6 % of 'smoking_status' is missing",
            fix="an indicator column says where",
        ),
    ),
)

EVIL = "".join(HOSTILE.values())[:400]
"""Every kind of text that must do nothing, in one."""


def hostile_table() -> TableInfo:
    """A table whose every text is hostile."""
    names = [text or "empty" for text in HOSTILE.values()]
    columns = tuple(
        ColumnInfo(name=name, kind="category", role="feature", missing=i, levels=9)
        for i, name in enumerate(names)
    )
    positive, negative = HOSTILE["clipboard"], HOSTILE["markup"]
    classes = {negative: 900, positive: 100}
    return TableInfo(
        source=f"/tmp/{EVIL}",
        name=EVIL,
        bytes=1_000,
        rows=1_000,
        columns=columns,
        target=HOSTILE["colours"],
        positive=positive,
        labels=classes,
        classes=classes,
        train={negative: 720, positive: 80},
        test={negative: 180, positive: 20},
        recall_half_width=0.2,
        targets=tuple(names[:5]),
        reader=Reader(format=EVIL, delimiter="\x1b", encoding=EVIL, notes=(EVIL,)),
        advice=tuple(
            Advice(
                code="IMB001",
                column=name,
                message=f"{name}!",
                fix=name,
                cause=EVIL,
                change=FieldChange(field=field, value=f"{name}=text"),
            )
            for name, field in zip(
                names[:5], ("drop", "kinds", "missing", "group", EVIL), strict=True
            )
        ),
        problem=EVIL,
    )


def page(table: TableInfo = TABLE, start: int = 0, count: int = 100) -> TablePage:
    """Rows of a table: numbers, and a missing cell in each."""
    names = tuple(column.name for column in table.columns)
    rows = tuple(
        (*(f"{i}.{j}" for j in range(len(names) - 1)), None)
        for i in range(start, min(table.rows, start + count))
    )
    return TablePage(start=start, total=table.rows, columns=names, rows=rows)


def preview(table: TableInfo = TABLE, reader: Reader | None = None) -> Preview:
    """The first rows of a table."""
    first = page(table, 0, 100)
    return Preview(
        source=table.source,
        name=table.name,
        bytes=table.bytes,
        columns=first.columns,
        rows=first.rows,
        reader=reader or table.reader,
        estimated_rows=43_000,
        memory=35_000_000,
        free=4_100_000_000,
    )


def picture(column: str) -> ColumnPicture:
    """A number's distribution in two classes."""
    return ColumnPicture(
        column=column,
        kind="number",
        edges=(0.0, 20.0, 40.0, 60.0, 80.0),
        counts={"0": (9_000, 12_000, 12_000, 9_617), "1": (3, 40, 240, 500)},
        missing={"0": 0, "1": 0},
    )


class FakeService:
    """Answers at once, or when `let` is set; keeps what it was asked.

    It is its own factory: calling it with `on_status` "starts" it. `answers` maps a
    kind of request to an answer, or to a function of the request. A load with other
    choices than the table's gets a table with those.
    """

    def __init__(self, table: TableInfo = TABLE, ready: bool = True) -> None:
        self.table = table
        self.ready = ready
        self.requests: list[Any] = []
        self.answers: dict[type, Any] = {}
        self.let = threading.Event()
        self.let.set()
        self.closed = False
        self.on_status: Callable[[Any], None] | None = None
        self._ids = itertools.count(1000)

    def __call__(self, on_status: Callable[[Any], None]) -> FakeService:
        self.on_status = on_status
        if self.ready:
            on_status(Ready())
        return self

    @property
    def status(self) -> Ready:
        return Ready()

    def next_id(self) -> int:
        return next(self._ids)

    def request(self, request: Any, on_reply: Any = None, cancel: Any = None) -> Any:
        self.requests.append(request)
        if isinstance(request, Look):
            on_reply = None
        if on_reply is not None:
            on_reply(LoadProgress(stage="reading", done=1_300_000, total=2_600_000))
        # A look is there in an instant, however long the load takes.
        while not isinstance(request, Look) and not self.let.wait(0.01):
            if cancel is not None and cancel.is_set():
                return Failure(code="cancelled", message="given up", fix="")
        answer = self.answers.get(type(request))
        if callable(answer):
            answer = answer(request)
        if answer is not None:
            return answer
        if isinstance(request, Load):
            return msgspec.structs.replace(
                self.table,
                source=request.source,
                target=request.target or self.table.target,
                positive=request.positive or self.table.positive,
                advice=tuple(
                    advice
                    for advice in self.table.advice
                    if f"{advice.code}:{advice.column}" not in request.mute
                ),
            )
        if isinstance(request, Look):
            return msgspec.structs.replace(preview(self.table), source=request.source)
        if isinstance(request, Preflight):
            return PreflightReport(findings=())
        if isinstance(request, Treat):
            return lab_samples.treated(request)
        if isinstance(request, LeakDemo):
            return lab_samples.leak(request)
        if isinstance(request, explain_samples.ASKED):
            return explain_samples.answered(request)
        if isinstance(request, PageRequest):
            return page(self.table, request.start, request.count)
        assert isinstance(request, PictureRequest)
        return picture(request.column)

    def restart(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True
        self.let.set()


# Runs --------------------------------------------------------------------------------


def summary(number: int = 1, **changes: Any) -> RunSummary:
    """A line of the list of runs."""
    base = RunSummary(
        id=f"{number:08x}",
        number=number,
        created=1_700_000_000.0 + number,
        status="done",
        source="sample:stroke",
        target="stroke",
        arms=("untreated", "smote", "smote-enn"),
        trials=10,
        seconds=192.0,
        headline="Chance alone could explain it.",
    )
    return msgspec.structs.replace(base, **changes)


class FakeRuns(RunJobs):
    """Starts nothing; a test feeds events with `feed` and ends with `end`."""

    def __init__(self, jobs: Any, store: Any = None) -> None:
        super().__init__(jobs, store)
        self.calls: list[tuple[str, Any]] = []
        self.stored: tuple[RunSummary, ...] = ()
        self.living: CurrentRun | None = None
        self.known: dict[str, CurrentRun] = {}
        self.elapsed = 0.0
        self.used: DiskUse | None = None

    def start(self, experiment: Experiment) -> None:
        self.calls.append(("start", experiment))
        run = CurrentRun(
            id="0000002a", number=42, created=1_700_000_000.0, experiment=experiment
        )
        self.known[run.id] = run
        self._jobs.post(say.RunOpened(run, started=True))

    def resume(self, run_id: str) -> None:
        self.calls.append(("resume", run_id))

    def open(self, run_id: str) -> None:
        self.calls.append(("open", run_id))
        if run_id in self.known:
            self._jobs.post(say.RunOpened(self.known[run_id]))

    def attach(self, run_id: str) -> None:
        self.calls.append(("attach", run_id))
        self._jobs.post(say.RunOpened(self.known[run_id], started=True))

    def find_living(self) -> None:
        if self.living is not None:
            self.known[self.living.id] = self.living
            self._jobs.post(say.RunFound(self.living.id))

    def cancel(self, run_id: str) -> None:
        self.calls.append(("cancel", run_id))

    def list(self) -> None:
        self._jobs.post(say.RunsListed(self.stored))

    def delete(self, run_id: str) -> None:
        self.calls.append(("delete", run_id))
        self.stored = tuple(run for run in self.stored if run.id != run_id)
        self._jobs.post(say.RunDeleted(run_id))

    def stop(self) -> None:
        pass

    def measure(self) -> None:
        if self.used is not None:
            self._jobs.post(told.UsageMeasured(self.used))

    def prune(self) -> None:
        self.calls.append(("prune", None))
        self._jobs.post(told.Pruned(self.used.folds if self.used else 0))

    def annotate(self, run_id: str, note: Any, tags: Any) -> None:
        self.calls.append(("annotate", (run_id, note, tags)))
        given = {"note": note, "tags": tags}
        changes = {name: value for name, value in given.items() if value is not None}
        self.stored = tuple(
            msgspec.structs.replace(run, **changes) if run.id == run_id else run
            for run in self.stored
        )
        self.list()

    def recall(self, run_id: str) -> None:
        self.calls.append(("recall", run_id))
        run = self.known[run_id]
        self._jobs.post(told.RunRecalled(run.number, run.experiment, run.folder))

    def compare(self, run_ids: tuple[str, ...]) -> None:
        self.calls.append(("compare", run_ids))

    def feed(self, *some: Event, run_id: str = "0000002a") -> None:
        """Tell the app of events, as a follower would."""
        self.elapsed += 1.0
        self._jobs.post(say.RunEvents(run_id, tuple(some), "running", self.elapsed))

    def end(self, status: str = "done", run_id: str = "0000002a") -> None:
        """Tell the app that a run has ended."""
        done = RunFinished(status=status, seconds=self.elapsed)
        self._jobs.post(say.RunEvents(run_id, (done,), status, self.elapsed))
        self._jobs.post(say.RunEnded(run_id, status))


def done_run(
    number: int = 1, some: list[Event] | None = None, **changes: Any
) -> CurrentRun:
    """A run with a whole history."""
    some = events() if some is None else some
    state = State()
    for event in some:
        state = reduce(state, event)
    assert state.experiment is not None
    run = CurrentRun(
        id=f"{number:08x}",
        number=number,
        created=1_700_000_000.0,
        experiment=state.experiment,
        status="done",
        state=state,
        elapsed=192.0,
    )
    return msgspec.structs.replace(run, **changes)


# Sessions ----------------------------------------------------------------------------


def loaded(table: TableInfo = TABLE, session: Session | None = None) -> Session:
    """A session with a table open."""
    session = reducers.open_source(session or Session(), table.source)
    assert session.load.request is not None
    return reducers.table_loaded(session, session.load.request.id, table)


def followed(some: list[Event], status: str = "running") -> Session:
    """A session with a run that has said these events."""
    run = done_run(42, some, status=status, elapsed=10.0)
    return reducers.follow(loaded(), run)


# Apps --------------------------------------------------------------------------------


def app(
    source: str | None = None, service: FakeService | None = None, **options: Any
) -> ImbTuiApp:
    """The real app on a scripted service and scripted runs."""
    service = service or FakeService()
    made = ImbTuiApp(source, service=service, runs=FakeRuns, **options)
    made.fake_service = service  # type: ignore[attr-defined]
    return made


class PaneScreen(Screen[None]):
    """A pane on the left, its picture on the right."""

    AUTO_FOCUS = None

    def __init__(self, kind: type[Pane]) -> None:
        super().__init__()
        self._kind = kind

    def compose(self) -> ComposeResult:
        pane = self._kind()
        pane.add_class("-active")
        picture = pane.picture()
        for widget in (pane, picture):
            widget.set_reactive(SessionWidget.session, self.app.session)
        with Horizontal(id="bench"):
            with Vertical(id="panes"):
                yield pane
            with Vertical(id="pictures"):
                yield picture


class PaneApp(App[None]):
    """One pane with its picture, laid out as the workbench does.

    Intents end in `intents`; nothing is done about them.
    """

    session: reactive[Session] = reactive(Session, init=False)
    CSS: ClassVar[str] = (
        "PaneScreen #panes { width: 38; } PaneScreen { overflow: hidden; }"
    )

    def __init__(self, kind: type[Pane], session: Session | None = None) -> None:
        from tui.app import Workbench

        folder = Path(inspect.getfile(Workbench)).parent
        paths = [folder / path for path in Workbench.CSS_PATH]
        super().__init__(css_path=[folder / "app.tcss", *paths])
        self.kind = kind
        self.intents: list[say.Intent] = []
        self.set_reactive(PaneApp.session, session or loaded())
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = "dark"
        self.animation_level = "none"

    def get_default_screen(self) -> Screen[Any]:
        return PaneScreen(self.kind)

    def give(self, session: Session) -> None:
        """Hand over another session."""
        self.session = session
        for widget in self.screen.query(SessionWidget):
            if not hasattr(widget, "NAME") or widget.display:
                widget.session = session

    @on(say.Intent)
    def _keep(self, message: say.Intent) -> None:
        self.intents.append(message)

    def posted(self, kind: type[say.Intent]) -> list[Any]:
        """The intents of a kind, in order."""
        return [intent for intent in self.intents if isinstance(intent, kind)]

    @property
    def stepped(self) -> Session:
        """The session as the steps that were posted change it."""
        session = self.session
        for step in self.posted(say.Stepped):
            session = step.change(session, step.steps)
        return session


def run(
    made: App[Any],
    use: Callable[[Any, Any], Awaitable[None]],
    size: tuple[int, int] = (120, 40),
) -> None:
    """Run an app, and what a test does with it."""

    async def go() -> None:
        async with made.run_test(size=size) as pilot:
            await settle(pilot)
            await use(made, pilot)

    asyncio.run(go())


def notices(made: App[Any]) -> str:
    """What was said in notices, without waiting for them to be drawn."""
    return "\n".join(f"{n.title}: {n.message}" for n in made._notifications)


def screen_text(made: App[Any]) -> str:
    """What is on the screen, as lines of text."""
    strips = made.screen._compositor.render_strips()
    return "\n".join("".join(s.text for s in strip) for strip in strips)
