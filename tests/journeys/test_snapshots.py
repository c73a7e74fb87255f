"""What every screen looks like; `pytest --snapshot-update` takes new pictures.

Few, and only of what is seen: what happens is tested elsewhere. Nothing in them is of
the machine, of the moment, or of Python's hash seed.
"""

from __future__ import annotations

import math

import msgspec
import pytest

from engine.client import Failure, Load, Look
from engine.events import ArmEvaluated, Progress, Reader, Sampled
from engine.state import State, reduce
from tests.support.console_samples import NEGATIVES, POSITIVES, events
from tests.support.make_samples import serve
from tui import messages as say
from tui.draft import Problem
from tui.runlog import written
from tui.session import Run

SMALL, LARGE, HUGE = (80, 24), (120, 40), (200, 50)
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
ALL_SIZES = pytest.mark.parametrize(
    "size", [SMALL, LARGE, HUGE], ids=["80x24", "120x40", "200x50"]
)


@pytest.fixture(autouse=True)
def _anywhere(tmp_path, monkeypatch):
    """Home is the same everywhere, and the working folder is empty."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(folder)
    # A chart that is drawn seldom is drawn late.
    monkeypatch.setattr("tui.charts.view.MOST_DRAWN", 10_000)
    monkeypatch.setattr("tui.screens.help.settings_path", lambda: "~/settings.toml")


@pytest.fixture
def looks(snap_compare, fake):
    """Compare what an app looks like after some keys with how it did."""

    async def still(pilot):
        """Wait until nothing moves any more: neither the picture nor the focus."""
        before, same = None, 0
        for _ in range(200):
            await fake.settle(pilot)
            now = fake.screen_text(pilot.app), pilot.app.screen.focused
            same = same + 1 if now == before else 0
            if same == 3:
                return
            before = now
            await pilot.pause(0.03)

    def compare(app, *keys, size=LARGE, before=None):
        async def come(pilot):
            await still(pilot)
            if before is not None:
                before(app)
                await still(pilot)
            for key in keys:
                await pilot.press(key)
                await still(pilot)

        assert snap_compare(app, terminal_size=size, run_before=come)

    return compare


# Runs that look like runs -------------------------------------------------------------


def sweep(fp: int, tp: int) -> tuple[tuple[float, int, int], ...]:
    """A plausible sweep through the counts at 0.5: higher thresholds, fewer alarms."""
    bend_fp = math.log(max(fp, 0.5) / NEGATIVES) / math.log(0.5)
    bend_tp = math.log(max(tp, 0.5) / POSITIVES) / math.log(0.5)
    points = []
    for step in range(1, 101):
        share = step / 100
        points.append(
            (
                round(1 - share, 2),
                round(NEGATIVES * share**bend_fp),
                round(POSITIVES * share**bend_tp),
            )
        )
    return tuple(points)


def whole():
    """Events of a whole run, with sweeps."""
    out = []
    for event in events():
        if isinstance(event, ArmEvaluated):
            counts = event.operating_points[0].confusion
            event = msgspec.structs.replace(event, sweep=sweep(counts.fp, counts.tp))
        out.append(event)
    return out


def half():
    """Events of a run that works: an arm done, one tuned, one prepared."""
    arms = [e.arm for e in whole() if isinstance(e, ArmEvaluated)]
    out = []
    for event in whole():
        arm = getattr(event, "arm", None)
        if arm is None and out:
            break
        if arm == arms[1] and isinstance(event, ArmEvaluated):
            break
        if arm not in (None, *arms[:2]):
            break
        out.append(event)
    curve = tuple((10 * i, 0.04 + 0.03 * (1 - math.exp(-i / 4))) for i in range(1, 13))
    at = Progress(arm=arms[1], stage="tune", done=2, total=10, trial=2, curve=curve)
    return [*out, at]


def logged(run: Run, some) -> Run:
    """The same run with the lines that its events write into the log."""
    state, log = State(), []
    for event in some:
        new = reduce(state, event)
        log += written(event, state, new)
        state = new
    return msgspec.structs.replace(run, log=tuple(log))


def workbench(fake, some=None, status="done"):
    """The app with the sample open, and a run if its events are given."""
    app = fake.app("sample:stroke")
    if some is not None:
        run = logged(fake.done_run(42, some, status=status), some)
        elapsed = 192.0 if status == "done" else 41.0
        app.seen_run = msgspec.structs.replace(run, elapsed=elapsed)
    return app


def opens(app):
    """Open the run that the test prepared."""
    run = app.seen_run
    app.runs.known[run.id] = run
    app.post_message(say.OpenRunRequested(run.id))


def stores(fake):
    def before(app):
        app.runs.stored = (
            fake.summary(4, status="running", seconds=None, headline=""),
            fake.summary(3, status="cancelled", seconds=41.0, headline="cancelled"),
            fake.summary(2, status="failed", headline="no positive row in fold 2"),
            fake.summary(1),
        )
        app.runs.list()

    return before


# Tables that are special --------------------------------------------------------------


def several_classes(fake):
    """A table of three classes, before one of them is the positive one."""
    counts = {"healthy": 150, "over": 35, "under": 30}
    return msgspec.structs.replace(
        fake.TABLE,
        rows=215,
        positive=None,
        labels=counts,
        classes=counts,
        train={"healthy": 120, "over": 28, "under": 24},
        test={"healthy": 30, "over": 7, "under": 6},
        recall_half_width=None,
        duplicate_rows=0,
    )


def too_big(request):
    """Refuse a table for its size."""
    return Failure(
        code="too-big",
        message="patients.csv would take 23.4 GB, and 6.1 GB are free",
        remedy="read a sample (--sample 100000), or some columns",
        sample_rows=100_000,
    )


# The screens --------------------------------------------------------------------------


@SIZES
def test_start(looks, fake, size):
    looks(fake.app(), "down", size=size, before=stores(fake))


@ALL_SIZES
def test_dataset(looks, fake, size):
    looks(workbench(fake), size=size)


@SIZES
def test_dataset_column(looks, fake, size):
    looks(workbench(fake), "p", "down", "down", "enter", size=size)


@SIZES
def test_dataset_advice(looks, fake, size):
    looks(workbench(fake), "a", size=size)


@SIZES
def test_dataset_muted(looks, fake, size):
    looks(workbench(fake), "a", "m", "end", size=size)


@SIZES
def test_dataset_strongest(looks, fake, size):
    looks(workbench(fake), "p", "s", size=size)


@SIZES
def test_dataset_several_classes(looks, fake, size):
    service = fake.FakeService(several_classes(fake))
    looks(fake.app("sample:stroke", service), size=size)


@SIZES
def test_dataset_first_rows(looks, fake, size):
    service = fake.FakeService()
    service.answers[Load] = too_big
    looks(fake.app("patients.csv", service), "escape", size=size)


@SIZES
def test_too_big(looks, fake, size):
    service = fake.FakeService()
    service.answers[Load] = too_big
    looks(fake.app("patients.csv", service), size=size)


@SIZES
def test_choose_columns(looks, fake, size):
    service = fake.FakeService()
    service.answers[Load] = too_big
    looks(fake.app("patients.csv", service), "c", "down", "space", size=size)


@SIZES
def test_sample(looks, fake, size):
    table = msgspec.structs.replace(
        fake.TABLE, sampled=Sampled(rows=43_400, of=12_000_000)
    )
    looks(fake.app("sample:stroke", fake.FakeService(table)), size=size)


@SIZES
def test_read_options(looks, fake, size):
    service = fake.FakeService()
    reader = Reader(
        format="text",
        delimiter=";",
        encoding="cp1252",
        header=1,
        quoting='"',
        decimal=",",
        skipped=2,
        notes=(
            "it is not UTF-8: read as cp1252 (--encoding for another)",
            "2 lines before the header were left out (--skip)",
        ),
    )
    service.answers[Look] = lambda request: fake.preview(reader=reader)
    looks(fake.app("patients.csv", service), "i", "down", size=size)


@SIZES
def test_column_role(looks, fake, size):
    looks(workbench(fake), "p", "down", "down", "c", size=size)


@SIZES
def test_pick_column(looks, fake, size):
    keys = "down", "down", "down", "enter", "down", "enter"
    looks(workbench(fake), *keys, size=size)


@SIZES
def test_arms(looks, fake, size):
    looks(workbench(fake), "2", "down", "down", "down", size=size)


@SIZES
def test_dataset_rows(looks, fake, size):
    looks(workbench(fake), "v", "v", size=size)


@SIZES
def test_arms_budget(looks, fake, size):
    looks(workbench(fake), "2", "b", size=size)


@ALL_SIZES
def test_training(looks, fake, size):
    looks(workbench(fake, half(), "running"), "3", size=size, before=opens)


@SIZES
def test_arms_file(looks, fake, size):
    looks(workbench(fake), "2", "V", size=size)


@SIZES
def test_training_curve(looks, fake, size):
    looks(workbench(fake, half(), "running"), "3", "v", size=size, before=opens)


@SIZES
def test_training_trials(looks, fake, size):
    looks(workbench(fake, half(), "running"), "3", "v", "v", size=size, before=opens)


@SIZES
def test_training_log(looks, fake, size):
    keys = "3", "v", "v", "v"
    looks(workbench(fake, half(), "running"), *keys, size=size, before=opens)


@ALL_SIZES
def test_results(looks, fake, size):
    looks(workbench(fake, whole()), "4", size=size, before=opens)


@SIZES
def test_results_matrices(looks, fake, size):
    looks(workbench(fake, whole()), "4", "v", size=size, before=opens)


@SIZES
def test_results_curves(looks, fake, size):
    looks(workbench(fake, whole()), "4", "v", "v", size=size, before=opens)


@SIZES
def test_results_threshold(looks, fake, size):
    keys = "4", "v", "v", "v", "right", "right", "right"
    looks(workbench(fake, whole()), *keys, size=size, before=opens)


@SIZES
def test_results_verdict(looks, fake, size):
    looks(workbench(fake, whole()), "4", "V", size=size, before=opens)


@SIZES
def test_runs(looks, fake, size):
    looks(workbench(fake), "5", size=size, before=stores(fake))


@SIZES
def test_make(looks, fake, size):
    app = fake.app(service=serve(fake.FakeService()))
    looks(app, "G", "right", "down", "right", size=size)


@SIZES
def test_make_classes(looks, fake, size):
    app = fake.app(service=serve(fake.FakeService()))
    keys = "G", "up", "up", "end", "down", "down", "down", "right", "right"
    looks(app, *keys, size=size)


# What comes above them ----------------------------------------------------------------


@SIZES
def test_help(looks, fake, size):
    looks(workbench(fake), "2", "f1", size=size)


@SIZES
def test_palette(looks, fake, size):
    looks(workbench(fake), "ctrl+p", "r", "u", "n", size=size)


@SIZES
def test_error(looks, fake, size):
    def before(app):
        app.show_problem(
            "The dataset cannot be opened",
            Problem(
                message="line 3 of patients.csv has 4 fields, the heading has 3",
                remedy="quote fields that hold the delimiter",
            ),
        )

    looks(workbench(fake), size=size, before=before)


@SIZES
def test_confirm(looks, fake, size):
    looks(workbench(fake), "5", "end", "d", size=size, before=stores(fake))


@SIZES
def test_leave(looks, fake, size):
    app = workbench(fake, half(), "running")
    looks(app, "3", "q", size=size, before=opens)


@SIZES
def test_open(looks, fake, tmp_path, size):
    folder = tmp_path / "work"
    (folder / "old tables").mkdir()
    (folder / "patients.csv").write_bytes(b"x" * 20_480)
    (folder / "patients.parquet").write_bytes(b"x" * 3_000)
    looks(workbench(fake), "o", size=size)


@SIZES
def test_save_experiment(looks, fake, size):
    looks(workbench(fake), "ctrl+s", size=size)


def test_too_small(looks, fake):
    looks(workbench(fake), size=(50, 15))


# The themes ---------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_theme(looks, fake, theme):
    app = workbench(fake, whole())
    app.theme = theme
    looks(app, "4", before=opens)


def test_no_color(looks, fake, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    looks(workbench(fake, whole()), "4", before=opens)
