"""The start view: what was opened lately, the samples, the stored runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.core import format as figures
from engine.data.catalogue import SAMPLES
from engine.data.make_spec import TARGET
from tui import messages
from tui.data_messages import MakeRequested
from tui.mail import Intent
from tui.safe_text import clip, content
from tui.screens.base import SessionScreen, differ
from tui.screens.frame import KeyLine, news, short_name
from tui.screens.pick_path import short_path
from tui.session import RunSummary, Session

MOST_RUNS = 5
_NAME = 30


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
        """Lay out the title, the list, and what is said about a line of it."""
        with Vertical(id="start"):
            yield Static(
                Content.assemble(
                    ("imbtui", "bold $accent"),
                    "  which method misses the fewest positives, and is the "
                    "difference real?",
                ),
                id="start-title",
            )
            with Horizontal(id="start-body"):
                yield OptionList(id="start-list", markup=False)
                yield Static(id="start-detail")
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
        if differ(before, session, "recent", "stored", "running"):
            self._fill()
        self._news()

    def _fill(self) -> None:
        options = self.query_one(OptionList)
        old = self._current()
        self._entries = entries(self.session)
        options.clear_options()
        options.add_options(
            [Option(e.line, disabled=e.intent is None) for e in self._entries]
        )
        same = [
            i for i, e in enumerate(self._entries) if old and e.intent == old.intent
        ]
        first = [i for i, e in enumerate(self._entries) if e.intent is not None]
        options.highlighted = (same or first)[0]

    def _news(self) -> None:
        self.query_one("#start-news", Static).update(news(self.session))

    def _current(self) -> StartItem | None:
        place = self.query_one(OptionList).highlighted
        if place is None or place >= len(self._entries):
            return None
        return self._entries[place]

    def on_option_list_option_highlighted(self) -> None:
        """Say more about the line."""
        entry = self._current()
        self.query_one("#start-detail", Static).update(
            entry.detail if entry else Content("")
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open it."""
        event.stop()
        intent = self._entries[event.option_index].intent
        if intent is not None:
            self.post_message(replace(intent))  # It can be posted but once.

    def key_escape(self) -> None:
        """Go back."""
        self.action_close()


def entries(session: Session) -> list[StartItem]:
    """Return the lines of the list."""
    found: list[StartItem] = []
    stored = session.stored or ()
    living = [run for run in stored if run.status in ("queued", "running")]
    if living:
        found += [_heading("Running"), *(_run(run) for run in living[:MOST_RUNS])]
    found += [
        _heading("Open" if not living else "\nOpen"),
        StartItem(
            Content.assemble("a file …", ("   o", "dim")),
            Content(
                "CSV, TSV or any delimiter, plain or compressed; Parquet, Feather, "
                "JSON Lines, ARFF, Excel."
            ),
            messages.OpenRequested(),
        ),
        StartItem(
            Content.assemble("a synthetic dataset …", ("   G", "dim")),
            Content("Moons or blobs with any imbalance."),
            MakeRequested(),
        ),
        StartItem(
            Content("an experiment file …"),
            Content("A TOML file with dataset, arms, budget and seed."),
            messages.OpenExperimentRequested(),
        ),
    ]
    files = [source for source in session.recent if not source.startswith("sample:")]
    if files:
        found += [_heading("\nRecent"), *(_recent(source) for source in files)]
    found += [_heading("\nSamples"), *(_sample(name) for name in SAMPLES)]
    ended = [run for run in stored if run not in living]
    if ended:
        found += [_heading("\nRuns"), *(_run(run) for run in ended[:MOST_RUNS])]
        if len(ended) > MOST_RUNS:
            found.append(
                StartItem(
                    Content.assemble(f"all {len(stored)} …", ("   w", "dim")),
                    Content("Every run in the store."),
                    messages.RunsRequested(),
                )
            )
    return found


def _heading(title: str) -> StartItem:
    return StartItem(Content.styled(title, "bold $primary"), Content(""))


def _recent(source: str) -> StartItem:
    if source.startswith("make:"):
        return StartItem(
            content(clip(source, 2 * _NAME)),
            content(source),
            messages.OpenRequested(source, TARGET),
        )
    path = Path(source)
    name, folder = clip(path.name, _NAME), short_path(path.parent)
    line = Content.assemble(content(name), "  ", content(folder, "dim", 40))
    return StartItem(line, content(source), messages.OpenRequested(source))


def _sample(name: str) -> StartItem:
    sample = SAMPLES[name]
    return StartItem(
        Content.assemble(f"{name:<12}", (sample.title, "dim")),
        Content.assemble(
            (sample.title, "bold"),
            f"\n{sample.rows:,} rows × {sample.columns} columns, "
            f"target {sample.target}={sample.positive}\n\n{sample.description}",
        ),
        messages.OpenRequested(f"sample:{name}", sample.target, sample.positive),
    )


def _run(run: RunSummary) -> StartItem:
    source = run.source
    name = short_name(source)
    return StartItem(
        Content.assemble(
            f"{run.number:>3}  ",
            (f"{run.status:<12}", "dim"),
            content(clip(name, _NAME)),
            ("  " + figures.clock(run.seconds) if run.seconds else "", "dim"),
        ),
        Content.assemble(
            (f"Run {run.number}", "bold"),
            "  ",
            content(run.status),
            "\n",
            content(source),
            "\n",
            content(", ".join(run.arms), "dim"),
            "\n\n",
            content(run.headline),
        ),
        messages.OpenRunRequested(run.id),
    )
