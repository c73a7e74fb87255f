"""What a terminal answers is not what a user types."""

from __future__ import annotations

import pytest
from textual.events import Key
from textual.keys import _character_to_key

from tests.support.fakes import settle
from tui.terminal.process import Replies


def test_an_answer_of_the_terminal_changes_nothing(shell):
    async def use(app, pilot):
        await settle(pilot)
        before = app.session
        for character in "^[>0;276;0c":
            app.post_message(Key(_character_to_key(character), character))
        await settle(pilot)
        assert app.session is before
        # And then a key is a key again.
        later = Key("2", "2")
        later.time += 1.0
        app.post_message(later)
        await settle(pilot)
        assert app.session.view.pane == "arms"

    shell.run(use, "sample:stroke")


@pytest.mark.parametrize(
    ("keys", "dropped"),
    [
        ([("circumflex_accent", 0.0), ("left_square_bracket", 0.001)], [False, True]),
        # A user is never that fast.
        ([("circumflex_accent", 0.0), ("left_square_bracket", 0.08)], [False, False]),
        ([("left_square_bracket", 0.0), ("2", 0.001)], [False, False]),
        (
            [("circumflex_accent", 0.0), ("P", 0.001), ("2", 0.002), ("3", 0.05)],
            [False, True, True, False],
        ),
    ],
)
def test_only_what_comes_together_is_an_answer(keys, dropped):
    replies = Replies()
    assert [replies.drops(key, at) for key, at in keys] == dropped
