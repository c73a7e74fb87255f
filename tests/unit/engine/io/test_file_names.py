"""Names of files that are made of any text: tame, different, and in their folder."""

from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import OutputError
from engine.core.visible import slug
from engine.io.files import put
from tests.support.trees import names

HOSTILE = [
    "", ".", "..", "...", "/", "//", "../", "../../etc/passwd", "/etc/passwd",
    "a/b", "a/../b", "a/./b", "./a", "a/", "/a", "a//b", "~", "~root", "~/x", "a/~",
    "..\\..\\x", "C:\\x", "C:x", "a\\b", "\\\\host\\share", "a:b", "a\0b", "\0",
    "a\nb", "\n", "a\rb", "a\tb", "\x1b[2J", "\x7f", "\x9b31m", "a b", " a ", "-rf",
    "--help", "-", "$(id)", "`id`", "a;b", "a|b", "a&b", "a>b", "*", "?", "'", '"',
    "%2e%2e", "%2e%2e%2fx", "%252e%252e", "%00", "\u202egnp.exe", "\u2066a\u2069",
    "\u200b", "\ufeffa", "\ud800", "a\udcffb", "CON", "con", "nul.txt", "AUX.tar.gz",
    "COM1", "lpt9.csv", "CONIN$", "患者", "é", "e\u0301", "ﬁ", "．．／x", "‥", "🙂",
    "a" * 300, "é" * 300, "." * 300, ".hidden", "a.", "a ", "…", "null",
]  # fmt: skip


def assert_tame(name, most=60):
    assert name
    assert len(name.encode("ascii")) <= most
    assert all(c.isalnum() or c in "._-" for c in name)
    assert name[0].isalnum()
    assert name[-1].isalnum()
    assert ".." not in name


def test_a_hostile_name_becomes_a_tame_one(tmp_path):
    wrong = []
    for text in HOSTILE:
        name = slug(text)
        try:
            assert_tame(name)
            assert slug(name) == name
            put(tmp_path / name, b"x")
            assert names(tmp_path) == [name]
            (tmp_path / name).unlink()
        except (AssertionError, OSError, OutputError) as error:
            wrong.append((text, name, error))
    assert not wrong


@given(st.text(st.characters(), max_size=200))
def test_any_text_becomes_a_tame_name(text):
    name = slug(text)
    assert_tame(name)
    assert slug(name) == name


def test_what_is_readable_stays_so():
    assert slug("stroke_2024.v1") == "stroke_2024.v1"
    assert slug("Crème Brûlée (2)") == "Creme-Brulee-2"
    assert slug("smote+tomek") == "smote-tomek"
    assert slug("!!", fallback="arm") == "arm"


PLAIN = {
    "...", " a ", "a b", "a:b", "C:x", "-rf", "--help", "-", "$(id)", "`id`", "a;b",
    "a|b", "a&b", "a>b", "*", "?", "'", '"', "%2e%2e", "%2e%2e%2fx", "%252e%252e",
    "%00", "CON", "con", "nul.txt", "AUX.tar.gz", "COM1", "lpt9.csv", "CONIN$", "患者",
    "é", "e\u0301", "ﬁ", "．．／x", "‥", "🙂", ".hidden", "a.", "a ", "…", "null",
    "a/b", "a" * 300, "é" * 300, "." * 300,
}  # fmt: skip
"""Odd, and yet names of files in a folder, however often they are decoded by others."""
