"""A model on new rows in the app: what is asked for, and what is shown of it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.core.messages import AskValidation, Failure, ModelValidated
from tests.support import fakes
from tests.support.fakes import press, screen_text, settle
from tests.support.journey import sizes
from tests.support.patience import until
from tests.support.reviewed import reviewed
from tests.support.validated import promised, rows_of, validated
from tui.features.validation.screen import ModelOnNewRows, ValidateModel
from tui.features.validation.state import ValidationRequested
from tui.terminal.clipboard import find_copy

SIZES = sizes((80, 24), (140, 40))


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(3)
    return validated(promised(rng), *rows_of(rng, 2_000, odds=2.0))


def service(answer) -> fakes.FakeService:
    made = fakes.FakeService()
    made.answers[AskValidation] = answer
    return made


def asked(made: fakes.FakeService) -> list[AskValidation]:
    return [r for r in made.requests if isinstance(r, AskValidation)]


@SIZES
def test_the_key_asks_for_bundle_and_rows_and_shows_the_verdict(shell, size, found):
    made = service(lambda request: ModelValidated(id=request.id, found=found))

    async def use(app, pilot):
        await press(pilot, "E")
        assert isinstance(app.screen, ValidateModel)
        await press(pilot, "enter")
        assert "give a folder or .zip" in screen_text(app)
        await press(pilot, "b", "enter")
        assert "give a table" in screen_text(app)
        await press(pilot, *"new", "down", "space", "down", "enter")
        assert "count as any other" in screen_text(app)
        await press(pilot, "up", "enter")
        await until(pilot, lambda: app.session.validation.model.answer is not None)
        await settle(pilot)
        assert isinstance(app.screen, ModelOnNewRows)
        text = " ".join(screen_text(app).split())
        assert "RECALIBRATE VAL002" in text
        assert "VAL102" in text
        assert "ROC AUC" in text
        copied = find_copy(app.screen).text
        assert "by these rows" in copied
        assert "± 0.05 takes about" in copied
        await press(pilot, "r")
        await settle(pilot)
        assert isinstance(app.screen, ValidateModel)
        assert "/new" in screen_text(app)
        assert "count as any other" in screen_text(app)

    shell.run(use, "sample:stroke", made, size=size)
    (request,) = asked(made)
    assert request.run is None
    assert request.rows.keep_equal
    assert request.rows.bundle.endswith("/b")
    assert request.rows.bundle.startswith("/")
    assert request.rows.data.endswith("/new")


def test_a_run_that_is_open_is_proposed_and_a_bundle_can_be_given(shell):
    run = fakes.done_run(42, reviewed().events())
    assert run.result.choice is not None

    async def use(app, pilot):
        app.push_screen(ValidateModel(run, None))
        await settle(pilot)
        assert "as recommended" in screen_text(app)
        assert "bundle  " not in screen_text(app)
        await press(pilot, "up", "space", "down", "enter")
        assert "an exported bundle" in screen_text(app)
        (bundle,) = (
            one for one in app.screen.query("TextField") if one.key == "bundle"
        )
        assert bundle.display

    shell.run(use, "sample:stroke", fakes.FakeService())


def test_a_refusal_is_shown(shell):
    failure = Failure(code="data", message="no manifest", fix="give a bundle")

    async def use(app, pilot):
        app.post_message(ValidationRequested("sample:moons", "x"))
        await until(pilot, lambda: app.session.validation.model.problem is not None)
        await settle(pilot)
        text = screen_text(app)
        assert "✗ no manifest" in text
        assert "→ give a bundle" in text
        assert "sample:moons" in text

    made = service(failure)
    shell.run(use, "sample:stroke", made)
    assert asked(made)[0].rows.data == "sample:moons"


def test_it_is_given_up_when_left(shell):
    given_up = threading.Event()

    class Slow(fakes.FakeService):
        def request(self, request, on_reply=None, cancel=None):
            if not isinstance(request, AskValidation):
                return super().request(request, on_reply, cancel)
            while not cancel.is_set():
                cancel.wait(0.01)
            given_up.set()
            return Failure(code="cancelled", message="given up", fix="")

    async def use(app, pilot):
        app.post_message(ValidationRequested("new.csv", "", "a1"))
        # Nothing settles while the answer is awaited.
        await until(pilot, lambda: "beginning" in screen_text(app))
        assert isinstance(app.screen, ModelOnNewRows)
        await press(pilot, "escape")
        await until(pilot, given_up.is_set)
        await until(pilot, lambda: not app.session.validation.model.pending)
        assert not isinstance(app.screen, ModelOnNewRows)

    shell.run(use, "sample:stroke", Slow())
