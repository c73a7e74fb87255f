"""Samplers that raise, leave, crash, lie or eat memory: only their arm fails.

They come as another package's samplers do, into a real run, and into real workers.
"""

from __future__ import annotations

import os
import re
import signal
import textwrap
from contextlib import suppress

import pytest

from engine.core.methods.grammar import Arm, Step
from engine.store import RunOptions, open_store
from tests.support.experiments import small
from tests.support.ledger import intact, last_word
from tests.support.pty_session import wait_until
from tests.support.warm import ROOT, gone, session

pytestmark = pytest.mark.slow

PATIENCE = 240.0
GIB = 2**30

LIGHT = '''
    """Samplers with faults."""

    from engine.core.methods.samplers import COUNTS, RATIO, Sampler

    FAULTS = [
        Sampler(
            name=f"faulty-{name}",
            title=f"faulty-{name}",
            home=f"faulty_heavy.{name.title()}",
            group="over",
            summary="Fails.",
            parameters=(RATIO, COUNTS),
        )
        for name in ("raises", "leaves", "interrupts", "crashes", "hungry", "lies")
    ]
'''
HEAVY = '''
    """What they do instead."""

    import ctypes
    import sys

    import numpy as np
    from imblearn.over_sampling import RandomOverSampler


    class Raises(RandomOverSampler):
        def _fit_resample(self, X, y):
            raise KeyError("a mistake of mine")


    class Leaves(RandomOverSampler):
        def _fit_resample(self, X, y):
            sys.exit(3)


    class Interrupts(RandomOverSampler):
        def _fit_resample(self, X, y):
            raise KeyboardInterrupt


    class Crashes(RandomOverSampler):
        def _fit_resample(self, X, y):
            ctypes.string_at(0)


    class Hungry(RandomOverSampler):
        def _fit_resample(self, X, y):
            return np.ones((10**6, 10**5)), y


    class Lies(RandomOverSampler):
        def _fit_resample(self, X, y):
            one = y == y[0]
            self.sample_indices_ = np.flatnonzero(one)
            return X[one], y[one]
'''
INLINE = ("raises", "leaves", "interrupts", "hungry", "lies")
DEADLY = ("crashes",)


@pytest.fixture
def package(tmp_path):
    """A folder with an installed package of faulty samplers."""
    folder = tmp_path / "packages"
    about = folder / "faulty-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "faulty.py").write_text(textwrap.dedent(LIGHT))
    (folder / "faulty_heavy.py").write_text(textwrap.dedent(HEAVY))
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n"
    )
    (about / "entry_points.txt").write_text(
        "[imbtui.samplers]\nfaulty = faulty:FAULTS\n"
    )
    return folder


@pytest.fixture
def faulty(package, warm, tmp_path):
    """Run good arms with arms of faults; return the states by arm, and the log."""

    def faulty(executor, faults, **more):
        file = tmp_path / executor / "runs.sqlite"
        arms = [Arm(name=f, steps=(Step(sampler=f"faulty-{f}"),)) for f in faults]
        experiment = small(
            "sample:moons",
            "untreated",
            *arms,
            "random-over",
            model__rounds=10,
            search__folds=2,
        )
        with open_store(file) as store:
            run = store.create(experiment, RunOptions()).id
            log = store.log_path(run)
            pid = warm.start(
                "run",
                file,
                run,
                executor=executor,
                log=str(log),
                path=str(package),
                environ={"PYTHONPATH": f"{package}{os.pathsep}{ROOT}"},
                memory=6 * GIB,
                **more,
            )
            try:
                wait_until(lambda: gone(pid), PATIENCE, last_word(log))
            finally:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                warm.end(pid)
            wait_until(lambda: not session(pid), 10, "workers are left behind")
            assert intact(file, run, []).status == "done", last_word(log)
            arms = {arm.name: arm for arm in store.state(run).arms}
        return arms, log.read_text()

    return faulty


def judge(arms, faults):
    for name in ("untreated", "random-over"):
        assert arms[name].evaluated is not None, arms[name].failed
    for fault in faults:
        failed = arms[fault].failed
        assert failed is not None, fault
        assert failed.message, fault
        assert "\n" not in failed.message + failed.fix
        assert "Traceback" not in failed.message
    assert len(arms) == 2 + len(faults)


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_in_the_run_s_own_process(executor, faulty, tell):
    arms, _ = faulty(executor, INLINE)
    judge(arms, INLINE)
    assert "memory" in arms["hungry"].failed.message
    assert re.search(r"class", arms["lies"].failed.message)
    said = {name: arms[name].failed.message for name in INLINE}
    tell(f"{executor}: {said}")


def test_in_a_worker(faulty, many, tell):
    faults = many(DEADLY, (*INLINE, *DEADLY))
    # As many workers as the real limit, or two, of which each takes its imports.
    arms, _ = faulty("processes", faults, attempts=many(1, 3), jobs=many(1, 2))
    judge(arms, faults)
    assert "ended the process" in arms["crashes"].failed.message
    said = {name: arms[name].failed.message for name in faults}
    tell(f"processes: {said}")
