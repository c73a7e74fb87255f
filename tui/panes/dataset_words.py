"""What pane 1 says: what is open, how far a load is, what is wrong or to be known."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from engine.client.messages import Preview, TableInfo
from tui.console import figures
from tui.panes import reader_words, wording
from tui.panes.dataset_told import several
from tui.safe_text import clip, content
from tui.screens.frame import short_name
from tui.session import Loading, Service, Session

__all__ = ["facts", "said", "shape", "summary", "warming"]

_INSIDE: Final = 34
_BAR: Final = 20


def summary(session: Session) -> Content:
    """Return name, target and share of positives, or the classes, as one line."""
    table = session.load.table
    if table is None:
        return wording.first_line(said(session))
    parts: list[Content] = [content(clip(table.name, 16), "bold")]
    if table.target is not None and table.positive is not None:
        parts.append(content(clip(f"{table.target}={table.positive}", 12)))
        share = figures.share(*_positives(table))
        parts.append(Content(share))
    elif table.target is not None and several(table):
        parts.append(content(clip(table.target, 12)))
        parts.append(Content(f"{len(table.labels)} classes"))
    return Content("  ").join(parts)


def _positives(table: TableInfo) -> tuple[int, int]:
    """Return positive rows, and rows that have a class."""
    part = table.classes.get(table.positive or "", 0)
    return part, sum(table.classes.values())


def facts(load: Loading) -> Content:
    """Return name and size of the table, or what is being opened."""
    table = load.table
    if table is None:
        source = load.request.source if load.request else ""
        return content(short_name(source), "bold", _INSIDE)
    weight = wording.size(table.bytes)
    name = clip(table.name, _INSIDE - len(weight) - 2)
    return Content.assemble((name, "bold"), "  ", (weight, "dim"))


def shape(load: Loading) -> Content:
    """Return the shape of the table, as far as it is known."""
    table = load.table
    if table is None:
        seen = load.preview
        return content(_expected(seen), "dim", _INSIDE) if seen else Content("")
    if table.sampled is not None:
        text = reader_words.sampled(table.sampled)
        return Content.styled(text, "bold $text-warning")
    return Content(f"{table.rows:,} rows × {len(table.columns):,} columns")


def _expected(seen: Preview) -> str:
    """Return size and shape of a table as far as its beginning tells."""
    text = f"{len(seen.columns):,} columns"
    if seen.estimated_rows is not None:
        text = f"~{seen.estimated_rows:,} rows × {text}"
    return text


def said(session: Session) -> Content:
    """Return the one thing to be said about the dataset now."""
    load, problems = session.load, session.draft.problems
    if load.request is None:
        return Content.styled(wording.NO_DATASET, "dim")
    if load.busy:
        return _progress(load, session.service)
    if load.problem is not None:
        refused = wording.refusal(load.problem.message, load.problem.remedy)
        if load.problem.sample_rows:
            keys = Content.styled("s loads a sample or some columns", "$text-accent")
            return wording.lines([refused, keys])
        return refused
    table = load.table
    if table is None:
        return Content.styled("Stopped reading. o opens a dataset.", "dim")
    for field in ("test_size", "seed"):
        if problem := problems.get(field):
            return wording.refusal(problem.message, problem.remedy)
    if table.target is None:
        return Content.styled("Choose the target: enter on it.", "bold $text-warning")
    if table.problem:
        return wording.refusal(table.problem)
    if several(table):
        text = f"all {len(table.labels)} classes are compared"
        return wording.lines([Content.styled(text, "$text-accent"), _advised(table)])
    return _advised(table)


def _advised(table: TableInfo) -> Content:
    """Say how much advice there is."""
    count = len(table.advice)
    if not count:
        return Content.styled("✓ nothing to warn about", "$text-success")
    found = "1 piece of advice" if count == 1 else f"{count} pieces of advice"
    return Content.styled(f"! {found}, a shows", "$text-warning")


def _progress(load: Loading, service: Service) -> Content:
    """Return where a load is, as words and as a bar if the end is known."""
    progress = load.progress
    if progress is None:
        waiting = warming(service)
        text = f"waiting: {waiting}" if waiting else "reading …"
        return Content.styled(text, "$text-accent")
    done, total = progress.done, progress.total
    if not total:
        far = f" {wording.size(done)}" if done else ""
        return content(f"{progress.stage}{far} …  esc stops", "$text-accent")
    first = content(
        f"{progress.stage} {wording.size(done)} of {wording.size(total)}",
        "$text-accent",
    )
    share = min(100, 100 * done // total)
    return wording.lines(
        [first, Content(f"{wording.bar(done, total, _BAR)} {share} %  esc stops")]
    )


def warming(service: Service) -> str:
    """Say that the service is not there yet, or nothing."""
    if service.phase in ("off", "ready"):
        return ""
    if service.phase == "gone":
        return "the service stopped"
    of = f" {service.done}/{service.total}" if service.total else ""
    return f"getting ready{of}"
