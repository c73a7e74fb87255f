"""What a library does wrong costs the arm it is in; the rest goes on and comes out."""

import importlib
import textwrap
from types import SimpleNamespace

import pyarrow
import pytest
import xgboost

from engine import memory_errors
from engine.document import build
from engine.errors import ArmError, OutOfMemoryError
from engine.execute import contained, processes, quiet, worker
from engine.execute.port import Place
from engine.resample import plugins, recipe
from engine.run import run
from engine.state import State, reduce
from engine.train import workshop
from tests.support.experiments import small
from tests.support.runs import timeless

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
    return small(table_path, "none", "smote", data__target="sick", model__rounds=10)


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


@pytest.mark.parametrize("error", SHAPES.values(), ids=SHAPES)
def test_want_of_memory_has_many_shapes_and_one_message(experiment, error, monkeypatch):
    monkeypatch.setattr(recipe, "apply", only_smote(recipe.apply, error))
    state, _ = drained(experiment, executor="local", jobs=1)
    failed = state.arm("smote").failed
    assert failed.code == "memory"
    assert failed.message == "there is not enough memory for the rows of smote"
    assert failed.remedy == memory_errors.LESS
    assert state.status == "done"
    assert state.arm("none").evaluated is not None


@pytest.mark.parametrize("error", SHAPES.values(), ids=SHAPES)
def test_want_of_memory_survives_the_way_from_a_worker(error):
    assert memory_errors.out_of_memory(worker._sendable(error))


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
    assert not memory_errors.out_of_memory(error)


def test_want_of_memory_is_found_behind_another_error():
    error = ValueError("the sampler failed")
    error.__cause__ = MemoryError()
    assert memory_errors.out_of_memory(error)
    assert memory_errors.out_of_memory(OutOfMemoryError("x"))


def test_a_table_that_does_not_fit_is_one_line(experiment, monkeypatch, tmp_path):
    from engine.cancel import CancelToken
    from engine.process import execute
    from engine.store import RunOptions, open_store

    def load(*_, **__):
        raise SHAPES["arrow, odd"]

    monkeypatch.setattr("engine.data.load.load_data", load)
    with open_store(tmp_path / "runs.sqlite") as store:
        made = store.create(experiment, RunOptions(executor="inline"))
        assert execute(store, made, CancelToken()) == "failed"
        error = store.state(made.id).error
    assert error["code"] == "memory"
    assert error["message"] == "there is not enough memory for the rows of this table"
    assert "sample" in error["remedy"]


@pytest.mark.parametrize("executor", ["inline", "local"])
@pytest.mark.parametrize(
    "error",
    [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), TypeError("odd"), ValueError],
    ids=lambda e: getattr(e, "__name__", type(e).__name__),
)
def test_whatever_a_sampler_raises_is_an_error_of_its_arm(
    experiment, error, executor, monkeypatch
):
    # As in the run process: there ctrl+c is not Python's own affair.
    monkeypatch.setattr(contained, "_may_be_a_person", lambda: False)
    monkeypatch.setattr(recipe, "apply", only_smote(recipe.apply, error))
    state, _ = drained(experiment, executor=executor, jobs=1)
    assert state.status == "done"
    assert state.arm("smote").failed.code == "internal"
    kind = error if isinstance(error, type) else type(error)
    assert kind.__name__ in state.arm("smote").failed.message
    assert state.arm("none").evaluated is not None


def test_ctrl_c_of_a_person_ends_a_script(experiment, monkeypatch):
    error = KeyboardInterrupt()
    monkeypatch.setattr(recipe, "apply", only_smote(recipe.apply, error))
    with pytest.raises(KeyboardInterrupt):
        drained(experiment)


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("grow", xgboost.core.XGBoostError("[12:00:00] no such parameter")),
        ("refit", ZeroDivisionError("rounds")),
        ("grow", SystemExit(1)),
    ],
)
def test_a_trial_or_a_last_fit_that_raises_costs_its_arm(
    experiment, where, error, monkeypatch
):
    real = getattr(workshop, where)
    calls = []

    def failing(*args, **given):
        calls.append(1)
        if len(calls) == 1:  # whose it is, the order of the arms tells
            raise error
        return real(*args, **given)

    monkeypatch.setattr(workshop, where, failing)
    state, _ = drained(experiment)
    failed = [arm.name for arm in state.arms if arm.failed]
    assert len(failed) == 1
    assert state.status == "done"
    assert type(error).__name__ in state.arm(failed[0]).failed.message


