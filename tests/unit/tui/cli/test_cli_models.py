"""`imbtui models` as a user uses it, and the page that is made of the same."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from engine.core import models
from engine.core.methods.handbook import model_document, takes
from tests.support import models_page
from tests.support.paths import ROOT
from tui.__main__ import main
from tui.terminal.safe_text import cells
from tui.text import model_page, models_list

EVERY = tuple(map(model_document, models.models()))


def call(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    assert main([*args]) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out if code == 0 else err


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    out = call(capsys, "models")
    heads = [row.split()[0] for row in out.splitlines() if row[1:2].strip()]
    assert heads[: len(EVERY)] == [*models.names()]
    narrow = models_list(EVERY, width=60)
    assert all(cells(row) <= 60 for row in narrow.splitlines())


def test_all_that_is_known_of_one_is_said() -> None:
    wrong = []
    for one in EVERY:
        text = model_page(one, width=72)
        said = " ".join(text.split())
        words = [one.title, one.summary, one.when, one.when_not, one.rounds]
        words += [one.source, takes(one.needs)]
        words += [f"space {name}" for name in one.spaces]
        words += [f"{known.name}=" for known in one.parameters]
        # Words, so that it does not matter where a line ends.
        wrong += [word for word in words if " ".join(word.split()) not in said]
        wrong += [row for row in text.splitlines() if cells(row) > 72]
    assert not wrong


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(call(capsys, "models", "--json"))["models"]
    assert [one["name"] for one in told] == [*models.names()]
    one = json.loads(call(capsys, "models", "xgboost", "--json"))
    assert one.pop("schema") == 1
    assert one in told
    assert one["spaces"]["shallow"]["max_depth"] == [1, 4]
    assert one["needs"]["missing"] is True


def test_a_missing_package_says_how_to_install_it() -> None:
    gone = replace(models.get("xgboost"), package="not-there", extra="more")
    told = model_document(gone)
    assert told.install == "pip install 'imbtui[more]'"
    for text in (models_list([told], width=100), model_page(told, width=100)):
        assert f"! not-there is not installed: {told.install}" in text


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["models", "lgistic"], "Did you mean 'logistic'?"),
        (["run", "sample:moons", "--models", "lgistic"], "Did you mean 'logistic'?"),
        (["run", "sample:moons", "--models", ","], "imbtui models"),
        (["run", "sample:moons", "--models", "rus-boost"], "among the methods"),
    ],
)
def test_a_wrong_name_says_what_to_do(
    args: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    err = call(capsys, *args, code=2)
    assert err.count("\n") == 1
    assert said in err


def test_the_page_in_docs_is_the_one_that_is_made() -> None:
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    assert page == models_page.markdown(), (
        "python -m tests.support.models_page > docs/models.md"
    )


def test_a_check_says_what_a_model_does_wrong(capsys, monkeypatch):
    from engine.service.client import in_process
    from engine.service.part_check import PartCheck

    found = [PartCheck("Count weights", ""), PartCheck("Repeat bits", "other scores")]
    monkeypatch.setattr(in_process, "check_part", lambda part: iter(found))
    assert main(["models", "logistic", "--check"]) == 1
    told = capsys.readouterr()
    assert told.out == (
        " fine   logistic: Count weights\n wrong  logistic: Repeat bits: other scores\n"
    )
    assert "logistic fails 1 check of 2" in told.err
    monkeypatch.setattr(in_process, "check_part", lambda part: iter(found[:1]))
    told = json.loads(call(capsys, "models", "logistic", "--check", "--json"))
    passed = {"kind": "model", "name": "logistic", "title": "Count weights"}
    assert told["checks"] == [passed | {"problem": ""}]
    assert main(["models", "--check"]) == 2
    assert "no model was named" in capsys.readouterr().err
