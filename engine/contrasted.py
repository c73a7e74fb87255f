"""What a comparison of runs is made of: frozen, plain, light."""

from __future__ import annotations

import msgspec

__all__ = ["ArmRow", "Change", "ContrastRun", "Value"]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value of a contrast."""


class ContrastRun(Value, frozen=True):
    """One of the runs.

    `status` is the document's. `label` is the class whose rows are counted as missed:
    the positive one, or of more than two `classes` the rarest; None if the run did not
    come that far. `policy` is the operating point that its rows are at; None if it has
    no result at it. `comparable` says whether its counts are of the
    same test rows and the same class as those of the first run; of the first run it is
    True if that is known at all. `headline` is that of its verdict.
    """

    id: str
    status: str
    dataset: str
    target: str
    label: str | None = None
    classes: int = 0
    policy: str | None = None
    test_rows: int | None = None
    positives: int | None = None
    comparable: bool = False
    headline: str | None = None
    seconds: float = 0.0


class Change(Value, frozen=True):
    """What became of an arm since the first run: this run's value less the first's.

    None where one of the two has no value.
    """

    missed: int | None = None
    false_alarms: int | None = None
    recall: float | None = None
    precision: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    macro_recall: float | None = None


class ArmRow(Value, frozen=True):
    """One arm in one run, at the policy of the contrast.

    `run` is the place of its run in `Contrast.runs`. `status` is ``done``,
    ``failed`` or ``running``, and ``absent`` where the run has no such arm. The counts
    are None without a result; of more than two classes they are those of the rarest
    class against all others. `error` is why it failed. `change` is against the first
    run, None where the two cannot be compared.
    """

    arm: str
    run: int
    status: str
    missed: int | None = None
    found: int | None = None
    false_alarms: int | None = None
    recall: float | None = None
    recall_ci: tuple[float, float] | None = None
    precision: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    threshold: float | None = None
    macro_recall: float | None = None
    trials: int = 0
    seconds: float = 0.0
    error: str = ""
    change: Change | None = None

    @property
    def judged(self) -> bool:
        """Whether there are counts at the policy."""
        return self.missed is not None
