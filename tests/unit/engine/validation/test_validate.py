"""A bundle of a finished run on the rows of its table, from a file and in memory."""

import msgspec
import pandas as pd
import pytest

import imbtui
from engine.bundle import open_scorer
from engine.core.errors import DataError, SpecError, TargetError
from engine.core.messages import AskValidation, Validate
from engine.core.validation import Validation
from engine.service import handlers
from engine.validation import validate
from tests.support.bundles import copied, forge, made, opened, test_rows


@pytest.fixture(scope="module")
def bundle(two_classes, tmp_path_factory):
    return made(two_classes, tmp_path_factory.mktemp("validate") / "b", arm="smote")


@pytest.fixture
def new(two_classes, tmp_path):
    """Write the test rows of the run: what a run says of them is known."""
    path = tmp_path / "new.csv"
    test_rows(two_classes, path)
    return path


def on(bundle, data, **given) -> Validation:
    return validate(Validate(bundle=str(bundle), data=str(data), **given))


def test_the_test_rows_have_the_figures_of_the_run(two_classes, bundle, new):
    found = on(bundle, new)
    one = opened(two_classes, arm="smote")
    assert found.rows.used == found.rows.read == len(one.bench.split.test)
    assert (found.rows.equal, found.rows.unlabelled) == (0, 0)
    wanted = one.chosen.evaluated
    now = {metric.metric: metric for metric in found.metrics}
    for name in ("average_precision", "roc_auc"):
        assert now[name].now == pytest.approx(wanted.test[name])
        assert now[name].then == wanted.test[name]
    assert now["average_precision"].then_ci == wanted.average_precision_ci
    (repaired,) = (c for c in wanted.calibration if c.method == wanted.repair)
    assert now["brier"].now == pytest.approx(now["brier"].then) == repaired.brier
    assert now["log_loss"].now == pytest.approx(repaired.log_loss)
    assert found.calibration.slope == pytest.approx(repaired.slope)
    assert found.calibration.method == wanted.repair
    assert [p.name for p in found.points] == list(one.chosen.point_names)
    for point, before in zip(found.points, one.chosen.points, strict=True):
        assert point.confusion == before.confusion
        assert point.cost == pytest.approx(before.cost)
        if before.name != "recommended":
            assert point.delivered == before.delivered
    assert found.scores.p == pytest.approx(1.0)
    assert found.verdict.code in ("VAL001", "VAL005")  # so few rows may not tell
    features = [column.name for column in one.bench.dataset.columns]
    assert [column.column for column in found.columns] == features


def test_training_rows_are_left_out_refused_or_kept(two_classes, bundle, new, tmp_path):
    whole = opened(two_classes).data.source
    with pytest.raises(DataError, match=r"of .* labelled rows are equal to training"):
        on(bundle, whole)
    kept = on(bundle, whole, keep_equal=True)
    train = len(opened(two_classes).bench.split.train)
    assert (kept.rows.equal, kept.rows.left_out) == (train, False)
    assert kept.rows.used == kept.rows.read - kept.rows.unlabelled
    assert "VAL206" in {doubt.code for doubt in kept.verdict.doubts}
    frame, rows = pd.read_csv(whole), pd.read_csv(new)
    more = frame.dropna(subset=["sick"]).iloc[
        opened(two_classes).bench.split.train[:40]
    ]
    pd.concat([rows, more]).to_csv(tmp_path / "both.csv", index=False)
    found = on(bundle, tmp_path / "both.csv")
    assert (found.rows.equal, found.rows.used) == (40, len(rows))
    # A user may take out what a bundle knows of the run.
    bare = copied(bundle, tmp_path / "bare")
    for name in ("reference.json", "training_rows.bin"):
        (bare / name).unlink()
    found = on(bare, new)
    assert found.rows.equal is None
    assert (found.columns, found.scores, found.threshold_gain) == ((), None, None)
    assert {"VAL204", "VAL205"} <= {doubt.code for doubt in found.verdict.doubts}
    assert all(one.then is None for one in found.metrics)


def test_a_frame_is_validated_as_its_file_is(bundle, new):
    frame, wanted = pd.read_csv(new), on(bundle, new, at="cost", width=0.1)
    model = imbtui.load_bundle(bundle)
    found = imbtui.validate(model, frame, "sick", at="cost", width=0.1)
    apart = imbtui.validate(
        bundle,
        frame.drop(columns="sick"),
        frame["sick"].to_numpy(),
        at="cost",
        width=0.1,
    )
    for one in (found, apart):
        same = msgspec.structs.replace(one.document, dataset="new.csv", notes=())
        assert same == msgspec.structs.replace(wanted, notes=())
    metrics = found.frame().set_index("metric")
    assert metrics.loc["roc_auc", "now"] == wanted.metrics[1].now
    assert list(found.points()["at"]) == [point.name for point in wanted.points]
    assert list(found.drift()["column"]) == [one.column for one in wanted.columns]
    for text in (repr(found), found._repr_html_()):
        assert found.verdict.code in text
        assert "ROC AUC" in text
    with pytest.raises(DataError, match="no column 'ill'"):
        imbtui.validate(model, frame, "ill")
    with pytest.raises(DataError, match="rows were given with 3 labels"):
        imbtui.validate(model, frame, [0, 1, 0])


def test_what_cannot_be_validated_is_refused(bundle, new, tmp_path):
    frame = pd.read_csv(new)
    frame.drop(columns="sick").to_csv(tmp_path / "bare.csv", index=False)
    with pytest.raises(TargetError, match="has no column 'sick'"):
        on(bundle, tmp_path / "bare.csv")
    frame.assign(sick="?").to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(TargetError, match="no cell of 'sick' is a class"):
        on(bundle, tmp_path / "none.csv")
    with pytest.raises(SpecError, match="no operating point 'f2'"):
        on(bundle, new, at="f2")
    with pytest.raises(SpecError, match=r"half width of 0\.6"):
        on(bundle, new, width=0.6)


def test_a_forged_reference_is_refused(bundle, tmp_path):
    def cut(value):
        value["columns"] = value["columns"][1:]

    def fall(value):
        value["figures"]["scores"]["below"].reverse()

    def lose(value):
        del value["training"]

    for number, change in enumerate((cut, fall, lose)):
        folder = copied(bundle, tmp_path / str(number))
        forge(folder, "reference.json", change)
        with pytest.raises(DataError, match=r"reference\.json"):
            open_scorer(folder)


def test_the_recommended_arm_of_a_run_needs_no_bundle(
    two_classes, new, tmp_path, monkeypatch
):
    store, run, _ = two_classes
    kept = tmp_path / "temporary"
    kept.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(kept))
    rows = Validate(bundle="", data=str(new), keep_equal=True)
    asked = AskValidation(id=7, rows=rows, run=run, store=store)
    answer = handlers.validate(asked)
    path = made(two_classes, tmp_path / "b")
    assert (answer.id, answer.found) == (7, on(path, new, keep_equal=True))
    assert not list(kept.iterdir())
    again = AskValidation(
        id=8, rows=msgspec.structs.replace(rows, bundle=str(path)), store=store
    )
    assert handlers.validate(again).found == answer.found
