"""Nobody reads the terminal while a run trains: the run does not mind, nor the app.

The suite looks for seconds, `make stress` for minutes; the share of the throughput that
is left is measured by `benchmarks/stalled.py`, on a machine that does nothing else.
"""

from __future__ import annotations

import pytest

from tests.support.stalling import MIB, measure

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This process.*multi-threaded"),
]


def test_a_run_goes_on_while_nobody_reads_the_terminal(many, tell, tmp_path):
    order = many((True,), (False, True, True, False))
    found = measure(tmp_path, order, many(6.0, 60.0))
    assert all(phase.trials > 0 for phase in found.phases)
    assert all(phase.stuck in (phase.stalled, None) for phase in found.phases)
    assert found.alive
    assert b"Traceback" not in found.raw
    # The goal is 20 MiB in ten minutes.
    assert found.grown < 40 * MIB
    if len(order) > 1:
        tell(
            f"throughput {found.ratio:.1%} of that with a terminal that is read "
            f"({found.rate(True):.1f} to {found.rate(False):.1f} trials a second)"
        )
    tell(f"memory {found.grown / MIB:+.1f} MiB, first frame after {found.back:.2f} s")
