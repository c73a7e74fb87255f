from __future__ import annotations

from engine.core.format import about, ratio_text
from tests.support.each import for_each


@for_each(
    ("given", "said"),
    [
        (0, "<1 s"),
        (4.6, "~5 s"),
        (12, "~10 s"),
        (57, "~55 s"),
        (58, "~1 min"),
        (3_400, "~1 h"),
        (7_200, "~2 h"),
        (131_000, "~2 days"),
        (1e9, "over a year"),
    ],
)
def test_durations_are_said_as_people_say_them(given, said):
    assert about(given) == said


def test_ratios_are_written_short():
    assert [ratio_text(r) for r in (0.125, 1.0, 9.96, 99.96, 1234.5)] == [
        "0.12",
        "1",
        "10",
        "100",
        "1,234",
    ]
