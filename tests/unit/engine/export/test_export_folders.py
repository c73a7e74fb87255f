"""What is given away names no folder of the machine that made it."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.exports import ExportRequest
from engine.export.report import html, layout, markdown
from engine.export.write import write
from tests.support.documents import typed
from tests.support.each import each
from tests.support.finished import two_classes as made_of_two

FORMS = {
    "report.html": "report",
    "report.md": "report",
    "script.py": "script",
    "book.ipynb": "notebook",
    "bundle": "bundle",
    "experiment.toml": "experiment",
    "predictions": "predictions",
    "sagemaker": "sagemaker",
    "studies.db": "optuna",
    "model.onnx": "onnx",
}


def test_no_export_names_the_folder_of_the_table(two_classes, tmp_path):
    pytest.importorskip("onnxmltools", reason="needs onnxmltools")
    folder = str(two_classes.table.parent).encode()
    with each() as row:
        for name, kind in FORMS.items():
            out = tmp_path / name
            asked = {"kind": kind, "path": str(out), "store": two_classes.store}
            if kind in ("script", "notebook", "bundle"):
                asked["arm"] = "smote"
            write(ExportRequest(run=two_classes.run, **asked))
            files = [*out.iterdir()] if out.is_dir() else [out]
            with row(f"{name} has a file"):
                assert files
            for file in files:
                with row(f"{name}: {file.name}"):
                    assert folder not in file.read_bytes()


NAMES = st.text(string.ascii_letters + string.digits + "-_ ü&<'", min_size=1)


@pytest.fixture(scope="module")
def document():
    found = made_of_two().document()
    return found | {"arms": [], "verdict": None}


@given(parts=st.lists(NAMES.filter(str.strip), min_size=1, max_size=3))
def test_a_report_names_no_folder_whatever_it_is_called(document, parts):
    folder = "/home/" + "/".join(parts)
    data = document["experiment"]["data"] | {"source": f"{folder}/rows.csv"}
    changes = {
        "experiment": document["experiment"] | {"data": data},
        "warnings": [f"cannot read {folder}/rows.csv at once"],
    }
    page = layout(typed(document | changes))
    assert "cannot read rows.csv at once" in html(page)
    assert "/home/" not in html(page)
    assert "/home/" not in markdown(page)
