"""The verdict in two or three lines, above every view of the results."""

from __future__ import annotations

from typing import Final

from textual.content import Content
from textual.widgets import Static

from engine.core import format as figures
from engine.core.methods.grammar import method_name
from engine.core.views.verdict import Lead, lead
from tui.features import wording
from tui.features.messages import ViewChosen
from tui.features.pane import say, there
from tui.features.results import operating
from tui.features.session import CurrentRun, Session
from tui.features.training import progress
from tui.terminal.safe_text import cells, clip, content

_GAP: Final = "   "
_TALL: Final = 24
"""From so many lines on there is room for three lines and a rule."""
_LOW: Final = 18
"""Below so many there is room for one beside a chart."""
_COSTS: Final = ("VRD202", "VRD113")
"""The doubt that costs are assumed, and the reason that says what others change."""


class VerdictBand(Static):
    """What to do, what that finds, and the doubt that matters most."""

    ALLOW_SELECT = False

    _session = Session()
    _most = 3

    def put(self, session: Session, height: int) -> None:
        """Show the verdict of the run, in a picture of so many lines."""
        self._session = session
        self._most = 3 if height >= _TALL else 1 + (height >= _LOW or _listed(session))
        self.set_class(height >= _TALL, "-ruled")
        self.on_resize()

    def on_resize(self) -> None:
        """Choose anew what fits."""
        there(self, self._session.run is not None)
        if width := self.size.width:
            say(self, band(self._session, width, self._most))

    def on_click(self) -> None:
        """Show the whole verdict."""
        self.post_message(ViewChosen("results", "verdict"))


def band(session: Session, width: int, most: int) -> Content:
    """Return the verdict in so many lines, or what is known before there is one."""
    if (run := session.run) is None:
        return Content("")
    found = lead(run.result)
    if found is None:
        return wording.lines(_so_far(session, run, width)[:most])
    lines = _first(found, _why(session), width)
    notes = [content(clip(f"? {n}", width)) for n in _notes(session, found, width)]
    notes[1:1] = [content(clip(one, width)) for one in _by_model(run)]
    return wording.lines([*lines, *notes][:most])


def headline(session: Session) -> Content:
    """Return what is known of the run as a whole, where there is one line for it."""
    if (run := session.run) is None:
        return Content.styled(wording.NO_RESULTS, "dim")
    if (found := lead(run.result)) is not None:
        return content(found.title, "bold")
    if run.live:
        return Content.styled(wording.NO_VERDICT, "dim")
    return wording.first_line(progress.status(session))


def _listed(session: Session) -> bool:
    """Tell whether the board is shown, which leaves room."""
    return session.view.view_of("results") in (None, "board")


def _why(session: Session) -> str:
    """Return the key that shows the verdict in full."""
    if session.view.view_of("results") == "verdict":
        return ""
    return "enter why" if _listed(session) else "g 0 why"


def _first(found: Lead, why: str, width: int) -> list[Content]:
    """Lay out title and recommendation: on one line if there is room."""
    for use in (found.use, found.brief):
        used = cells(found.title) + len(_GAP) + cells(use)
        if used <= width:
            gap = " " * (width - used - cells(why))
            hint = (f"{gap}{why}", "dim") if why and len(gap) >= len(_GAP) else ""
            title = content(found.title, "bold $primary")
            return [Content.assemble(title, _GAP, content(use, "bold"), hint)]
    return [
        content(clip(found.title, width), "bold $primary"),
        content(clip(found.brief, width), "bold"),
    ]


def _by_model(run: CurrentRun) -> list[str]:
    """Say in a line which method is recommended for each of several models."""
    final = run.result.verdict
    chosen = [
        f"{one.model} {method_name(one.choice.arm, one.model)}"
        if one.choice is not None
        else f"{one.model} {figures.NOTHING}"
        for one in (final.by_model if final is not None else ())
    ]
    return [f"by model: {' · '.join(chosen)}"] if chosen else []


def _notes(session: Session, found: Lead, width: int) -> list[str]:
    """Return the doubts in the app's words, each as long as there is room."""
    run, notes = session.run, _apart(session)
    final = run.result.verdict if run else None
    for doubt in found.doubts:
        text = doubt.text
        if doubt.code in _COSTS and final is not None:
            told = (wording.costs_line(session, brief) for brief in (False, True))
            text = next((t for t in told if t and cells(f"? {t}") <= width), text)
            others = (r.text for r in final.reasons if r.code in _COSTS)
            text = _join([text, *others], width)
        notes.append(text.replace("`", ""))
    return notes


def _apart(session: Session) -> list[str]:
    """Say that the results are not of what is open."""
    if session.run is None or not session.apart:
        return []
    return [f"Run {session.run.number} is {session.apart}, not on what is open now."]


def _join(texts: list[str], width: int) -> str:
    """Return the first of some texts, with the next ones as far as they fit."""
    joined = texts[0]
    for text in texts[1:]:
        if cells(f"? {joined} {text}") > width:
            break
        joined = f"{joined} {text}"
    return joined


def _so_far(session: Session, run: CurrentRun, width: int) -> list[Content]:
    """Say what is known before there is a verdict, or why there will be none."""
    if not run.live:
        status = wording.first_line(progress.status(session))
        return [Content.assemble(("NO VERDICT", "bold"), _GAP, status)]
    arms = run.state.arms
    over = sum(arm.stage in ("done", "failed") for arm in arms)
    text = f"{over} of {figures.plural(len(arms), 'arm')} done; the verdict comes last"
    if not arms:
        text = "the run is starting …"
    lines = [Content.assemble(("NO VERDICT YET", "bold"), _GAP, text)]
    lines += [content(clip(note, width), "$text-warning") for note in _apart(session)]
    best = next((row for row in operating.arm_rows(session) if row.at), None)
    if best is not None and best.at is not None:
        missed = f"{best.at.missed:,} of {best.at.positives:,}"
        text = f"so far {best.name} misses the fewest: {missed}"
        text += f", {figures.plural(best.at.alarms, 'false alarm')}"
        lines.append(content(clip(text, width), "dim"))
    return lines
