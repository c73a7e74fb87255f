"""Waiting until an app is at rest, as soon as it is.

Textual's own pilot posts a message to every widget and then sleeps until the process
takes no time, several times for a key. Here what is asked is whether there is anything
left to do: a message in a queue or at hand, a frame to be drawn, a callback behind it,
or a timer that is about to fire.
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Iterator
from typing import Any

from textual import events
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.app import App
from textual.keys import (
    REPLACED_KEYS,
    _character_to_key,
    _get_unicode_name_from_key,
)
from textual.message_pump import MessagePump

ABLE = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
"""What the environment says of a terminal that shows every character and colour."""
SOON = 0.06
"""Seconds: timers that fire once within that time are waited for."""
PATIENCE = 60.0
"""Seconds that the work of threads is waited for."""
LONGEST = 20.0
"""Seconds after which what still happens is taken to go on forever."""


def _pumps(app: App[Any]) -> Iterator[MessagePump]:
    yield app
    yield from list(app._registry)


def _rests(pump: MessagePump) -> bool:
    """Tell whether nothing waits for a widget, and it waits for the next message."""
    task = pump._task
    if task is None or task.done():
        return True
    queue = pump._message_queue
    if not queue.empty() or pump._next_callbacks or pump._pending_message is not None:
        return False
    return bool(queue.ready_event._waiters)


def _drawn(app: App[Any]) -> bool:
    """Tell whether what is to be seen is on the screen."""
    screen = app.screen
    return not (
        screen._callbacks
        or screen._dirty_widgets
        or screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
    )


def _soon(app: App[Any]) -> bool:
    """Tell whether something was put off for a moment."""
    if app._animator._animations or app._animator._scheduled:
        return True
    for pump in _pumps(app):
        for timer in list(pump._timers):
            if (
                timer._repeat is not None
                and timer._interval <= SOON
                and timer._task is not None
                and not timer._task.done()
                and timer._active.is_set()
            ):
                return True
    return False


async def calm(app: App[Any]) -> None:
    """Wait until nothing is left to do but what threads work at."""
    end = time.monotonic() + LONGEST
    turns = 0
    while True:
        for _ in range(3):
            await asyncio.sleep(0)
        busy = not all(_rests(pump) for pump in _pumps(app))
        # The app gives a key only when the one before is through.
        busy = busy or getattr(app, "_typing", None) is not None
        if not busy and not app._batch_count and not _drawn(app):
            app.screen._on_timer_update()
            busy = True
        if not busy and not _soon(app):
            return
        if time.monotonic() > end or app._exception is not None:
            return
        turns += 1
        await asyncio.sleep(0 if busy and turns % 20 else 0.001)


_render_update = Compositor.render_update


def put_off(
    compositor: Compositor,
    full: bool = False,
    screen_stack: list[Any] | None = None,
    simplify: bool = False,
) -> Any:
    """Stand for `Compositor.render_update`: draw once all is through, not every frame.

    Frames that no one sees take half of the time. `settle` draws what has changed.
    """
    if full:
        return _render_update(compositor, full, screen_stack, simplify)
    visible_screen_stack.set(screen_stack or [])
    return None


def _draw(app: App[Any]) -> None:
    """Draw what was put off."""
    if Compositor.render_update is put_off:
        stack = app._background_screens
        _render_update(app.screen._compositor, screen_stack=stack)


async def _through(app: App[Any]) -> None:
    """Wait until nothing is left to do, in threads neither.

    Followers of runs are not waited for, and loads not long: they may be held back.
    """
    for _ in range(2):
        await calm(app)
        end = time.monotonic() + PATIENCE
        while True:
            workers = [w for w in app.workers if w.group != "follow" and w.is_running]
            if any(w.name == "load" for w in workers):
                end = min(end, time.monotonic() + SOON)
            if not workers or time.monotonic() > end:
                break
            await asyncio.sleep(0.001)
        await calm(app)


async def settle(pilot: Any) -> None:
    """Wait until workers and messages are through."""
    await _through(pilot.app)
    _draw(pilot.app)


async def press(pilot: Any, *keys: str) -> None:
    """Press keys, each once all is through that the one before has led to."""
    app = pilot.app
    for key in keys:
        app._driver.send_message(_event(app, key))
        await _through(app)
    await settle(pilot)


async def at_once(pilot: Any, *keys: str) -> None:
    """Press keys that are all there before the first one is seen to."""
    for key in keys:
        pilot.app._driver.send_message(_event(pilot.app, key))
    await settle(pilot)


def _event(app: App[Any], key: str) -> events.Key:
    """Return what Textual's pilot sends for a key."""
    if len(key) == 1 and not key.isalnum():
        key = _character_to_key(key)
    original = REPLACED_KEYS.get(key, key)
    try:
        char = unicodedata.lookup(_get_unicode_name_from_key(original))
    except KeyError:
        char = key if len(key) == 1 else None
    event = events.Key(key, char)
    event.set_sender(app)
    return event
