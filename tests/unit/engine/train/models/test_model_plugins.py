"""A model of another package: the one that docs/plugins.md shows."""

import importlib
import re
import sys

import pytest

from engine.core import models
from engine.core.errors import SpecError
from engine.core.methods import grammar
from engine.train.models.conformance import CHECKS, Subject
from engine.train.models.port import find
from tests.support.paths import ROOT


@pytest.fixture
def install(tmp_path, monkeypatch):
    def install(light, heavy=""):
        (tmp_path / "imbtui_naive.py").write_text(light, "utf-8")
        (tmp_path / "imbtui_naive_made.py").write_text(heavy, "utf-8")
        folder = tmp_path / "imbtui_naive-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: imbtui-naive\nVersion: 1.0\n", "utf-8"
        )
        (folder / "entry_points.txt").write_text(
            f"[{models.GROUP}]\nnaive = imbtui_naive:NAIVE\n", "utf-8"
        )
        importlib.invalidate_caches()
        models.forget()

    monkeypatch.syspath_prepend(tmp_path)
    yield install
    for name in ("imbtui_naive", "imbtui_naive_made"):
        sys.modules.pop(name, None)
    monkeypatch.undo()
    importlib.invalidate_caches()
    models.forget()
    find.cache_clear()


@pytest.fixture
def shown():
    page = (ROOT / "docs/plugins.md").read_text("utf-8").partition("## Models")[2]
    return re.findall(r"```python\n(.+?)```", page, re.DOTALL)


def test_the_model_that_is_shown_passes_every_check(install, shown):
    install(*shown)
    assert models.problems() == ()
    assert models.names()[-1] == "naive-bayes"
    subject = Subject(models.get("naive-bayes"))
    for check in CHECKS:
        check(subject)
    arms = grammar.combine([grammar.parse("weights")], ["naive-bayes", "logistic"])
    assert arms[0].name == "weights@naive-bayes"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"naive-bayes"', '"xgboost"', "name 'xgboost' is taken"),
        ('"naive-bayes"', '"Naive"', "a model is called 'Naive'"),
        ('{"smoothing"', '{"width"', "searches 'width', which it has not"),
        ("needs=Needs()", "needs=3", "described wrongly"),
        ("NAIVE = ModelEntry(", "NAIVE = [3]\ndict(", "it holds a value of type int"),
    ],
)
def test_a_model_that_is_described_wrongly_is_left_out(install, shown, old, new, said):
    install(shown[0].replace(old, new))
    assert models.models() == models.MODELS
    (problem,) = models.problems()
    assert (problem.package, problem.used) == ("imbtui-naive", False)
    assert said in problem.message
    with pytest.raises(SpecError, match="no model 'naive-bayes'"):
        models.get("naive-bayes")
