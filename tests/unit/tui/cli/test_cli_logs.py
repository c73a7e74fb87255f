"""What a command logs: where it is told to, with tracebacks in the file alone."""

import logging

import pytest

from tui.__main__ import main
from tui.cli import parser


def test_a_failure_has_its_traceback_in_the_file_and_one_line_on_the_screen(
    tmp_path, capsys
):
    path = tmp_path / "a.log"
    words = ["profile", str(tmp_path / "none.csv"), "--log-file", str(path), "-v"]
    assert main(words) == 2
    screen, log = capsys.readouterr().err, path.read_text()
    assert "Traceback" in log
    assert "DataError" in log
    assert "parser.py" in log
    assert "Traceback" not in screen
    assert ".py" not in screen
    assert "profile begins" in screen
    assert "cannot read" in screen
    assert path.stat().st_mode & 0o077 == 0


def test_a_bug_is_in_the_file_without_what_the_data_says(tmp_path, capsys, monkeypatch):
    def fail(*_):
        raise ValueError("could not convert string to float: 'Smith'")

    command = parser.find("methods")._replace(handler=fail)
    monkeypatch.setattr(parser, "find", lambda _: command)
    path = tmp_path / "a.log"
    assert main(["methods", "--log-file", str(path)]) == 1
    screen, log = capsys.readouterr().err, path.read_text()
    assert "Traceback" in log
    assert "ValueError" in log
    assert "Smith" not in log
    assert "Traceback" not in screen


def test_nothing_is_logged_unasked_and_a_command_leaves_no_handler(tmp_path, capsys):
    before = [*logging.getLogger().handlers]
    path = tmp_path / "a.log"
    assert main(["methods", "smote"]) == 0
    assert "begins" not in capsys.readouterr().err
    for _ in range(2):
        assert main(["methods", "smote", "--log-file", str(path)]) == 0
    assert path.read_text().count("methods begins") == 2
    assert path.read_text().count("methods ended after") == 2
    assert logging.getLogger().handlers == before


@pytest.mark.parametrize("name", ["none/a.log", "."])
def test_a_log_that_cannot_be_written_is_said(tmp_path, capsys, name):
    assert main(["methods", "--log-file", str(tmp_path / name)]) != 0
    assert "cannot log to" in capsys.readouterr().err
