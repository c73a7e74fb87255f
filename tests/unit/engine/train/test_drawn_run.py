"""A run on a file of which most negatives were not read."""

import msgspec
import numpy as np
import pytest

from engine.core.experiment import DataSpec, SplitSpec
from engine.core.result import build
from engine.data import load_data, prepare_dataset
from engine.data import thin as reading
from engine.profile import measure
from engine.splits import divide
from tests.support.experiments import make_table, small
from tests.support.runs import drain

ROWS = 12_000


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    frame = make_table(rows=ROWS, share=0.03).drop(columns="id")
    folder = tmp_path_factory.mktemp("drawn")
    frame.to_csv(folder / "rows.csv", index=False)
    frame.to_parquet(folder / "rows.parquet")
    counts = frame["sick"].value_counts().to_dict()
    return folder, {"no": counts["no"], "yes": counts["yes"]}


@pytest.fixture(scope="module")
def documents(paths):
    folder, _ = paths
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "LARGE", 5000)
        patch.setattr(reading, "EVEN_ROWS", 4000)
        patch.setattr(reading, "EVEN_POSITIVES", 50)
        patch.setattr(reading, "EVEN_CELLS", 0)
        return {
            kind: made(folder / f"rows.{kind}", "smote") for kind in ("csv", "parquet")
        }


def made(path, *more, **changes):
    """Return the document of a run."""
    wanted = small(path, "untreated", *more, data__target="sick", **changes)
    return build(drain(wanted), run="")


def test_the_classes_are_those_of_the_file(paths, documents):
    _, counts = paths
    for document in documents.values():
        assert document.dataset.classes == counts
        assert document.dataset.rows == ROWS
        assert document.dataset.sampled.of == ROWS
        assert document.dataset.sampled.rows < 0.75 * ROWS
        # Balancing costs follow from the file, not from what was read of it.
        assert document.costs.cost_fn == pytest.approx(counts["no"] / counts["yes"])


def test_models_are_fitted_on_all_positives_of_the_training_rows(documents):
    for document in documents.values():
        thinned, train = document.split.thinned, document.split.train
        assert thinned.ratio == 10
        for arm in document.arms:
            assert arm.train_before == {"no": thinned.kept, "yes": train["yes"]}
        assert thinned.kept == pytest.approx(10 * train["yes"], rel=0.1)
        assert thinned.kept / thinned.of < 0.5


def test_test_and_validation_rows_have_the_shares_of_the_file(paths, documents):
    _, counts = paths
    share = counts["yes"] / ROWS
    for document in documents.values():
        test = document.split.test
        assert test["yes"] / sum(test.values()) == pytest.approx(share, rel=0.4)
        assert sum(test.values()) == pytest.approx(4000 * 0.2, rel=0.15)
        assert document.split.thinned.validated == pytest.approx(3200, rel=0.1)
        # Scores are probabilities of the file's rows.
        untreated = document.arms[0]
        assert abs(untreated.test["calibration_in_the_large"]) < 1
        points = {p.name: p for p in untreated.operating_points}
        assert points["prevalence"].threshold == pytest.approx(share, rel=0.15)


def test_the_test_rows_are_compared_with_rows_of_the_same_rate(documents):
    for document in documents.values():
        assert not any("of the test rows" in text for text in document.warnings)


def test_a_format_changes_nothing(documents):
    one, other = documents["csv"], documents["parquet"]
    assert one.split.thinned == other.split.thinned
    for a, b in zip(one.arms, other.arms, strict=True):
        assert a.test == b.test
        assert a.operating_points == b.operating_points


def test_it_is_said(documents):
    texts = [d.text for d in documents["csv"].verdict.doubts]
    assert any("of the 12,000 rows were read" in text for text in texts)
    assert any("10 per positive" in text for text in texts)
    notes = [a.message for a in documents["csv"].dataset.advice]
    assert any("sick=yes" in text for text in notes), notes


def test_all_negatives_are_read_where_they_are_asked_for(paths, documents):
    folder, _ = paths
    found = made(folder / "rows.csv", data__thin=0)
    assert found.dataset.sampled is None
    assert sum(found.split.train.values()) + sum(found.split.test.values()) == ROWS
    assert np.isclose(found.costs.cost_fn, documents["csv"].costs.cost_fn)


def test_columns_alone_are_scored_at_the_prevalence_of_the_file(paths, monkeypatch):
    folder, _ = paths

    def alone(data):
        table = load_data(data)
        dataset = prepare_dataset(table, data)
        split = divide(dataset, SplitSpec(), seed=1)
        found = measure.find(table, dataset, split, seed=1, apart=False)
        return found.column("risk").alone

    data = DataSpec(source=str(folder / "rows.parquet"), target="sick")
    whole = alone(data)
    monkeypatch.setattr(reading, "LARGE", 5000)
    monkeypatch.setattr(reading, "EVEN_ROWS", 2000)
    monkeypatch.setattr(reading, "EVEN_POSITIVES", 50)
    monkeypatch.setattr(reading, "EVEN_CELLS", 0)
    data = msgspec.structs.replace(data, thin=2)
    for most in (ROWS, 1500):
        monkeypatch.setattr(measure, "MOST_JUDGED", most)
        monkeypatch.setattr(measure, "FEWEST_JUDGED", 0)
        part = alone(data)
        assert part.average_precision == pytest.approx(whole.average_precision, abs=0.1)
        assert part.lift == pytest.approx(whole.lift, rel=0.2)
