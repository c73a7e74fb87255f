"""What the export dialog looks like; `pytest --snapshot-update` takes new pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.export import KINDS, Asked
from engine.export import find_kind as find
from tests.journeys.test_snapshots import _anywhere, looks  # noqa: F401  # fixtures
from tests.support import export_samples as samples
from tests.support import fakes
from tui import messages as say
from tui.export_messages import ExportProgressed

SMALL, LARGE = (80, 24), (140, 40)


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    """One package is missing, the same anywhere."""
    monkeypatch.setattr(
        "tui.exporting.find_spec", lambda name: None if name == "mlflow" else name
    )


def opened(app):
    """Open a finished run."""
    app.post_message(say.RunOpened(fakes.done_run(3)))


def keys(name: str) -> tuple[str, ...]:
    """Open the dialog, and go to a form."""
    return ("e", *("down",) * KINDS.index(find(name)))


def test_a_script(looks):  # noqa: F811
    app = fakes.app("sample:stroke", samples.service())
    looks(app, "e", size=SMALL, before=opened)


def test_a_folder_that_is_there(looks):  # noqa: F811
    Path("00000003-arm-data").mkdir()
    app = fakes.app("sample:stroke", samples.service())
    looks(app, *keys("data"), "tab", size=LARGE, before=opened)


def test_while_it_is_written(looks):  # noqa: F811
    made = samples.service()

    def writing(app):
        opened(app)
        wanted = Asked(run="00000003", kind="data")
        app.desk.export = app.desk.export.__class__(writing=wanted)
        app.post_message(ExportProgressed("treating the training rows as the run did"))

    looks(fakes.app("sample:stroke", made), *keys("data"), size=SMALL, before=writing)


def test_a_package_that_is_missing(looks):  # noqa: F811
    app = fakes.app("sample:stroke", samples.service())
    looks(app, "e", "end", size=LARGE, before=opened)
