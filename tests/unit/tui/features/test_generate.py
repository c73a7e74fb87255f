"""Making a dataset up: on the command line, and on its screen in the app."""

from __future__ import annotations

import json
import shlex
import stat
import threading

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from engine.core.messages import Failure, Load, Sketch, WriteMade
from engine.io.make_spec import parse
from tests.support.charts_samples import plain
from tests.support.fakes import notices, press, screen_text, settle
from tests.support.harness import Harness
from tests.support.journey import LARGE, SMALL, WIDE, Journey, sizes
from tests.support.make_samples import serve, sketched
from tui.app.workbench import Workbench
from tui.charts import CLOUD, MARKERS, MONO
from tui.charts import scatter_chart as scatter
from tui.cli import dispatch
from tui.features import questions
from tui.features.dataset.generate import Generate, Slider
from tui.features.dataset.pick_path import PickPath
from tui.features.questions import Answered
from tui.features.session import Session

SIZES = sizes(SMALL, WIDE)


# --- the command ---------------------------------------------------------------------


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Call the command in a folder of its own; return what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")

    def call(*args, code=0):
        assert dispatch(["generate", *args]) == code
        return capsys.readouterr()

    return call


def test_kinds_are_listed_with_their_options(cli):
    text = cli().out
    for word in ("moons", "blobs", "--features"):
        assert word in text
    names = [kind["name"] for kind in json.loads(cli("--json").out)["kinds"]]
    assert names == ["moons", "blobs", "carriero"]


def test_without_a_file_it_is_said_what_the_table_would_be(cli, tmp_path):
    text = cli("moons", "--rows", "2750", "--noise", "0.5").out
    assert "2,750 rows × 3 columns, target label" in text
    assert "2,500   90.9 %" in text
    command = next(line for line in text.splitlines() if "imbtui run" in line)
    source = shlex.split(command)[-1]
    assert source == parse("make:moons?rows=2750&noise=0.5").source
    assert list(tmp_path.iterdir()) == []
    told = json.loads(cli(source, "--seed", "7", "--json").out)
    assert (told["rows"], told["seed"]) == (2750, 7)
    assert told["counts"] == {"0": 2500, "1": 250}
    assert told["source"].endswith("noise=0.5&overlap=0.5&seed=7")
    told = json.loads(cli("carriero", "--scenario", "3", "--json").out)
    assert (told["rows"], told["counts"]) == (899, {"0": 881, "1": 18})


def test_a_table_is_written_once_unless_forced(cli, tmp_path):
    out = tmp_path / "m.csv"
    assert "wrote m.csv: 60 rows" in cli("moons", "--rows", "60", "-o", "m.csv").err
    first = out.read_bytes()
    assert first.startswith(b"feature1,feature2,label\n")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    refused = cli("moons", "--rows", "60", "-o", "m.csv", code=2).err
    assert "m.csv exists already. Choose another name, or overwrite it" in refused
    cli("moons", "--rows", "60", "-o", "m.csv", "--force")
    assert out.read_bytes() == first
    told = json.loads(cli("blobs", "-o", "c.parquet", "--json").out)
    assert told["path"] == "c.parquet"
    assert (tmp_path / "c.parquet").read_bytes()[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("moon",), "Did you mean 'moons'?"),
        (("moons", "--noise", "7"), "takes numbers from 0 to 1"),
        (("moons", "--rows", "many"), "rows of make:moons is 'many'"),
        (("moons", "--classes", "3"), "has no parameter 'classes'"),
        (("moons", "-o", "m.txt"), "ends in none of .csv"),
        (("moons", "-o", "no/m.csv"), "there is no folder no"),
        (("-o", "m.csv"), "no kind of table was named"),
        (("--rows", "90"), "no kind of table was named"),
    ],
)
def test_what_cannot_be_is_one_line(cli, args, said):
    told = cli(*args, code=2)
    assert said in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


# --- the slider ----------------------------------------------------------------------


