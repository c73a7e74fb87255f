"""The question before a run: about a guessed target, and results that would leave."""

from __future__ import annotations

from typing import TypeAlias

from textual.content import Content

from engine.core import format as figures
from engine.core.compare_runs import differences
from engine.core.experiment import Experiment
from engine.core.messages import TableInfo
from engine.core.result import build
from engine.core.state import State
from tui.features import wording
from tui.features.dataset.state import TargetDialogRequested
from tui.features.mail import Intent
from tui.features.messages import RunRequested
from tui.features.runs.history import resolve_paths
from tui.features.session import Session, experiment
from tui.terminal.safe_text import clip, content

Answer: TypeAlias = tuple[str, str, str, Intent]
_MOST_NAMED, _WIDTH = 4, 24


def question(session: Session) -> tuple[str, Content, list[Answer]] | None:
    """Return what is asked before a run starts: title, text, answers; or nothing."""
    table, guessed = session.load.table, session.load.guessed
    lines = _guess(table) if guessed and table is not None else []
    seen = _results(session)
    if not lines and not seen:
        return None
    title = "Run with a guessed target?" if guessed else "Start another run?"
    answers: list[Answer] = [("run", "enter", "Run", RunRequested(confirmed=True))]
    if guessed:
        other = "Choose another target"
        answers.append(("target", "t", other, TargetDialogRequested()))
    return title, wording.lines([*lines, *seen]), answers


def _guess(table: TableInfo) -> list[Content]:
    """Say what was taken and why, what it comes to, and what else it may be."""
    target, found = table.target, table.target_candidates
    why = next((one.why for one in found if one.name == target), "")
    lines = [f"{clip(target, _WIDTH)!r} was taken: {why}"]
    if table.positive is not None:
        rows, held = table.labels.get(table.positive, 0), table.test
        text = f"{rows:,} of {table.rows:,} rows are {clip(table.positive, _WIDTH)!r}"
        lines.append(f"{text}; {held.get(table.positive, 0):,} of the test rows")
    others = [
        f"{clip(one.name, _WIDTH)} ({one.rows:,})"
        for one in found
        if one.name != target
    ]
    if others:
        lines.append(f"others: {figures.some(others, _MOST_NAMED)}")
    return [content(line) for line in lines]


def _results(session: Session) -> list[Content]:
    """Say that a run with results is looked at, and how the next one would differ."""
    if (run := session.run) is None or not session.evaluated:
        return []
    now = resolve_paths(run.experiment, run.folder)
    changes = difference(now, experiment(session))
    if changes and session.view.pane != "results":
        return []
    compared = (
        f"run {run.number} with {changes}" if changes else f"same as run {run.number}"
    )
    return [
        content(f"The next run: {compared}"),
        content(f"Run {run.number} stays stored: 5 lists the runs"),
    ]


def difference(first: Experiment, second: Experiment) -> str:
    """Say how an experiment differs from another; nothing if it does not.

    Examples
    --------
    >>> from msgspec.structs import replace
    >>> from engine.core.presets import preset
    >>> one = preset("quick", source="a.csv")
    >>> difference(one, replace(one, seed=7)), difference(one, one)
    ('seed 42 → 7', '')
    """
    both = [
        build(State(experiment=one), run=str(n))
        for n, one in enumerate((first, second))
    ]
    texts = []
    for found in differences(both):
        before, after = (clip(value or "none", _WIDTH) for value in found.values)
        what, arm = found.path, clip(found.path.removeprefix("arms."), _WIDTH)
        if not what.startswith("arms."):
            name = what.rpartition(".")[2].replace("_", " ")
            texts.append(f"{name} {before} → {after}")
        elif None in found.values:
            texts.append(f"{'+' if found.values[0] is None else '−'} {arm}")
        else:
            texts.append(f"{arm} changed")
    return figures.some(texts)
