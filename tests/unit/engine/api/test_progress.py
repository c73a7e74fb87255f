"""A run at work, on a terminal and in a notebook."""

import sys
from types import SimpleNamespace

import pytest

from engine.api import progress
from engine.core.experiment import DataSpec, Experiment
from engine.core.methods.grammar import Arm
from engine.core.record import Run, RunOptions
from engine.core.state import State, reduce
from tests.support import judged_samples

RUN = Run(
    id="a",
    number=1,
    created=0,
    experiment=Experiment(data=DataSpec(source="a"), arms=(Arm(name="untreated"),)),
    options=RunOptions(jobs=1),
    status="running",
)


@pytest.fixture(scope="module")
def states():
    found = [State()]
    for event in judged_samples.events():
        found.append(reduce(found[-1], event))
    return found


def play(how, states):
    with progress.shown(how, RUN) as show:
        for state in states:
            show(state)


def test_a_script_gets_lines_on_standard_error(states, capsys):
    play("auto", states)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0].startswith("imbtui: reading the table")
    arms = len(states[-1].arms)
    assert lines[-1].startswith(f"imbtui: done · {arms} of {arms} arms")
    assert len(lines) == 2  # within ten seconds


def test_nothing_is_said_if_nothing_is_wanted(states, capsys):
    play(False, states)
    assert capsys.readouterr() == ("", "")


def test_a_callable_is_given_each_state(states):
    seen = []
    play(seen.append, states)
    assert seen == states


def test_a_notebook_gets_one_table_that_is_drawn_again(states, monkeypatch):
    drawn = []
    handle = SimpleNamespace(update=lambda one: drawn.append(one._repr_html_()))

    def display(thing, *, display_id):
        assert display_id is True
        drawn.append(thing._repr_html_())
        return handle

    import IPython.display

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(progress._Notebook, "every", 0.0)
    play("auto", states)
    assert "preparing" in drawn[0]
    assert len(drawn) == len(dict.fromkeys(drawn))
    for arm in states[-1].arms:
        assert arm.name in drawn[-1]
    assert "<script" not in drawn[-1]


def test_a_shell_without_a_page_gets_lines(states, monkeypatch, capsys):
    import IPython  # noqa: F401

    shell = SimpleNamespace()
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    play("auto", states)
    assert capsys.readouterr().err.startswith("imbtui: reading the table")
