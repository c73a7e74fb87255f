"""What every test shares: pinned threads, no trace of the developer, and the two tiers.

The quick tier is all but `tests/slow`; the slow one is `tests/slow`, screens in further
sizes, and the property tests of the rest once more with many examples.
"""

from __future__ import annotations

import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# Under nohup, or behind a shell's `&`, these are ignored, and so they would be in every
# process that a test starts and then interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# As in the run process: stock samplers' rows depend on the number of threads.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import hypothesis
import pytest

# A check that tests share says as much when it fails as one of their own.
pytest.register_assert_rewrite("tests.support")

SLOW = Path(__file__).parent / "slow"
FIGURES = pytest.StashKey[list[str]]()

# No example is refused for being slow: machines are shared. A tier has the same
# examples each time, so that no change is refused for what it did not do; --stress
# draws others.
for _name, _examples in (("quick", 20), ("slow", 200), ("stress", 200)):
    hypothesis.settings.register_profile(
        _name, max_examples=_examples, deadline=None, derandomize=_name != "stress"
    )


# Tiers -------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tier",
        choices=("quick", "slow"),
        default="quick",
        help="quick: all but tests/slow; slow: tests/slow, and properties at depth",
    )
    parser.addoption(
        "--stress",
        action="store_true",
        help="the counts of a release in tests/slow, for hours rather than minutes",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []
    stress = config.getoption("--stress")
    hypothesis.settings.load_profile("stress" if stress else config.getoption("--tier"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import what the tier needs; a slow module that is named is run at any time."""
    if collection_path.suffix != ".py":
        return None
    slow = collection_path.is_relative_to(SLOW)
    if config.getoption("--tier") == "quick":
        named = (Path(arg.partition("::")[0]).resolve() for arg in config.args)
        return (slow and not any(path.is_relative_to(SLOW) for path in named)) or None
    text = collection_path.read_text("utf-8")
    return (not slow and "@given(" not in text and "sizes(" not in text) or None


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test by the beginning of a long value: some have a megabyte."""
    shown = val if isinstance(val, str) else repr(val) if isinstance(val, bytes) else ""
    return f"{shown[:60]!a}"[1:-1] if len(shown) > 200 else None


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    quick = config.getoption("--tier") == "quick"
    named = {Path(arg.partition("::")[0]).resolve() for arg in config.args}
    chosen, left = [], []
    for item in items:
        slow = item.get_closest_marker("slow") is not None
        if quick:
            wanted = not slow or item.path in named or item.path.is_relative_to(SLOW)
        else:
            obj = getattr(item, "obj", None)
            wanted = slow or getattr(obj, "is_hypothesis_test", False)
        (chosen if wanted else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = chosen


@pytest.fixture
def many(request) -> Callable[[int, int], int]:
    """``many(20, 200)`` is 20 in `make test-slow`, 200 with --stress."""
    stress = request.config.getoption("--stress")
    return lambda slow, full: full if stress else slow


# What is there for all ---------------------------------------------------------------


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch) -> None:
    """No test reads or writes the developer's own store or settings."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.delenv("IMBTUI_STORE", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    # What a command of an earlier test has read is not this one's standard input.
    if source := sys.modules.get("engine.data.load"):
        monkeypatch.setattr(source, "_piped", [])


@pytest.fixture(scope="session")
def table_path(tmp_path_factory) -> Path:
    """A file with a small table of every kind of column."""
    from tests.support.experiments import make_table

    path = tmp_path_factory.mktemp("tables") / "mixed.csv"
    make_table().to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def warm() -> Iterator[object]:
    """Start run processes without their seconds of imports."""
    from tests.support.warm import Warm

    made = Warm()
    yield made
    made.close()


def _finished(kind: str):
    @pytest.fixture(scope="session", name=kind)
    def made() -> object:
        from tests.support import finished

        return getattr(finished, kind)()

    return made


# Runs that have ended, one of each kind: see tests/support/finished.py.
two_classes = _finished("two_classes")
several_classes = _finished("several_classes")
failed_arm = _finished("failed_arm")
cancelled = _finished("cancelled")
without_result = _finished("without_result")


@pytest.fixture
def _a_minute_later(monkeypatch) -> None:
    """A run that was claimed and never begun is free again after a minute: now."""
    monkeypatch.setattr("engine.store.rows.START_SECONDS", 0.0)


# Chance and figures ------------------------------------------------------------------


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if figures := config.stash[FIGURES]:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)


@pytest.fixture
def tell(request) -> Callable[[str], None]:
    """Print a figure, now and again at the end of all tests."""

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        request.config.stash[FIGURES].append(f"{request.node.name}: {line}")

    return say


@pytest.fixture
def rng(request) -> random.Random:
    """Chance that can be had again: IMBTUI_STRESS_SEED=… repeats a test.

    Otherwise the seed is the same each time in a tier, and a new one with --stress.
    """
    fresh = secrets.randbelow(10**6) if request.config.getoption("--stress") else 8
    seed = int(os.environ.get("IMBTUI_STRESS_SEED", fresh))
    sys.stdout.write(f"IMBTUI_STRESS_SEED={seed}\n")
    return random.Random(seed)


# The app -----------------------------------------------------------------------------


@pytest.fixture
def still(monkeypatch) -> None:
    """No cursor blinks, times are in one zone, and the terminal can show everything."""
    from textual.widgets import Input

    from tests.support.calm import ABLE

    for name in ("NO_COLOR", "TEXTUAL_THEME", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ABLE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(Input.cursor_blink, "_default", False)