CHAOS = """
    import os, signal, sys
    from pathlib import Path

    from imblearn.over_sampling import RandomOverSampler

    class Chaos(RandomOverSampler):
        def __init__(self, *, sampling_strategy="auto", random_state=None, how="well"):
            given = {"sampling_strategy": sampling_strategy}
            super().__init__(random_state=random_state, **given)
            self.how = how

        def _fit_resample(self, X, y):
            if self.how == "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            if self.how == "crash-once":
                once = Path(__file__).with_name("crashed")
                if not once.exists():
                    once.touch()
                    os.kill(os.getpid(), signal.SIGSEGV)
            if self.how == "exit":
                sys.exit("enough")
            if self.how == "rubbish":
                return X[:3], None
            return super()._fit_resample(X, y)
"""
CHAOS_LIGHT = """
    from engine.resample.samplers import COUNTS, RATIO, Parameter, Sampler

    HOWS = ("well", "crash", "crash-once", "exit", "rubbish")
    CHAOS = Sampler(
        "chaos", "chaos", "chaos_pack_heavy.Chaos", "over", "Does what it is told.",
        (RATIO, COUNTS, Parameter("how", "choice", "well", None, None, "", HOWS)),
    )
"""


@pytest.fixture
def chaos(tmp_path, monkeypatch):
    """Put a sampler that does what it is told on the path, of child processes too."""
    for name, text in (("chaos_pack", CHAOS_LIGHT), ("chaos_pack_heavy", CHAOS)):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text), "utf-8")
    folder = tmp_path / "chaos_pack-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: chaos_pack\nVersion: 1.0\n", "utf-8"
    )
    (folder / "entry_points.txt").write_text(
        f"[{plugins.GROUP}]\nchaos = chaos_pack:CHAOS\n", "utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    importlib.invalidate_caches()
    plugins.forget()
    assert not plugins.problems()
    yield
    monkeypatch.undo()
    plugins.forget()


def test_a_sampler_that_ends_its_process_costs_its_arm(table_path, chaos, monkeypatch):
    """One run for all of them: workers take seconds to be there."""
    monkeypatch.setattr(processes, "ATTEMPTS", 2)
    hows = ("crash", "exit", "rubbish", "crash-once")
    crash, leave, rubbish, once = arms = [f"chaos:how={how}" for how in hows]
    changes = {"data__target": "sick", "model__rounds": 10, "search__folds": 2}
    wanted = small(table_path, "none", *arms, **changes)
    state, _ = drained(wanted, executor="processes", jobs=1)
    assert state.status == "done"
    failed = {arm.name: arm.failed for arm in state.arms if arm.failed}
    assert set(failed) == {crash, leave, rubbish}
    assert failed[crash].code == "worker"
    assert "2 times (segmentation fault)" in failed[crash].message
    assert "SystemExit" in failed[leave].message
    assert "TypeError in chaos_pack" in failed[rubbish].message
    sound = drained(small(table_path, "none", once, **changes))[0]
    alone, found = (timeless(build(s, run=""))["arms"] for s in (sound, state))
    assert all(arm in found for arm in alone), "done again, it comes to the same"


def test_warnings_become_events_once_and_in_one_order(experiment, monkeypatch):
    import warnings

    quiet.install()
    try:
        grow, refit = workshop.grow, workshop.refit

        def growing(*args, **given):
            warnings.warn("the trees are crooked", UserWarning, stacklevel=1)
            warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
            return grow(*args, **given)

        def refitting(*args, **given):
            warnings.warn("a last word\nand more", UserWarning, stacklevel=1)
            return refit(*args, **given)

        monkeypatch.setattr(workshop, "grow", growing)
        monkeypatch.setattr(workshop, "refit", refitting)
        state, events = drained(experiment, executor="local", jobs=2)
        half = events[: len(events) // 2]
        kept = {}
        whole = [*run(experiment, kept=kept)]
        resumed = State()
        for event in (*half, *run(experiment, kept=kept, history=half)):
            resumed = reduce(resumed, event)
    finally:
        quiet.uninstall()
    expected = [
        *("none: a last word", "none: the trees are crooked"),
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
