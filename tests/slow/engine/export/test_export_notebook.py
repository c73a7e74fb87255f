"""The notebook is valid, and runs clean from its first cell to its last."""

import json
import shutil

import numpy as np
import pytest

from tests.support.experiments import make_table
from tests.support.exported_scripts import agrees, exported, opened, stored, warm

pytestmark = pytest.mark.slow

nbformat = pytest.importorskip("nbformat", reason="needs nbformat")
nbclient = pytest.importorskip("nbclient", reason="needs nbclient")
pytest.importorskip("ipykernel", reason="needs ipykernel")
pytest.importorskip("matplotlib", reason="needs matplotlib")

RESULT = "import json; print(json.dumps({'confusion': matrix.tolist(), **figures}))"
DRAWN = """
import matplotlib.pyplot as plt
def show():
    plt.gcf().canvas.draw()
    plt.close()
    print("a picture")
plt.show = show
"""


@pytest.fixture(scope="module")
def two():
    frame = make_table(200, share=0.2, seed=5)
    frame["sick"] = frame["sick"].map({"yes": "<b>$x^2$`y`", "no": "no $\\frac$"})
    return stored(frame, "untreated", "smote", data__target="sick")


@pytest.fixture(scope="module")
def three():
    frame = make_table(200, seed=2).drop(columns="sick")
    frame["level"] = np.digitize(frame["risk"], [0.3, 1.0])
    return stored(frame, "untreated", data__target="level")


def executed(path, folder):
    """Run a notebook in a kernel of this Python; return it with what it printed."""
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert not any(cell.get("outputs") for cell in book.cells)
    book.cells.append(nbformat.v4.new_code_cell(RESULT))
    client = nbclient.NotebookClient(
        book, timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return book


def outputs(book):
    return [one for cell in book.cells for one in cell.get("outputs", [])]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_runs_clean_and_says_what_the_run_said(two, tmp_path, monkeypatch):
    for name in ("IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    path = exported(two, "smote", tmp_path, "notebook")
    shutil.copy(two.table, tmp_path)
    book = executed(path, tmp_path)
    found = outputs(book)
    assert not [one for one in found if one.get("name") == "stderr"], found
    pictures = [one for one in found if "image/png" in one.get("data", {})]
    assert len(pictures) == 3
    agrees(json.loads(found[-1]["text"].replace("NaN", "null")), opened(two, "smote"))


def test_its_cells_run_one_after_the_other(three, tmp_path):
    # Without a kernel, which takes long to start.
    path = exported(three, "untreated", tmp_path, "notebook")
    cells = json.loads(path.read_text())["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    script = tmp_path / "cells.py"
    shutil.copy(three.table, tmp_path)
    there = f"import os; os.chdir({str(tmp_path)!r})"
    script.write_text("\n\n".join([there, DRAWN, *code, RESULT]))
    said = warm().run(script).splitlines()
    assert said.count("a picture") == 3
    agrees(json.loads(said[-1].replace("NaN", "null")), opened(three, "untreated"))


def test_it_is_json_that_names_cannot_break(two, tmp_path):
    text = exported(two, "smote", tmp_path, "notebook").read_text()
    assert text.isascii()
    book = json.loads(text)
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    prose = "".join(
        line
        for c in book["cells"]
        if c["cell_type"] == "markdown"
        for line in c["source"]
    )
    assert not set("<$`") & set(prose)
    assert "sys.argv" not in text
