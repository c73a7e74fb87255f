"""Calibration in words: the repairs of scores, and the measures of each."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.core.views import Column


class RepairName(NamedTuple):
    """What a repair of scores is called: in a table, in sentences, in a legend."""

    table: str
    phrase: str
    reason: str
    legend: str


REPAIRS: Final = {
    "none": RepairName("as it is", "", "", "as it is"),
    "prior": RepairName(
        "prior",
        "the prior shift",
        "shifting the odds back to the prevalence",
        "shifted to the prevalence",
    ),
    "platt": RepairName("Platt", "Platt scaling", "Platt's method", "Platt"),
    "isotonic": RepairName(
        "isotonic", "isotonic regression", "isotonic regression", "isotonic"
    ),
}
MEASURES: Final = {
    "brier": Column("Brier"),
    "log_loss": Column("log loss"),
    "slope": Column("slope", drop=2),
    "intercept": Column("intercept", drop=3),
    "expected_calibration_error": Column("ECE", drop=1),
    "in_the_large": Column("in the large", short="large", drop=4),
}
"""What is measured of scores as they are, and of each repair."""
SIGNED: Final = ("slope", "intercept", "in_the_large")
"""Measures that are written with two decimals and their sign."""
