"""The real `imbtui` in a pseudo-terminal, as a user has it over SSH.

`Terminal` starts a command, reads what it draws into a screen (pyte), presses keys,
and knows afterwards whether the terminal was given back and what is still running.

Between the test and the app stands a leader of the terminal's session, as a shell does
in life: the kernel resets a pseudo-terminal when its leader ends, so without one every
app would seem to restore it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pyte

__all__ = ["KEYS", "Exit", "Terminal", "escapes", "restored", "strange", "wait_until"]

PATIENCE = 120.0
"""Seconds that anything may take on a busy machine before a test gives up."""

KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "f5": "\x1b[15~",
    "f10": "\x1b[21~",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefgklnopqrstuvwxyz"},
}

_LEADER = r"""
import json, os, signal, subprocess, sys, termios, time
status, apart, *command = sys.argv[1:]
def terminal():
    try:
        return repr(termios.tcgetattr(0))
    except termios.error:
        return None
def report(**facts):
    with open(status, "a") as file:
        file.write(json.dumps(facts) + "\n")
# A handler, not SIG_IGN: that one the app would inherit.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
    signal.signal(number, lambda *_: None)
before = terminal()
child = subprocess.Popen(command, start_new_session=apart == "apart")
report(pid=child.pid, before=before)
code = child.wait()
report(code=code, at=time.monotonic(), after=terminal())
"""


_KEYBOARD = re.compile(rb"\x1b\[[<>=?][0-9;]*u")
_UNFINISHED = re.compile(rb"(?:\[[<>=?]?[0-9;]*)?")


@dataclass(frozen=True)
class Exit:
    """How the app ended.

    `code` is negative for a signal that it did not handle, `seconds` count from
    `since` of `Terminal.wait_exit`, `same` tells whether the terminal's settings are
    what they were; None if there is no terminal any more.
    """

    code: int
    seconds: float
    same: bool | None


class Terminal:
    """A pseudo-terminal with a command in it.

    Parameters
    ----------
    arguments : sequence of str
        The command's arguments; `imbtui` is put before them unless `command` is given.
    folder : Path
        Its own home: store, settings and cache are in there.
    columns, rows : int
        Size of the terminal.
    environ : mapping, default=None
        Variables to set besides.
    apart : bool, default=False
        Gives the app a session of its own: it is told nothing when the terminal
        closes, as under `nohup` or behind some multiplexers.
    command : sequence of str, default=None
        Started instead of `imbtui`.
    """

    def __init__(
        self,
        arguments: Sequence[str] = (),
        *,
        folder: Path,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        apart: bool = False,
        command: Sequence[str] | None = None,
    ) -> None:
        self.folder = folder
        self.store = folder / "runs.sqlite"
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        """Every byte that was written to the terminal."""
        self._rest = b""
        self._mark = uuid.uuid4().hex
        self._status = folder / f"terminal-{self._mark}.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        if command is None:
            command = (str(Path(sys.executable).with_name("imbtui")),)
        leader = [
            *("-S", "-E", "-P", "-c", _LEADER),
            *(str(self._status), "apart" if apart else "together"),
            *command,
            *arguments,
        ]
        self.started = time.monotonic()
        self._child = pexpect.spawn(
            sys.executable,
            leader,
            dimensions=(rows, columns),
            env=self._environment(environ or {}),
            cwd=str(folder),
            timeout=None,
        )
        self._child.delaybeforesend = None
        self._open = True

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        passed = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TEXTUAL", "SSH_", "TMUX", "XDG_", "PYTEST", "COV"))
            # pytest's readline may leave the size of another terminal behind.
            and name not in ("NO_COLOR", "COLORTERM", "TERM_PROGRAM")
            and name not in ("COLUMNS", "LINES")
        }
        home = str(self.folder / "home")
        Path(home).mkdir(exist_ok=True)
        return {
            **passed,
            "HOME": home,
            "XDG_STATE_HOME": f"{home}/state",
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_CACHE_HOME": f"{home}/cache",
            "IMBTUI_STORE": str(self.store),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "IMBTUI_TEST_TERMINAL": self._mark,
            **given,
        }

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything that was started here, the runs included."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.hang_up()
        # The leader is a child of ours, and must be waited for.
        with suppress(ChildProcessError):
            os.waitpid(self._child.pid, 0)
        self._child.terminated = True
        wait_until(lambda: not self.processes(), 5, "the processes do not end")

    # Looking -----------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    def pump(self, seconds: float = 0.05) -> bool:
        """Read what was written; wait so long for the first of it."""
        read = False
        while self._open:
            try:
                data = self._child.read_nonblocking(65536, 0 if read else seconds)
            except pexpect.TIMEOUT:
                break
            except (pexpect.EOF, OSError):
                self._open = False
                break
            read = True
            self.raw += data
            self._feed(data)
        return read

    def _feed(self, data: bytes) -> None:
        """Draw, without the keyboard protocol, which pyte would print."""
        data = self._rest + data
        whole, found, rest = data.rpartition(b"\x1b")
        cut = found and _UNFINISHED.fullmatch(rest) is not None
        self._rest = found + rest if cut else b""
        self._stream.feed(_KEYBOARD.sub(b"", whole if cut else data))

    def wait_for(
        self,
        what: str | re.Pattern[str] | Callable[[str], object],
        seconds: float = PATIENCE,
    ) -> str:
        """Wait until the screen shows something, and return the screen.

        Parameters
        ----------
        what : str, pattern or callable
            A text on the screen, a pattern found in it, or what is true of it.
        seconds : float
            Time that it has.
        """
        deadline = time.monotonic() + seconds
        while True:
            text = self.text
            if _found(what, text):
                return text
            left = deadline - time.monotonic()
            if left <= 0 or not self._open:
                ended = "" if self._open else " (the terminal is closed)"
                raise AssertionError(
                    f"not seen within {seconds:g} s{ended}: {what!r}\n{_framed(text)}"
                )
            self.pump(min(0.05, left))

    def wait_gone(self, what: str, seconds: float = PATIENCE) -> str:
        """Wait until a text is on the screen no more."""
        return self.wait_for(lambda text: what not in text, seconds)

    def calm(self, seconds: float = 0.25, most: float = 5.0) -> str:
        """Read until nothing was written for so long, and return the screen."""
        deadline = time.monotonic() + most
        while self.pump(seconds) and time.monotonic() < deadline:
            pass
        return self.text

    # Doing -------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Type text."""
        self._child.send(text.encode("utf-8", "surrogateescape"))

    def press(self, *keys: str) -> None:
        """Press keys, by name or as the character that they type."""
        for key in keys:
            self._child.send(KEYS.get(key, key).encode("utf-8"))
            if key == "esc":
                # What comes right behind it would make another key of both, and a busy
                # app may read it late.
                self.pause(0.5)

    def pause(self, seconds: float) -> None:
        """Read for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.pump(left)

    def until(
        self,
        key: str,
        what: str | re.Pattern[str] | Callable[[str], object],
        times: int = 40,
        moves: re.Pattern[str] | None = None,
    ) -> str:
        """Press a key until something is seen, at most so many times.

        Each time what follows is waited for, so that no press is one too many. Where
        other things change as well, `moves` finds the part of the screen that a press
        must change.
        """
        part = moves or re.compile(r"(?s).*")

        def seen(text: str) -> str:
            found = part.search(text)
            return "" if found is None else found[0]

        for _ in range(times):
            if _found(what, self.text):
                return self.text
            before = seen(self.text)
            self.press(key)
            with suppress(AssertionError):
                patience = 1.0 if moves is None else 10.0
                self.wait_for(lambda text, old=before: seen(text) != old, patience)
            self.calm(0.25, 2.0)
        return self.wait_for(what, 1.0)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self.screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def signal(self, number: int) -> float:
        """Send the app a signal; return when."""
        now = time.monotonic()
        os.kill(self.pid, number)
        return now

    def hang_up(self) -> float:
        """Close the terminal, as a lost connection does; return when."""
        now = time.monotonic()
        if not self._child.closed:
            self._open = False
            # Not `close` of pexpect: that one kills the leader, too.
            self._child.ptyproc.fileobj.close()
            self._child.ptyproc.closed = True
            self._child.child_fd = -1
            self._child.closed = True
        return now

    # The processes -----------------------------------------------------------------

    @property
    def pid(self) -> int:
        """The app's process."""
        wait_until(self._reports, 10, "the leader says nothing")
        return int(self._reports()[0]["pid"])

    @property
    def alive(self) -> bool:
        """Whether the app has not ended."""
        return len(self._reports()) < 2

    def _reports(self) -> list[dict[str, object]]:
        try:
            text = self._status.read_text()
        except OSError:
            return []
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def wait_exit(
        self,
        seconds: float = PATIENCE,
        since: float | None = None,
        reading: bool = True,
    ) -> Exit:
        """Wait until the app has ended, reading what it still writes if wanted."""
        since = time.monotonic() if since is None else since
        deadline = time.monotonic() + seconds
        while len(self._reports()) < 2:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"still there after {seconds:g} s\n{_framed(self.text)}"
                )
            if not (reading and self._open and self.pump(0.02)):
                time.sleep(0.01)
        self.calm(0.1, 2.0)
        first, last = self._reports()[:2]
        after = last["after"]
        return Exit(
            code=int(last["code"]),
            seconds=float(last["at"]) - since,
            same=None if after is None else after == first["before"],
        )

    def processes(self) -> dict[int, str]:
        """Return the living processes that come from here, with their commands."""
        mark = f"IMBTUI_TEST_TERMINAL={self._mark}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if mark not in (entry / "environ").read_bytes().split(b"\0"):
                    continue
                # A zombie has no environment, so it is not found; as it should be.
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if int(entry.name) != self._child.pid:
                command = [w.decode(errors="replace")[-60:] for w in words if w]
                found[int(entry.name)] = shlex.join(command)
        return found


