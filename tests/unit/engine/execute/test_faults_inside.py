"""What a library does wrong costs the arm it is in; the rest goes on and comes out."""

import signal
from types import SimpleNamespace

import pyarrow
import pytest
import xgboost

from engine.core import errors
from engine.core.errors import ArmError, OutOfMemoryError
from engine.core.execution import Place
from engine.core.state import State, reduce
from engine.execute import processes
from engine.io import logs
from engine.resample import method
from engine.steps import run
from engine.train import worker
from tests.support.chaos import sampler_of_chaos
from tests.support.documents import build
from tests.support.experiments import small

SHAPES = {
    "numpy": MemoryError("Unable to allocate 9 GiB for an array"),
    "system": OSError(12, "Cannot allocate memory"),
    "arrow": pyarrow.lib.ArrowMemoryError("malloc of size 9 failed"),
    "arrow, odd": pyarrow.lib.ArrowException("Unknown error: std::bad_alloc"),
    "xgboost": xgboost.core.XGBoostError("std::bad_alloc"),
    "threads": RuntimeError("can't start new thread"),
}


@pytest.fixture(scope="module")
def experiment(table_path):
    changes = {"search__trials": 1, "search__folds": 2, "model__rounds": 10}
    return small(table_path, "untreated", "smote", data__target="sick", **changes)


def drained(experiment, **given):
    state, events = State(), []
    for event in run(experiment, **given):
        state = reduce(state, event)
        events.append(event)
    return state, events


def only_smote(real, error):
    """Return a function that fails for smote and does as before for the others."""

    def failing(*args, **given):
        if any("smote" in getattr(a, "name", "") for a in args):
            raise error
        return real(*args, **given)

    return failing


def test_want_of_memory_has_many_shapes_and_one_message(experiment, monkeypatch):
    apply = method.apply
    expected = ("memory", "there is not enough memory for the rows of smote, fold 0")
    failures = []
    for shape, error in SHAPES.items():
        monkeypatch.setattr(method, "apply", only_smote(apply, error))
        state, _ = drained(experiment, executor="local", jobs=1)
        failed = state.arm("smote").failed
        if (
            failed is None
            or (failed.code, failed.message, failed.fix) != (*expected, errors.LESS)
            or state.status != "done"
            or state.arm("untreated").evaluated is None
        ):
            failures.append((shape, failed))
    assert not failures


def test_want_of_memory_survives_the_way_from_a_worker():
    found = {
        shape: errors.out_of_memory(processes._sendable(error))
        for shape, error in SHAPES.items()
    }
    assert found == dict.fromkeys(SHAPES, True)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("could not convert string to float: 'out of memory'"),
        KeyError("bad_alloc"),
        OSError(28, "No space left on device"),
        RuntimeError("no cluster"),
        ArmError("too few rows"),
        None,
    ],
)
def test_other_errors_are_not_taken_for_want_of_memory(error):
    assert not errors.out_of_memory(error)


def test_want_of_memory_is_found_behind_another_error():
    error = ValueError("the sampler failed")
    error.__cause__ = MemoryError()
    assert errors.out_of_memory(error)
    assert errors.out_of_memory(OutOfMemoryError("x"))


def test_a_table_that_does_not_fit_is_one_line(experiment, monkeypatch, tmp_path):
    from engine.core.execution import CancelToken
    from engine.service import execute
    from engine.store import RunOptions, open_store

    def load(*_, **__):
        raise SHAPES["arrow, odd"]

    monkeypatch.setattr("engine.steps.load_data", load)
    with open_store(tmp_path / "runs.sqlite") as store:
        made = store.create(experiment, RunOptions(executor="inline"))
        assert execute(store, made, CancelToken()) == "failed"
        error = store.state(made.id).error
    assert error["code"] == "memory"
    assert error["message"] == "there is not enough memory for the rows of this table"
    assert "sample" in error["fix"]


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_whatever_a_sampler_raises_is_an_error_of_its_arm(
    experiment, executor, monkeypatch
):
    # As in the run process: there ctrl+c is not Python's own affair.
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_IGN)
    apply = method.apply
    errors = [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), TypeError("odd")]
    failures = []
    for error in (*errors, ValueError):
        monkeypatch.setattr(method, "apply", only_smote(apply, error))
        state, _ = drained(experiment, executor=executor, jobs=1)
        failed = state.arm("smote").failed
        kind = error if isinstance(error, type) else type(error)
        if (
            failed is None
            or failed.code != "internal"
            or kind.__name__ not in failed.message
            or state.status != "done"
            or state.arm("untreated").evaluated is None
        ):
            failures.append((kind.__name__, state.status, failed))
    assert not failures


