"""What is looked for in the list of runs, and what is said of a run that waits."""

from __future__ import annotations

import msgspec
import pytest

from engine.core.experiment import DataSpec, Experiment
from engine.core.methods.grammar import Arm
from engine.core.record import STALL_SECONDS
from engine.store import Run, RunOptions
from tui.features.runs.history import matches
from tui.text import FULL_BYTES, advice, standing

RUN = Run(
    id="3f2a9c01",
    number=1,
    created=0.0,
    experiment=Experiment(data=DataSpec(source="t.csv"), arms=(Arm(name="untreated"),)),
    options=RunOptions(),
    status="running",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", True),
        ("STROKE", True),
        ("stroke smote", True),
        ("smote-e first", True),
        ("smote enn-x", False),
        ("first try", True),
        ("strokesmote", False),  # never over the border of two words
        ("straße", True),
    ],
)
def test_every_word_must_be_part_of_one(text: str, found: bool) -> None:
    about = ["stroke.csv", "smote-enn", None, "first try", "STRASSE", ""]
    assert matches(text, words=about) is found


def test_a_run_that_is_heard_is_as_its_status_says() -> None:
    heard = msgspec.structs.replace(RUN, silent=STALL_SECONDS / 2)
    assert standing(heard) == "running"
    assert advice(heard) == ""


def test_a_run_that_is_not_heard_says_for_how_long_and_what_to_do() -> None:
    silent = msgspec.structs.replace(RUN, silent=40.4)
    assert standing(silent) == "running, no heartbeat for 40 s"
    assert advice(silent) == "stopped? imbtui cancel 1 ends it"
    assert advice(silent, free=FULL_BYTES * 2) == advice(silent)
    assert "its disk is full" in advice(silent, free=0)
    for seconds, said in ((600.0, "10 min"), (3 * 3600.0, "3 h")):
        longer = msgspec.structs.replace(RUN, silent=seconds)
        assert standing(longer).endswith(f"for {said}")


def test_an_interrupted_run_can_be_resumed() -> None:
    gone = msgspec.structs.replace(RUN, status="interrupted")
    assert "imbtui resume 1 goes" in advice(gone)
    assert standing(gone) == "interrupted"
