"""The report: a result laid out as a page, and the page as HTML or as Markdown.

What a section shows is in `engine.core.views.report`; here is which sections there are,
in which order, and what a page looks like in either form. Light but for `html`, which
loads jinja2.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.events import Work
from engine.core.exports import Parts, of_text
from engine.core.result import Result
from engine.core.views.report import (
    board,
    data,
    forest,
    parts,
    review,
    scores,
    splits,
    subgroups,
)
from engine.core.views.report.facts import Facts, count, explain
from engine.core.visible import toml_visible, visible
from engine.evaluate.verdict.words import CODES
from engine.io.source import STDIN, is_path
from engine.io.toml.writer import dump_toml

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

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
    when, author = case.opened.run.queued, case.request.author

    def make() -> str:
        return render(layout(case.result, when=when, author=author))

    return Parts((of_text(name, what, make),))


def layout(
    result: Result, *, when: float | None = None, author: str = ""
) -> parts.Page:
    """Lay out a result: what to do first, how it was found out last.

    The folders of its tables are left out: a page is given away.

    Parameters
    ----------
    result : Result
        Of a run that is over or not.
    when : float or None, default=None
        When the run was begun, in seconds since 1970.
    author : str, default=""
        Who ran it; the page says nobody where that is not given.

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
    facts = Facts(_without_folders(result))
    moment = None if when is None else datetime.fromtimestamp(when, UTC)
    day = f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
    sections = (
        board.boards(facts),
        board.matrices(facts),
        board.thresholds(facts),
        scores.matched(facts),
        scores.curves(facts),
        forest.statistics(facts),
        subgroups.subgroups(facts),
        review.review(facts),
        splits.section(facts),
        scores.calibration(facts),
        scores.costs(facts),
        data.dataset(facts),
        data.proof(facts),
        data.arms(facts),
        data.search(facts),
        _warnings(facts),
        _again(facts),
    )
    note, status = facts.all.text("note"), tuple(board.status(facts))
    return parts.Page(
        title=_page_title(facts),
        about=_about(facts),
        top=(
            *([parts.Items(status)] if status else []),
            *([parts.TextBlock((note,), "note")] if note else []),
            *_verdict(facts),
            *board.use_in_numbers(facts),
            *data.origin(facts, day, author),
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


def _page_title(facts: Facts) -> str:
    of = facts.result.dataset
    if not of:
        return f"run {facts.result.run}"
    positive = "" if of.positive is None else f" = {of.positive}"
    return f"{of.name}: {of.target}{positive}"


def _without_folders(result: Result) -> Result:
    """Return a result that names the files of its tables, and not where they are."""
    if result.experiment is None:
        return result
    spec = result.experiment.data
    folders = [
        f"{source.rpartition('/')[0]}/"
        for source in (spec.source, spec.test_source)
        if source and source != STDIN and is_path(source) and "/" in source
    ]

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [bare(one) for one in value]
        for folder in folders if isinstance(value, str) else ():
            value = value.replace(folder, "")
        return value

    if not folders:
        return result
    return msgspec.convert(bare(msgspec.to_builtins(result)), type=Result)


def _about(facts: Facts) -> parts.Spans:
    run, state = parts.Code(facts.result.run), facts.result.status
    about: parts.Spans = ("imbtui report · run ", run, f" · {state}")
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
    by_model = (one.code for one in final["by_model"].value or ())
    found = (remark.code for remark in chain(*remarks))
    known = {final.text("code"), *by_model, *found}
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
            (key.replace("_", " "), count(work[key])) for key in Work.__struct_fields__
        ]
        note = "Exact counts, and so comparable where seconds are not."
        table = parts.table("", ("work", "units"), rows, note)
        blocks.append(parts.Details("Work done", (table,)))
    return parts.section("again", "Do it again", blocks)


# HTML ---------------------------------------------------------------------------------


def html(page: parts.Page) -> str:
    """Return the page as HTML.

    Whatever is printed goes through `visible`, then through jinja2's escaping; what is
    data is only ever in text and in quoted attributes. The one style sheet is named by
    its hash in the page's content security policy, so nothing else is obeyed.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
        One self-contained document.
    """
    template, style = _template()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return template.render(page=page, style=style, digest=digest)


@cache
def _template() -> tuple[jinja2.Template, Markup]:
    """Return the template and the style sheet, which are ours."""
    import jinja2
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return value if isinstance(value, Markup) else visible(value)

    env = jinja2.Environment(
        loader=jinja2.PackageLoader("engine.export", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {
        "look": parts.look,
        "marker": parts.marker,
        "rule": parts.rule,
        "kind": lambda part: type(part).__name__,
        "newline": Markup("\n"),
    }
    style = (files("engine.export") / "templates" / "page.css").read_text("utf-8")
    # It has no "<", and stands as it is, so that its hash is that of the page's.
    return env.get_template("page.html.j2"), Markup(style)


# Markdown -----------------------------------------------------------------------------

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$@^])")
_STARTS: Final = re.compile(r"^(\s*\d{0,9})(?:([-+=])(?=[-+=\s]|$)|([.)])(?=\s|$))")
_ADDRESS: Final = re.compile(r"(?i)\b(https?|ftp)(:)|\b(www)(\.)")
_LOOKS: Final = {"call": "**→** ", "bad": "**✗** ", "warn": "**⚠** "}


def markdown(page: parts.Page) -> str:
    """Return the page as Markdown, as GitHub reads it.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
        Tables for all that the page has in tables and matrices; charts are left out.
    """
    lines = [f"# {escape(page.title)}", "", _spans(page.about), ""]
    lines += ["## Verdict", ""]
    for block in page.top:
        lines += _block(block, 3)
    for section in page.sections:
        lines += [f"## {escape(section.title)}", ""]
        for block in section.blocks:
            lines += _block(block, 3)
    lines += ["---", "", _spans(page.foot), ""]
    return "\n".join(lines)


def _block(block: parts.Block, level: int) -> list[str]:
    match block:
        case parts.TextBlock():
            if block.look == "title":
                return _title("".join(map(str, block.spans)), level)
            return [_LOOKS.get(block.look, "") + _spans(block.spans), ""]
        case parts.FactList():
            facts = [
                f"- {_guard_start(escape(n))}: {_spans(s)}" for n, s in block.facts
            ]
            return [*facts, ""]
        case parts.Items():
            return [*_title(block.title, level), *_items(block), ""]
        case parts.PageTable():
            return _table(block, level)
        case parts.Matrices():
            out = _title(block.title, level)
            for matrix in block.matrices:
                out += _matrix(matrix)
            return [*out, *_note(block.note)]
        case parts.CodeBlock():
            lines = [visible(line) for line in block.lines]
            fence = _fence("\n".join(lines), 3)
            return [f"{fence}{block.language}", *lines, fence, ""]
        case parts.Details():
            out = _title(block.title, level)
            for inner in block.blocks:
                out += _block(inner, level + 1)
            return out
        case parts.Charts():
            # No drawing, but the figures that stand beside it.
            return [line for chart in block.charts for line in _legend(chart)]


def _legend(chart: parts.Chart) -> list[str]:
    spans = (span for key in chart.legend for span in key.note)
    if not any(isinstance(span, parts.Figure) for span in spans):
        return []
    entries = [f"{escape(key.name)} {_spans(key.note)}" for key in chart.legend]
    return [f"**{escape(chart.title)}**: {', '.join(entries)}.", ""]


def _title(text: str, level: int) -> list[str]:
    return [f"{'#' * min(6, level)} {escape(text)}", ""] if text else []


def _note(note: parts.Spans) -> list[str]:
    return [_spans(note), ""] if note else []


def _items(block: parts.Items) -> list[str]:
    out = []
    for item in block.items:
        code = f" ({escape(item.code)})" if item.code else ""
        mark = f"{_guard_start(escape(item.mark))} " if item.mark else ""
        out.append(f"- {mark}{_spans(item.spans)}{code}")
        if item.below:
            out[-1] += f" → {_spans(item.below)}"
    return out


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(block: parts.PageTable, level: int) -> list[str]:
    out = _title(block.title, level)
    out.append(_row([escape(column.title) or " " for column in block.columns]))
    out.append(_row(["---" if c.align == "left" else "---:" for c in block.columns]))
    for row in block.rows:
        out.append(_row([_spans(cell.spans, cell=True) or " " for cell in row]))
    return [*out, "", *_note(block.note)]


def _matrix(matrix: parts.Matrix) -> list[str]:
    heads = [f"predicted {escape(label)}" for label in matrix.predicted]
    out = [_row([f"**{escape(matrix.title)}**", *heads])]
    out.append(_row(["---", *("---:" for _ in matrix.predicted)]))
    for label, boxes in matrix.rows:
        cells = [
            f"{box.mark} {box.figure.text} ({_span(box.share, True)})".strip()
            for box in boxes
        ]
        out.append(_row([f"actual {escape(label)}", *cells]))
    return [*out, ""]


def escape(text: object) -> str:
    r"""Return text of which Markdown makes no markup, no link and no HTML.

    Examples
    --------
    >>> print(escape("a|b_c <i> `x` www.x.y"))
    a\|b\_c \<i\> \`x\` www\.x.y
    """
    marked = _MARKUP.sub(r"\\\1", visible(text))
    return _ADDRESS.sub(lambda m: f"{m[1] or m[3]}\\{m[2] or m[4]}", marked)


def _guard_start(line: str) -> str:
    """Return a line, or an entry of a list, that does not begin another list."""
    return _STARTS.sub(lambda m: f"{m[1]}\\{m[2] or m[3]}", line.strip())


def _fence(text: str, least: int = 1) -> str:
    """Return backticks that a text does not hold so many of."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))


def _code(text: str, cell: bool) -> str:
    """Return text as code, whatever backticks are in it; pipes do not end a cell."""
    shown = visible(text)
    if cell:
        shown = shown.replace("|", "\\|")
    if not shown.strip():
        return escape(shown)
    fence = _fence(shown)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _span(span: parts.Span, cell: bool) -> str:
    match span:
        case parts.Code(text=text):
            return _code(text, cell)
        case parts.Strong(text=text):
            return f"**{escape(text)}**" if text.strip() else escape(text)
        case parts.Figure(text=text) | parts.Link(text=text):
            return escape(text)
    return escape(span)


def _spans(of: parts.Spans, cell: bool = False) -> str:
    """Return what stands in a line, or in a cell of a table."""
    return _guard_start("".join(_span(span, cell) for span in of))
