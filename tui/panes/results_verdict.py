"""The verdict in full: what to do, why, what is doubtful, and what shows no leak."""

from __future__ import annotations

import shlex
from functools import partial
from typing import ClassVar, Final, TypeAlias

from textual.app import ComposeResult
from textual.content import Content

from engine.core.format import folded, p_value, signed
from engine.core.metrics import METRICS, metric
from engine.core.result import Result, build
from engine.outcome import Comparison
from tui.console.folds import folds
from tui.console.lines import Line, stack
from tui.console.report import proof
from tui.console.resampling import resampling
from tui.panes import operating, progress, wording
from tui.panes.reading import READING, ResultsView
from tui.safe_text import clean, clip, content
from tui.session import CurrentRun, Session
from tui.widgets.prose import Made, Paragraph, Prose

Text: TypeAlias = Content | Paragraph | Made
_MOST_CLASS = 24
_SURE: Final = 0.05


class VerdictView(ResultsView):
    """What the comparison supports."""

    NAME = "verdict"
    TITLE = "Verdict"
    COPIED = "the verdict"
    COMMANDS: ClassVar = READING
    HELP = "The verdict"

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def draw(self, session: Session) -> None:
        """Draw the text."""
        self.query_one(Prose).update(_verdict(session))


def _verdict(session: Session) -> list[Text]:
    run = session.run
    if run is None:
        return [Content.styled("No verdict yet: r runs the experiment.", "dim")]
    parts: list[Text] = []
    compared = run.state.compared
    if compared is None:
        parts += [progress.status(session), Content("")]
        text = (
            "The verdict comes when all arms are done."
            if run.live
            else "There is no verdict: the run ended before it compared its arms."
        )
        parts += [Content.styled(text, "dim"), Content("")]
    else:
        verdict = compared.verdict
        parts += [content(verdict.headline, "bold $text-accent")]
        said = _coded(verdict.recommendation, "bold", verdict.call)
        parts += [Paragraph(said, "→ ")]
        if told := wording.costs_line(session):
            parts += [Paragraph(Content.styled(told, "dim"), "  ")]
        parts += [Content("")]
        why, against = verdict.reasons, verdict.doubts
        parts += _listed("Why", "·", "", why, verdict.reason_codes)
        parts += _listed("Doubts", "?", "$text-warning", against, verdict.doubt_codes)
        parts += _export(session)
    parts += _troubles(run)
    if compared is not None:
        parts += _differences(session, compared.comparison)
    if not run.live:
        parts.append(partial(_tables, build(run.state, run=run.id)))
    return parts


def _tables(result: Result, width: int) -> list[Line]:
    """Say what methods made, how arms differ over the folds, and that none leaks."""
    tables = resampling(result, width=width), folds(result, width=width)
    return stack([*tables, proof(result, width) if result.proof else []])


def _export(session: Session) -> list[Text]:
    """Return the command that takes the recommendation away, if there is one."""
    run = session.run
    compared = run.state.compared if run else None
    if run is None or compared is None or compared.verdict.choice is None:
        return []
    command = f"imbtui export {run.id} --as bundle"
    if session.store.elsewhere:
        command += f" --store {shlex.quote(session.store.path)}"
    said = Content.assemble("e exports it, or ", (clean(command), "bold"))
    return [Content.styled("To use it", "bold"), Paragraph(said, " · "), Content("")]


def _listed(
    title: str,
    mark: str,
    style: str,
    texts: tuple[str, ...],
    codes: tuple[str, ...] = (),
) -> list[Text]:
    """Return texts under a title, each with its code if there is one."""
    if not texts:
        return []
    known = codes if len(codes) == len(texts) else ("",) * len(texts)
    lines = [
        Paragraph(_coded(text, style, code), f" {mark} ")
        for text, code in zip(texts, known, strict=True)
    ]
    return [Content.styled(title, "bold"), *lines, Content("")]


def _coded(text: str, style: str, code: str) -> Content:
    said = content(text, style)
    return Content.assemble(said, (f"  {clean(code)}", "dim")) if code else said


def _troubles(run: CurrentRun) -> list[Text]:
    """Return arms that failed or were repaired, and warnings."""
    failed = [
        f"{clean(clip(arm.name, 24))}: {arm.failed.message} → {arm.failed.fix}"
        for arm in run.state.arms
        if arm.failed
    ]
    repaired = [
        f"{clean(clip(arm.name, 24))}: {text}"
        for arm in run.state.arms
        for text in folded((*arm.repairs, *arm.notes))
    ]
    return [
        *_listed("Failed arms", "✗", "$text-error", tuple(failed)),
        *_listed("Repaired and noticed", "⚠", "$text-warning", tuple(repaired)),
        *_listed("Warnings", "!", "", tuple(folded(run.state.warnings))),
    ]


def _differences(session: Session, found: tuple[Comparison, ...]) -> list[Text]:
    """Return the comparisons at the chosen point, and those that need none."""
    at = operating.point_of(session)
    result = session.run.result if session.run else None
    followed = result.follow_point(at) if result else at
    few = result.scarcity if result else ""
    shown = [c for c in found if c.at in (followed, None)]
    if not shown and not few:
        return []
    title = f"Differences at {wording.point_text(session, at, aimed=True)}"
    parts: list[Text] = [content(title, "bold")]
    if few:
        parts.append(Paragraph(Content.styled(clean(few), "dim"), " "))
    last = ""
    for c in sorted(shown, key=_place):
        name, digits, _ = metric(c.metric)
        if c.klass is not None:
            name = f"{name} of {clip(c.klass, _MOST_CLASS)}"
        if name != last:
            last = name
            where = ""
            if c.method.startswith("matched"):
                where = ", every arm put there in the test rows"
            parts.append(content(f" {name}{where}", "italic"))
        pair = f"{clip(c.a, 16)} − {clip(c.b, 10)}"
        low, high = (signed(limit, digits) for limit in c.ci)
        chance, sure = f"p {p_value(c.adjusted_p, '= ')}", c.adjusted_p < _SURE
        difference = Content.assemble(
            f"   {pair:<24}",
            (f"{signed(c.difference, digits):>9}", "bold" if sure else ""),
            f"  ({low} to {high})",
            (f"  {chance}{'' if sure else ', may be chance'}", "dim"),
        )
        parts.append(difference)
    return [*parts, Content("")]


def _place(c: Comparison) -> tuple[int, str]:
    """Return where a comparison stands among the others: those by class together."""
    return [*METRICS, c.metric].index(c.metric), c.klass or ""
