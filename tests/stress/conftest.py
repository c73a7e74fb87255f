"""What the stress tests share: chance with a seed, figures told, a warm process."""

from __future__ import annotations

import os
import random
import secrets
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.stress.warm import Warm

FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if figures := config.stash[FIGURES]:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)


@pytest.fixture
def tell(request) -> Callable[[str], None]:
    """Say a figure, now and again at the end of all tests."""

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        request.config.stash[FIGURES].append(f"{request.node.name}: {line}")

    return say


@pytest.fixture
def rng(request) -> random.Random:
    """Chance that can be had again: IMBTUI_STRESS_SEED=… repeats a test.

    Otherwise the seed is the same each time in the suite, and a new one with --stress.
    """
    fresh = secrets.randbelow(10**6) if request.config.getoption("--stress") else 8
    seed = int(os.environ.get("IMBTUI_STRESS_SEED", fresh))
    sys.stdout.write(f"IMBTUI_STRESS_SEED={seed}\n")
    return random.Random(seed)


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """A process that becomes run processes at once."""
    made = Warm()
    yield made
    made.close()


@pytest.fixture
def _a_minute_later(monkeypatch):
    """A run that was claimed and never begun is free again after a minute: now."""
    monkeypatch.setattr("engine.store.rows.START_SECONDS", 0.0)
