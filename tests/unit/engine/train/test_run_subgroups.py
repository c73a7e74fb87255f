"""A run with columns of people: what its document says of their groups."""

import msgspec

from engine.core.explain import GroupsShown, Level
from engine.core.result import build, decode
from engine.core.views.errors import gap_notes
from engine.core.views.report import parts, subgroups
from engine.core.views.report.facts import Facts
from tests.support.grouped import grouped


def test_errors_are_compared_by_group_and_groups_are_not_learned_from():
    run = grouped()
    result = build(run.state(), run=run.run)
    assert not {"sex", "age"} & {
        name for name, role in result.dataset.roles.items() if role == "feature"
    }
    sex, age = result.subgroups
    assert (sex.column, sex.learned, sex.cut) == ("sex", False, "")
    assert "quartiles" in age.cut
    assert len(age.arms[0].groups) == 4
    for column in (sex, age):
        for one in column.arms:
            (arm,) = [arm for arm in result.arms if arm.name == one.arm]
            counts = arm.at("recommended").confusion
            assert sum(g.missed for g in one.groups) == counts.fn
            assert sum(g.alarms for g in one.groups) == counts.fp
            assert sum(g.alerts for g in one.groups) == counts.fp + counts.tp
    changes = {gap.arm: gap.change for gap in sex.gaps}
    untreated, weights = (arm.name for arm in result.arms)
    assert changes[untreated] is None
    assert changes[weights].effect in ("wider", "narrower", "not shown")
    assert decode(msgspec.json.encode(result), "it") == result
    page = subgroups.subgroups(Facts(result))
    assert [block.title for block in page.blocks[:2]] == [
        "By sex",
        "Gap in recall by sex",
    ]
    (head, *_), note = page.blocks[0].rows, page.blocks[0].note
    assert parts.text(head[1].spans) == sex.arms[0].groups[0].level
    assert "Not learned from." in parts.text(note)
    overall = Level(level="all", rows=1, positives=1, missed=0, alarms=0)
    own = tuple(gap for gap in sex.gaps if gap.arm == weights)
    about = {"id": 0, "at": "recommended", "klass": "yes", "overall": overall}
    gaps, beside = gap_notes(GroupsShown(arm=weights, gaps=own, **about))
    assert gaps.startswith("gaps (95 %): recall ")
    assert "calibration " in gaps
    assert beside.startswith("beside untreated: recall ")
    assert beside.endswith((" not shown", " wider", " narrower"))
    assert gap_notes(GroupsShown(arm=weights, **about)) == ()
