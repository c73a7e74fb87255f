"""The catalogue of codes, its page, and that the page is the catalogue."""

import re
from pathlib import Path

from engine.core.views.verdict import TITLES
from engine.evaluate.verdict import across, settle, verdict
from engine.evaluate.verdict import sentences as doubts
from engine.evaluate.verdict import sentences as reasons
from engine.evaluate.verdict.words import CODES
from engine.evaluate.verdict.words import PAGE as KNOWN
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "verdict.md"


def test_the_page_is_the_catalogue():
    """Change verdict.md, and copy it: nothing in it is overlooked."""
    assert PAGE.read_text(encoding="utf-8") == KNOWN
    assert KNOWN.count("\n### ") == len(CODES)


def test_the_codes_used_are_the_codes_known():
    used = set()
    for module in (across, doubts, reasons, settle, verdict):
        source = Path(module.__file__).read_text(encoding="utf-8")
        used |= set(re.findall(r'"(VRD\d{3})"', source))
    assert used == set(CODES)


def test_every_code_says_when_and_what_to_do():
    assert list(CODES) == sorted(CODES)
    for code, about in CODES.items():
        assert re.fullmatch(r"VRD[012]\d\d", code)
        assert about.when.endswith(".")
        assert about.fix.endswith(".")


def test_every_recommendation_has_a_title():
    codes = {code for code in CODES if code.startswith("VRD0")}
    assert codes - TITLES.keys() == {"VRD002"}  # it begins with its own
    assert codes > TITLES.keys()
