"""What a run is expected to take: the laws of parts, and the sum over its units."""

from dataclasses import replace
from itertools import count
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from engine.core.errors import CancelledError
from engine.core.execution import CancelToken
from engine.core.methods import grammar
from engine.train import pace, schedule
from engine.train.pace import Law, Laws, arm_costs, expect
from tests.support.executors import plan_of
from tests.support.experiments import make_table, small


@given(
    constant=st.floats(0, 10), rate=st.floats(1e-6, 1), rows=st.integers(1_000, 10**7)
)
def test_a_line_is_found_again(constant, rate, rows):
    law = Law(constant, rate)
    found = Law.through((250, law(250)), (1_000, law(1_000)))
    assert found(rows) == pytest.approx(law(rows), rel=1e-6)


@given(power=st.floats(1.05, 3), rows=st.integers(1_000, 10**6))
def test_what_grows_faster_than_the_rows_is_a_power_where_it_may(power, rows):
    law = Law(0.0, 1e-6, power)
    two = (250, law(250)), (1_000, law(1_000))
    assert Law.through(*two, steep=True)(rows) == pytest.approx(law(rows))
    assert Law.through(*two)(rows) == pytest.approx(law(1_000) * rows / 1_000)


@pytest.mark.parametrize("few", [(100, 5.0), (100, 0.0), (200, 3.0)])
def test_a_time_that_tells_nothing_is_left_out(few):
    assert Law.through(few, (200, 4.0), steep=True)(400) == pytest.approx(8.0)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("pace") / "table.csv"
    make_table().to_csv(path, index=False)
    arms = ("untreated", "weights", "random-under", "untreated@logistic")
    return plan_of(small(path, *arms, data__target="sick"))


def test_the_costs_of_arms_are_those_of_their_rows(plan):
    unit = Law(0.0, 1.0)
    laws = Laws(*5 * [unit], trials=((10.0, 2), (4.0, 1)))
    costs = arm_costs(
        plan,
        {"xgboost": laws, "logistic": laws._replace(trials=((1.0, 1),))},
        {"random-under": 100.0},
        jobs=2,
    )
    whole, test = len(plan.split.fit), len(plan.split.test)
    fit, held = (len(plan.split.train) * part / 3 for part in (2, 1))
    own = costs["untreated"]
    assert own.fold == pytest.approx(2 * (fit + held))
    assert own.trials[0] == pytest.approx(3 * (10 * fit + 6 * held))
    assert own.trials[1] == pytest.approx(3 * (4 * fit + 5 * held))
    assert own.whole == 2 * whole
    assert own.fit == 10 * whole + 2 * test
    assert own.evaluate == whole + test
    shared = costs["weights"]
    assert (shared.fold, shared.whole, shared.trials) == (0.0, 0.0, own.trials)
    assert costs["untreated@logistic"].fold == own.fold, "a matrix of its own"
    under = costs["random-under"]
    counts = np.bincount(plan.dataset.y[plan.split.fit])
    left = 2 * counts.min() / whole
    assert under.fold == pytest.approx(
        fit + held + 100 * fit / whole + left * fit + held
    )
    assert under.trials[0] == pytest.approx(3 * (10 * left * fit + 6 * held))
    alone = arm_costs(plan, {"xgboost": laws, "logistic": laws}, {}, jobs=8)
    assert alone["untreated"].trials[0] == own.trials[0] / 2, "its folds side by side"


def limit(seconds):
    return SimpleNamespace(seconds=seconds, peak=lambda jobs: 1_000 * jobs)


def test_a_run_is_measured_on_parts_of_its_training_rows(plan, monkeypatch):
    assert expect(plan, limit({}), jobs=2, held=5) is UNSET, "too few to be worth it"
    monkeypatch.setattr(schedule, "FEWEST", 0)
    parts, part_of = [], pace._part

    def part(*given):
        parts.append(part_of(*given))
        return parts[-1]

    monkeypatch.setattr(pace, "_part", part)
    found = expect(plan, limit({}), jobs=2, held=5, clock=count().__next__)
    assert (found.jobs, found.bytes) == (2, 2_005)
    assert [*found.arms] == [arm.name for arm in plan.experiment.arms]
    assert all(cost.trials and min(cost.trials) > 0 for cost in found.arms.values())
    assert len(found.arms["untreated"].trials) == plan.experiment.search.trials
    assert msgspec.to_builtins(found), "it goes to another process"
    seen = np.concatenate([p.split.train for p in parts])
    assert np.isin(seen, plan.split.fit).all(), "no test row"
    assert max(len(p.split.train) for p in parts) <= len(plan.split.fit)
    for one in parts:
        (fit, held), (held_too, fit_too) = one.indices(0), one.indices(1)
        assert not np.isin(fit, held).any()
        assert np.array_equal(fit, fit_too)
        assert np.array_equal(held, held_too)
        assert np.isin(one.split.test, held).all()


def test_more_rows_bear_longer_trials_but_no_more_rounds_than_there_are(
    plan, monkeypatch
):
    monkeypatch.setattr(schedule, "FEWEST", 0)

    def told(power):
        monkeypatch.setattr(pace, "LONGER", power)
        found = expect(plan, limit({}), jobs=1, held=0, clock=count().__next__)
        return np.concatenate([cost.trials for cost in found.arms.values()])

    alike, longer, most = told(0.0), told(0.15), told(50.0)
    assert (longer >= alike).all()
    assert longer.sum() > alike.sum()
    np.testing.assert_array_equal(told(60.0), most)


def test_few_rows_of_many_columns_are_measured_too(plan, monkeypatch):
    monkeypatch.setattr(schedule, "FEWEST_CELLS", 1_000)
    assert expect(plan, limit({}), jobs=1, held=0).arms


def test_nothing_is_told_where_it_would_be_wrong(plan, monkeypatch):
    monkeypatch.setattr(schedule, "FEWEST", 0)
    names = "untreated", "untreated@hist-gradient-boosting"
    arms = tuple(map(grammar.parse, names))
    given = replace(
        plan, experiment=msgspec.structs.replace(plan.experiment, arms=arms)
    )
    assert expect(given, limit({}), jobs=1, held=0) is UNSET


def test_a_run_that_is_cancelled_while_it_is_measured_ends(plan, monkeypatch):
    monkeypatch.setattr(schedule, "FEWEST", 0)
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        expect(plan, limit({}), jobs=1, held=0, check=token.raise_if_cancelled)