def test_ctrl_c_of_a_person_ends_a_script(experiment, monkeypatch):
    error = KeyboardInterrupt()
    monkeypatch.setattr(method, "apply", only_smote(method.apply, error))
    with pytest.raises(KeyboardInterrupt):
        drained(experiment)


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ((worker, "grow"), xgboost.core.XGBoostError("[12:00:00] no such parameter")),
        ((worker.finish, "freeze"), ZeroDivisionError("rounds")),
        ((worker, "grow"), SystemExit(1)),
    ],
)
def test_a_trial_or_a_last_fit_that_raises_costs_its_arm(
    experiment, where, error, monkeypatch
):
    real = getattr(*where)
    calls = []

    def failing(*args, **given):
        calls.append(1)
        if len(calls) == 1:  # whose it is, the order of the arms tells
            raise error
        return real(*args, **given)

    monkeypatch.setattr(*where, failing)
    state, _ = drained(experiment)
    failed = [arm.name for arm in state.arms if arm.failed]
    assert len(failed) == 1
    assert state.status == "done"
    assert type(error).__name__ in state.arm(failed[0]).failed.message


@pytest.fixture
def chaos(tmp_path, monkeypatch):
    with sampler_of_chaos(tmp_path, monkeypatch):
        yield


def test_a_sampler_that_ends_its_process_costs_its_arm(table_path, chaos, monkeypatch):
    """Every kind of end, and of a retry: tests/slow/engine/execute/test_chaos.py."""
    monkeypatch.setattr(processes, "ATTEMPTS", 1)
    arms = [f"chaos:how={how}" for how in ("exit", "rubbish", "crash")]
    leave, rubbish, crash = arms
    changes = {"search__trials": 1, "search__folds": 2, "model__rounds": 10}
    wanted = small(table_path, "untreated", *arms, data__target="sick", **changes)
    state, _ = drained(wanted, executor="processes", jobs=1)
    assert state.status == "done"
    failed = {arm.name: arm.failed for arm in state.arms if arm.failed}
    assert set(failed) == {crash, leave, rubbish}
    assert failed[crash].code == "worker"
    assert "segmentation fault" in failed[crash].message
    assert "SystemExit" in failed[leave].message
    assert "TypeError in chaos_pack" in failed[rubbish].message
    assert state.arm("untreated").evaluated is not None


def test_warnings_become_events_once_and_in_one_order(experiment, monkeypatch):
    import warnings

    logs.route_warnings()
    try:
        grow, freeze = worker.grow, worker.finish.freeze

        def growing(*args, **given):
            warnings.warn("the trees are crooked", UserWarning, stacklevel=1)
            warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
            return grow(*args, **given)

        def freezing(*args, **given):
            warnings.warn("a last word\nand more", UserWarning, stacklevel=1)
            return freeze(*args, **given)

        monkeypatch.setattr(worker, "grow", growing)
        monkeypatch.setattr(worker.finish, "freeze", freezing)
        state, events = drained(experiment, executor="local", jobs=2)
        half = events[: len(events) // 2]
        kept = {}
        whole = [*run(experiment, artifacts=kept)]
        resumed = State()
        for event in (*half, *run(experiment, artifacts=kept, history=half)):
            resumed = reduce(resumed, event)
    finally:
        logs.show_warnings()
    expected = [
        *("untreated: a last word", "untreated: the trees are crooked"),
        *("smote: a last word", "smote: the trees are crooked"),
    ]
    assert build(state, run="")["warnings"] == expected
    assert build(resumed, run="")["warnings"] == expected
    said = [e.message for e in whole if type(e).__name__ == "Warned"]
    assert len(said) == 4


def test_the_memory_cap_holds_for_processes_too(experiment, monkeypatch):
    """Units wait for room whatever executor they are for; matrices are shared out."""
    given = []
    monkeypatch.setattr(processes.pickle, "dumps", lambda told: given.append(told))
    monkeypatch.setattr(processes.ProcessExecutor, "_serve", lambda *_: None)
    place = Place("processes", jobs=4)
    executor = processes.ProcessExecutor(SimpleNamespace(), place, 1000)
    executor.close()
    assert given[0][2] == 250
