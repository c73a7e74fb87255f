"""What a verdict says of negatives that models were not fitted on."""

from types import SimpleNamespace

import pytest
from msgspec import UNSET

from engine.core.events import ThinCheck, Thinned
from engine.evaluate.verdict import sentences


@pytest.mark.parametrize(
    ("ratio", "check", "slope", "wanted"),
    [
        (10, None, 1.0, "not tested"),
        (2, None, 1.0, "Fewer than 10 per positive lose precision"),
        (10, (0.01, (-0.01, 0.03), 1.1), 1.0, "changes by +0.0100"),
        (10, (0.02, (0.01, 0.03), 1.1), 1.0, "rises by +0.0200"),
        (10, (0.01, (-0.01, 0.03), 0.9), 0.7, "0.70 (0.90 with 20 per positive)"),
    ],
)
def test_negatives_left_out_are_told_with_what_more_would_change(
    ratio, check, slope, wanted
):
    if check is not None:
        difference, ci, other = check
        check = ThinCheck("smote", 20, 2000, 0.3, difference, ci, (slope, other))
    board = SimpleNamespace(evaluations=[SimpleNamespace(arm="smote", repair="platt")])
    text = sentences.left_out(board, Thinned(ratio, 1000, 5000, 5100), check).text
    assert text.startswith("Models were fitted on 1,000 of the 5,000 negatives among")
    assert wanted in text
    assert ("outside 0.8 to 1.25" in text) == (slope < 0.8)
    assert ("Its bundle recalibrates them by Platt" in text) == (slope < 0.8)
    assert sentences.left_out(board, UNSET, None) is None
