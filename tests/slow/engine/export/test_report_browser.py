"""The report in a real browser: it is drawn, complains of nothing, and fits."""

from __future__ import annotations

import struct
import zlib

import pytest

from tests.support import chromium
from tests.support import report_samples as samples

pytestmark = pytest.mark.slow

WIDE, NARROW = 1200, 400


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    document = samples.stored()[2]
    name = "<b>" + "a-very-long-name" * 9
    document = samples.renamed(document, {"smote": name, "rows.csv": name})
    path = folder / "report.html"
    path.write_text(samples.page(document), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = chromium.found()
    if program is None:
        pytest.skip(f"there is no browser: none of {', '.join(chromium.NAMES)}")
    opened = chromium.Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


def pixels(png):
    """Return width, height and the rows of a PNG of 8 bits, unfiltered bytes."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data, width, height = 8, b"", 0, 0
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        elif kind == b"IDAT":
            data += body
        at += 12 + size
    return width, height, zlib.decompress(data)


def complaints(browser):
    kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
    return [event for event in browser.events if event.get("method") in kinds]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW, 360, 1600])
def test_it_is_drawn_and_fits(browser, page, width, dark):
    browser.look(width, dark=dark)
    browser.open(page)
    assert not complaints(browser)
    root = "document.documentElement"
    assert browser.value("window.innerWidth") == width
    assert browser.value(f"{root}.scrollWidth") <= width
    wide = (
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, nav,"
    )
    wide += " pre, svg')).filter(e => e.getBoundingClientRect().right >"
    wide += f" {width} + 1).length"
    assert browser.value(wide) == 0
    across, _, data = pixels(browser.picture(whole=False))
    assert across == width
    # Text and lines on a background: not blank, and not noise.
    assert 1_000 < len(zlib.compress(data)) < len(data) / 5
    back = browser.value("getComputedStyle(document.body).backgroundColor")
    light = sum(int(part) for part in back[4:-1].split(",")[:3]) / 3
    assert (light < 64) == dark


def test_the_style_sheet_is_obeyed_and_nothing_is_fetched(browser, page):
    browser.look(WIDE)
    browser.open(page)
    assert browser.value("document.styleSheets.length") == 1
    assert browser.value("document.styleSheets[0].cssRules.length") > 50
    asked = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event.get("method") == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == 1


def test_a_wide_table_scrolls_in_its_box(browser, page):
    browser.look(NARROW)
    browser.open(page)
    board = "document.querySelector('#board .scroll')"
    assert browser.value(f"{board}.scrollWidth > {board}.clientWidth")


CONTRAST = """
(() => {
  const parts = c => c.match(/[\\d.]+/g).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const canvas = document.createElement('canvas').getContext('2d');
  const solid = color => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const back = solid(getComputedStyle(e).backgroundColor);
      if (back[3] === 255) return back;
    }
    return [255, 255, 255];
  };
  const bad = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || e.closest('title, desc')) continue;
    const style = getComputedStyle(e);
    const ink = lum(solid(e.closest('svg') ? style.fill : style.color));
    const back = lum(behind(e));
    const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
    if (ratio < 4.5) bad.add(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...bad];
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_has_the_contrast_of_wcag_aa(browser, page, dark):
    browser.look(WIDE, dark=dark)
    browser.open(page)
    assert browser.value(CONTRAST) == []


def test_it_prints_with_everything_unfolded(browser, page):
    browser.look(WIDE)
    browser.open(page)
    assert browser.pdf().startswith(b"%PDF")
    browser.call("Emulation.setEmulatedMedia", media="print")
    folded = "[...document.querySelectorAll('details table')].filter(e => "
    assert browser.value(folded + "e.getBoundingClientRect().height < 10).length") == 0
    browser.call("Emulation.setEmulatedMedia", media="screen")
    assert browser.value(folded + "!e.checkVisibility()).length") > 0


# The width of the text on A4 and Letter, within the margins of the page, at 96 dpi.
@pytest.mark.parametrize("width", [703, 725])
def test_no_table_is_wider_than_a_sheet_of_paper(browser, page, width):
    browser.look(width)
    browser.open(page)
    browser.call("Emulation.setEmulatedMedia", media="print")
    wide = "[...document.querySelectorAll('table, figure, pre')].filter(e => "
    wide += "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.textContent)"
    try:
        assert browser.value(wide) == []
    finally:
        browser.call("Emulation.setEmulatedMedia", media="screen")
