"""No telemetry: what commands do on a local table opens no connection to a network.

Python's own audit events tell of it in every process, with sitecustomize; strace, where
there is one, also of what native libraries do.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.experiments import make_table
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

HOOK = """
import os, sys

def note(event, args):
    names = ("connect", "bind", "sendto", "sendmsg", "getaddrinfo", "gethostbyname")
    if event in {f"socket.{name}" for name in names}:
        path = event in ("socket.connect", "socket.bind") and args[-1]
        if not isinstance(path, (str, bytes)):  # AF_UNIX: within this machine
            with open(os.environ["HEARD"], "a") as file:
                file.write(f"{event} {args[1:]!r}\\n")

sys.addaudithook(note)
with open(os.environ["HEARD"] + ".hooked", "a") as file:
    file.write(f"{os.getpid()}\\n")
"""
STRACE = shutil.which("strace")
TRACE = ("-f", "-qq", "-e", "trace=connect,bind,sendto", "-e", "signal=none", "-o")
FAR = re.compile(r"sa_family=AF_(?!UNIX|NETLINK)")
TABLE = ("table.csv", "--target", "sick")
QUICK = ("--methods", "untreated,smote", "--trials", "1", "--folds", "2", "--quiet")
COMMANDS = (
    ("profile", *TABLE),
    ("run", *TABLE, *QUICK),
    ("run", *TABLE, *QUICK, "--executor", "processes"),
    ("show", "1"),
    ("export", "1", "--as", "bundle", "-o", "model"),
    ("export", "1", "--as", "report", "-o", "report.html"),
    ("export", "1", "--as", "script", "-o", "script.py"),
    ("predict", "model", "table.csv", "-o", "scores.csv"),
    ("validate", "model", "table.csv", "--keep-equal"),
)


@pytest.fixture
def watched(tmp_path):
    """Run something; return what its processes said to a network, and how many."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(HOOK)
    heard, traced = tmp_path / "heard", tmp_path / "traced"

    def run(*command):
        for path in (heard, traced, heard.with_suffix(".hooked")):
            path.unlink(missing_ok=True)
        watch = (STRACE, *TRACE, str(traced)) if STRACE else ()
        done = subprocess.run(
            [*watch, sys.executable, *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": f"{site}:{ROOT}",
                "HEARD": str(heard),
                "IMBTUI_STORE": str(tmp_path / "runs.sqlite"),
            },
        )
        lines = heard.read_text().splitlines() if heard.exists() else []
        if STRACE:
            lines += filter(FAR.search, traced.read_text().splitlines())
        hooked = heard.with_suffix(".hooked").read_text().split()
        return done, lines, len({*hooked})

    return run


def test_a_connection_would_be_heard(watched):
    code = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    done, lines, processes = watched("-c", code)
    assert (done.returncode, processes) == (0, 1)
    assert len(lines) == (2 if STRACE else 1)


def test_no_command_opens_a_connection(watched, tmp_path):
    make_table().to_csv(tmp_path / "table.csv", index=False)
    with_children = 0
    for command in COMMANDS:
        done, lines, processes = watched("-P", "-m", "imbtui", *command)
        assert done.returncode == 0, done.stderr
        assert lines == [], command
        with_children += processes > 1
    assert with_children >= 3, "children are watched too"
