"""What comes above the workbench: lists of runs, dialogs, exports, errors, the help."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from engine.core.exports import KINDS, ExportRequest, Kind, find
from engine.core.messages import AskValidation, ModelValidated, WriteExport
from tests.journeys.test_dataset_looks import stores
from tests.support import export_samples as exports
from tests.support import fakes, runs_samples
from tests.support.journey import LARGE, SMALL, WIDE, sizes
from tests.support.validated import promised, rows_of, validated
from tui.features import messages as say
from tui.features import questions
from tui.features.arms.draft import Problem
from tui.features.questions import Progressed
from tui.features.runs import messages as told
from tui.features.session import StoreInfo

MISSING = ("mlflow", "pip install 'imbtui[mlflow]'")
BOTH, LISTED = sizes(SMALL, LARGE), sizes(SMALL, WIDE)


@BOTH
def test_help(journey, size):
    journey.begin(size)
    journey.press("2", "f1")
    journey.look("help", picture=size == LARGE)


@BOTH
def test_palette(journey, size):
    journey.begin(size)
    journey.press("ctrl+p", "r", "u", "n")
    journey.look("palette")


@BOTH
def test_error(journey, size):
    problem = Problem(
        message="line 3 of patients.csv has 4 fields, the heading has 3",
        fix="quote fields that hold the delimiter",
    )
    journey.begin(size)
    failed = say.JobFailed("The dataset cannot be opened", problem)
    journey.act(lambda app: app.post_message(failed))
    journey.look("error", picture=size == LARGE)


@BOTH
def test_save_experiment(journey, size):
    journey.begin(size)
    journey.press("ctrl+s")
    journey.look("save-experiment")


def test_too_small(journey):
    journey.begin(SMALL)
    journey.resize(50, 15)
    journey.look("too-small")


@BOTH
def test_validation(journey, size):
    rng = np.random.default_rng(3)
    found = validated(promised(rng), *rows_of(rng, 2_000, odds=2.0))
    answer = partial(ModelValidated, found=found)

    def prepare(service):
        service.answers[AskValidation] = lambda request: answer(id=request.id)

    journey.begin(size, prepare=prepare)
    journey.press("E")
    journey.look("validate")
    journey.press("b", "enter", *"new", "enter")
    journey.look("validation", picture=size == LARGE)


# Runs --------------------------------------------------------------------------------


@BOTH
def test_runs(journey, size):
    journey.begin(size)
    journey.act(stores)
    journey.press("5")
    journey.look("runs")
    journey.press("end", "d")
    journey.look("runs-confirm-delete", picture=size == LARGE)


def with_runs(app) -> None:
    """List runs of every kind."""
    app.runs.stored = runs_samples.listed()
    app.runs.used = runs_samples.used()
    app.post_message(say.RunsRequested())


@LISTED
def test_the_list_with_marks(journey, size):
    journey.begin(size)
    journey.act(with_runs)
    journey.press("down", "space", "down", "space", "up")
    journey.look("runs-marked", picture=size == WIDE)


@LISTED
def test_the_list_of_a_store_that_is_only_read(journey, size):
    wrong = (
        "the store '/x/runs' was written by a newer imbtui (version 9, this one "
        "knows 2): it is only read"
    )
    journey.begin(size)
    journey.act(with_runs)
    journey.post(told.StoreStatus(StoreInfo(path="/x/runs", problem=wrong)))
    journey.act(lambda app: app.clear_notifications())
    journey.press("slash", *"paper")
    journey.look("runs-only-read")


@LISTED
def test_side_by_side(journey, size):
    ids = ("00000006", "00000007")
    journey.begin(size)
    journey.post(
        told.CompareRequested(ids), told.RunsCompared(ids, runs_samples.contrasted())
    )
    journey.look("side-by-side", picture=size == WIDE)


# The export dialog -------------------------------------------------------------------


@pytest.fixture
def _installed(monkeypatch):
    """One package is missing, the same anywhere."""
    monkeypatch.setattr(
        Kind,
        "lacking",
        property(lambda kind: MISSING if kind.name == "mlflow" else ("", "")),
    )


def finished(journey, size, form="script") -> None:
    """Open a finished run, then the dialog, and go to a form."""
    journey.begin(size, prepare=lambda s: s.answers.update(exports.service().answers))
    journey.post(say.RunOpened(fakes.done_run(3)))
    journey.press("e", *("down",) * KINDS.index(find(form)))


@pytest.mark.usefixtures("_installed")
def test_export_a_script(journey):
    finished(journey, SMALL)
    journey.look("export-script")


@pytest.mark.usefixtures("_installed")
def test_export_into_a_folder_that_is_there(journey):
    Path("00000003-arm-data").mkdir()
    finished(journey, WIDE, "data")
    journey.press("tab")
    journey.look("export-folder", picture=True)


@pytest.mark.usefixtures("_installed")
def test_export_while_it_is_written(journey):
    def writing(app):
        wanted = WriteExport(id=0, asked=ExportRequest(run="00000003", kind="data"))
        app.handlers.change(questions.ask(app.session, "export.write", wanted))
        stage = "balancing the training rows"
        app.post_message(Progressed("export.write", app.session.jobs, stage))

    journey.begin(SMALL, prepare=lambda s: s.answers.update(exports.service().answers))
    journey.post(say.RunOpened(fakes.done_run(3)))
    journey.act(writing)
    journey.press("e", *("down",) * KINDS.index(find("data")))
    journey.look("export-writing")


@pytest.mark.usefixtures("_installed")
def test_export_with_a_package_that_is_missing(journey):
    finished(journey, WIDE)
    journey.press("end")
    journey.look("export-missing-package")
