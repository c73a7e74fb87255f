"""The notebooks of the documentation run as they stand, and say nothing on the side."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def kinds(cell):
    return [{*output.get("data", {})} or output["name"] for output in cell["outputs"]]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) == 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path):
    kept = nbformat.read(path, as_version=4)
    book = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, timeout=900, kernel_name="python3", resources=where).execute()
    for before, now in zip(kept.cells, book.cells, strict=True):
        if now.cell_type == "code":
            assert not [o for o in now.outputs if o.get("name") == "stderr"]
            assert kinds(now) == kinds(before)
