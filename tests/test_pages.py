"""The pages for people: their links lead somewhere, their commands are commands."""

import argparse
import re
import shlex
from functools import cache

import imbtui
from tests.support.each import each
from tests.support.paths import ROOT
from tui.cli.declare import NAMES, add, find
from tui.cli.parser import APP

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.S | re.M)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ADDRESS = re.compile(r"[a-z]+:")


def without_code(text):
    return re.sub(r"`[^`\n]*`", lambda m: m[0].strip("`"), FENCE.sub("", text))


def anchors(page):
    """Return what a heading is called in a link, as GitHub makes it."""
    heads = re.findall(r"^#+ (.*)$", without_code(page.read_text("utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links_lead_to_a_file_and_a_heading():
    with each() as row:
        for page in PAGES:
            with row(page.name):
                for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
                    path, _, anchor = link.partition("#")
                    if ADDRESS.match(link):
                        continue
                    target = page.parent / path if path else page
                    assert target.exists(), link
                    assert not anchor or anchor in anchors(target), link


def test_the_list_of_pages_has_all_of_them():
    listed = {*LINK.findall((ROOT / "docs" / "index.md").read_text("utf-8"))}
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert listed >= pages


def test_every_public_name_is_described():
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    assert {*re.findall(r"\bimbtui\.(\w+)", page)} == {*imbtui.__all__}


def typed_commands(page):
    """Yield the commands in its code, each a list of words, if nothing is left open."""
    blocks = [text for kind, text in FENCE.findall(page.read_text("utf-8")) if not kind]
    for line in re.findall(r"^imbtui .*$", "\n".join(blocks).replace("\\\n", ""), re.M):
        for part in re.split(r";\s+", line):
            words = shlex.split(part, comments=True)
            if words[:1] == ["imbtui"] and "…" not in part:
                yield words[1 : words.index(">") if ">" in words else None]


@cache
def parser_of(name):
    """Return what reads the words behind a command; without one those of the app."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    find(name).arguments(parser) if name else add(parser, APP)
    return parser


def test_commands_in_code_are_those_of_the_program():
    tried = set()
    with each() as row:
        for page in PAGES:
            for words in typed_commands(page):
                name = words.pop(0) if words[0] in NAMES else None
                tried.add(name)
                with row(f"{page.name}: {name} {shlex.join(words)}"):
                    assert parser_of(name).parse_known_args(words)[1] == []
    assert tried == {None, *NAMES}
