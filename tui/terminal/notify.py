"""Telling a terminal that a run is over: its bell, or a notification (OSC 9).

Pure but for `ring`, which writes to a terminal and to nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, TextIO

from tui.terminal.safe_text import clip

KINDS: Final = ("bell", "osc9")
MOST_TEXT: Final = 160
"""Cells of a notification; terminals and desktops cut longer ones anyhow."""


def run_notice(run: str, status: str, headline: str | None = None) -> str:
    """Return what a notification says of a run that is over.

    Examples
    --------
    >>> run_notice("run 3 (3f2a9c01)", "done", "Move the threshold.")
    'imbtui: run 3 (3f2a9c01) done: Move the threshold.'
    >>> run_notice("run 3 (3f2a9c01)", "failed")
    'imbtui: run 3 (3f2a9c01) failed'
    """
    text = f"imbtui: {run} {status}"
    return f"{text}: {headline}" if headline else text


def sequence(kind: str, text: str, *, tmux: bool) -> str:
    r"""Return what a terminal is sent for a notification.

    Parameters
    ----------
    kind : {"bell", "osc9"}
        The bell says nothing; OSC 9 shows the text, in terminals that know it.
    text : str
        What it says; nothing in it can drive the terminal, and it is cut.
    tmux : bool
        Whether tmux stands between: it is told to pass the sequence on, which it does
        with ``allow-passthrough on``. A bell it handles by itself.

    Returns
    -------
    str
        Empty for another kind.

    Examples
    --------
    >>> sequence("bell", "done", tmux=True)
    '\x07'
    >>> sequence("osc9", "done\x1b]", tmux=False)
    '\x1b]9;done␛]\x07'
    >>> sequence("osc9", "done", tmux=True)
    '\x1bPtmux;\x1b\x1b]9;done\x07\x1b\\'
    """
    if kind == "bell":
        return "\a"
    if kind != "osc9":
        return ""
    osc = f"\x1b]9;{clip(text, MOST_TEXT)}\a"
    if not tmux:
        return osc
    # Inside, tmux takes every escape that is doubled for one.
    return "\x1bPtmux;" + osc.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def ring(
    stream: TextIO,
    kind: str | None,
    text: str,
    environ: Mapping[str, str] | None = None,
) -> bool:
    """Notify whoever sits at a terminal; anything else is left alone.

    Parameters
    ----------
    stream : text stream
        As a rule stderr.
    kind : {"bell", "osc9"} or None
        None does nothing.
    text : str
        What a notification says.
    environ : mapping, default=None
        The environment; the process's own when None.

    Returns
    -------
    bool
        Whether something was sent.
    """
    env = os.environ if environ is None else environ
    sent = ""
    # Without its terminal nobody hears.
    with suppress(OSError, ValueError):
        if kind is not None and stream.isatty() and env.get("TERM") != "dumb":
            notice = sequence(kind, text, tmux=bool(env.get("TMUX")))
            stream.write(notice)
            stream.flush()
            sent = notice
    return bool(sent)
