"""Lines of a TOML text, against a writer that knows them and the standard parser."""

import datetime
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.toml.lines import lines, shown

NAMES = st.one_of(
    st.sampled_from(
        ["a", "b-c", "d_1", "1", "true", "a.b", 'q"', "\\", "#", "é ü", ""]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4),
)
PLAIN = st.one_of(
    st.integers(-9, 99),
    st.booleans(),
    st.sampled_from([0.5, -1e-7, 1e22]),
    st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2030, 1, 1)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["a # b", 'x"""y', "'''", "]\n[t]\nz = 1", '"', "{", "\\"]),
)
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        PLAIN,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


class Writer:
    """Writes a document in one of the many ways, and notes where everything is."""

    def __init__(self, random, end):
        self.random, self.end = random, end
        self.text, self.line, self.at = "", 1, {}

    def put(self, text):
        self.text += text.replace("\n", self.end)
        self.line += text.count("\n")

    def pad(self, *, inside=False):
        """Blanks and comments, where they make no difference."""
        for _ in range(self.random.randint(0, 2)):
            self.put(self.random.choice(["\n", "  # [no] = {1}\n", "\t", "#\n"]))
        if not inside and not self.text.endswith(self.end):
            self.put("\n" if self.text else "")

    def note(self, path):
        self.at.setdefault(path, self.line)

    def key(self, name):
        plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
        if plain and self.random.random() < 0.7:
            return name
        if "'" not in name and self.random.random() < 0.5:
            return f"'{name}'"
        return self.basic(name)

    def basic(self, text):
        odd = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}
        found = (odd.get(c, c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)
        return f'"{"".join(found)}"'

    def string(self, text):
        if "\r" not in text and self.random.random() < 0.4:
            printable = all(c.isprintable() or c == "\n" for c in text)
            if printable and "'" not in text:
                return f"'''\n{text}'''"
            if printable:
                inside = text.replace("\\", "\\\\").replace('"', '\\"')
                return f'"""\n{inside}"""'
        if "'" not in text and text.isprintable() and self.random.random() < 0.4:
            return f"'{text}'"
        return self.basic(text)

    def value(self, value, path):
        if isinstance(value, dict):
            self.put("{ ")
            for n, (name, one) in enumerate(value.items()):
                self.put(", " if n else "")
                self.pair(name, one, path, inline=True)
            self.put(" }")
        elif isinstance(value, list):
            self.put("[")
            for n, one in enumerate(value):
                self.pad(inside=True)
                self.note((*path, n))
                self.value(one, (*path, n))
                self.pad(inside=True)
                self.put(
                    "," if n < len(value) - 1 or self.random.random() < 0.5 else ""
                )
            self.pad(inside=True)
            self.put("]")
        elif isinstance(value, str):
            self.put(self.string(value))
        elif isinstance(value, bool):
            self.put(str(value).lower())
        elif isinstance(value, datetime.datetime):
            self.put(value.isoformat(sep=self.random.choice(" T")))
        else:
            self.put(repr(value))

    def pair(self, name, value, path, inline=False):
        """Write a pair, of dotted keys where a table of one entry allows it."""
        path = (*path, name)
        self.note(path)
        self.put(self.key(name))
        while (
            isinstance(value, dict) and len(value) == 1 and self.random.random() < 0.4
        ):
            ((name, value),) = value.items()
            path = (*path, name)
            self.note(path)
            self.put(self.random.choice([".", " . "]) + self.key(name))
        self.put(" = ")
        self.value(value, path)
        self.put("" if inline else self.random.choice(["\n", " # x = 1\n"]))

    def header(self, path, array=False):
        names = [one for one in path if isinstance(one, str)]
        for n, one in enumerate(path):
            if not (array and n == len(path) - 1):
                self.note(path[: n + 1])
            elif isinstance(one, int):
                self.at[path] = self.line
        inside = ".".join(map(self.key, names))
        self.put(f"[[{inside}]]\n" if array else f"[ {inside} ]\n")

    def table(self, value, path):
        later = {}
        for name, one in value.items():
            tables = (
                isinstance(one, list) and one and all(isinstance(x, dict) for x in one)
            )
            if (tables or isinstance(one, dict)) and self.random.random() < 0.7:
                later[name] = one
                continue
            self.pad()
            self.pair(name, one, path)
        for name, one in later.items():
            each = enumerate(one) if isinstance(one, list) else [(None, one)]
            for n, entry in each:
                self.pad()
                inner = (*path, name) if n is None else (*path, name, n)
                self.header(inner, array=n is not None)
                self.table(entry, inner)


@given(DOCUMENTS, st.randoms(use_true_random=False), st.sampled_from(["\n", "\r\n"]))
def test_everything_is_found_on_its_line(document, random, end):
    writer = Writer(random, end)
    writer.table(document, ())
    assert tomllib.loads(writer.text) == document, writer.text
    assert lines(writer.text) == writer.at, writer.text


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ('a = """\n"""\nb = 1', ("b",), 3),
        ('a = """x""""\nb = 1', ("b",), 2),
        ("a = ''''x'''''\nb = 1", ("b",), 2),
        ('a = """\\\n  \n  x"""\nb = 1', ("b",), 4),
        (
            "[[a]]\n[[a.b]]\nc = 1\n[[a]]\n[[a.b]]\n[[a.b]]\nc = 2",
            ("a", 1, "b", 1, "c"),
            7,
        ),
        ("[a.b]\n[a]\nc = 1", ("a", "c"), 3),
        ("a = 1979-05-27 07:32:00 # x\nb = 1", ("b",), 2),
        ("a = [[1],\n [2,\n 3]]", ("a", 1, 1), 3),
        ("[a]\n[[a.b]]\n[a.b.c]\nd = 1", ("a", "b", 0, "c", "d"), 4),
    ],
)
def test_odd_corners(text, path, line):
    tomllib.loads(text)
    assert lines(text)[path] == line


def test_a_path_is_written_without_doubt():
    assert shown(("a b", 0, "c")) == "'a b'[0].c"
    assert shown(("\u202e\n",)) == r"'\u202e\n'"
