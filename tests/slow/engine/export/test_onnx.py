"""The model as ONNX says what the run said, or is not written."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from engine.core.errors import DataError, RunFailedError
from engine.export import onnx_model
from engine.export.write import write
from engine.features import Encoding
from tests.support.bundles import asked, opened

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxmltools")
onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def where(two_classes):
    return two_classes


def test_it_says_what_the_run_said(where, tmp_path):
    path = tmp_path / "m.onnx"
    told = write(asked(where, kind="onnx", arm="smote", path=str(path)))
    assert any("differ from the run's by" in note for note in told.notes)
    one = opened(where, arm="smote")
    about = {p.key: json.loads(p.value) for p in onnx.load(path).metadata_props}
    encoding = Encoding.from_json(json.dumps(about["imbtui.encoding"]).encode())
    frame = one.bench.dataset.frame.iloc[one.bench.split.test]
    X = encoding.transform(frame)
    assert len(about["imbtui.names"]) == X.shape[1]
    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    _, said = session.run(None, {"input": X})
    np.testing.assert_allclose(said[:, 1], one.scores("smote"), rtol=0, atol=1e-5)
    point = about["imbtui.points"][0]
    assert point["threshold"] == one.chosen.point(point["at"]).threshold


def test_one_that_says_something_else_is_not_written(where, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_model, "CLOSE", -1.0)
    path = tmp_path / "m.onnx"
    with pytest.raises(DataError, match="differs from the run by"):
        write(asked(where, kind="onnx", arm="untreated", path=str(path)))
    assert not list(tmp_path.iterdir())


def test_a_model_without_a_way_to_onnx_is_refused(where, tmp_path, monkeypatch):
    other = SimpleNamespace(scorer=SimpleNamespace(onnx=lambda: None), learner="mine")
    monkeypatch.setattr(onnx_model, "open_model", lambda *_: other)
    with pytest.raises(RunFailedError, match="no way to ONNX for mine"):
        write(asked(where, kind="onnx", arm="smote", path=str(tmp_path / "m.onnx")))
    assert not list(tmp_path.iterdir())
