"""Names that would be markup: the report has the elements of a benign one."""

from __future__ import annotations

import msgspec
import pytest
from markdown_it import MarkdownIt

from engine.core.experiment import DataSpec, Experiment
from engine.core.visible import toml_visible, visible
from engine.export.report import escape, layout, markdown
from engine.io.toml.reading import load_toml
from engine.io.toml.writer import dump_toml
from tests.support import report_samples as samples
from tests.support.documents import typed
from tests.support.report_samples import Read

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)' x='",
    "comment": "--><!-- <b>",
    "style": "</style><style>*{display:none}</style>",
    "template": "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "entity": "&lt;b&gt;&#60;i&#62;&quot;",
    "end of code": "</code></pre></details><iframe src=//x.y>",
    "pipes": "a | b || c |--|",
    "marks": "**x** _y_ ~~z~~ [a](http://x.y) ![i](http://x.y/i.png) <http://x.y>",
    "address": "http://evil.example www.evil.example a@b.example",
    "lines": "# head\n- item\n\n1. one\n---\n```\ncode",
    "bidi": "abc\u202edcba\u2066x\u2069",
    "controls": "\x1b[31m\x00\x07\x9b2J\x7f",
    "hidden": "zero\u200bwidth\ufeff\u2060\u2028z\u0338\u0338\u0338\u0338\u0338",
    "surrogate": "half \ud83d and \udfff",
    "cdata": "]]><![CDATA[ <svg onload=alert(1)> ]]>",
}
WORDS = ("risk", "sick", "yes", "no", "smote", "rows.csv")
"""A column, the target, both classes, an arm, the file."""


@pytest.fixture(scope="module")
def document():
    found = samples.stored()[2]
    found = samples.of_few(found)
    found = found | {"note": "smote", "tags": ["risk"], "warnings": ["of smote: risk"]}
    told = {"message": "smote is no good", "fix": "leave risk out"}
    error = {"code": "ARM", "field": None, **told}
    stopped = found["arms"][-1] | {"status": "failed", "error": error}
    stopped |= {"operating_points": []}
    return found | {"arms": [*found["arms"][:-1], stopped]}


def hostile(document, text):
    """The document with hostile names."""
    return samples.renamed(
        document, {word: f"{text}{n}" for n, word in enumerate(WORDS)}
    )


@pytest.fixture(scope="module")
def benign(document):
    """The same with harmless ones."""
    return samples.renamed(
        document, {word: f"plain{n}" for n, word in enumerate(WORDS)}
    )


@pytest.fixture(scope="module")
def expected(benign):
    return Read(samples.page(benign))


def tokens(text):
    """Kinds of what Markdown makes of a text, within lines too, and what is said."""
    read = MarkdownIt("commonmark", {"html": True, "linkify": False})
    found = read.enable(["table", "strikethrough"]).parse(text)
    inside = [child for token in found for child in token.children or ()]
    # Text may be in several pieces.
    marks = [c.type for c in inside if c.type not in ("text", "softbreak")]
    return [token.type for token in found] + marks, "".join(c.content for c in inside)


@pytest.fixture(scope="module")
def kinds(benign):
    return tokens(markdown(layout(typed(benign))))[0]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_name_is_text(document, expected, kinds, kind):
    text = HOSTILE[kind]
    bad = hostile(document, text)
    in_html(samples.page(bad), expected, text)
    found, said = tokens(markdown(layout(typed(bad))))
    assert not {"html_block", "html_inline", "image", "link_open"} & set(found)
    assert found == kinds
    assert f"{visible(text).strip()}4" in said


def in_html(bad, expected, text):
    """Check a page with hostile names against that with harmless ones."""
    found = Read(bad)
    assert found.tags == expected.tags
    assert not [c for c in bad if ord(c) < 32 and c != "\n"]
    bad.encode("utf-8")
    shown = visible(text)
    for n in range(len(WORDS)):
        assert f"{shown}{n}" in found.text
    for tag, name, value in found.attributes:
        assert shown not in value or (tag, name) == ("div", "aria-label")
    assert [given for given, _ in found.figures] == [
        given for given, _ in expected.figures
    ]


def test_addresses_are_no_links():
    read = MarkdownIt("commonmark", {"linkify": True}).enable("linkify")
    for text in (HOSTILE["address"], "ftp://x.y", "see WWW.x.y"):
        html = read.render(escape(text))
        assert "<a" not in html, html


def test_hidden_characters_are_seen_and_the_toml_still_says_them():
    source = "a\u202eb\u200b.csv"
    data = DataSpec(source=source, target='t"\u2066\x1b')
    arms = msgspec.convert([{"name": "untreated"}], list[object])
    experiment = msgspec.convert({"data": data, "arms": arms}, Experiment)
    text = toml_visible(dump_toml(experiment))
    assert text.isprintable() or set(text) - {"\n"} == {
        c for c in text if c.isprintable()
    }
    assert load_toml(text) == experiment


def test_what_is_visible_stays_so():
    for text in HOSTILE.values():
        shown = visible(text)
        assert visible(shown) == shown
        assert shown.isprintable()
        shown.encode("utf-8")
