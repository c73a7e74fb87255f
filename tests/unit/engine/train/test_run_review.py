"""A run with a price of a review: what its document says, and where it is shown."""

import msgspec
import pytest

from engine.core.result import build, decode
from engine.core.views.report import parts, review
from engine.core.views.report.facts import Facts
from tests.support.reviewed import reviewed


@pytest.fixture(scope="module")
def result():
    run = reviewed()
    return build(run.state(), run=run.run)


def test_the_document_says_what_a_person_would_see(result):
    found = result.review
    assert (found.price, found.most) == (0.3, pytest.approx(20 / 21))
    assert [one.arm for one in found.arms] == [arm.name for arm in result.arms]
    rows = sum(result.test_rows.values())
    for one, arm in zip(found.arms, result.arms, strict=True):
        point = arm.at("cost")
        counts = point.confusion
        assert one.threshold == point.threshold
        assert (one.alone_missed, one.alone_alarms) == (counts.fn, counts.fp)
        assert one.alone == pytest.approx(point.cost)
        assert one.pays
        assert one.low <= one.threshold
        assert one.high is None or one.threshold <= one.high
        paid = 20 * one.missed + one.alarms + 0.3 * one.reviewed.count
        assert one.cost == pytest.approx(1000 * paid / rows)
        assert one.difference == pytest.approx(one.cost - one.alone)
        sets = one.sets
        kinds = (sets.only_negative, sets.only_positive, sets.both, sets.neither)
        assert sum(kind.count for kind in kinds) == rows == one.reviewed.of
        assert (sets.positives.of, sets.negatives.of) == (
            result.test_rows["yes"],
            result.test_rows["no"],
        )
    assert decode(msgspec.json.encode(result), "it") == result


def test_the_page_says_that_the_person_is_assumed_right(result):
    page = review.review(Facts(result))
    bands, sets = page.blocks
    note = parts.text(bands.note)
    assert note.startswith("Assumed: the person is right about every row, at 0.3 each.")
    assert "Costs are those given: a miss 20, a false alarm 1." in note
    # An arm with its band, then the same arm without.
    texts = [[parts.text(cell.spans) for cell in row] for row in bands.rows]
    assert [row[0] for row in texts] == ["untreated", "", "weights", ""]
    assert all(row[1].startswith("alone at ") for row in texts[1::2])
    assert len(sets.rows) == 2
    assert "Not shown" not in note
    doubtful = msgspec.structs.replace(result.review.arms[0], difference_ci=(-9.0, 1.0))
    arms = (doubtful, *result.review.arms[1:])
    told = msgspec.structs.replace(result.review, arms=arms)
    bands, _ = review.tables(Facts(msgspec.structs.replace(result, review=told)))
    assert parts.text(bands.note).endswith("Not shown to cost less: untreated.")
    # At a price where no review pays it is said, with the price where one could.
    dear = msgspec.structs.replace(
        result.review,
        price=0.99,
        arms=tuple(
            msgspec.structs.replace(one, pays=False) for one in result.review.arms
        ),
    )
    bands, _ = review.tables(Facts(msgspec.structs.replace(result, review=dear)))
    assert [parts.text(row[1].spans)[:10] for row in bands.rows] == ["none pays;"] * 2
    assert parts.text(bands.note).startswith(
        "No review pays at this price: it can below 0.952. Assumed:"
    )
    nothing = msgspec.structs.replace(result, review=msgspec.UNSET)
    assert review.review(Facts(nothing)) is None
