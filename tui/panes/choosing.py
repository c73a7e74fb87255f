"""Lines of what the results are read at: the policies, and the classes if many."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from tui.messages import ClassChosen, PolicyChosen
from tui.panes import board, deciding, operating, wording
from tui.panes.deciding import class_of
from tui.panes.layout import say
from tui.safe_text import cells, clip, content
from tui.session import Session
from tui.widgets.strip import BEFORE, BEHIND, Pick, fit

__all__ = ["ClassLine", "PolicyLine"]

_TITLE = 7
_MOST_CLASS, _SHORT_CLASS = 16, 8
_APART = 3
"""Blanks before what stands at the right end."""


class _Spot(NamedTuple):
    """Where a click chooses what."""

    line: int
    left: int
    right: int
    message: type[PolicyChosen | ClassChosen]
    value: str


class PolicyLine(Static):
    """The policies side by side, the chosen one marked; below them the classes.

    A click chooses another. Where not all fit, their names become shorter, then those
    around the chosen one are seen. Classes there are only of more than two.
    """

    DEFAULT_CSS = """
    PolicyLine { height: auto; max-height: 2; width: 1fr; }
    """
    ALLOW_SELECT = False
    POLICIES = True

    _spots: tuple[_Spot, ...] = ()
    _session = Session()

    def put(self, session: Session) -> None:
        """Show what the run can be read at, and how many rows are to be found."""
        self._session = session
        self._write()

    def on_resize(self) -> None:
        """Choose anew what fits."""
        self._write()

    def _write(self) -> None:
        session, lines = self._session, []
        self._spots = ()
        if self.POLICIES:
            known = operating.offered(session)
            chosen = operating.point_of(session)
            picks = [
                Pick(
                    wording.policy(session, policy),
                    wording.policy_short(session, policy),
                )
                for policy in known
            ]
            at = known.index(chosen) if chosen in known else 0
            lines.append(self._line("point", picks, at, known, PolicyChosen, 0))
        if (klass := class_of(session)) is not None:
            classes = deciding.rarest_first(session.run)
            place = classes.index(klass)
            lines.append(
                self._line(
                    "class",
                    _class_picks(session, classes),
                    place,
                    classes,
                    ClassChosen,
                    len(lines),
                )
            )
        tested = board.tested(session)
        room = self.size.width - lines[0].cell_length if lines else 0
        if tested and room >= cells(tested) + _APART:
            gap = " " * (room - cells(tested))
            lines[0] = Content.assemble(lines[0], gap, content(tested, "dim"))
        say(self, wording.lines(lines))

    def _line(
        self,
        title: str,
        picks: list[Pick],
        chosen: int,
        values: list[str] | tuple[str, ...],
        message: type[PolicyChosen | ClassChosen],
        line: int,
    ) -> Content:
        """Return one line, and note where a click chooses what."""
        width = self.size.width or 1000
        shown = fit(picks, chosen, width - _TITLE)
        parts = [content(f"{title:<{_TITLE - 1}} ", "dim")]
        left = _TITLE
        if shown.more:
            parts.append(content(BEFORE if shown.first else " " * len(BEFORE), "dim"))
            left += len(BEFORE)
        spots = []
        for place, name in enumerate(shown.names, shown.first):
            here = place == chosen
            part = content(f"▸{name}" if here else f" {name}", "bold" if here else "")
            right = left + part.cell_length
            spots.append(_Spot(line, left, right, message, values[place]))
            parts += [part, Content(" " * shown.gap)]
            left = right + shown.gap
        if shown.first + len(shown.names) < len(picks):
            parts[-1] = content(BEHIND, "dim")
        else:
            parts.pop()
        self._spots += tuple(spots)
        return Content("").join(parts)

    def on_click(self, event: Click) -> None:
        """Choose what is under the pointer."""
        for spot in self._spots:
            if event.y == spot.line and spot.left <= event.x < spot.right:
                event.stop()
                message: Message = spot.message(spot.value)
                self.post_message(message)
                return


class ClassLine(PolicyLine):
    """The classes alone, for a view that no policy matters to; empty of two."""

    DEFAULT_CSS = """
    ClassLine { height: auto; max-height: 1; width: 1fr; }
    """
    POLICIES = False


def _class_picks(session: Session, classes: tuple[str, ...]) -> list[Pick]:
    """Return the classes with their test rows."""
    split = session.run.state.split if session.run else None
    counts = split.test if split else {}
    return [
        Pick(
            f"{clip(one, _MOST_CLASS)} ({counts.get(one, 0):,})",
            clip(one, _SHORT_CLASS),
        )
        for one in classes
    ]
