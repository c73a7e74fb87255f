"""Panes, and the whole app, are booted once for a module."""

from collections.abc import Iterator

import pytest

from tests.support.stage import Panes


@pytest.fixture(autouse=True)
def _drawn_at_once(monkeypatch):
    """No chart waits for its turn: looks follow each other faster than people look."""
    monkeypatch.setattr("tui.charts.view.MOST_DRAWN", 10_000)


@pytest.fixture(scope="module")
def panes() -> Iterator[Panes]:
    """One app for every pane of a module: see tests/support/stage.py."""
    made = Panes()
    yield made
    made.close()
