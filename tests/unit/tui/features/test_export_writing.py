"""The export dialog writes: what is asked before, said meanwhile, and afterwards."""

from __future__ import annotations

import pytest
from textual.widgets import Button, OptionList, Static

from engine.core.exports import KINDS, ExportRequest, Kind, find
from engine.core.messages import Failure, PlanExport, WriteExport
from tests.support import export_samples as samples
from tests.support import fakes
from tests.support.fakes import notices, press, screen_text, settle
from tests.support.journey import SMALL, WIDE, Journey
from tests.support.patience import until
from tui.app.workbench import Workbench
from tui.features import messages as say
from tui.features.dialogs import ChoiceDialog, ErrorDialog
from tui.features.export.dialog import ExportRun
from tui.features.questions import Progressed


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """Files are written into a folder of the test's own; every package is there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Kind, "lacking", ("", ""))


@pytest.fixture(scope="module")
def journey():
    with Journey() as made:
        yield made


@pytest.fixture
def made(journey):
    """The service, which knows exports, of the app that has begun anew."""
    journey.begin(WIDE, prepare=lambda s: s.answers.update(samples.service().answers))
    return journey.service


def asked(made, kind=PlanExport) -> list[ExportRequest]:
    return samples.asked(made, kind)


def text(app, of: str) -> str:
    return str(app.screen.query_one(of, Static).visual)


async def look(app, pilot, *keys: str, number: int = 3) -> None:
    """Open a finished run, then the dialog."""
    app.post_message(say.RunOpened(fakes.done_run(number)))
    await until(pilot, lambda: app.session.run is not None)
    await settle(pilot)
    await press(pilot, "e")
    await until(pilot, lambda: isinstance(app.screen, ExportRun))
    await settle(pilot)
    if keys:
        await press(pilot, *keys)


def down(name: str) -> tuple[str, ...]:
    """Keys that go to a form."""
    return ("down",) * KINDS.index(find(name))


# Writing -----------------------------------------------------------------------------


def test_enter_writes_and_says_where_and_how_to_go_on(journey, made, tmp_path):
    async def use(app, pilot):
        await look(app, pilot, "enter")
        await until(pilot, lambda: "Python script written" in notices(app))
        assert isinstance(app.screen, Workbench)
        path = tmp_path / "00000003-arm-script.py"
        assert f"{path} (1.2 kB). python {path} runs it" in notices(app)

    journey.do(use)
    assert (tmp_path / "00000003-arm-script.py").exists()


def test_what_is_there_is_only_replaced_when_that_was_said(journey, made, tmp_path):
    there = tmp_path / "00000003-arm-script.py"
    there.write_text("mine")

    async def use(app, pilot):
        await look(app, pilot)
        head = text(app, "#export-head")
        assert head.startswith(f"! {there.name} exists: you will")
        await press(pilot, "enter")
        assert isinstance(app.screen, ChoiceDialog)
        await press(pilot, "enter")  # the safe answer has the focus
        assert isinstance(app.screen, ExportRun)
        assert not asked(made, WriteExport)
        await press(pilot, "enter", "y")
        await until(pilot, lambda: bool(asked(made, WriteExport)))

    journey.do(use)
    assert asked(made, WriteExport)[0].overwrite


def test_it_says_what_it_does_and_goes_on_when_the_dialog_is_closed(journey, made):
    async def use(app, pilot):
        await look(app, pilot)
        made.let.clear()
        await pilot.press("enter")
        await until(pilot, lambda: bool(asked(made, WriteExport)))
        await pilot.pause()
        job = app.session.export.write.job
        app.post_message(Progressed("export.write", job, "treating the rows"))
        await pilot.pause()
        assert text(app, "#export-state").startswith("Python script: treating the rows")
        assert app.screen.query_one("#dialog-finish", Button).disabled
        await pilot.press("enter")  # not twice
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, Workbench)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ExportRun))
        assert "continues when closed" in text(app, "#export-state")
        await pilot.press("escape")
        made.let.set()
        await until(pilot, lambda: "Python script written" in notices(app))
        assert app.session.export.writing is None

    journey.do(use)
    assert len(asked(made, WriteExport)) == 1


def test_a_dialog_that_was_opened_since_stays_and_asks_again(journey, made):
    async def use(app, pilot):
        await look(app, pilot)
        made.let.clear()
        await pilot.press("enter")
        await until(pilot, lambda: bool(asked(made, WriteExport)))
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ExportRun))
        await until(
            pilot,
            lambda: text(app, "#export-head") == "looking as soon as that is written …",
        )
        made.let.set()
        await until(pilot, lambda: "Python script written" in notices(app))
        await settle(pilot)
        assert isinstance(app.screen, ExportRun)
        assert "exists: you will" in text(app, "#export-head")

    journey.do(use)


def test_a_folder_with_other_files_says_what_becomes_of_them(journey, made, tmp_path):
    there = tmp_path / "00000003-arm-data"
    there.mkdir()

    async def use(app, pilot):
        await look(app, pilot, *down("data"))
        (there / "mine.txt").write_text("mine")
        await press(pilot, "enter")
        assert isinstance(app.screen, ChoiceDialog)
        said = " ".join(screen_text(app).replace("│", " ").split())
        assert "is not empty" in said
        assert "all others stay" in said
        await press(pilot, "n")
        (there / "mine.txt").unlink()
        await press(pilot, "enter")  # an empty folder is nobody's
        await until(pilot, lambda: bool(asked(made, WriteExport)))

    journey.do(use)
    assert not asked(made, WriteExport)[0].overwrite


def test_what_went_wrong_is_a_line_in_the_dialog_and_can_be_mended(journey, made):
    made.answers[WriteExport] = Failure(
        code="output",
        message="cannot write x.py: No space left on device",
        fix="make room, or overwrite it",
    )

    async def use(app, pilot):
        await look(app, pilot, "enter")
        await until(pilot, lambda: "No space left" in text(app, "#export-state"))
        said = text(app, "#export-state")
        todo = "Make room, or overwrite it"
        assert said == f"✗ cannot write x.py: No space left on device. {todo}"
        assert not app.screen.query_one("#dialog-finish", Button).disabled
        made.answers[WriteExport] = samples.write
        await press(pilot, "enter")
        await until(pilot, lambda: "Python script written" in notices(app))

    journey.resize(*SMALL)
    journey.do(use)


def test_without_the_dialog_what_went_wrong_is_a_dialog_of_its_own(journey, made):
    made.answers[WriteExport] = Failure(code="cancelled", message="x", fix="")

    async def use(app, pilot):
        await look(app, pilot)
        made.let.clear()
        await pilot.press("enter")
        await until(pilot, lambda: bool(asked(made, WriteExport)))
        await pilot.press("escape")
        await pilot.pause()
        made.let.set()
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        await settle(pilot)
        assert "nothing is written" in screen_text(app)
        assert app.session.export.writing is None

    journey.do(use)


def test_a_form_whose_package_is_missing_says_what_to_install(
    journey, made, monkeypatch
):
    missing = ("mlflow", "pip install 'imbtui[mlflow]'")
    monkeypatch.setattr(
        Kind,
        "lacking",
        property(lambda kind: missing if kind.name == "mlflow" else ("", "")),
    )

    async def use(app, pilot):
        await look(app, pilot)
        marked = [
            option.id
            for option in app.screen.query_one(OptionList).options
            if str(option.prompt).endswith("✗")
        ]
        assert marked == ["mlflow"]
        before = len(asked(made))
        await press(pilot, "end")
        assert text(app, "#export-state") == (
            "✗ needs mlflow, which is not installed: pip install 'imbtui[mlflow]'"
        )
        assert not app.screen.query_one("#export-form").display
        await press(pilot, "enter")
        assert len(asked(made)) == before
        assert not asked(made, WriteExport)

    journey.do(use)
