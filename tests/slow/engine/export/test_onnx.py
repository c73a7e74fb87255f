"""The model as ONNX says what the run said, or is not written."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from engine.bundle import open_scorer
from engine.core.errors import DataError, RunFailedError
from engine.core.outcome import CalibrationMap
from engine.evaluate import probabilities
from engine.export import onnx_model
from engine.export.onnx_encoding import input_name, surround
from engine.export.write import write
from engine.features import Encoding
from tests.support.bundles import asked, made, opened

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
    _, said, _ = run_file(path, frame, encoding)
    np.testing.assert_allclose(said[:, 1], one.scores("smote"), rtol=0, atol=1e-6)
    point = about["imbtui.points"][0]
    assert point["threshold"] == one.chosen.point(point["at"]).threshold


def run_file(path, frame, encoding):
    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    columns = onnx_model.feed(encoding, frame)
    assert {one.name for one in session.get_inputs()} == {*columns}
    return session.run(None, columns)


def test_it_encodes_and_calibrates_as_the_bundle_does(tmp_path, request):
    for run in ("two_classes", "several_classes"):
        where = request.getfixturevalue(run)
        one = opened(where, arm="smote")
        path, folder = tmp_path / f"{run}.onnx", tmp_path / run
        write(asked(where, kind="onnx", arm="smote", path=str(path)))
        scorer = open_scorer(made(where, folder, arm="smote"))
        frame = one.bench.dataset.frame.iloc[one.bench.split.test].copy()
        for name in frame.columns[::2]:  # cells that are missing, and levels unseen
            frame.iloc[::7, frame.columns.get_loc(name)] = None
        for level in scorer.encoding.categories:
            frame[level.name] = frame[level.name].astype(object)
            frame.iloc[3::7, frame.columns.get_loc(level.name)] = "never seen"
        scores = scorer.scores(scorer.encode(frame))
        calibrated = scorer.calibrate(scores)
        _, said, repaired = run_file(path, frame, scorer.encoding)
        if scores.ndim == 1:
            said, repaired = said[:, 1], repaired[:, 1]
        np.testing.assert_allclose(said, scores, rtol=0, atol=1e-6)
        np.testing.assert_allclose(repaired, calibrated, rtol=0, atol=2e-6)


def test_a_column_may_be_called_as_what_comes_out():
    names = [input_name(name) for name in ("label", "calibrated", "imbtui_c0", "age")]
    assert len({*names, "label", "calibrated", "imbtui_c0"}) == 7
    assert names[-1] == "age"


@pytest.mark.parametrize(
    "map",
    [
        CalibrationMap(slope=0.7, intercept=-1.2),
        CalibrationMap(scores=(0.1, 0.4, 0.5), probabilities=(0.01, 0.2, 0.9)),
    ],
)
def test_every_repair_is_the_runs(map):
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node
    base = onnx.helper.make_model(
        onnx.helper.make_graph(
            [
                node("Sub", ["one", "input"], ["no"]),
                node("Concat", ["no", "input"], ["probabilities"], axis=1),
            ],
            "scores as they are",
            [value("input", onnx.TensorProto.FLOAT, [None, 1])],
            [value("probabilities", onnx.TensorProto.FLOAT, [None, 2])],
            [onnx.helper.make_tensor("one", onnx.TensorProto.FLOAT, [1], [1.0])],
        ),
        opset_imports=[onnx.helper.make_opsetid("", 15)],
        ir_version=8,
    )
    number = {"name": "input", "fill": 0.0, "mean": 0.0, "spread": 1.0, "scaled": False}
    told = {"missing": "impute", "numbers": [number]}
    encoding = Encoding.from_json(json.dumps(told).encode())
    made = surround(base, encoding, ("no", "yes"), {"yes": map})
    onnx.checker.check_model(made)
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    scores = np.linspace(0, 1, 101, dtype=np.float32)
    (told,) = session.run(
        ["calibrated"], {"input": scores.astype(float).reshape(-1, 1)}
    )
    np.testing.assert_allclose(
        told[:, 1], probabilities.apply(map, scores), rtol=0, atol=1e-12
    )


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
