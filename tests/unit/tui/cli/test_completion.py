"""What shells complete: the shipped scripts, real bash, and what it asks for."""

import re
import shlex
import subprocess
import sys

import pytest

from engine.store import RunOptions, open_store
from tests.support import command_page, manual_page, shell_files
from tests.support.experiments import small
from tests.support.imports import HEAVY, modules_after
from tests.support.paths import ROOT
from tui.__main__ import main

CASES = {
    ("sho",): ["show"],
    ("sample", ":", "st"): ["stroke"],
    ("run", "t.csv", "--pres"): ["--preset"],
    ("run", "t.csv", "--preset", "q"): ["quick"],
    ("run", "t.csv", "--methods", "smote,un"): ["smote,untreated"],
    ("run", "t.csv", "--methods", "smote+to"): ["smote+tomek-links"],
    ("run", "t.csv", "--trials", ""): [],
    ("run", "t.csv", "--drop", "age,in"): ["age,income"],
    ("run", "t.csv", "--target", "=", "$"): ["\\$\\(touch\\ x\\)"],
    ("run", "t.csv", "--target", "'$"): ["$(touch x)"],
    ("show", "last", "--at", "f"): ["fixed", "f1"],
    ("run", "t"): ["t.csv"],
}


@pytest.mark.parametrize("path", shell_files.files(), ids=lambda path: path.name)
def test_scripts_equal_their_generator(path, cli):
    said = "python -m tests.support.shell_files"
    assert path.read_text("utf-8") == shell_files.files()[path], said
    assert cli("completion", path.suffix[1:]).out == path.read_text("utf-8")


def test_pages_of_commands_equal_their_generators():
    said = "python -m tests.support.manual_page > docs/imbtui.1"
    page = (ROOT / "docs" / "imbtui.1").read_text("utf-8")
    assert page == manual_page.page(), said
    said = "python -m tests.support.command_page > docs/cli.md"
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert page == command_page.markdown(), said


def test_every_variable_that_is_read_is_described():
    read = set()
    for folder in ("engine", "tui"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            read |= set(re.findall(r'env(?:iron)?\.get\("(\w+)"', text))
    assert len(read) > 8
    assert read <= manual_page.ENVIRONMENT.keys()
    assert {*re.findall(r"IMBTUI_\w+", command_page.markdown())} == {"IMBTUI_STORE"}


def test_bash_completes(tmp_path):
    (tmp_path / "t.csv").write_text(
        'age,"in,out",income,$(touch x),y\x1b[2J\n1,2,3,4,5\n'
    )
    script = [
        f"source {shell_files.FOLDER / 'imbtui.bash'}",
        f'imbtui() {{ PYTHONPATH={ROOT} {sys.executable} -m tui "$@"; }}',
    ]
    for words in CASES:
        quoted = shlex.join(words)
        script += [
            f"COMP_WORDS=(imbtui {quoted}) COMP_CWORD={len(words)}",
            "_imbtui",
            'printf "%s\\n" "${COMPREPLY[@]}" --',
        ]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    parts = done.stdout.removesuffix("--\n").split("--\n")
    found = dict(zip(CASES, [part.split("\n")[:-1] for part in parts], strict=True))
    assert found == CASES
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_a_shell_does_not_wait_for_what_it_does_not_need():
    code = (
        "from tui.__main__ import main; main(['_complete', 'columns', 'sample:moons'])"
    )
    heavy = {*HEAVY, "rich", "textual", "engine.core.experiment", "tui.cli.declare"}
    assert not modules_after(code) & heavy


def test_runs_and_columns_are_found(tmp_path, monkeypatch, capfd):
    def found(*words):
        assert main(["_complete", *words]) == 0
        return capfd.readouterr().out.splitlines()

    path = tmp_path / "runs.sqlite"
    monkeypatch.setenv("IMBTUI_STORE", str(path))
    assert found("runs") == found("columns", "show", "last") == []
    assert not path.exists()
    (tmp_path / "t.csv").write_text("a,b\x1b[2J,c\n1,2,3\n")
    with open_store(path) as store:
        options = RunOptions(folder=str(tmp_path))
        runs = [store.create(small(name), options) for name in ("t.csv", "x\x1b.csv")]
        # While another process has the store open, and after it.
        assert found("runs") == ["last\tthe newest run", "1\tt.csv, queued"]
    assert found("runs", "show", "--store", str(path))[-1] == "1\tt.csv, queued"
    for name in ("1", runs[0].id, runs[0].id[:5]):
        assert found("columns", "show", name, "--by") == ["a", "c"], name
    assert found("columns", "run", str(tmp_path / "t.csv"), "--target") == ["a", "c"]
    path.write_bytes(b"no store")
    assert found("runs") == found("nothing") == found() == []
