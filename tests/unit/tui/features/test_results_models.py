"""Results of several models: by model or by missed positives, each against its own."""

from __future__ import annotations

import msgspec
import pytest

from engine.core.outcome import CostWinner
from engine.core.views.board import BoardLine, board
from engine.core.views.comparisons import winners_of
from tests.support.console_samples import document, events
from tests.support.fakes import FakeService, press, screen_text
from tests.support.results_samples import ended
from tui.features import reducers
from tui.features.results import board as boards
from tui.features.results import compared, errors, operating
from tui.features.results.pane import ResultsPane
from tui.features.session import Session
from tui.features.training import progress

COUNTS = {
    "untreated@xgboost": {"fixed": (161, 0)},
    "smote@xgboost": {"fixed": (81, 1320)},
    "untreated@random-forest": {"fixed": (141, 10)},
    "smote@random-forest": {"fixed": (63, 1710)},
    "balanced-random-forest": {"fixed": (70, 1500)},
}
MISSED = [
    "smote@random-forest",
    "balanced-random-forest",
    "smote@xgboost",
    "untreated@random-forest",
    "untreated@xgboost",
]
BY_MODEL = [
    *("smote@xgboost", "untreated@xgboost"),
    *("smote@random-forest", "balanced-random-forest", "untreated@random-forest"),
]


@pytest.fixture
def session() -> Session:
    return ended(events(COUNTS))


def names(session: Session) -> list[str]:
    return [row.name for row in operating.arm_rows(session)]


def read(session: Session, arm: str) -> Session:
    return reducers.select(session, "results", arm)


def test_arms_are_listed_by_missed_positives_or_by_model(session):
    assert names(session) == MISSED
    assert names(reducers.looking(session, by_model=True)) == BY_MODEL


def test_a_board_of_several_models_has_a_column_of_them(session):
    rows = operating.arm_rows(session)
    columns, items = boards.table(session, rows)(120)
    assert [column.title for column in columns[:2]] == ["arm", "model"]
    shown = [tuple(str(cell.text) for cell in item.cells[:2]) for item in items]
    assert shown == [
        ("smote", "random-forest"),
        ("balanced-random-forest", "—"),
        ("smote", "xgboost"),
        ("untreated", "random-forest"),
        ("untreated", "xgboost"),
    ]
    assert [item.key for item in items] == MISSED
    # Of one model nothing is told apart.
    one = document(events({name: COUNTS[name] for name in COUNTS if "@x" in name}))
    made = board([BoardLine.of(arm) for arm in one.at_point("fixed")])
    assert "model" not in [column.title for column in made.columns]
    assert [row.cells[0].text for row in made.rows] == MISSED[2::2]


@pytest.mark.parametrize(
    ("arm", "reference", "more"),
    [
        ("smote@random-forest", "untreated@random-forest", "found +78, FP +1,700"),
        ("smote@xgboost", "untreated@xgboost", "found +80, FP +1,320"),
        ("balanced-random-forest", "untreated@random-forest", "found +71, FP +1,490"),
    ],
)
def test_an_arm_is_compared_with_the_untreated_one_of_its_model(
    session, arm, reference, more
):
    now = read(session, arm)
    rows = operating.arm_rows(now)
    row = next(row for row in rows if row.name == arm)
    assert f"vs untreated  {more}" in boards.chosen(now, row, rows).plain
    assert compared.beside(now) == reference
    assert errors.others(now)[0] == reference
    assert progress.beside(now.run, arm) == reference


def test_the_cheapest_arms_are_those_of_one_model(session):
    winners = [
        CostWinner(name, ratio, None, at=ratio)
        for name, ratio in (("smote@xgboost", 1.0), ("smote@random-forest", 2.0))
    ]
    result = msgspec.structs.replace(session.run.result, cost_winners=tuple(winners))
    for arm in COUNTS:
        model = "xgboost" if "xgboost" in arm else "random-forest"
        found = [won.arm for won in winners_of(result, None, arm)]
        assert found == [f"smote@{model}"], arm
    assert len(winners_of(result, None)) == 2


def test_an_untreated_arm_is_compared_with_no_other(session):
    now = read(session, "untreated@random-forest")
    rows = operating.arm_rows(now)
    row = next(row for row in rows if row.name == "untreated@random-forest")
    assert "vs" not in boards.chosen(now, row, rows).plain


def test_a_key_changes_the_order(panes, session):
    async def use(app, pilot):
        app.query_one("#results-arms").focus()
        assert "by model" in screen_text(app) or names(app.session) == MISSED
        await press(pilot, "m")
        assert names(app.session) == BY_MODEL
        await press(pilot, "m")
        assert names(app.session) == MISSED
        # With one model there is nothing to order by.
        app.give(ended())
        await press(pilot, "m")
        assert not app.session.view.by_model

    panes.run(use, ResultsPane, session, (140, 40), service=FakeService())


def test_what_a_model_grows_by_has_its_own_word(session):
    arms = {arm.name: arm for arm in session.run.state.arms}
    words = [progress.rounds_of(session.run, arms[name]) for name in COUNTS]
    assert words == [*["boosting rounds"] * 2, *["trees"] * 2, "rounds"]
