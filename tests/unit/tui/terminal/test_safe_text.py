"""The gate for untrusted text."""

from __future__ import annotations

import sys
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.console_samples import harmful, hostile
from tui.terminal.safe_text import cells, clean, clip, pad

# Surrogates and all.
ANY_TEXT = st.text(st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x00\x1b\x1f", "␀␛␟"),
        ("a\tb\nc\rd", "a␉b␊c␍d"),
        ("\x7f", "␡"),
        ("\x9b", "<U+009B>"),
        ("\u202e", "<U+202E>"),
        ("\u200b\ufeff", "<U+200B><U+FEFF>"),
        ("\u2028", "<U+2028>"),
        ("\udcff", "<U+DCFF>"),
        ("\U000e0041", "<U+E0041>"),
        ("\ufe0f", "<U+FE0F>"),
        ("\ue000", "<U+E000>"),
        ("\u0301a", "◌\u0301a"),
        ("é ñ ü 漢 ا ไทย́ 🫀", "é ñ ü 漢 ا ไทย́ 🫀"),
        ("[/x] [@click=app.quit]", "[/x] [@click=app.quit]"),
        ("", ""),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@pytest.mark.parametrize("value", [3, None, 1.5, ["\x1b"], b"\x1b"])
def test_anything_can_be_cleaned(value: object) -> None:
    assert not harmful(clean(value))


def test_every_code_point_comes_out_harmless_and_visible() -> None:
    planes = [range(0x20000), range(0xE0000, 0xE1000)]
    for code in (*chain(*planes), *range(0x20000, sys.maxunicode + 1, 251)):
        shown = clean(chr(code))
        assert not harmful(shown), hex(code)
        assert cell_len(shown) >= 1, hex(code)


def test_piles_of_marks_are_cut() -> None:
    shown = clean("z" + "\u0301" * 10 + "y\u0301")
    assert shown.startswith("z\u0301\u0301\u0301<U+0301>")
    assert shown.endswith("y\u0301")


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(ANY_TEXT, st.integers(-2, 50))
def test_clip_keeps_the_width_and_the_beginning(text: str, width: int) -> None:
    shown = clip(text, width)
    assert cell_len(shown) <= max(0, width)
    whole = clean(text)
    if cell_len(whole) <= width:
        assert shown == whole
    elif width > 0:
        assert shown.endswith("…")
        assert whole.startswith(shown[:-1])


@given(ANY_TEXT, st.integers(0, 50), st.sampled_from(["left", "right", "center"]))
def test_pad_is_exact(text: str, width: int, align: str) -> None:
    assert cell_len(pad(text, width, align)) == width  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("align", "shown"), [("left", "ab   "), ("right", "   ab"), ("center", " ab  ")]
)
def test_pad_puts_text_where_asked(align: str, shown: str) -> None:
    assert pad("ab", 5, align) == shown  # type: ignore[arg-type]


def test_a_wide_character_is_never_halved() -> None:
    assert clip("漢字漢字", 4) == "漢…"
    assert pad("漢字漢字", 4) == "漢… "
    assert cells("漢字") == 4


@hostile
def test_hostile_text_is_clipped_harmless(text: str) -> None:
    for width in (1, 7, 80):
        assert not harmful(clip(text, width))
        assert cells(clip(text, width)) <= width


def test_only_what_can_be_seen_of_a_long_text_is_looked_at() -> None:
    class Long(str):
        def __getitem__(self, key: object) -> str:
            asked.append(key)
            return super().__getitem__(key)  # type: ignore[index]

        def __str__(self) -> str:
            return self

    asked: list[object] = []
    assert clip(Long("x" * 1_000_000), 10) == "xxxxxxxxx…"
    assert asked == [slice(None, 48, None)]
