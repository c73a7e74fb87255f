"""A stored run as a result: frames and displays against the document and the rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    roc_curve,
)

import imbtui
from engine.api.displays import SplitsDisplay
from engine.core.errors import OutputError, SpecError, StoreError
from engine.core.outcome import ClassConfusion
from engine.core.views.board import BoardLine
from tests.support import finished
from tests.support.grouped import grouped
from tests.support.reviewed import reviewed
from tests.support.several_splits import several as several_splits

KINDS = ("two_classes", "several_classes", "failed_arm", "cancelled")


@pytest.fixture(scope="module")
def two(two_classes):
    return imbtui.open_run(two_classes.run, store=two_classes.store)


@pytest.fixture(scope="module")
def several(several_classes):
    return imbtui.open_run(several_classes.run, store=several_classes.store)


@pytest.fixture
def result(request):
    made = request.getfixturevalue(request.param)
    return imbtui.open_run(made.run, store=made.store)


# Frames -------------------------------------------------------------------------------


def test_the_board_is_that_of_the_document(two):
    document = two.document
    for at in (None, *two.points):
        frame = two.board(at)
        placed = document.at_point(document.select_point(at))
        lines = [BoardLine.of(one) for one in placed]
        assert list(frame["arm"]) == [line.name for line in lines]
        assert list(frame["missed"]) == [one.missed for one in placed]
        assert list(frame["false_alarms"]) == [one.alarms for one in placed]
        assert list(frame["recall"]) == [one.recall for one in placed]
        assert list(frame["recall_low"]) == [one.recall_ci[0] for one in placed]
        assert list(frame["threshold"]) == [one.point.threshold for one in placed]
        tests = [one.arm.test["average_precision"] for one in placed]
        assert list(frame["average_precision"]) == tests


def test_an_arm_without_a_result_is_on_the_board_with_the_reason(failed_arm):
    result = imbtui.open_run(failed_arm.run, store=failed_arm.store)
    last = result.board().iloc[-1]
    why = {arm.name: arm.error.message for arm in result.document.arms if arm.error}
    assert why
    assert last["error"] == why[last["arm"]]
    assert np.isnan(last["missed"])


def test_trials_are_those_of_the_search(two):
    frame = two.trials()
    arms = {arm.name: arm for arm in two.document.arms}
    assert set(frame["arm"]) == {*arms}
    for name, own in frame.groupby("arm"):
        history = arms[name].search.history
        assert list(own["number"]) == [one.trial for one in history]
        assert list(own["value"]) == [one.score for one in history]
        best = own[own["number"] == arms[name].search.best_trial].iloc[0]
        found = best.filter(like="params_").dropna()
        known = arms[name].search.best_params
        assert {f"params_{key}" for key in known} == {*found.index}


def test_differences_change_their_sign_with_the_order(two):
    a, b = (two.document.comparison[0].a, two.document.comparison[0].b)
    one, other = two.differences(a, b), two.differences(b, a)
    assert list(one["difference"]) == [-d for d in other["difference"]]
    assert list(one["low"]) == [-high for high in other["high"]]
    assert list(one["p"]) == list(other["p"])
    assert len(two.differences()) == len(two.document.comparison)
    with pytest.raises(SpecError, match="no arm 'smoet' has a result"):
        two.differences("smoet")


def test_missed_rows_are_those_that_the_matrix_counts(two, two_classes):
    table = pd.read_csv(two_classes.table)
    for arm in two.arms:
        for at in (*two.points, 0.3):
            rows = two.missed(arm, at)
            counts = two.matrix(arm, at).counts
            assert len(rows) == counts.fn
            assert (table.loc[rows.index, "sick"] == "yes").all()
            assert rows["score"].is_monotonic_increasing
            assert set(rows["predicted"]) <= {"no"}


# Displays -----------------------------------------------------------------------------


def test_a_matrix_at_a_threshold_is_that_of_scikit_learn(two):
    for arm in two.arms:
        case = two._case(arm)
        scores, truth = case.scores(arm), case.bench.y
        for limit in (0.05, 0.3, 0.5, float(np.median(scores))):
            frame = two.matrix(arm, limit).frame().set_index("actual")
            predicted = scores >= np.float64(limit)
            expected = confusion_matrix(truth, predicted, labels=[0, 1])
            assert frame.to_numpy().tolist() == expected.tolist()
        at = two.document.choice.at
        own = next(a for a in two.document.arms if a.name == arm).at(at)
        assert two.matrix(arm, at).counts == own.confusion


def test_curves_are_those_of_scikit_learn(two):
    for arm in two.arms:
        case = two._case(arm)
        scores, truth = case.scores(arm), case.bench.y
        pr = two.curve("pr", arm).frame()
        precision, recall, _ = precision_recall_curve(truth, scores)
        ours = set(zip(pr["recall"].round(9), pr["precision"].round(9), strict=True))
        theirs = zip(recall[:-1].round(9), precision[:-1].round(9), strict=True)
        assert ours <= {*theirs}
        roc = two.curve("roc", arm).frame()
        fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
        ours = set(
            zip(
                roc["false_positive_rate"].round(9), roc["recall"].round(9), strict=True
            )
        )
        assert ours <= {*zip(fpr.round(9), tpr.round(9), strict=True)}
        row = two.board().set_index("arm").loc[arm]
        expected = average_precision_score(truth, scores)
        assert row["average_precision"] == pytest.approx(expected, abs=1e-12)


def test_the_spread_of_thresholds_has_the_run_s_own_beside_the_folds(two):
    display = two.thresholds()
    frame = display.frame()
    arm = next(a for a in two.document.arms if a.name == display.arm)
    own = frame[frame["fold"].isna()].set_index("at")["threshold"]
    for point in arm.operating_points:
        if point.name != "recommended":
            assert own[point.name] == point.threshold
    folds = frame[frame["at"] == "cost"]["fold"].dropna()
    assert list(folds) == list(range(two.document.experiment.search.folds))
    spread = display.spread().set_index("at")
    assert (spread["lowest"] <= spread["median"]).all()
    assert (spread["median"] <= spread["highest"]).all()
    assert display.elkan == 1 / (1 + two.document.costs.ratio)


@pytest.mark.parametrize("kind", ["pr", "roc", "det", "lift", "gain"])
def test_every_curve_is_drawn(two, kind):
    display = two.curve(kind)
    axes = display.plot()
    assert [line.get_label().split()[0] for line in axes.lines] == list(two.arms)
    assert "<svg" in display._repr_html_()
    assert len(display.frame()) > len(two.arms)


@pytest.mark.parametrize("view", ["matrix", "calibration", "costs", "thresholds"])
def test_every_display_is_drawn_where_it_is_asked_for(two, view):
    from matplotlib.figure import Figure

    display = getattr(two, view)()
    given = Figure().subplots()
    assert display.plot(ax=given) is given
    assert given.get_title()
    assert len(display.frame())
    assert "<table" in display._repr_html_()
    assert display.title in repr(display)


def test_several_splits_are_shown_with_the_seed_of_each(two, two_classes):
    state = several_splits(two_classes.state(), 9, others=1)
    display = SplitsDisplay(two, state.summary, "recommended")
    frame = display.frame()
    assert set(frame["arm"]) == set(two.arms)
    row = frame[frame["figure"] == "average_precision"].iloc[0]
    assert row["least"] < row["mean"] < row["most"]
    assert list(display.outcomes()["seed"]) == [o.seed for o in state.summary.outcomes]
    assert set(display.tests()["metric"]) == {"average_precision", "cost_per_1000"}
    axes = display.plot()
    assert [one.get_text() for one in axes.get_yticklabels()] == list(two.arms)
    assert "8 of 9 other splits" in repr(display)
    assert "<table" in display._repr_html_()
    with pytest.raises(SpecError, match="one split"):
        two.splits()


def test_a_review_is_a_frame_a_picture_and_sets(two):
    made = reviewed()
    display = imbtui.open_run(made.run, store=made.store).review()
    frame = display.frame()
    assert list(frame["arm"]) == ["untreated", "weights"]
    first = display.review.arms[0]
    one = frame.iloc[0]
    assert (one["low"], one["cost"], one["alone"]) == (
        first.low,
        first.cost,
        first.alone,
    )
    assert (one["reviewed"], one["reviewed_share"]) == (
        first.reviewed.count,
        first.reviewed.share,
    )
    sets = display.sets().query("arm == 'untreated'").set_index("kind")
    assert sets.loc["positives", "share"] == first.sets.positives.share
    kinds = ["only_negative", "only_positive", "both", "neither"]
    assert sets.loc[kinds, "share"].sum() == pytest.approx(1)
    axes = display.plot()
    assert [one.get_text() for one in axes.get_yticklabels()] == list(frame["arm"])
    assert "A person, assumed right, at 0.3 a row" in repr(display)
    with pytest.raises(SpecError, match="no cost of a review"):
        two.review()


def test_groups_are_a_frame_a_picture_and_gaps():
    made = grouped()
    result = imbtui.open_run(made.run, store=made.store)
    display = result.subgroups()
    sex, age = result.document.subgroups
    assert display.columns == (sex, age)
    frame = display.frame()
    assert list(frame["column"].unique()) == ["sex", "age"]
    first, one = sex.arms[0].groups[0], frame.iloc[0]
    found = one["level"], one["missed"], one["recall_low"], one["recall_high"]
    assert found == (first.level, first.missed, *first.recall_ci)
    gaps = display.gaps()
    gap = next(g for g in sex.gaps if g.change)
    same = (gaps["column"] == "sex") & (gaps["arm"] == gap.arm)
    row = gaps[same & (gaps["metric"] == gap.metric)].iloc[0]
    assert (row["gap"], row["low"], row["high"]) == (gap.gap, *gap.ci)
    assert (row["lowest"], row["effect"]) == (gap.low, gap.change.effect)
    axes = display.plot()
    groups = [f"sex: {group.level}" for group in sex.arms[0].groups]
    assert [one.get_text() for one in axes.get_yticklabels()][:2] == groups
    page = display._repr_html_()
    assert "Errors by sex, age on the test rows" in page
    assert "Gap in recall by sex" in page


def test_groups_of_any_column_after_a_run_are_those_of_a_run_with_it(two):
    made = grouped()
    result = imbtui.open_run(made.run, store=made.store)
    (after,) = result.subgroups("sex").columns
    (before, _) = result.document.subgroups
    assert after.arms == before.arms
    for gap, own in zip(after.gaps, before.gaps, strict=True):
        # Holm's correction there is over both columns.
        assert (gap.gap, gap.ci, gap.p) == (own.gap, own.ci, own.p)
        assert gap.adjusted_p <= own.adjusted_p
    (moved,) = two.subgroups("colour", at="recall>=0.8").columns
    for arm in moved.arms:
        counts = two.matrix(arm.arm, "recall>=0.8").counts
        assert sum(group.missed for group in arm.groups) == counts.fn
    assert "<table" in two.subgroups("colour")._repr_html_()
    with pytest.raises(SpecError, match="names no columns of groups"):
        two.subgroups()
    with pytest.raises(SpecError, match="no column 'color'"):
        two.subgroups("color")


# Several classes, and runs without a result -------------------------------------------


def test_more_than_two_classes(several):
    document = several.document
    frame = several.board()
    assert {"macro_recall", "macro_f1"} <= {*frame.columns}
    placed = document.at_point(document.select_point(None))
    assert list(frame["missed"]) == [one.missed for one in placed]
    matrix = several.matrix()
    assert isinstance(matrix.counts, ClassConfusion)
    assert list(matrix.frame()["actual"]) == list(matrix.counts.labels)
    for klass in document.classes:
        assert set(several.curve("roc", positive=klass).frame()["arm"]) == {
            *several.arms
        }
    rarest = several.missed()
    assert len(rarest) == placed_missed(several)
    with pytest.raises(imbtui.EngineError, match="a threshold is of two classes"):
        several.matrix(at=0.4)
    with pytest.raises(imbtui.EngineError, match="thresholds are of two classes"):
        several.thresholds()


def placed_missed(result) -> int:
    """What the recommended arm misses of the rarest class, where it is recommended."""
    document = result.document
    chosen = document.choice
    counts = chosen.confusion.against_rest(document.rarest)
    return counts.fn


@pytest.mark.parametrize("result", KINDS, indirect=True)
def test_every_result_is_shown_as_text_and_as_a_page_without_script(result):
    bundle = result._repr_mimebundle_()
    assert {*bundle} == {"text/plain", "text/html"}
    assert result.status in bundle["text/plain"]
    page = bundle["text/html"]
    assert len(page.encode()) < 50_000
    assert "<script" not in page
    assert "<style" not in page
    for arm in result.arms:
        assert arm in page
        assert arm in bundle["text/plain"]


def test_a_run_without_a_result_says_so(cancelled):
    result = imbtui.open_run(cancelled.run, store=cancelled.store)
    assert result.status == "cancelled"
    if not result.arms:
        with pytest.raises(SpecError, match="no arm has a result"):
            result.matrix()


def test_names_that_are_not_there_are_refused(two):
    with pytest.raises(SpecError, match="no arm 'smoet' has a result"):
        two.matrix("smoet")
    with pytest.raises(SpecError, match=r"recall>=0\.99"):
        two.board("recall>=0.99")
    with pytest.raises(SpecError, match="no curve 'prc'"):
        two.curve("prc")
    with pytest.raises(StoreError, match="no run 'zz'"):
        imbtui.open_run("zz", store=two._place.path)


# Files --------------------------------------------------------------------------------


def test_reports_are_those_of_the_command_line(two, tmp_path):
    page = two.report(tmp_path / "run.html")
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert two.report(tmp_path / "run.md").read_text().startswith("# ")
    with pytest.raises(OutputError):
        two.report(page)
    assert two.report(page, overwrite=True) == page


def test_a_saved_run_is_the_same_in_another_store(two, tmp_path):
    copy = two.save(tmp_path / "runs.sqlite")
    again = imbtui.open_run("last", store=tmp_path / "runs.sqlite")
    assert again.run == copy.run != two.run
    assert again.board().equals(two.board())
    assert again.missed().equals(two.missed())
    assert again.document.verdict == two.document.verdict


# Models -------------------------------------------------------------------------------


def test_a_model_and_a_pipeline_of_an_arm(two, two_classes):
    frame = pd.read_csv(two_classes.table).dropna(subset=["sick"])
    assert two.model("smote", 0.25).threshold_ == 0.25
    assert two.model("smote", "fixed").threshold_ == 0.5
    choice = two.verdict.choice
    assert two.model().threshold_ == choice.threshold
    with pytest.raises(SpecError, match="no operating point"):
        two.model("smote", "nothing")
    with pytest.raises(SpecError, match="no arm"):
        two.to_sklearn("nothing")
    pipeline = two.to_sklearn("smote").fit(frame.drop(columns="sick"), frame["sick"])
    assert [name for name, _ in pipeline.steps] == ["encoder", "smote", "model"]
    assert set(pipeline.predict(frame.head(20))) <= {"no", "yes"}


def test_a_run_of_several_models():
    made = finished.two_models()
    result = imbtui.open_run(made.run, store=made.store)
    board = result.board().set_index("arm")
    assert board["model"]["random-under@logistic"] == "logistic"
    assert board["method"]["random-under@logistic"] == "random-under"
    assert {*board["model"]} == {"logistic", "xgboost", finished.ENSEMBLE}
    frame = pd.read_csv(made.table)
    X, y = frame.drop(columns="sick"), frame["sick"]
    fitted = result.model("untreated@logistic", "fixed")
    pipeline = result.to_sklearn("untreated@logistic")
    assert [name for name, _ in pipeline.steps] == ["encoder", "wide", "model"]
    # The run's own model, which saw the training rows only, and one that saw all.
    with pytest.warns(UserWarning, match="equal to training rows"):
        scores = fitted.predict_proba(X)
    again = pipeline.fit(X, y).predict_proba(X)
    assert np.abs(again - scores).mean() < 0.1
    with pytest.raises(SpecError, match="Did you mean 'untreated@"):
        result.model("untreated")
    assert "logistic" in result._repr_html_()