def wait_until(what: Callable[[], object], seconds: float, problem: str) -> float:
    """Wait until something is true; return the seconds that took."""
    started = time.monotonic()
    while not what():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"{problem} (after {seconds:g} s)")
        time.sleep(0.01)
    return time.monotonic() - started


def _found(what: str | re.Pattern[str] | Callable[[str], object], text: str) -> bool:
    if isinstance(what, str):
        return what in text
    if isinstance(what, re.Pattern):
        return what.search(text) is not None
    return bool(what(text))


def _framed(text: str) -> str:
    return "\n".join(f"│{line}" for line in text.splitlines())


# What was written to the terminal -----------------------------------------------------

_MODES = {
    b"1049": "the alternate screen",
    b"1000": "mouse clicks",
    b"1003": "mouse moves",
    b"1015": "mouse reports (urxvt)",
    b"1006": "mouse reports (SGR)",
    b"2004": "bracketed paste",
    b"1004": "focus reports",
}


def restored(raw: bytes) -> list[str]:
    """Return what was switched on in a terminal and not off again."""
    wrong = []
    for mode, name in _MODES.items():
        switches = re.findall(rb"\x1b\[\?" + mode + rb"([hl])", raw)
        if switches and switches[-1] == b"h":
            wrong.append(name)
    cursor = re.findall(rb"\x1b\[\?25([hl])", raw)
    if cursor and cursor[-1] == b"l":
        wrong.append("no cursor")
    if len(re.findall(rb"\x1b\[>\d+u", raw)) > len(re.findall(rb"\x1b\[<\d*u", raw)):
        wrong.append("the keyboard protocol")
    return wrong


