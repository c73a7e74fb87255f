"""ASCII in the place of every character that imbtui draws."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.each import each
from tests.support.paths import ROOT
from tui.charts import MARKERS
from tui.terminal.plain import ASCII_ERRORS, needs_ascii, to_ascii

SCREENS = sorted((ROOT / "tests" / "journeys" / "screens").rglob("*.txt"))
OF_DATA = re.compile("[一-鿿]")
"""What only the hostile names of columns hold."""


def test_every_screen_is_ascii_and_nothing_moves():
    assert len(SCREENS) > 50
    with each() as row:
        for path in SCREENS:
            with row(path.name):
                text = path.read_text("utf-8")
                for line in text.split("\n"):
                    plain = to_ascii(line)
                    assert plain.isascii()
                    assert len(plain) == cell_len(line), line


def test_whatever_imbtui_draws_has_a_character_of_its_own_kind():
    unknown = {
        char
        for path in SCREENS
        for char in path.read_text("utf-8")
        if to_ascii(char) in ("?", "??") and char != "?"
    }
    assert not {char for char in unknown if not OF_DATA.match(char)}


def test_the_markers_of_series_stay_distinct():
    plain = to_ascii(MARKERS)
    assert len(set(plain)) == len(MARKERS)
    assert not set(plain) & set(to_ascii("⠁⡇⣇⣿·"))


def test_what_is_filled_differs_from_what_is_not():
    for full, empty in ("━─", "█░", "■ "):
        assert to_ascii(full) != to_ascii(empty)
    hatches = to_ascii("░▒▓·╱╳ ")  # of what is right, of what is wrong, of nothing
    assert len(set(hatches)) == 7
    assert "%" not in hatches


@given(st.text(max_size=60))
def test_any_text_is_ascii_of_the_same_width(text):
    plain = to_ascii(text)
    assert plain.isascii()
    assert cell_len(plain) == cell_len(text)


def test_a_stream_keeps_what_its_encoding_has():
    def written(encoding):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding, errors=ASCII_ERRORS)
        stream.write("é × ● 漢 ╭─╮")
        stream.flush()
        return raw.getvalue().decode(encoding)

    assert written("latin-1") == "é × o ?? +-+"
    assert written("ascii") == "e x o ?? +-+"
    assert written("utf-8") == "é × ● 漢 ╭─╮"


def test_or_equal_is_kept_on_screens_and_in_streams():
    for text, plain in {
        "recall ≥ 0.8, alerts ≤ 5 %": "recall >=0.8, alerts <=5 %",
        "┃ 0.5 ± 0.1 ┃ prec.≥0.2 →": "| 0.5 +-0.1 | prec.>0.2 >",
    }.items():
        assert to_ascii(text) == plain
        assert text.encode("ascii", ASCII_ERRORS).decode() == plain


def test_a_terminal_says_by_its_environment_what_it_shows():
    plain = (
        {"TERM": "linux", "LANG": "C.UTF-8"},
        {"TERM": "dumb"},
        {"LANG": "C"},
        {"LANG": "POSIX"},
        {"LC_ALL": "C", "LANG": "de_DE.UTF-8"},
        {"LANG": "C", "LC_CTYPE": "C.UTF-8"},  # Python's own doing
        {"LC_CTYPE": "de_DE.ISO-8859-15@euro"},
    )
    full = (
        {},
        {"LC_CTYPE": "C.UTF-8"},
        {"LANG": "C", "LC_CTYPE": "en_US.UTF-8"},
        {"LC_ALL": "C.UTF-8", "LANG": "C"},
        {"LANG": "de_DE.utf8"},
        {"LANG": "de_DE.UTF-8@euro", "TERM": "xterm"},
        {"LANG": "de_DE"},
    )
    with each() as row:
        for environ in (*plain, *full):
            with row(environ):
                assert needs_ascii(environ) == (environ in plain)
