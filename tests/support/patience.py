"""Waiting for what threads or timers bring, as long as it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from tests.support.calm import calm, settle


async def until(pilot: Any, holds: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until something holds, at most so long; the test says then what does not."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            await settle(pilot)
            return
        await calm(pilot.app)
        await asyncio.sleep(0.01)
