"""The tutorial: its commands are run, and print what it shows."""

import re
import shlex

import pytest

from tests.support.paths import ROOT
from tui.__main__ import main

pytestmark = pytest.mark.slow

BLOCK = re.compile(r"^```(text)?\n(.*?)^```", re.S | re.M)


def test_commands_print_what_the_page_shows(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMBTUI_STORE", str(tmp_path / "runs.sqlite"))
    monkeypatch.setenv("COLUMNS", "88")
    printed, shown = "", 0
    for kind, block in BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text()):
        if kind:
            for line in block.splitlines():
                assert line in printed, line
                shown += 1
            continue
        for command in block.splitlines():
            program, *words = shlex.split(command)
            assert program == "imbtui"
            assert main(words) == 0, capfd.readouterr().err
            printed = capfd.readouterr().out
    assert shown > 10
    assert {"stroke.csv", "scores.csv", "stroke.html", "model"} <= {
        path.name for path in tmp_path.iterdir()
    }
