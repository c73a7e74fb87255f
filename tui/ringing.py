"""What the app tells its terminal when a run has ended, and the setting for it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui import config, notify

if TYPE_CHECKING:
    from tui.app import ImbTuiApp

__all__ = ["next_notice", "ring"]

_WORDS: Final = {
    "off": "nothing",
    "bell": "the terminal's bell rings",
    "osc9": "the terminal shows a notification (OSC 9)",
}


def next_notice(app: ImbTuiApp) -> None:
    """Take the next way to hear that a run has ended, remember it, and try it.

    Parameters
    ----------
    app : ImbTuiApp
        Its settings are changed, and kept in the file of settings.
    """
    kinds = config.NOTICES
    kind = kinds[(kinds.index(app.settings.notify) + 1) % len(kinds)]
    app.settings = replace(app.settings, notify=kind)
    app.jobs.save_setting("notify", kind)
    app.tell(f"when a run ends: {_WORDS[kind]}")
    ring(app, "imbtui: so it will be when a run ends")


def ring(app: ImbTuiApp, text: str) -> None:
    """Tell the terminal that a run has ended, if that is wanted.

    Parameters
    ----------
    app : ImbTuiApp
        It has the setting, and the way to the terminal.
    text : str
        What a notification says; a bell says nothing.
    """
    kind = app.settings.notify
    if kind == "bell":
        app.bell()
    elif kind == "osc9" and app._driver is not None and not app.is_headless:
        # The way that `bell` and `copy_to_clipboard` go: between two frames.
        app._driver.write(notify.sequence(kind, text, tmux="TMUX" in os.environ))
