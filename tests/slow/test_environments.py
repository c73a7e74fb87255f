"""Commands in odd environments: an answer or a plain error, never a traceback.

The suite does one command in some of them, `make stress` every command in each.
`tests/slow/test_odd_homes.py` looks closer at homes that are missing or only read.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from tests.support.experiments import make_table
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

GONE = "mkdir gone && cd gone && rmdir ../gone"


class Odd(NamedTuple):
    """An environment: a shell's words before the command, and variables.

    `{}` in a variable is the test's folder; None removes it. `codes` are the exit codes
    that are allowed, `said` is what a command that failed must say.
    """

    before: str = ":"
    variables: Mapping[str, str | None] = MappingProxyType({})
    codes: tuple[int, ...] = (0,)
    said: str = ""


def home(value: str | None) -> Odd:
    """Another HOME."""
    return Odd(variables={"HOME": value})


def limited(before: str, said: str = "") -> Odd:
    """What `ulimit` leaves too little of; a command may then fail."""
    return Odd(before, codes=(0, 1, 2), said=said)


ODD = {
    "HOME none": home(None),
    "HOME empty": home(""),
    "HOME relative": home("some/where"),
    "HOME missing": home("{}/no/such/folder"),
    "HOME a device": home("/dev/null"),
    "HOME a file": home("{}/table.csv"),
    "HOME with a space": home("{}/a b"),
    "HOME with letters of others": home("{}/hé 漢字 😀"),
    "HOME with a newline": home("{}/a\nb"),
    "HOME with an escape": home("{}/a\x1b[31mb"),
    "HOME no text": home("{}/\udcff\udcfe"),
    "LANG C": Odd(variables={"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}),
    "LANG Turkish": Odd(variables={"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}),
    "LANG unknown": Odd(variables={"LC_ALL": "xx_YY.nonsense"}),
    "output in ASCII": Odd(variables={"PYTHONIOENCODING": "ascii"}),
    "output in UTF-16": Odd(variables={"PYTHONIOENCODING": "utf-16"}),
    "TZ unknown": Odd(variables={"TZ": "Nowhere/At All"}),
    "TZ a file": Odd(variables={"TZ": ":/etc/passwd"}),
    "TZ far": Odd(variables={"TZ": "XXX-23:59:59"}),
    "TMPDIR missing": Odd(variables={"TMPDIR": "{}/no/such/folder"}),
    "TMPDIR a file": Odd(variables={"TMPDIR": "{}/table.csv"}),
    "TMPDIR with a newline": Odd(variables={"TMPDIR": "{}/a\nb"}),
    "TMPDIR a device": Odd(variables={"TMPDIR": "/dev/full"}),
    "umask 000": Odd("umask 000"),
    "umask 777": Odd("umask 777"),
    "24 open files": limited("ulimit -n 24"),
    "64 open files": limited("ulimit -n 64"),
    "1 GB of memory": limited("ulimit -v 1000000"),
    "0.6 GB of memory": limited("ulimit -v 600000"),
    "files of 12 KiB": limited("ulimit -f 24", said="ulimit -f"),
    "files of 60 KiB": limited("ulimit -f 120", said="ulimit -f"),
    "no core, no stack": limited("ulimit -c 0; ulimit -s 256"),
    "stdout full": Odd("exec >/dev/full", codes=(1,), said="No space left"),
    "stdout closed": Odd("exec >&-", codes=(0, 1)),
    "stderr full": Odd("exec 2>/dev/full"),
    "stdin, stdout and stderr closed": Odd("exec <&- >&- 2>&-", codes=(0, 1)),
    "stdin endless": Odd("exec </dev/zero"),
    "the folder is gone": Odd(GONE),
    "TERM none": Odd(variables={"TERM": None}),
    "TERM dumb": Odd(variables={"TERM": "dumb"}),
    "TERM a program": Odd(variables={"TERM": "$(touch PWNED)", "COLUMNS": "-7"}),
    "nothing": Odd('exec env -i "$@"'),
}
COMMANDS = {
    "profile": ("profile", "{}/table.csv", "--target", "sick"),
    "runs": ("runs",),
    "run": (
        *("run", "{}/table.csv", "--target", "sick", "--preset", "quick"),
        *("--trials", "2", "--folds", "2", "--methods", "untreated", "--jobs", "1"),
    ),
}
QUICK = (
    ("HOME with a newline", "runs"),
    ("LANG C", "profile"),
    ("0.6 GB of memory", "runs"),
    ("files of 60 KiB", "run"),
    ("the folder is gone", "runs"),
)
OF_THE_ACCOUNT = ("HOME none", "HOME empty", "HOME relative", "nothing")
"""Here runs would be kept in the home of whoever runs the tests."""


def pytest_generate_tests(metafunc):
    every = [(odd, command) for odd in ODD for command in COMMANDS]
    stress = metafunc.config.getoption("--stress")
    metafunc.parametrize(("odd", "command"), every if stress else QUICK)


def test_it_answers_or_says_why_not(odd, command, tmp_path):
    given = ODD[odd]
    make_table(200).to_csv(tmp_path / "table.csv", index=False)
    work = tmp_path / "work"
    work.mkdir()
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": "{}",
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        "TMPDIR": "{}",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        **given.variables,
    }
    words = [sys.executable, "-m", "tui", *COMMANDS[command]]
    if odd == "nothing":
        words = [sys.executable, "-c", RUN.format(str(ROOT)), *COMMANDS[command]]
    if odd in OF_THE_ACCOUNT and command != "profile":
        words += ["--store", "{}/runs.sqlite"]
    done = subprocess.run(
        ["sh", "-c", f'{given.before}\nexec "$@"', "sh", *_filled(words, tmp_path)],
        env=_named(variables, tmp_path),
        cwd=work,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        check=False,
    )
    said = done.stderr.decode("utf-8", "replace")
    assert done.returncode in given.codes, said
    for text in (said, done.stdout.decode("utf-8", "replace")):
        assert "Traceback" not in text
        assert "\x1b" not in text
    if done.returncode:
        last = said.splitlines()[-1:]
        assert last[0].startswith(("imbtui", "  ")) if last else "closed" in odd
        assert given.said in said
        assert "bug in imbtui" not in said
    assert not list(tmp_path.rglob("PWNED"))
    assert not list(tmp_path.rglob("core*"))
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "table.csv":
            assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


RUN = (
    "import sys; sys.path[:0] = [{!r}]; from tui.__main__ import main; sys.exit(main())"
)


def _filled(words: list[str], folder: Path) -> list[str]:
    return [word.replace("{}", str(folder)) for word in words]


def _named(variables: dict[str, str | None], folder: Path) -> dict[str, str]:
    return {
        name: value.replace("{}", str(folder))
        for name, value in variables.items()
        if value is not None
    }
