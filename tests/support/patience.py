"""Waiting for what follows a refresh of the screen, which has its own clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.fakes import settle


async def until(pilot: Any, holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something holds, at most so long; the test says then what does not."""
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await pilot.pause(0.05)
    await settle(pilot)
