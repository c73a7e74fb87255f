"""What every test shares: pinned threads, small tables, no trace of the developer."""

import os
import signal

# Under nohup, or behind a shell's `&`, these are ignored, and so they would be in every
# process that a test starts and then interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# As in the run process: stock samplers' rows depend on the number of threads.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import msgspec
import numpy as np
import pandas as pd
import pytest

from engine.presets import preset
from engine.resample import registry
from engine.spec import Arm, Experiment


def pytest_addoption(parser):
    parser.addoption(
        "--stress",
        action="store_true",
        help="the full counts of tests/stress, for hours rather than seconds",
    )


@pytest.fixture
def many(request):
    """Choose a count: ``many(20, 200)`` is 20 in the suite, 200 by `make stress`."""
    stress = request.config.getoption("--stress")
    return lambda ci, full: full if stress else ci


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the developer's own store or settings."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.delenv("IMBTUI_STORE", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)


def make_table(rows: int = 600, share: float = 0.1, seed: int = 0) -> pd.DataFrame:
    """A small table with every kind of column, some missing, positives rare."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=rows)
    cut = np.quantile(risk + rng.normal(size=rows), 1 - share)
    frame = pd.DataFrame(
        {
            "id": np.arange(1, rows + 1) * 7,
            "risk": risk.round(3),
            "age": rng.integers(18, 90, rows),
            "flag": rng.integers(0, 2, rows),
            "colour": rng.choice(["red", "green", "blue"], rows, p=[0.6, 0.3, 0.1]),
            "dose": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
        }
    )
    noisy = frame["risk"] + rng.normal(size=rows) > cut
    frame["sick"] = np.where(noisy, "yes", "no")
    return frame


@pytest.fixture(scope="session")
def table_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "mixed.csv"
    make_table().to_csv(path, index=False)
    return path


def small(source: str, *arms: str | Arm, **changes: object) -> Experiment:
    """An experiment of a second or two: few rounds, two trials, three folds."""
    base = preset("quick", source=str(source))
    chosen = tuple(registry.arm(a) if isinstance(a, str) else a for a in arms)
    replace = msgspec.structs.replace
    base = replace(
        base,
        arms=chosen or base.arms,
        model=replace(base.model, rounds=40, early_stopping=20),
        search=replace(base.search, trials=2),
    )
    for name, value in changes.items():
        section, _, attribute = name.partition("__")
        if attribute:
            part = replace(getattr(base, section), **{attribute: value})
            base = replace(base, **{section: part})
        else:
            base = replace(base, **{name: value})
    return base
