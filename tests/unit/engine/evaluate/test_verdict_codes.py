"""The catalogue of codes, its page, and that the page is the catalogue."""

import re
from pathlib import Path

from engine.evaluate import doubts, reasons, verdict, verdict_classes
from engine.evaluate.verdict_codes import CODES, markdown
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "verdict.md"


def test_the_page_is_the_catalogue():
    """Write it anew with: python -m engine.evaluate.verdict_codes > docs/verdict.md."""
    assert PAGE.read_text(encoding="utf-8") == markdown()


def test_the_codes_used_are_the_codes_known():
    used = set()
    for module in (doubts, reasons, verdict, verdict_classes):
        source = Path(module.__file__).read_text(encoding="utf-8")
        used |= set(re.findall(r'"(VRD\d{3})"', source))
    assert used == set(CODES)


def test_every_code_says_when_and_what_to_do():
    assert list(CODES) == sorted(CODES)
    for code, about in CODES.items():
        assert re.fullmatch(r"VRD[012]\d\d", code)
        assert about.when.endswith(".")
        assert about.remedy.endswith(".")
