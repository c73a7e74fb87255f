"""The site of the documentation: built without a warning, and looked at."""

import subprocess
import sys

import pytest

from tests.support.chromium import Browser, found
from tests.support.each import each
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

LOOKED_AT = ("README", "docs/index", "docs/bundle", "docs/cli", "docs/terminal")
BROKEN = "[...document.images].filter(i => !i.naturalWidth).map(i => i.src)"


def build(source, out):
    """Build the site as `make docs` does."""
    flags = ("-W", "--keep-going", "-q", "-c", source / "docs", "-d", out / ".trees")
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *flags, source, out],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    done = build(ROOT, out)
    assert done.returncode == 0, done.stderr
    return out


def test_every_page_is_in_one_of_four_groups(site):
    page = (site / "docs" / "index.html").read_text("utf-8")
    assert page.count('class="caption-text"') == 4
    for path in (ROOT / "docs").glob("*.md"):
        if path.name != "index.md":
            assert f'class="reference internal" href="{path.stem}.html"' in page, path
    assert "url=docs/" in (site / "index.html").read_text("utf-8")


def test_titles_stand_for_file_names(site):
    page = (site / "docs" / "index.html").read_text("utf-8")
    assert "Reading a result" in page
    assert "evaluation.md" not in page


def test_docstrings_are_shown(site):
    page = (site / "docs" / "api.html").read_text("utf-8")
    for name in ("compare", "Result.board", "ImbalanceSearchCV", "load_bundle"):
        assert f'id="imbtui.{name}"' in page, name
    assert "Rows of features" in page


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_bytes((ROOT / "docs" / "conf.py").read_bytes())
    (docs / "index.md").write_text(
        "# A\n\n## B\n\n- [b.md](b.md#nothing)\n- [b](b.md)\n"
    )
    (docs / "b.md").write_text("# B\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    assert "id not found in doc 'docs/b': 'nothing'" in done.stderr


@pytest.mark.skipif(found() is None, reason="there is no Chromium")
def test_pages_show_their_pictures_and_fit_a_desk_and_a_phone(site, tmp_path):
    browser = Browser(found(), tmp_path)
    try:
        with each() as row:
            for name in LOOKED_AT:
                for width in (1200, 400):
                    with row(f"{name} at {width}"):
                        browser.look(width)
                        browser.open(site / f"{name}.html")
                        assert browser.value(BROKEN) == []
                        wide = browser.value("document.documentElement.scrollWidth")
                        assert wide <= width
                        assert all(
                            event["params"]["request"]["url"][:5] in ("file:", "data:")
                            for event in browser.events
                            if event.get("method") == "Network.requestWillBeSent"
                        ), "something is fetched"
    finally:
        browser.close()