_OURS = re.compile(
    r"""
    \x1b\[ [0-9;]* m                                      # colours
    | \x1b\[ \d+ ; \d+ H | \x1b\[ H                       # the cursor's place
    | \x1b\[ \? (?: 25 | 1049 | 1000 | 1003 | 1004 | 1006 | 1015 | 2004 | 2026 | 2048
        | 1016 | 7 ) [hl]                                 # modes
    | \x1b\[ \? (?: 2026 | 2048 ) \$p                     # which of them there are
    | \x1b\[ > \d+ u | \x1b\[ < u | \x1b\[ \? u           # the keyboard protocol
    | \x1b\[ [012]? [JK]                                  # clearing
    | \x1b\]52;c; [A-Za-z0-9+/=]* (?: \x07 | \x1b\\ )     # a copy that was asked for
    | \x1b\]22; [a-z-]* \x07                               # the pointer's shape
    | \r | \n
    """,
    re.VERBOSE,
)
"""The sequences that Textual writes by itself, and no other."""

_STRANGE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def escapes(raw: bytes) -> str:
    """Return what was written without the sequences that are Textual's own."""
    return _OURS.sub("", raw.decode("utf-8", "replace"))


def strange(raw: bytes) -> list[str]:
    """Return control, bidi and invisible characters that are not Textual's own."""
    text = escapes(raw)
    return [
        text[max(0, place.start() - 30) : place.end() + 30]
        for place in _STRANGE.finditer(text)
    ]
