"""Time, memory, cache, networks: what they refuse, and that they change no number."""

import gc
import weakref
from unittest.mock import ANY

import msgspec
import pytest
import xgboost

from engine.core import Place
from engine.core.events import ArmFailed, FoldPrepared
from engine.core.execution import CancelToken
from engine.core.state import FINAL_FOLD
from engine.resample import method
from engine.steps import _warn_of_plain_tcp, run
from engine.train import prepare
from engine.train.plan import Unit
from engine.train.schedule import Limit
from engine.train.worker import Worker
from tests.support.documents import build
from tests.support.executors import plan_of
from tests.support.experiments import make_table, small
from tests.support.finished import finished
from tests.support.runs import ARMS, changed, drain, state_of, timeless, told


@pytest.fixture(scope="module")
def straight():
    return told(finished(make_table(), *ARMS, data__target="sick", model__rounds=20))


@pytest.fixture(scope="module")
def experiment(straight):
    return straight.experiment


def test_what_would_take_too_long_is_refused_before_the_run(
    experiment, straight, monkeypatch
):
    monkeypatch.setattr("engine.train.schedule.MANY", 0)
    events = list(run(changed(experiment, search__patience=0.0004)))
    failed = [e for e in events if isinstance(e, ArmFailed)]
    assert ("smote-enn", "too-slow") in [(e.arm, e.code) for e in failed]
    first = next(i for i, e in enumerate(events) if isinstance(e, FoldPrepared))
    assert all(events.index(e) < first for e in failed)
    assert all(e.fix for e in failed)
    state = state_of(events)
    assert state.status == "done"
    expected = msgspec.structs.replace(
        state_of(straight.events).arm("untreated").evaluated,
        fit_seconds=ANY,
        evaluate_seconds=ANY,
    )
    assert state.arm("untreated").evaluated == expected


def test_who_runs_samplers_in_processes_tries_none_in_its_own(experiment, monkeypatch):
    monkeypatch.setattr("engine.train.schedule.MANY", 0)
    monkeypatch.setattr(method, "apply", lambda *_, **__: 1 / 0)
    wanted = changed(experiment, search__patience=0.0004)
    few = [arm for arm in wanted.arms if arm.name in ("untreated", "smote-enn")]
    wanted = msgspec.structs.replace(wanted, arms=tuple(few))
    state = state_of(run(wanted, executor="processes", jobs=1))
    assert state.arm("smote-enn").evaluated is not None


@pytest.mark.parametrize(("many", "left"), [(0, 1), (10**9, 5)])
def test_of_many_rows_the_matrices_of_trials_go_before_all_rows_are_prepared(
    many, left, experiment, monkeypatch
):
    monkeypatch.setattr("engine.train.plan.MANY", many)

    def held():
        gc.collect()
        return sum(isinstance(o, xgboost.QuantileDMatrix) for o in gc.get_objects())

    wanted = changed(experiment, arms=experiment.arms[:1], search__folds=2)
    before = held()
    held_then = [
        held() - before
        for event in run(wanted)
        if isinstance(event, FoldPrepared) and event.fold == FINAL_FOLD
    ]
    assert held_then == [left], "two of each fold, and one of all rows"


@pytest.mark.parametrize(("methods", "kept"), [((), False), (("smote",), True)])
def test_rows_of_which_one_matrix_is_made_are_not_kept_beside_it(
    methods, kept, table_path, monkeypatch
):
    monkeypatch.setattr(prepare, "KEPT_BYTES", 0)
    plan = plan_of(small(table_path, "untreated", *methods, data__target="sick"))
    worker = Worker(plan, tick=lambda: None)
    rows = weakref.ref(worker.rows(plan.arm("untreated"), FINAL_FOLD).X)
    gc.collect()
    assert (rows() is not None) == kept


