"""Waiting for what threads or timers bring, as long as it takes."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

from tests.support.calm import calm
from tests.support.fakes import screen_text


async def until(pilot: Any, holds: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until something holds; what has not held for so long fails the test."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            source = inspect.getsource(holds).strip()
            seen = screen_text(pilot.app)
            raise AssertionError(f"not within {seconds:.0f} s: {source}\n{seen}")
        await calm(pilot.app)
        await asyncio.sleep(0.01)
