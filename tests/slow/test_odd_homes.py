"""Commands work without a home, with a strange one, and in strange terminals."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

WORKS = """
import contextlib, io, json, sys, tempfile
from tui.terminal import files
from tui.app import settings
from tui.__main__ import main
told = {}
sys.argv = ["imbtui", *sys.argv[2:]]
for name in ("--version", "runs", "sample", "methods"):
    sys.argv[1:] = [name]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main()
    told[name] = [code, len(out.getvalue()) > 5, err.getvalue()]
files.remember("sample:moons")
with contextlib.suppress(Exception):
    settings.save_setting("theme", "light")
settings, _, wrong = settings.load()
log = files.log_error(ValueError("x"))
print(json.dumps({"told": told, "recent": files.recent(), "wrong": wrong,
                  "log": log.exists() and "ValueError" in log.read_text(),
                  "theme": settings.theme, "under": str(log)}))
"""

READ_ONLY = 'mount -t tmpfs -o ro t "$HOME" && exec "$@"'
NO_ONE = ("unshare", "-U", "--map-user=54321")
ODD = {
    # name: command before, changes of the environment, whether a theme is kept
    "no home": (NO_ONE, {"HOME": None}, True),
    "no such home": ((), {"HOME": "/proc/nonexistent"}, False),
    "an empty home": ((), {"HOME": ""}, True),
    "a home that is only read": (
        ("unshare", "-Urm", "sh", "-c", READ_ONLY, "sh"),
        {},
        False,
    ),
    "umask 0777": (("sh", "-c", 'umask 0777; exec "$@"', "sh"), {}, True),
    "no locale": ((), {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}, True),
    "a dumb terminal": ((), {"TERM": "dumb", "LANG": None}, True),
}


@pytest.mark.parametrize("name", ODD)
def test_commands_work_wherever_they_are(name, tmp_path):
    before, changes, kept = ODD[name]
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir(mode=0o1777)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for key, value in changes.items():
        environment[key] = value
        if value is None:
            del environment[key]
    if before[:1] == ("unshare",):
        if shutil.which("unshare") is None:
            pytest.skip("there is no unshare")
        tried = subprocess.run(
            [*before, "true"], env=environment, capture_output=True, check=False
        )
        if tried.returncode:
            pytest.skip(f"cannot be had here: {tried.stderr.decode()[:80]}")
    done = subprocess.run(
        [*before, sys.executable, "-c", WORKS],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") <= 1
    found = json.loads(done.stdout)
    for command, (code, printed, said) in found["told"].items():
        assert (code, printed) == (0, True), (command, said)
        assert said.count("\n") <= 1, (command, said)
        assert "Traceback" not in said
    assert found["wrong"] == []
    assert found["log"]
    assert found["recent"] == ["sample:moons"]
    assert found["theme"] == ("light" if kept else "auto")
    assert found["under"].startswith(str(tmp_path))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
