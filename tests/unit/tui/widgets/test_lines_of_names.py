"""Names on one line: picks, and the tabs of views."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from tui.widgets import Pick, Tab
from tui.widgets import fit_picks as fit
from tui.widgets import lay_out as laid_out

TEN = (
    Tab("Board", key="¹"),
    Tab("Matrices", "Matrix", "²"),
    Tab("Errors", key="³"),
    Tab("Importance", "Imp.", "⁴"),
    Tab("Curves", key="⁵", apart=True),
    Tab("Threshold", "Thresh.", "⁶"),
    Tab("Calibration", "Calib.", "⁷"),
    Tab("Costs", key="⁸"),
    Tab("Same recall", "Same", "⁹", apart=True),
    Tab("Verdict", key="⁰", apart=True),
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


def test_ten_tabs_fit_and_the_current_one_is_seen():
    with each() as failing:
        for width in (54, 76, 100, 120, 160):  # a terminal has 60 or more
            for active, tab in enumerate(TEN):
                with failing(width, tab.name):
                    places = laid_out(TEN, active, width)
                    texts = {p.title: p.text for p in places if p.title >= 0}
                    own = texts[active].strip(f" {tab.key}")
                    assert own in (tab.name, tab.brief)
                    assert own == tab.name or width < 100
                    assert list(texts) == list(range(min(texts), max(texts) + 1))
                    assert len(texts) == 10 or width < 76
                    assert all("…" not in text for text in texts.values())
                    assert places[-1].left + len(places[-1].text) <= width
                    for before, after in itertools.pairwise(places):
                        assert before.left + len(before.text) <= after.left


def test_groups_stand_apart_and_keys_are_seen_where_there_is_room():
    def line(width):
        text = ""
        for place in laid_out(TEN, 0, width):
            text = f"{text:<{place.left}}{place.text}"
        return text

    assert line(110).startswith("Board¹  Matrices²  Errors³  Importance⁴ │ Curves⁵")
    assert line(98) == (
        "Board¹  Matrix²  Errors³  Imp.⁴ │ Curves⁵  Thresh.⁶  Calib.⁷  Costs⁸ │ Same⁹ "
        "│ Verdict⁰"
    )
    assert line(78) == (
        "Board  Matrix  Errors  Imp. │ Curves  Thresh.  Calib.  Costs │ Same │ Verdict"
    )
    assert line(76) == (
        "Board Matrix Errors Imp. │ Curves Thresh. Calib. Costs │ Same │ Verdict"
    )
    assert line(54) == "   Board  Matrix  Errors  Imp.  Curves  Thresh. ›"


def test_two_tabs_stand_in_full():
    both = (Tab("Board"), Tab("Curves"))
    assert [(p.text, p.left) for p in laid_out(both, 0, 80)] == [
        (" Board ", 0),
        (" Curves ", 8),
    ]