@pytest.mark.parametrize(
    ("thin", "stage"), [(0, "comparing arms"), (2, "fitting on more negatives")]
)
def test_of_many_rows_what_comes_after_the_last_fit_is_told(
    thin, stage, experiment, monkeypatch
):
    monkeypatch.setattr("engine.train.plan.MANY", 0)
    wanted = changed(experiment, arms=experiment.arms[:1], data__thin=thin)
    stages = []
    list(run(wanted, report=lambda progress: stages.append(progress.stage)))
    assert stages[-2:] == [stage, ""]


def test_a_run_that_is_cancelled_while_arms_are_tried_ends(experiment, monkeypatch):
    monkeypatch.setattr("engine.train.schedule.MANY", 0)
    token = CancelToken()
    real = method.apply

    def apply(*args, **options):
        token.cancel()
        return real(*args, **options)

    monkeypatch.setattr(method, "apply", apply)
    (last,) = run(experiment, cancel=token)
    assert (last.status, last.error["code"]) == ("cancelled", "cancelled")


def test_a_method_without_memory_while_it_is_tried_is_not_measured(
    experiment, straight, monkeypatch
):
    monkeypatch.setattr("engine.train.schedule.MANY", 0)

    def apply(*args, **options):
        raise MemoryError

    monkeypatch.setattr(method, "apply", apply)
    opening = next(iter(run(experiment)))
    assert opening.estimates == {}


def test_what_would_not_fit_is_refused_and_the_rest_goes_on(experiment):
    state = drain(experiment, memory=1000)
    assert state.arm("smote").failed.code == "too-large"
    assert state.arm("untreated").evaluated is not None
    assert state.status == "done"


def test_other_runs_leave_a_run_less_memory(experiment):
    asked = []

    def reserve(most, given):
        asked.append((most, given))
        return 1000

    state = drain(experiment, memory=1 << 30, reserve=reserve)
    assert state.arm("smote").failed.code == "too-large"
    assert state.arm("untreated").evaluated is not None
    ((most, given),) = asked
    assert given == 1 << 30
    assert 1000 < most < 1 << 26, "the bytes of a small table's units"


def test_what_is_shared_and_what_is_done_once_is_held_once(table_path):
    def limit(*arms):
        return Limit(plan_of(small(table_path, *arms, data__target="sick")), None)

    alone, beside = limit("untreated"), limit("untreated", "weights")
    assert beside.peak(1) == alone.peak(1)
    smote = limit("smote")
    last = smote.estimate(Unit("prepare", "smote", FINAL_FOLD))
    assert last < smote.peak(1)
    assert smote.estimate(Unit("trial", "smote", 0)) < smote.peak(1)
    assert 0 < smote.peak(2) - smote.peak(1) < last


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_little_memory_changes_no_number(experiment, straight, executor, monkeypatch):
    """Matrices are let go and made again, and fewer units are under way."""
    monkeypatch.setattr(Limit, "objections", lambda self: ())
    monkeypatch.setattr(prepare, "KEPT_BYTES", 0)
    state = drain(experiment, executor=executor, memory=1)
    assert timeless(build(state, run="")) == straight.document


def test_a_later_run_finds_the_prepared_folds_and_counts_the_same_work(
    experiment, straight, tmp_path, monkeypatch
):
    apply, applied = method.apply, []

    def counted(arm, *args, **given):
        if arm.steps:
            applied.append(arm.name)
        return apply(arm, *args, **given)

    monkeypatch.setattr(method, "apply", counted)
    for expected in (2 * (2 + 1), 0):
        applied.clear()
        state = drain(experiment, cache=tmp_path / "folds")
        assert timeless(build(state, run="")) == straight.document
        assert len(applied) == expected
    applied.clear()
    drain(changed(experiment, seed=7), cache=tmp_path / "folds")
    assert len(applied) == 2 * (2 + 1), "another seed is other rows"


def test_a_cluster_without_tls_is_warned_of():
    for address in ("tcp://10.0.0.7:8786", "tcp://host:8786"):
        assert "not encrypted" in _warn_of_plain_tcp(Place(scheduler=address))
    for address in (
        "tls://host:8786",
        "tcp://127.0.0.1:8786",
        "tcp://localhost:1",
        None,
    ):
        assert _warn_of_plain_tcp(Place(scheduler=address)) is None