class Sliders(App[None]):
    """A slider, another one, and a field."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield Slider("rows")
        yield Slider("seed")
        yield Input()

    def on_mount(self) -> None:
        self.begin()

    def begin(self) -> None:
        rows, seed = self.query(Slider)
        rows.put(250, "250", (100, 200, 300, 500, 1000, 2000, 5000, 10000))
        seed.put(420, "420", range(101))
        rows.focus()
        self.given.clear()

    def on_slider_changed(self, event: Slider.Changed) -> None:
        self.given.append((event.key, event.text))


@pytest.fixture(scope="module")
def harness():
    with Harness(Sliders(), (60, 10)) as made:
        yield made


@pytest.fixture
def sliders(harness):
    """The sliders, all of them as they were."""

    async def begin(app, pilot):
        app.set_focus(None)
        await settle(pilot)  # what is half typed is given
        app.begin()
        await settle(pilot)

    harness.resize(60, 10)
    harness.do(begin)
    return harness


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("right",), "300"),
        (("left",), "200"),
        (("pageup",), "5000"),
        (("shift+right",), "5000"),
        (("pagedown",), "100"),
        (("home",), "100"),
        (("end",), "10000"),
        (("4", "2", "enter"), "42"),
        (("4", "2", "backspace", "7", "enter"), "47"),
        (("0", ".", "5", "tab"), "0.5"),
        (("9", "escape", "right"), "300"),
        (("9", "right"), "300"),
    ],
)
def test_a_slider_moves_between_stops_and_takes_numbers(sliders, keys, text):
    async def use(app, pilot):
        await press(pilot, *keys)
        assert app.given == [("rows", text)]

    sliders.do(use)


def test_a_value_beyond_the_stops_comes_back_to_them(sliders):
    async def use(app, pilot):
        app.query(Slider)[1].focus()
        await press(pilot, "right", "left", "pagedown", "home")
        texts = ["100", "100", "96", "0"]
        assert app.given == [("seed", text) for text in texts]

    sliders.do(use)


def test_a_slider_says_its_value_whatever_its_width(sliders):
    async def use(app, pilot):
        for width in (60, 30, 26):
            await pilot.resize_terminal(width, 10)
            await settle(pilot)
            lines = screen_text(app).splitlines()
            assert "250" in lines[0]
            assert "●" in lines[0]

    sliders.do(use)


# --- the picture ---------------------------------------------------------------------


def cloud(many: int, at: float) -> tuple[list[float], list[float]]:
    turns = [n * 0.618 % 1 for n in range(many)]
    return [at + t for t in turns], [at + t * t for t in turns]


def test_classes_are_distinct_without_colours():
    points = {"no": cloud(500, 0), "maybe": cloud(50, 2), "yes": cloud(10, 4)}
    counts = {"no": 5000, "maybe": 500, "yes": 100}
    text = scatter(points, counts, 60, 20, MONO, axes=("age", "bmi"), note="hm")
    lines = plain(text).splitlines()
    assert len(lines) == 20
    assert lines[0] == "560 of 5,600 rows shown · hm"
    assert lines[1] == f"{CLOUD} no 5,000   ■ maybe 500   ▲ yes 100"
    assert "bmi ↑" in lines[2]
    assert "age →" in lines[-1]
    canvas = "\n".join(lines[3:-3])
    assert canvas.count("■") > 5
    assert canvas.count("▲") > 3
    dots = [char for char in canvas if "\u2801" <= char <= "\u28ff"]
    assert len(dots) > 10
    first = next(line for line in lines[3:] if "▲" in line)
    assert lines.index(first) < 6, "the rarest class is up and to the right"


def test_a_class_of_many_markers_leaves_the_others_to_be_seen():
    square = [n % 30 for n in range(900)], [n // 30 for n in range(900)]
    points = {"0": square, "1": square}
    text = plain(scatter(points, {"0": 900, "1": 900}, 40, 12, MONO))
    shown = int(text.split(" of ")[0].replace(",", ""))
    assert 900 < shown < 1_200
    assert 30 < text.count("▲") <= 38 * 7 / 4 + 1
    assert any("\u2801" <= char <= "\u28ff" for char in text.splitlines()[4])


def test_more_classes_than_markers_keep_the_rarest():
    points = {str(n): cloud(20, n) for n in range(12)}
    counts = {str(n): 1_000 - 50 * n for n in range(12)}
    text = plain(scatter(points, counts, 120, 30, MONO))
    head = text.splitlines()[1] + text.splitlines()[2]
    assert "▲ 11" in head
    assert "+4 more" in head
    assert all(marker in text for marker in MARKERS[1:])


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ({}, "No points to draw."),
        ({"a": ([], [])}, "No points to draw."),
        ({"a": ([float("nan")], [1.0])}, "No points to draw."),
    ],
)
def test_nothing_to_draw_is_said(points, said):
    assert said in scatter(points, {"a": 1}, 60, 20, MONO)


def test_one_place_is_a_picture_too():
    text = scatter({"a": ([3.0, 3.0], [0.0, 0.0])}, {"a": 2}, 40, 12, MONO)
    assert "2 of 2 rows shown" in text


# --- what is known about it ----------------------------------------------------------


def test_the_picture_follows_a_key_that_is_held():
    session, place = Session(), "making.sketch"
    wishes = [Sketch(id=0, source=f"make:moons?seed={number}") for number in range(3)]
    for wish in wishes:
        session = questions.ask(session, place, wish)
    first = sketched(wishes[0])
    session = questions.take(session, Answered(place, 1, first))
    assert session.making.sketch.answer is first
    assert session.making.sketch.pending
    assert session.making.source == wishes[2].source


# --- the screen ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def journey():
    with Journey() as made:
        yield made


@pytest.fixture
def made(journey):
    """The app at its start view; its scripted service answers for made-up tables."""
    journey.begin(LARGE, None, serve)
    return journey.app


def asked(made, kind):
    return [r for r in made.fake_service.requests if isinstance(r, kind)]


@SIZES
def test_bars_and_points_follow_a_slider(journey, made, size):
    async def use(made, pilot):
        await press(pilot, "G")
        assert isinstance(made.screen, Generate)
        assert made.focused.key == "ratio"
        text = screen_text(made)
        for words in ("1,818", "0 1,818   ▲ 1 182", "feature1 →", "seed=42"):
            assert words in text
        await press(pilot, "right")
        assert asked(made, Sketch)[-1].source == "make:moons?rows=2000&ratio=20&" + (
            "noise=0.2&overlap=0.5&seed=42"
        )
        text = screen_text(made)
        for words in ("1,905", "▲ 1 95"):
            assert words in text
        assert "Rows of the largest class" in text
        await press(pilot, "down")
        assert "Standard deviation" in screen_text(made)

    journey.resize(*size)
    journey.do(use)


def test_a_kind_has_its_own_sliders_and_keeps_common_values(journey, made):
    async def use(made, pilot):
        await press(pilot, "G", "right", "up", "up", "right")
        shown = [s.key for s in made.screen.query(Slider) if s.display]
        assert {"classes", "features"} <= {*shown}
        assert "make:blobs" in made.session.making.source
        assert "ratio=20" in made.session.making.source
        await press(pilot, "home")
        assert "classes" not in [s.key for s in made.screen.query(Slider) if s.display]

    journey.do(use)


def test_a_kind_takes_no_typed_number(journey, made):
    async def use(made, pilot):
        await press(pilot, "G", "up", "up")
        assert made.focused.key == "kind"
        await press(pilot, "7", ".", "enter")
        assert "make:moons" in made.session.making.source
        assert made.return_value is None

    journey.do(use)


def test_a_value_that_cannot_be_is_refused_and_the_old_one_stays(journey, made):
    async def use(made, pilot):
        await press(pilot, "G", "5", "0", "0", "0")
        assert isinstance(made.screen, Generate), "a digit is typed, no command"
        many = len(asked(made, Sketch))
        await press(pilot, "enter")
        assert isinstance(made.screen, Generate), "enter took the number"
        assert "✗ ratio of make:moons is '5000'" in " ".join(screen_text(made).split())
        assert len(asked(made, Sketch)) == many
        await press(pilot, "end")  # 2,000 rows have 2 of the minority at 1000:1
        await press(pilot, "up", "left")
        assert "leave 1" in screen_text(made)
        assert "ratio=1000" in made.session.making.source
        assert "rows=2000" in made.session.making.source
        await press(pilot, "right")
        assert "✗" not in screen_text(made)

    journey.resize(*WIDE)
    journey.do(use)


def test_enter_opens_the_table_with_its_target(journey, made):
    async def use(made, pilot):
        await press(pilot, "G", "right", "enter")
        assert isinstance(made.screen, Workbench)
        (load,) = asked(made, Load)
        assert load.source == made.session.making.source
        assert "ratio=20" in load.source
        assert (load.target, load.positive) == ("label", "1")
        assert load.source in made.session.recent
        await press(pilot, "G")
        assert "ratio=20" in screen_text(made).replace("\n", ""), "where one left off"
        await press(pilot, "u", "escape")
        assert isinstance(made.screen, Workbench)
        assert "ratio=10&" in made.session.making.source

    journey.do(use)


def test_of_more_than_two_classes_none_is_the_positive_one(journey, made):
    async def use(made, pilot):
        await press(pilot, "G", "up", "up", "right", "down", "down", "down", "right")
        assert "classes=3" in made.session.making.source
        await press(pilot, "o")
        assert asked(made, Load)[-1].positive is None

    journey.do(use)


def test_the_start_view_and_the_palette_lead_there(journey, made):
    async def use(made, pilot):
        assert "a synthetic dataset …" in screen_text(made)
        await press(pilot, "down", "enter")
        assert isinstance(made.screen, Generate)
        await press(pilot, "escape", "ctrl+p")
        await pilot.press(*"generate a")
        await pilot.pause(0.3)
        await press(pilot, "down", "enter")
        await settle(pilot)
        assert isinstance(made.screen, Generate)

    journey.do(use)


def test_a_table_is_written_where_it_is_said_and_replaces_after_a_question(
    journey, made, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    async def use(made, pilot):
        await press(pilot, "G", "w")
        assert isinstance(made.screen, PickPath)
        assert made.screen.query_one("#path", Input).value == "moons.csv"
        await press(pilot, "enter")
        (wish,) = asked(made, WriteMade)
        assert wish.path == str(tmp_path / "moons.csv")
        assert not wish.overwrite
        assert "7 rows are in" in notices(made)
        (tmp_path / "moons.csv").write_text("mine")
        await press(pilot, "w", "enter")
        assert len(asked(made, WriteMade)) == 1
        await press(pilot, "y")
        assert asked(made, WriteMade)[-1].overwrite
        made.fake_service.answers[WriteMade] = Failure(
            code="data", message="cannot write", fix="choose another"
        )
        await press(pilot, "w", "enter", "y")
        assert "cannot write" in screen_text(made)

    journey.do(use)


def test_of_wishes_that_wait_only_the_newest_is_sent(journey, made):
    begun, let = threading.Event(), threading.Event()

    def slow(request):
        begun.set()
        let.wait(10)
        return sketched(request)

    made.fake_service.answers[Sketch] = slow

    async def use(made, pilot):
        await pilot.press("G")
        while not begun.is_set():
            await pilot.pause(0.01)
        for _ in range(5):
            await pilot.press("right")
            await pilot.pause()
        assert len(asked(made, Sketch)) == 1
        assert "1,990" in screen_text(made), "the bars need no service"
        let.set()
        await settle(pilot)
        sent = [parse(r.source).ratio for r in asked(made, Sketch)]
        assert sent == [10.0, 200.0]
        assert made.session.making.sketch.answer.source == made.session.making.source

    journey.do(use)


def test_what_the_service_refuses_is_said_in_the_picture(journey, made):
    made.fake_service.answers[Sketch] = Failure(
        code="service-died", message="the service died", fix="ask again"
    )

    async def use(made, pilot):
        await press(pilot, "G")
        assert "the service died" in screen_text(made)
        made.fake_service.answers[Sketch] = sketched
        await press(pilot, "right")
        assert "feature1 →" in screen_text(made)

    journey.do(use)
