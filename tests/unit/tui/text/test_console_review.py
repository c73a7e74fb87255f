"""Scores that go to a person, as text."""

import pytest

from engine.core.result import build
from tests.support.each import for_each
from tests.support.reviewed import reviewed
from tui.terminal.safe_text import cells
from tui.text.report import render, sections


@pytest.fixture(scope="module")
def result():
    run = reviewed()
    return build(run.state(), run=run.run)


@for_each(("width",), [(60,), (80,), (140,)])
def test_the_section_has_the_bands_and_the_sets(result, width):
    text = sections(result, ["review"], width=width)
    assert all(cells(line) <= width for line in text.splitlines())
    words = " ".join(text.split())
    assert "Assumed: the person is right about every row, at 0.3 each." in words
    assert "Conformal sets of classes at 90 %" in text
    one = result.review.arms[0]
    assert f"alone at {one.threshold:.3f}" in text
    assert f"{one.cost:,.1f}" in text


def test_a_run_shows_it_unasked_and_only_where_it_is(result, two_classes):
    assert "Scores that go to a person" in render(result, width=100)
    other = build(two_classes.state(), run=two_classes.run)
    assert "go to a person" not in render(other, width=100)
    assert "this run has none" in sections(other, ["review"], width=80)
