"""Names on one line: picks, and the tabs of views."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from tui.widgets import Pick
from tui.widgets import fit_picks as fit
from tui.widgets import lay_out as laid_out

TEN = (
    "Board",
    "Matrices",
    "Matched",
    "Curves",
    "Threshold",
    "Calibration",
    "Costs",
    "Errors",
    "Reasons",
    "Verdict",
)


@given(
    names=st.lists(st.text("abcdef ", min_size=1, max_size=14), max_size=9),
    room=st.integers(1, 90),
    place=st.integers(0, 8),
)
def test_any_picks_keep_their_order_and_their_room(names, room, place):
    picks = [Pick(name, name[:4]) for name in names]
    chosen = min(place, max(0, len(names) - 1))
    shown = fit(picks, chosen, room)
    if not names:
        assert shown.names == ()
        return
    assert shown.first <= chosen < shown.first + len(shown.names)
    for name, pick in zip(shown.names, picks[shown.first :], strict=False):
        assert name in pick or name.endswith("…")


def test_ten_tabs_fit_and_the_current_one_is_whole():
    with each() as failing:
        for width in (58, 76, 98, 120):  # a terminal has 60 or more
            for active, title in enumerate(TEN):
                with failing(width, title):
                    places = laid_out(TEN, active, width)
                    texts = {place.title: place.text for place in places}
                    assert texts[active].strip() == title
                    assert sorted(p.left for p in places) == [p.left for p in places]
                    assert set(texts) == set(range(10))
                    assert places[-1].left + len(places[-1].text) <= width
                    for before, after in itertools.pairwise(places):
                        assert before.left + len(before.text) <= after.left


def test_two_tabs_stand_in_full():
    assert [(p.text, p.left) for p in laid_out(("Board", "Curves"), 0, 80)] == [
        (" Board ", 0),
        (" Curves ", 8),
    ]
