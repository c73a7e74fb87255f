"""Writing the balanced table, and the wrong way beside the right one."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Digits, Input, Static

from engine.core.lab import Balance, Balanced, LeakDemo
from engine.core.messages import Failure, LoadProgress
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm, Step
from tests.support import fakes, lab_samples
from tests.support.console_samples import HOSTILE, harmful
from tests.support.controllers import Controllers
from tests.support.fakes import notices, press, screen_text, settle
from tests.support.journey import sizes
from tests.support.patience import until
from tui.app.workbench import Workbench
from tui.features import PreviewView
from tui.features.dialogs import ChoiceDialog, ErrorDialog
from tui.features.lab import state as told
from tui.features.lab.screens import BalanceTable, Leak, paragraphs
from tui.features.messages import OpenRequested, Selected, ViewChosen
from tui.widgets import TextField

SIZES = sizes((80, 24), (140, 40))
SMOTE = grammar.parse("smote")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """Files are written into a folder of the test's own; nothing waits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tui.charts.view.MOST_DRAWN", 10_000)
    monkeypatch.setattr("tui.features.lab.views.PAUSE", 0.001)


def service(**answers) -> fakes.FakeService:
    made = fakes.FakeService()
    made.answers[Balance] = answers.get("balance") or written
    made.answers.update({LeakDemo: answers["leak"]} if "leak" in answers else {})
    return made


def written(request: Balance) -> Balanced:
    """Write a file, as the service would."""
    Path(request.path).write_text("x\n")
    return Balanced(
        path=request.path,
        before={"0": 2_000, "1": 200},
        after={"0": 2_000, "1": 2_000},
        test_path=request.path.replace(".csv", "-test.csv") if request.split else None,
        synthetic=1_800,
        repairs=("k_neighbors 5 → 3",),
    )


def asked(made: fakes.FakeService) -> list[Balance]:
    return [r for r in made.requests if isinstance(r, Balance)]


async def look(app, pilot, arm: str = "smote") -> None:
    await press(pilot, "2")
    app.post_message(Selected("arms", arm))
    app.post_message(ViewChosen("arms", PreviewView.NAME))
    await settle(pilot)
    await press(pilot, "p")
    await until(pilot, lambda: app.session.lab.of(grammar.parse(arm)) is not None)
    await settle(pilot)


# Balance ---------------------------------------------------------------------------


def test_the_key_asks_and_enter_writes_with_the_test_rows_apart(shell, tmp_path):
    made = service()

    async def use(app, pilot):
        await look(app, pilot)
        await press(pilot, "W")
        assert isinstance(app.screen, BalanceTable)
        text = screen_text(app)
        assert "0 2,000   1 200 → 2,000" in text
        assert "training rows → stroke-smote.csv" in text
        assert "test rows, unchanged → stroke-smote-test.csv" in text
        await press(pilot, "enter")
        await until(pilot, lambda: "Balanced table written" in notices(app))
        assert isinstance(app.screen, Workbench)
        told_ = notices(app)
        assert "4,000 training rows in" in told_
        assert "1,800 of them synthetic" in told_
        assert "test rows, unchanged, in" in told_
        assert "adjusted: k_neighbors 5 → 3" in told_

    shell.run(use, "sample:stroke", made, size=(120, 40))
    (request,) = asked(made)
    assert request.path == str(tmp_path / "stroke-smote.csv")
    assert (request.split, request.flag, request.overwrite) == (True, None, False)
    assert request.arm == SMOTE


def test_all_rows_may_be_training_rows_and_then_there_is_a_warning(shell):
    made = service()

    async def use(app, pilot):
        app.post_message(told.BalanceDialogRequested(SMOTE))
        await settle(pilot)
        await press(pilot, "down", "space", "down", "enter")
        said = str(app.screen.query_one("#balance-files", Static).visual)
        assert "do not evaluate a model on rows of this file" in said
        assert "test rows" not in said
        await press(pilot, "down", "space", "down", "enter")
        await press(pilot, "enter")
        await until(pilot, lambda: bool(asked(made)))

    shell.run(use, "sample:stroke", made, size=(140, 40))
    (request,) = asked(made)
    assert (request.split, request.flag) == (False, "synthetic")


@pytest.mark.parametrize("there", ["stroke-smote.csv", "stroke-smote-test.csv"])
def test_a_file_that_is_there_is_only_replaced_when_that_was_said(tmp_path, there):
    made = service()
    (tmp_path / there).write_text("mine")
    app = Controllers("sample:stroke", made)
    path = str(tmp_path / "stroke-smote.csv")
    for answer, written in ((None, 0), ("yes", 1)):
        app.say(told.BalanceDialogRequested(SMOTE))
        app.top(BalanceTable)
        app.answer(told.BalanceRequested(SMOTE, path, split=True))
        assert app.top(ChoiceDialog)._text == f"{tmp_path / there} exists already."
        app.answer(answer)
        assert len(asked(made)) == written
    assert asked(made)[0].overwrite


def test_a_path_that_cannot_be_is_refused_in_the_dialog(shell, tmp_path):
    made = service()
    own = tmp_path / "mine.csv"
    own.write_text("a,b\n1,2\n")
    cases = (
        ("", "give a file"),
        ("gone/out.csv", "there is no folder"),
        ("out.xlsx", "csv"),
        ("mine.csv", "never written over"),
    )

    async def use(app, pilot):
        failures = []
        app.post_message(told.BalanceDialogRequested(SMOTE))
        await settle(pilot)
        for path, said in cases:
            app.screen.query_one(Input).value = path
            await settle(pilot)
            await press(pilot, "enter")
            assert isinstance(app.screen, BalanceTable), path
            if said not in app.screen.query(TextField).first().below:
                failures.append(path)
        await press(pilot, "escape")
        assert not failures
        assert not asked(made)

    shell.run(use, str(own), made, size=(140, 40))


