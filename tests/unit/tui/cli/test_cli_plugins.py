"""`imbtui plugins`; tests/slow/test_plugin_template.py checks a package for real."""

import json

import pytest

from engine.core.methods import registry
from engine.core.plugins import Offered, PluginProblem
from engine.service.client import in_process
from tui.__main__ import main

OFFER = Offered("A_Pack", "sampler", "twice")
PROBLEM = PluginProblem("a-pack", "odd", "KeyError: 'x\x1b'")


@pytest.fixture
def offering(monkeypatch):
    def offering(offers, problems=()):
        monkeypatch.setattr(registry, "offered", lambda: tuple(offers))
        monkeypatch.setattr(registry, "problems", lambda: tuple(problems))
        monkeypatch.setattr(in_process, "check_part", lambda part: iter(()))

    return offering


def test_what_is_offered_is_listed_with_what_is_wrong(capsys, offering):
    assert main(["plugins"]) == 0
    assert "no installed package offers" in capsys.readouterr().out
    offering([OFFER], [PROBLEM])
    assert main(["plugins"]) == 0
    out = capsys.readouterr().out
    assert " sampler  twice  A_Pack\n" in out
    assert "a-pack (odd) is left out: KeyError" in out
    assert main(["plugins", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["offers"] == [OFFER._asdict()]


def test_a_package_is_found_by_any_spelling_and_an_entry_left_out_fails(
    capsys, offering
):
    offering([OFFER])
    assert main(["plugins", "check", "a-pack"]) == 0
    offering([OFFER], [PROBLEM])
    assert main(["plugins", "check", "a.pack"]) == 1
    told = capsys.readouterr()
    assert told.out == " wrong  odd: Be used: KeyError: 'x␛'\n"
    assert "a.pack fails 1 check of 1" in told.err


def test_a_package_that_is_not_there_is_refused(capsys, offering):
    offering([OFFER])
    assert main(["plugins", "check", "other"]) == 2
    assert "'other' offers nothing to imbtui. Name one of A_Pack" in (
        capsys.readouterr().err
    )
    assert main(["plugins", "check"]) == 2
    assert "no package was named. Give one: imbtui" in capsys.readouterr().err
