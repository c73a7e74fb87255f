"""Which trials depend on which, and which are stopped."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import TrialFinished
from engine.core.state import State, is_better_trial, reduce
from engine.train import tune
from engine.train.growth import is_behind
from engine.train.tune import STARTUP_TRIALS, Tuner
from tests.support.experiments import small

LOOKS = (10, 20, 30, 40, 50)


def trial(number, *values, score=None, pruned=False, params=None):
    curve = tuple(zip(LOOKS, values, strict=False))
    best = max(values, default=0.0) if score is None else score
    return TrialFinished(
        arm="untreated",
        number=number,
        params=params or {},
        rounds=curve[-1][0] if curve else 10,
        score=best,
        folds={},
        curve=curve,
        pruned=pruned,
    )


@pytest.fixture(scope="module")
def experiment(table_path):
    return small(
        table_path, "untreated", "smote", data__target="sick", search__trials=9
    )


def with_search(experiment, **changes):
    search = msgspec.structs.replace(experiment.search, **changes)
    return msgspec.structs.replace(experiment, search=search)


def asked(experiment, order):
    """Ask for and tell trials in an order; return the settings by number."""
    tuner, found = Tuner(experiment), {}
    for number in order:
        assert tuner.ready(number)
        params, _ = found[number] = tuner.ask(number)
        score = params["learning_rate"] * params["subsample"]
        tuner.tell(trial(number, score / 2, score, params=params))
    return found


def test_it_makes_no_difference_which_of_the_first_trials_ends_first(experiment):
    experiment = with_search(experiment, prune=False)
    straight = asked(experiment, range(9))
    assert asked(experiment, [3, 0, 4, 1, 2, 5, 6, 7, 8]) == straight
    assert len({tuple(p.items()) for p, _ in straight.values()}) == 9


def test_a_trial_waits_for_those_that_it_learns_from(experiment):
    tuner = Tuner(with_search(experiment, prune=False))
    assert [n for n in range(9) if tuner.ready(n)] == list(range(STARTUP_TRIALS))
    for number in range(STARTUP_TRIALS - 1):
        tuner.tell(trial(number, 0.1, params=tuner.ask(number)[0]))
    assert not tuner.ready(STARTUP_TRIALS)


def test_a_random_search_waits_for_the_bar_only(experiment):
    whole = with_search(experiment, method="random", prune=False)
    assert all(Tuner(whole).ready(n) for n in range(9))
    assert asked(whole, range(9)) == asked(whole, [4, 3, 2, 1, 0, 8, 7, 6, 5])


@pytest.mark.parametrize("method", ["tpe", "random"])
def test_a_trial_that_may_be_stopped_waits_for_all_earlier_ones(experiment, method):
    tuner = Tuner(with_search(experiment, method=method))
    for number in range(9):
        assert [tuner.ready(n) for n in (number, number + 1)] == [True, False]
        tuner.tell(trial(number, 0.1, params=tuner.ask(number)[0]))


def test_what_the_first_trials_scored_decides_where_the_search_goes(experiment):
    def goes_to(lost):
        tuner = Tuner(experiment)
        for number in range(STARTUP_TRIALS):
            params, _ = tuner.ask(number)
            told = 0.1 if number == lost else 0.9
            tuner.tell(trial(number, told, params=params))
        return tuner.ask(STARTUP_TRIALS)[0]

    assert len({tuple(goes_to(lost).items()) for lost in range(STARTUP_TRIALS)}) > 1


def test_a_resumed_search_goes_on_as_the_straight_one(experiment):
    straight = asked(experiment, range(9))
    for begun in (2, 6):
        tuner = Tuner(experiment, finished=_told(straight, range(begun)))
        for number in range(begun, 9):
            assert tuner.ask(number) == straight[number]
            tuner.tell(_told(straight, [number])[0])


def _told(straight, numbers):
    made = []
    for number in numbers:
        params, _ = straight[number]
        score = params["learning_rate"] * params["subsample"]
        made.append(trial(number, score / 2, score, params=params))
    return made


def test_the_bar_is_what_the_best_third_had_by_a_rung():
    curves = [
        (0.1, 0.2, 0.3, 0.2, 0.5),
        (0.2, 0.3, 0.1),  # ended by itself
        (0.0, 0.0, 0.0, 0.0, 0.9),
        (0.5, 0.4, 0.3, 0.2, 0.1),
        (0.3, 0.3, 0.3, 0.3, 0.3),
    ]
    trials = [trial(n, *values) for n, values in enumerate(curves)]
    stopped = trial(5, 0.6, 0.1, pruned=True)
    bar = tune.bar("average_precision", [*trials, stopped])
    assert bar == ((20, 0.5), (40, 0.3))
    assert tune.bar("log_loss", trials) == ((20, 0.1), (40, 0.1))
    assert tune.bar("average_precision", trials[:1]) == ((20, 0.2), (40, 0.3))
    failed = trial(0, pruned=True)
    assert tune.bar("average_precision", [failed]) == ()


VALUES = st.lists(st.sampled_from([n / 8 for n in range(9)]), min_size=1, max_size=30)


@given(st.lists(VALUES, max_size=12), st.sampled_from(["roc_auc", "log_loss"]))
def test_the_best_third_goes_on(curves, objective):
    """At each rung at most a third, and ties, is beyond the bar; the best always is."""
    trials: list[TrialFinished] = []
    sign = -1 if objective == "log_loss" else 1
    for number, values in enumerate(curves):
        needed = tune.bar(objective, trials)
        assert bool(needed) == any(len(t.curve) > 1 for t in trials if not t.pruned)
        curve, stopped = [], False
        for look, value in enumerate(values, start=1):
            curve.append((look * 10, value))
            if stopped := is_behind(objective, curve, needed):
                break
        one = trial(number, pruned=stopped)
        trials.append(msgspec.structs.replace(one, curve=tuple(curve)))
    for rung, height in tune.bar(objective, trials):
        had = [
            max(sign * v for r, v in t.curve if r <= rung)
            for t in trials
            if not t.pruned or t.curve[-1][0] >= rung
        ]
        beyond = sum(value > sign * height for value in had)
        assert beyond <= max(0, (len(had) + 1) // tune.REDUCTION - 1)
        assert max(had) >= sign * height
    assert not any(t.pruned for t in trials[:1])


@given(VALUES, st.sampled_from(["roc_auc", "log_loss"]))
def test_a_trial_is_stopped_below_the_bar_unless_it_climbs(values, objective):
    sign = -1 if objective == "log_loss" else 1
    curve = [(look * 10, value) for look, value in enumerate(values, start=1)]
    done, reached = curve[-1][0], max(sign * v for _, v in curve)
    half = [sign * v for r, v in curve if r <= done / 2]
    for here, following in ((0.25, 0.5), (0.5, 0.5), (0.5, 0.75)):
        here, following = (h if sign > 0 else 1 - h for h in (here, following))
        climbs = bool(half) and 2 * reached - max(half) >= sign * following
        behind = reached < sign * here and not climbs
        bar = ((done, here), (2 * done, following))
        assert is_behind(objective, curve, bar) is behind, bar
        assert not is_behind(objective, curve, ((done + 10, 9.0 * sign),))


def test_a_stopped_trial_is_never_the_best():
    good, stopped = trial(3, 0.5), trial(1, 0.9, pruned=True)
    assert is_better_trial("average_precision", good, stopped)
    assert not is_better_trial("average_precision", stopped, good)
    assert is_better_trial(
        "average_precision", trial(2, 0.5), good
    )  # of equals the first
    assert not is_better_trial("log_loss", trial(2, 0.6), good)


def test_the_state_does_not_depend_on_the_order_that_trials_end_in(experiment):
    from engine.core.events import DatasetInfo, RunStarted, SplitInfo

    opening = RunStarted(
        experiment=experiment,
        dataset=DatasetInfo(
            name="t", rows=1, columns=1, target="y", positive="1", classes={}, roles={}
        ),
        split=SplitInfo(train={}, test={}, test_fingerprint=""),
        versions={},
    )
    trials = [trial(n, 0.5 if n in (1, 2) else 0.1) for n in range(4)]
    states = []
    for order in ([0, 1, 2, 3], [3, 2, 1, 0]):
        state = reduce(State(), opening)
        for number in order:
            state = reduce(state, trials[number])
        states.append(state)
    assert states[0].arms == states[1].arms
    assert states[0].arm("untreated").best.number == 1


def test_pruning_stops_trials_and_is_repeatable(table_path):
    """Some are stopped, the same ones again, and the best is a whole one."""
    from engine.steps import run

    wanted = small(
        table_path,
        "untreated",
        data__target="sick",
        search__trials=16,
        model__rounds=80,
        model__early_stopping=0,
    )
    runs = []
    for executor in ("inline", "local"):
        events = [
            e for e in run(wanted, executor=executor) if isinstance(e, TrialFinished)
        ]
        runs.append({e.number: (e.score, e.rounds, e.pruned) for e in events})
    assert runs[0] == runs[1]
    stopped = [number for number, (_, _, pruned) in runs[0].items() if pruned]
    assert stopped
    assert 0 not in stopped
    whole = with_search(wanted, prune=False)
    events = [e for e in run(whole) if isinstance(e, TrialFinished)]
    assert not any(e.pruned for e in events)
    assert all(e.curve[-1][0] == 80 for e in events)
