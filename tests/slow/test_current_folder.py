"""Nothing in the current folder is executed, whatever command is given there.

The folder holds a file for every module of the standard library and of every package
installed, each of which leaves a mark when it is executed: `subprocess.py` and
`msgspec.py` are two of them. A process that searches the folder cannot but hit one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from engine.store import open_store
from tests.support.experiments import make_table
from tests.support.pty_session import Terminal, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]

IMBTUI = Path(sys.executable).with_name("imbtui")
QUICK = (
    *("--methods", "untreated,smote", "--trials", "1", "--folds", "2"),
    "--quiet",
)
TABLE = ("table.csv", "--target", "sick")
COMMANDS = (
    ("profile", *TABLE),
    ("preflight", *TABLE, "--quiet"),
    ("run", *TABLE, *QUICK, "--executor", "local"),
    ("run", *TABLE, *QUICK, "--executor", "processes"),
    ("run", *TABLE, *QUICK, "--executor", "dask"),
    ("run", *TABLE, *QUICK, "--detach"),
    ("watch", "NEWEST"),
    ("resume", "NEWEST"),
    ("rerun", "OLDEST", "--seed", "2", "--quiet"),
    ("runs",),
    ("show", "OLDEST"),
    ("compare", "OLDEST", "NEWEST"),
    ("curves", "OLDEST"),
    ("errors", "OLDEST"),
    ("explain", "OLDEST"),
    *(
        ("export", "OLDEST", "--as", form)
        for form in ("script", "notebook", "data", "predictions", "report")
    ),
    ("export", "OLDEST", "--as", "bundle", "-o", "model"),
    ("predict", "model", "table.csv", "-o", "scores.csv"),
    ("balance", *TABLE, "--method", "smote", "-o", "balanced.csv"),
    ("leak-demo", *TABLE, "--quiet"),
    ("bench", "tables.txt", *QUICK),
    ("store",),
)
MAY_REFUSE = ("resume",)  # the run is done by then


def plant(folder: Path) -> Path:
    """Put a file for each module into a folder; return what their execution leaves."""
    mark = folder / "EXECUTED"
    code = f"open({str(mark)!r}, 'a').write(__name__ + chr(10))\n"
    for name in {*sys.stdlib_module_names, *packages_distributions()}:
        if name.isidentifier():
            (folder / f"{name}.py").write_text(code)
    return mark


def named(store: Path, arguments: Sequence[str]) -> list[str]:
    """Put ids of runs for OLDEST and NEWEST."""
    if not {"OLDEST", "NEWEST"} & {*arguments}:
        return list(arguments)
    with closing(open_store(store)) as opened:
        runs = opened.runs()
    ids = {"OLDEST": runs[-1].id, "NEWEST": runs[0].id}
    return [ids.get(word, word) for word in arguments]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "downloads"
    made.mkdir()
    make_table(400).to_csv(made / "table.csv", index=False)
    (made / "tables.txt").write_text("sample:moons\n")
    return made


def test_a_planted_file_is_seen(folder):
    """The test can fail: Python itself looks into the folder with ``-c``."""
    mark = plant(folder)
    found = subprocess.run(
        [sys.executable, "-c", "import msgspec"], cwd=folder, check=True
    )
    assert found.returncode == 0
    assert "msgspec" in mark.read_text().split()


def test_no_command_executes_a_file_of_the_folder(folder, tmp_path):
    mark = plant(folder)
    home = tmp_path / "home"
    store = tmp_path / "runs.sqlite"
    environ = {
        name: value for name, value in os.environ.items() if "PYTHON" not in name
    } | {
        "HOME": str(home),
        "IMBTUI_STORE": str(store),
        **{f"XDG_{kind}_HOME": str(home / kind) for kind in ("STATE", "CONFIG")},
    }
    for given in COMMANDS:
        arguments = named(store, given)
        done = subprocess.run(
            [str(IMBTUI), *arguments],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert not mark.exists(), (arguments, mark.read_text())
        allowed = (0, 2) if arguments[0] in MAY_REFUSE else (0,)
        assert done.returncode in allowed, (arguments, done.stderr)


def test_the_app_executes_no_file_of_the_folder(folder):
    mark = plant(folder)
    with Terminal(TABLE, folder=folder) as terminal:
        terminal.wait_for("duplicates")
        terminal.press("r")
        terminal.wait_for("/60 trials")
        wait_until(lambda: terminal.pump(0.05) or "1/60" in terminal.text, 60, "trial")
        terminal.press("q")
        terminal.wait_for("is still running")
        terminal.press("s")
        assert terminal.wait_exit(20).code == 0
    assert not mark.exists(), mark.read_text()
