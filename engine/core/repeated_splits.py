"""What several splits of a table come to, as frozen values.

Light: standard library and msgspec only.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.core.outcome import FoldComparison

STANDS: Final = 0.8
"""A recommendation that is found in a smaller share of the other splits is in doubt."""
ENOUGH_SPLITS: Final = 20
"""Splits that are advised."""
FEW_FOR_ONE_SPLIT: Final = 50
"""With fewer positives, training and test rows together, several splits are advised."""


class SplitOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one split came to; a run of that `seed` alone comes to the same.

    `code` and `arm` are those of its verdict: None where there is none, or it
    recommends no arm. `error` says why it has no result.
    """

    number: int
    seed: int
    code: str | None = None
    arm: str | None = None
    error: str = ""


class SplitVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """In how many splits the verdict has this code and recommends this arm."""

    code: str
    arm: str | None
    splits: int


class SplitSpread(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over the splits where it is defined; `sd` is None of one split."""

    splits: int
    mean: float
    sd: float | None
    least: float
    most: float


class SplitRow(msgspec.Struct, frozen=True, kw_only=True):
    """An arm at an operating point over the splits.

    `missed` and `false_alarms` count test rows, of more than two classes those of the
    rarest.
    """

    arm: str
    at: str
    figures: dict[str, SplitSpread]


class SplitSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What the splits of a run come to so far.

    `same` of the `others`, which are the splits after the first, have the verdict code
    and the recommended arm of the first; `share` is that share and `ci` Wilson's 95 %
    interval of it, None while there is no other. `comparisons` are the corrected
    resampled t tests over the splits.
    """

    asked: int
    done: int
    same: int
    others: int
    share: float | None
    ci: tuple[float, float] | None
    verdicts: tuple[SplitVerdict, ...]
    board: tuple[SplitRow, ...]
    comparisons: tuple[FoldComparison, ...]
    outcomes: tuple[SplitOutcome, ...]

    @property
    def stands(self) -> bool:
        """Whether the recommendation is found in enough of the other splits."""
        return self.share is not None and self.share >= STANDS
