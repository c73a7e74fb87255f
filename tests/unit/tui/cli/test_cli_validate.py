"""`imbtui validate` as a user uses it: a verdict, a document, one line of an error."""

import json

import pytest

from tests.support import result_schema
from tests.support.bundles import made, test_rows
from tui.cli.parser import dispatch


@pytest.fixture(scope="module")
def bundle(two_classes, tmp_path_factory):
    return made(two_classes, tmp_path_factory.mktemp("validate") / "b", arm="smote")


@pytest.fixture
def call(two_classes, bundle, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    test_rows(two_classes, tmp_path / "new.csv")

    def run(*args, code=0):
        assert dispatch(["validate", str(bundle), *args]) == code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        if "--json" in args:
            result_schema.check("validation", said.out)
        return said

    return run


def test_the_verdict_comes_first_and_then_the_figures(call):
    lines = call("new.csv", "--quiet").out.splitlines()
    assert "rows of new.csv" in lines[0]
    assert "VAL00" in lines[1]
    assert lines[2].startswith(" → ")
    text = "\n".join(lines)
    for word in ("ROC AUC", "calibration slope", "recall>=0.8", "columns shown to"):
        assert word in text
    assert max(map(len, lines)) <= 100


def test_the_document_answers_the_options(call):
    document = json.loads(call("new.csv", "--json", "--quiet", "--at", "f1").out)
    assert (document["schema"], document["at"]) == (1, "f1")
    wide = json.loads(call("new.csv", "--json", "--quiet", "--width", "0.2").out)
    taken = [[one["positives"] for one in d["needed"]] for d in (document, wide)]
    assert all(few < many for many, few in zip(*taken, strict=True))


def test_an_error_is_a_line_and_names_the_option(call, two_classes):
    said = call(str(two_classes.table), code=2)
    assert "equal to training rows" in said.err.splitlines()[-1]
    assert said.err.rstrip().endswith("(--keep-equal)")
    assert call(str(two_classes.table), "--keep-equal", "--quiet").err == ""


def test_a_report_is_a_page_and_is_not_written_over(call, tmp_path):
    said = call("new.csv", "-o", "page.html", "--quiet")
    assert said.err == "imbtui: wrote page.html\n"
    page = (tmp_path / "page.html").read_text("utf-8")
    code = next(word for word in said.out.split() if word.startswith("VAL00"))
    for text in (code, "Operating points", "<svg", "ROC AUC"):
        assert text in page
    call("new.csv", "-o", "page.md", "--quiet")
    text = (tmp_path / "page.md").read_text("utf-8")
    assert f"`{code}`" in text
    assert "## Drift" in text
    again = call("new.csv", "-o", "page.md", code=2)
    assert "page.md" in again.err
    assert (tmp_path / "page.md").read_text("utf-8") == text
