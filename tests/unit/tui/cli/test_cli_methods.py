"""`imbtui methods` as a user uses it, and the page that is made of the same."""

from __future__ import annotations

import json
import shlex

import pytest

from engine.core.methods import grammar, handbook, registry
from engine.core.methods.samplers import COUNTS, RATIO, Sampler
from engine.core.plugins import PluginProblem
from tests.support import methods_page
from tests.support.paths import ROOT
from tui.__main__ import main
from tui.terminal.safe_text import cells
from tui.text import Style, method_page, methods_list

DOCS = ROOT / "docs"
HOSTILE = "a\x1b[2Jb\u202ec"
EVERY = tuple(one for these in handbook.catalogue().values() for one in these)


def call(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    assert main(["methods", *args]) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out if code == 0 else err


def test_all_are_listed_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    out = call(capsys)
    heads = [row[1:] for row in out.splitlines() if row[1:] in handbook.GROUPS.values()]
    assert heads == [v for k, v in handbook.GROUPS.items() if k != "plug-in"]
    listed = [row.split()[0] for row in out.splitlines() if row.startswith("   ")]
    assert [name for name in listed if name in registry.names()] == [
        one.name for one in EVERY
    ]
    assert {one.name for one in EVERY} == set(registry.names())


def unsaid(one: handbook.Method, wide: int) -> list[str]:
    """Return what is known of a method and not on its page, and lines too wide."""
    text = method_page(one, width=wide)
    # Words, so that it does not matter where a line ends.
    said = " ".join(text.split())
    told = handbook.document(one)
    keys = ("title", "summary", "when", "when_not", "source", "home")
    words = [" ".join(getattr(told, key).split()) for key in keys]
    for parameter in told.parameters:
        words += [f"{parameter.name}=", " ".join(parameter.effect.split())]
    words += ["slow with many rows"] * told.slow
    wrong = [word for word in words if word not in said]
    wrong += [row for row in text.splitlines() if cells(row) > wide]
    return wrong


def test_all_that_is_known_of_one_is_said() -> None:
    wrong = {one.name: found for one in EVERY if (found := unsaid(one, 72))}
    assert not wrong


def test_what_is_told_to_write_can_be_written() -> None:
    wrong = []
    for one in EVERY:
        for text in handbook.examples(one):
            arm = grammar.parse(text)
            registry.check_arm(arm)
            names = (arm.name, arm.ensemble, *(step.sampler for step in arm.steps))
            quoted = shlex.quote(text) in method_page(one, width=140)
            if one.name not in names or not quoted:
                wrong.append((one.name, text))
    assert not wrong


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(call(capsys, "--json"))
    assert [one["name"] for one in told["methods"]] == [one.name for one in EVERY]
    assert told["problems"] == []
    one = json.loads(call(capsys, "near-miss", "--json"))
    assert one.pop("schema") == 1
    assert one in told["methods"]
    version = next(p for p in one["parameters"] if p["name"] == "version")
    assert (version["default"], version["choices"]) == ("1", ["1", "2", "3"])
    assert one["slow"] is False


@pytest.mark.parametrize("name", ["smote-enn:ratio=0.5", "smote-enn"])
def test_a_method_is_described_by_its_sampler(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(capsys, name).startswith(" smote-enn   SMOTE-ENN")


def test_a_mistyped_name_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    err = call(capsys, "kmeanssmote", code=2)
    assert err.count("\n") == 1
    assert "Did you mean 'kmeans-smote'?" in err


def test_what_other_packages_bring_is_listed_and_cleaned(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Sampler(
        name="mine",
        title=HOSTILE,
        home="m.C",
        group="over",
        summary=HOSTILE,
        parameters=(RATIO, COUNTS),
        package=HOSTILE,
    )
    wrong = (
        PluginProblem("its", "door", HOSTILE),
        PluginProblem("own", "way", HOSTILE, used=True),
    )
    monkeypatch.setattr(registry, "plugin_samplers", lambda: (made,))
    monkeypatch.setattr(registry, "problems", lambda: wrong)
    out = call(capsys)
    assert handbook.GROUPS["plug-in"] in out
    assert "its (door) is left out:" in out
    assert "own (way) is used, but it" in out
    page = call(capsys, "mine")
    for text in (out, page):
        assert "\x1b" not in text
        assert "\u202e" not in text
    told = json.loads(call(capsys, "--json"))
    assert [one["used"] for one in told["problems"]] == [False, True]


def test_looks_are_only_on_a_terminal() -> None:
    found = handbook.catalogue()
    assert "\x1b[" in methods_list(found, width=80, style=Style(color=True))
    plain = methods_list(found, width=60)
    assert "\x1b" not in plain
    assert all(cells(row) <= 60 for row in plain.splitlines())


def test_the_page_in_docs_is_the_one_that_is_made() -> None:
    assert (DOCS / "methods.md").read_text("utf-8") == methods_page.markdown(), (
        "python -m tests.support.methods_page > docs/methods.md"
    )
