"""The start view: what was opened lately, the samples, the stored runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.core import format as figures
from engine.io.catalogue import SAMPLES
from engine.io.make_spec import TARGET
from tui.features import messages
from tui.features.dataset.pick_path import short_path
from tui.features.dataset.state import MakeRequested
from tui.features.mail import Intent
from tui.features.screen import KeyLine, SessionScreen, changed, news
from tui.features.session import RunSummary, Session, short_name
from tui.terminal.safe_text import clip, content

MOST_RUNS = 5
_NAME = 30
_QUESTION = "which method misses the fewest positives, and is the difference real?"
_FORMATS = (
    "CSV, TSV or any delimiter, plain or compressed; Parquet, Feather, JSON Lines, "
    "ARFF, Excel."
)
_TOML = "A TOML file with dataset, arms, budget and seed."
_OPEN = (
    ("a file …", "o", _FORMATS, messages.OpenRequested),
    ("a synthetic dataset …", "G", "Moons or blobs with any imbalance.", MakeRequested),
    ("an experiment file …", "", _TOML, messages.OpenExperimentRequested),
)


_STEPS: Final = (
    ("Three steps\n", "bold $primary"),
    *((" o ", "bold $accent"), "open a table; enter: a sample\n"),
    *((" r ", "bold $accent"), "compare the methods on it\n"),
    *((" 4 ", "bold $accent"), "read which one to use\n"),
    ("\n A first try: enter on stroke, then r.", "dim"),
)


class StartItem(NamedTuple):
    """One line of the list: a heading, or something to open."""

    line: Content
    detail: Content
    intent: Intent | None = None


class Start(SessionScreen[None]):
    """The first thing seen when no table was named."""

    CSS_PATH: ClassVar = "start.tcss"
    HELP = "Start"

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[StartItem] = []

    def compose(self) -> ComposeResult:
        """Lay out the title, the list, and the details of its current line."""
        with Vertical(id="start"):
            name = ("imbtui", "bold $accent")
            yield Static(Content.assemble(name, f"  {_QUESTION}"), id="start-title")
            with Horizontal(id="start-body"):
                yield OptionList(id="start-list", markup=False)
                with Vertical(id="start-right"):
                    yield Static(id="start-detail")
                    yield Static(Content.assemble(*_STEPS), id="start-steps")
            yield Static(id="start-news")
        yield KeyLine("enter open", id="keys")

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill()
        self._news()
        self.query_one(OptionList).focus()

    def watch_session(self, before: Session, session: Session) -> None:
        """Show what came in."""
        if not self.is_mounted:
            return
        if changed(session, before, "recent", "stored", "running"):
            self._fill()
        self._news()

    def _fill(self) -> None:
        options = self.query_one(OptionList)
        old = self._current()
        self._entries = entries(self.session)
        lines = [Option(e.line, disabled=e.intent is None) for e in self._entries]
        options.set_options(lines)
        intents = [entry.intent for entry in self._entries]
        first = next(place for place, intent in enumerate(intents) if intent)
        same = old.intent in intents if old else False
        options.highlighted = intents.index(old.intent) if old and same else first

    def _news(self) -> None:
        self.query_one("#start-news", Static).update(news(self.session))

    def _current(self) -> StartItem | None:
        place = self.query_one(OptionList).highlighted
        here = [] if place is None else self._entries[place : place + 1]
        return here[0] if here else None

    def on_option_list_option_highlighted(self) -> None:
        """Say more about the line."""
        entry = self._current()
        detail = entry.detail if entry else Content("")
        self.query_one("#start-detail", Static).update(detail)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open it."""
        intent = self._entries[event.option_index].intent
        if intent is not None:
            self.post_message(replace(intent))  # It can be posted but once.

    def key_escape(self) -> None:
        """Go back."""
        self.action_close()


def entries(session: Session) -> list[StartItem]:
    """Return the lines of the list."""
    stored = session.stored or ()
    live = [run for run in stored if run.status in ("queued", "running")]
    ended = [run for run in stored if run not in live]
    files = [source for source in session.recent if not source.startswith("sample:")]
    runs = [_run(run) for run in ended[:MOST_RUNS]]
    if len(ended) > MOST_RUNS:
        all_runs = f"all {len(stored)} …"
        about = "Every run in the store."
        runs.append(_action(all_runs, "w", about, messages.RunsRequested))
    groups = {
        "Running": [_run(run) for run in live[:MOST_RUNS]],
        "Open": [_action(*one) for one in _OPEN],
        "Recent": [_recent(source) for source in files],
        "Runs": runs,
        "Samples": [_sample(name) for name in SAMPLES],
    }
    lines: list[StartItem] = []
    for title, items in groups.items():
        if items:
            heading = Content.styled(f"\n{title}" if lines else title, "bold $primary")
            lines += StartItem(heading, Content("")), *items
    return lines


def _action(title: str, key: str, about: str, intent: type[Intent]) -> StartItem:
    line = Content.assemble(title, (f"   {key}" if key else "", "bold"))
    return StartItem(line, Content(about), intent())


def _recent(source: str) -> StartItem:
    if source.startswith("make:"):
        made = messages.OpenRequested(source, TARGET)
        return StartItem(content(source, "", 2 * _NAME), content(source), made)
    path = Path(source)
    name, folder = clip(path.name, _NAME), short_path(path.parent)
    line = Content.assemble(content(name), "  ", content(folder, "dim", 40))
    return StartItem(line, content(source), messages.OpenRequested(source))


def _sample(name: str) -> StartItem:
    sample = SAMPLES[name]
    line = Content.assemble(f"{name:<12}", (sample.title, "dim"))
    text = (
        f"\n{sample.rows:,} rows × {sample.columns} columns, "
        f"target {sample.target}={sample.positive}\n\n{sample.description}"
    )
    open = messages.OpenRequested(f"sample:{name}", sample.target, sample.positive)
    return StartItem(line, Content.assemble((sample.title, "bold"), text), open)


def _run(run: RunSummary) -> StartItem:
    line = Content.assemble(
        f"{run.number:>3}  ",
        (f"{run.status:<12}", "dim"),
        content(short_name(run.source), "", _NAME),
        ("  " + figures.clock(run.seconds) if run.seconds else "", "dim"),
    )
    detail = (
        Content.assemble((f"Run {run.number}", "bold"), "  ", content(run.status)),
        content(run.source),
        content(", ".join(run.arms), "dim"),
        Content.assemble("\n", content(run.headline)),
    )
    text = Content("\n").join(detail)
    return StartItem(line, text, messages.OpenRunRequested(run.id))
