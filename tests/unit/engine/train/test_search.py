"""Which trials depend on which, and which are stopped."""

import msgspec
import pytest

from engine.core.events import TrialFinished
from engine.core.state import State, is_better_trial, reduce
from engine.train import tune
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
    straight = asked(experiment, range(9))
    assert asked(experiment, [3, 0, 4, 1, 2, 5, 6, 7, 8]) == straight
    assert len({tuple(p.items()) for p, _ in straight.values()}) == 9


def test_a_trial_waits_for_those_that_it_learns_from(experiment):
    tuner = Tuner(experiment)
    assert [n for n in range(9) if tuner.ready(n)] == list(range(STARTUP_TRIALS))
    for number in range(STARTUP_TRIALS - 1):
        tuner.tell(trial(number, 0.1, params=tuner.ask(number)[0]))
    assert not tuner.ready(STARTUP_TRIALS)


@pytest.mark.parametrize(("prune_it", "ready"), [(False, 9), (True, 5)])
def test_a_random_search_waits_for_the_bar_only(experiment, prune_it, ready):
    random = with_search(experiment, method="random", prune=prune_it)
    assert sum(Tuner(random).ready(n) for n in range(9)) == ready
    assert asked(random, range(9)) == asked(random, [4, 3, 2, 1, 0, 8, 7, 6, 5])


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


def test_the_bar_is_the_median_of_what_whole_trials_had_by_then():
    curves = [
        (0.1, 0.2, 0.3, 0.2, 0.5),
        (0.2, 0.2, 0.1, 0.4),  # ended by itself
        (0.0, 0.0, 0.0, 0.0, 0.9),
        (0.5, 0.4, 0.3, 0.2, 0.1),
        (0.3, 0.3, 0.3, 0.3, 0.3),
    ]
    trials = [trial(n, *values) for n, values in enumerate(curves)]
    stopped = trial(5, 0.9, 0.9, 0.9, pruned=True)
    bar = tune.bar("average_precision", [*trials, stopped])
    assert bar == ((30, 0.3), (40, 0.3), (50, 0.5))
    assert tune.bar("log_loss", trials) == ((30, 0.1), (40, 0.1), (50, 0.1))
    assert tune.bar("average_precision", trials[:4]) == ()
    assert all(r >= tune.WARMUP_ROUNDS for r, _ in bar)


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
    assert min(stopped) >= tune.FEWEST_TRIALS
    whole = with_search(wanted, prune=False)
    events = [e for e in run(whole) if isinstance(e, TrialFinished)]
    assert not any(e.pruned for e in events)
    assert all(e.curve[-1][0] == 80 for e in events)
