"""The report: which parts its page has, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from engine.core.events import Work
from engine.core.export_forms import Parts, of_text
from engine.core.result import Result
from engine.core.views.report import arms, board, data, figures, forest, parts, scores
from engine.core.views.report.facts import Facts, explain
from engine.core.visible import toml_visible
from engine.evaluate.verdict.words import CODES
from engine.export.page.html import html
from engine.export.page.markdown import markdown
from engine.io.toml.writer import dump_toml

if TYPE_CHECKING:
    from engine.export.case import Case


def report(case: Case) -> Parts:
    """Return the report of a run; its form is that of the path's ending.

    Parameters
    ----------
    case : Case
        Only its result is looked at: the table is not needed.

    Returns
    -------
    Parts
        One file: ``.md`` is Markdown, everything else one HTML file that needs no
        other and loads nothing.
    """
    if (case.request.path or "").lower().endswith(".md"):
        name, what, render = "report.md", "the report in Markdown", markdown
    else:
        name, what, render = "report.html", "the report, one page", html
    when = case.opened.run.queued
    return Parts((of_text(name, what, lambda: render(layout(case.result, when=when))),))


def layout(result: Result, *, when: float | None = None) -> parts.Page:
    """Lay out a result: what to do first, how it was found out last.

    Parameters
    ----------
    result : Result
        Of a run that is over or not.
    when : float or None, default=None
        When the run was begun, in seconds since 1970.

    Returns
    -------
    Page

    Examples
    --------
    >>> from engine.core.result import build
    >>> from engine.core.state import State
    >>> page = layout(build(State(), run="a1"))
    >>> page.title, [section.title for section in page.sections]
    ('run a1', ['Do it again'])
    """
    facts = Facts(result)
    sections = (
        board.boards(facts),
        board.matrices(facts),
        board.thresholds(facts),
        scores.matched(facts),
        scores.curves(facts),
        forest.statistics(facts),
        scores.calibration(facts),
        scores.costs(facts),
        data.dataset(facts),
        data.proof(facts),
        arms.arms(facts),
        arms.search(facts),
        _warnings(facts),
        _again(facts),
    )
    note, status = facts.all.text("note"), tuple(board.status(facts))
    return parts.Page(
        title=_title(facts),
        about=_about(facts, when),
        top=(
            *([parts.Items(status)] if status else []),
            *([parts.TextBlock((note,), "note")] if note else []),
            *_verdict(facts),
            *data.tiles(facts),
            *board.grounds(facts),
            *board.use(facts),
            *_codes(facts),
        ),
        sections=tuple(section for section in sections if section is not None),
        foot=(
            "Made by imbtui ",
            parts.Code(facts.all.text("imbtui")),
            " from the run's own result document; every figure is as it stands there.",
        ),
    )


def _title(facts: Facts) -> str:
    of = facts.result.dataset
    if not of:
        return f"run {facts.result.run}"
    positive = "" if of.positive is None else f" = {of.positive}"
    return f"{of.name}: {of.target}{positive}"


def _about(facts: Facts, when: float | None) -> parts.Spans:
    run, state = parts.Code(facts.result.run), facts.result.status
    about: parts.Spans = ("imbtui report · run ", run, f" · {state}")
    if when is not None:
        about += (f" · {datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC",)
    return (*about, *(f" · #{tag}" for tag in facts.all["tags"].value or ()))


def _verdict(facts: Facts) -> list[parts.Block]:
    """Return what follows from the run, and what comes of it on the test rows."""
    final, names = facts.all["verdict"], facts.names
    if not final:
        why = "The arms were not compared" if facts.done else "No arm has a result"
        return [parts.TextBlock((f"{why}, so there is no verdict.",), "lead")]
    code, choice = final.text("code"), final["choice"]
    linked: parts.Spans = (" ", parts.Link(code, code)) if code in CODES else ()
    advice = parts.markup(final.text("recommendation"), names)
    out: list[parts.Block] = [
        parts.TextBlock((*advice, *linked), "call"),
        parts.TextBlock(parts.markup(final.text("headline"), names), "lead"),
    ]
    if choice:
        title = f"{choice.text('arm')}, {facts.point_label(choice.text('at'))}"
        out.append(
            parts.Matrices("", (board.matrix(facts, title, choice["confusion"]),))
        )
    return out


def _codes(facts: Facts) -> list[parts.Block]:
    """Say what the codes of this verdict mean."""
    final = facts.all["verdict"]
    remarks = (final[kind].value or () for kind in ("reasons", "doubts"))
    known = {final.text("code"), *(remark.code for remark in chain(*remarks))}
    rows: list[parts.Row] = []
    for code in sorted(known & CODES.keys()):
        entry, link = CODES[code], parts.Link(code, f"#{code}")
        rows.append(
            (link, entry.title, parts.markup(entry.when), parts.markup(entry.fix))
        )
    if not rows:
        return []
    titles = ("code", "says", "on what grounds", "what to do")
    note = "All codes: docs/verdict.md of imbtui."
    table = parts.table("", titles, rows, note, words=4)
    return [parts.Details("What the codes of the verdict mean", (table,))]


# The last sections --------------------------------------------------------------------


def _warnings(facts: Facts) -> parts.PageSection | None:
    """Return what libraries and the engine warned of."""
    warnings = facts.result.warnings
    items = tuple(parts.ListItem("⚠", (text,), look="warn") for text in warnings)
    return parts.section("warnings", "Warnings", (parts.Items(items),) if items else ())


def _again(facts: Facts) -> parts.PageSection | None:
    """Return how to repeat the run: its file, the command, the split, versions."""
    result = facts.result
    lines = tuple(explain("again commands", run=result.run).split("; "))
    text = explain("again")
    blocks: list[parts.Block] = [parts.TextBlock((text,)), parts.CodeBlock(lines, "sh")]
    if result.experiment is not None:
        toml = toml_visible(dump_toml(result.experiment)).rstrip("\n").split("\n")
        code = parts.CodeBlock(tuple(toml), "toml")
        blocks.append(parts.Details("The experiment, experiment.toml", (code,)))
    versions = sorted(result.versions.items())
    named = tuple((name, (parts.Code(version),)) for name, version in versions)
    if named:
        blocks += [parts.TextBlock(("Versions",), "title"), parts.FactList(named)]
    if work := facts.all["work"]:
        rows = [
            (key.replace("_", " "), figures.count(work[key]))
            for key in Work.__struct_fields__
        ]
        note = "Exact counts, and so comparable where seconds are not."
        table = parts.table("", ("work", "units"), rows, note)
        blocks.append(parts.Details("Work done", (table,)))
    return parts.section("again", "Do it again", blocks)
