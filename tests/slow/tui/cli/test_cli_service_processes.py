"""Commands that ask the service, in processes of their own with a child each."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import begin, in_process
from tests.support.experiments import make_table
from tests.support.run_processes import until
from tests.support.warm import session

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "mixed.csv"
    make_table().to_csv(path, index=False)
    return path


def test_a_profile_is_one_document_and_its_progress_is_elsewhere(mixed: Path) -> None:
    out, err = in_process("profile", mixed, "--json", "--mute", "IMB008")
    document = json.loads(out)
    assert (document["name"], document["rows"]) == ("mixed.csv", 600)
    assert "imbtui: scoring each column alone" in err.splitlines()


def test_of_a_profile_of_standard_input_nothing_is_left(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    args = ("profile", "-", "--quiet", "--target", "flag")
    out, err = in_process(*args, stdin=mixed.read_text())
    assert err == ""
    assert out.startswith(" standard input   600 × 7   flag=")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_ends_a_profile_and_its_child(mixed: Path) -> None:
    options = {"stdin": subprocess.DEVNULL, "start_new_session": True}
    with begin("profile", mixed, "--json", **options) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "imbtui: starting\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "imbtui: interrupted"
    until(lambda: not session(process.pid), "the end of all")


def test_a_preflight_is_one_document_and_its_progress_is_elsewhere() -> None:
    arms = "untreated,smote,smotenc"
    out, err = in_process("preflight", "sample:moons", "--json", "--methods", arms)
    assert [one["arm"] for one in json.loads(out)["arms"]] == arms.split(",")
    assert "trying each method on a part of the rows" in err


def test_a_table_to_balance_comes_by_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = make_table(300, share=0.15).to_csv(index=False)
    args = ("--target", "sick", "--method", "smote", "-o", "piped.csv", "--quiet")
    in_process("balance", "-", *args, stdin=text)
    with Path("piped.csv").open(encoding="utf-8", newline="") as file:
        found = [row["sick"] for row in csv.DictReader(file)]
    assert (found.count("no"), found.count("yes")) == (247, 247)