def test_what_the_service_refuses_is_said():
    made = service(
        balance=Failure(code="data", message="no room left", fix="choose another")
    )
    app = Controllers("sample:stroke", made)
    app.say(told.BalanceRequested(SMOTE, "out.csv"))
    dialog = app.top(ErrorDialog)
    assert dialog.heading == "The table cannot be written"
    problem = dialog._problem
    assert (problem.message, problem.fix) == ("no room left", "choose another")


def test_an_arms_own_name_makes_no_path(shell):
    arm = Arm(name="../x/[b]y", steps=(Step("smote"),))

    async def use(app, pilot):
        app.post_message(told.BalanceDialogRequested(arm))
        await settle(pilot)
        assert app.screen.query_one(Input).value.endswith("/stroke-x-b-y.csv")
        assert not harmful(screen_text(app).replace("\n", ""))

    shell.run(use, "sample:stroke")


def test_a_folder_that_is_gone_is_no_reason_to_end(shell, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    async def use(app, pilot):
        app.post_message(told.BalanceDialogRequested(SMOTE))
        await settle(pilot)
        assert "~/stroke-smote.csv" in screen_text(app)

    shell.run(use, "sample:stroke", service(), size=(120, 40))


# The leak --------------------------------------------------------------------------


@SIZES
def test_three_recalls_stand_side_by_side_and_what_they_mean_below(shell, size):
    async def use(app, pilot):
        await look(app, pilot)
        await press(pilot, "L")
        await until(pilot, lambda: app.session.lab.leak.answer is not None)
        await settle(pilot)
        assert isinstance(app.screen, Leak)
        assert [d.value for d in app.screen.query(Digits)] == ["0.94", "0.20", "0.19"]
        text = screen_text(app)
        for words in ("What is claimed", "What is delivered", "The right way"):
            assert words in text
        flat = " ".join(text.split())
        assert "A recall of 0.94 was claimed, 0.20 is delivered." in flat
        assert "125" in text, "the positives that it misses"
        await press(pilot, "escape")
        assert isinstance(app.screen, Workbench)

    shell.run(use, "sample:stroke", service(), size=size)


@pytest.mark.parametrize("way", ["back", "another table"])
def test_it_says_where_it_is_and_is_given_up_when_left(shell, way):
    going, given_up = threading.Event(), threading.Event()

    class Slow(fakes.FakeService):
        def request(self, request, on_reply=None, cancel=None):
            if not isinstance(request, LeakDemo):
                return super().request(request, on_reply, cancel)
            self.requests.append(request)
            stage = LoadProgress(stage="training wrong", done=40, total=100)
            on_reply(stage)
            going.set()
            while not cancel.is_set():
                cancel.wait(0.01)
            given_up.set()
            return Failure(code="cancelled", message="given up", fix="")

    async def use(app, pilot):
        app.post_message(told.LeakScreenRequested(SMOTE))
        said = "training the wrong way's model: 40 of 100"
        await until(pilot, lambda: said in screen_text(app))
        assert said in screen_text(app)
        if way == "back":
            await press(pilot, "escape")
        else:
            app.post_message(OpenRequested("sample:ecoli"))
        await until(pilot, given_up.is_set)
        await until(pilot, lambda: not isinstance(app.screen, Leak))
        await until(pilot, lambda: not app.session.lab.leak.pending)
        assert app.session.lab.leak.answer is None

    shell.run(use, "sample:stroke", Slow())
    assert going.is_set()
    assert given_up.is_set()


def test_a_refusal_is_said_and_it_can_be_tried_again(shell):
    made = service(
        leak=Failure(code="target", message="3 classes", fix="name the positive one")
    )

    async def use(app, pilot):
        app.post_message(told.LeakScreenRequested(SMOTE))
        await until(pilot, lambda: app.session.lab.leak.problem is not None)
        await settle(pilot)
        text = screen_text(app)
        assert "✗ 3 classes" in text
        assert "→ name the positive one" in text
        made.answers[LeakDemo] = lab_samples.leak
        await press(pilot, "r")
        await until(pilot, lambda: app.session.lab.leak.answer is not None)

    shell.run(use, "sample:stroke", made)


def test_what_was_shown_is_not_worked_out_again():
    made = service()
    app = Controllers("sample:stroke", made)
    for name in ("smote", "smote", "adasyn"):
        app.say(told.LeakScreenRequested(grammar.parse(name)))
        app.top(Leak)
        assert app.session.lab.leak.answer is not None
        assert app.session.lab.leak.request.arm.name == name
        app.answer(None)
        app.say(told.LeakScreenClosed())
    arms = [r.arm.name for r in made.requests if isinstance(r, LeakDemo)]
    assert arms == ["smote", "adasyn"]


def test_an_arm_that_treats_nothing_is_shown_with_smote(shell):
    made = service()

    async def use(app, pilot):
        await look(app, pilot, "untreated")
        await press(pilot, "L")
        await until(pilot, lambda: app.session.lab.leak.answer is not None)

    shell.run(use, "sample:stroke", made)
    assert made.requests[-1].arm == SMOTE


def test_the_lesson_ends_with_what_to_do_and_has_the_repairs():
    shown = lab_samples.leak(LeakDemo(id=1, arm=SMOTE))
    assert any("What to do: Split first" in p.body.plain for p in paragraphs(shown))
    evil = msgspec.structs.replace(shown, repairs=(HOSTILE["colours"],))
    assert any("Adjusted" in p.body.plain for p in paragraphs(evil))
    assert not harmful("".join(p.body.plain for p in paragraphs(evil)))
