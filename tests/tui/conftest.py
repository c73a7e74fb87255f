"""What every test of the app shares: stillness, and nobody's own settings."""

from __future__ import annotations

import time

import pytest
from textual.widgets import Input


@pytest.fixture(autouse=True)
def _still(monkeypatch):
    """No cursor blinks, times are in one zone, and Textual is told nothing else."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(Input.cursor_blink, "_default", False)


@pytest.fixture
def fake():
    """The module with the scripted service, the scripted runs, and their apps."""
    import fakes

    return fakes
