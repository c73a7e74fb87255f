"""The highlighted arm: what it does, its parameters, what becomes of the rows."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.core.errors import SpecError
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from tui.charts.distribution import class_bars_before_after
from tui.charts.view import ChartView
from tui.features import wording
from tui.features.arms import cost as arms_cost
from tui.features.arms import words
from tui.features.arms.cost import Forecast, forecast, measured
from tui.features.arms.draft import Offer, method_text
from tui.features.arms.form import Formed, MethodForm, Tick, Tunable, shape, take
from tui.features.commands import Command
from tui.features.lab import words as lab_words
from tui.features.messages import StepParamChanged
from tui.features.pane import Sized, View
from tui.features.session import Session
from tui.terminal.safe_text import clean, content
from tui.widgets.field import FormField


def _steps(session: Session) -> bool:
    return bool(highlighted(session).arm.steps)


class MethodView(View, Formed, Sized):
    """The highlighted arm."""

    NAME = "method"
    SHORT = 16
    HELP = "The method"
    COPIES = "#method-about, #method-bars"
    COMMANDS: ClassVar = (
        Command(
            "arms.tune", "ctrl+t", "Tune the parameter, or fix it", "tune", when=_steps
        ),
    )

    def compose(self) -> ComposeResult:
        """Lay out what will become of it, words, the form, and the bars."""
        yield Static(id="method-verdict")
        yield Static(id="method-counts")
        with VerticalScroll(can_focus=False):
            yield Static(id="method-about")
            yield Static(id="method-none")
            yield Static(id="method-tuned")
            yield Static(id="method-rows")
            yield ChartView(id="method-bars")
            yield Static(id="method-remarks")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw the highlighted arm, if anything about it changed."""
        if before is not None and _sources(before) == _sources(session):
            return
        offer = highlighted(session)
        arm = session.draft.labelled(offer)
        self._show_words(session, arm)
        self._show_form(offer.arm, session)
        self._show_rows(session, arm)

    def _show_words(self, session: Session, arm: Arm) -> None:
        table = session.load.table
        about = words.about(arm, len(table.train) if table is not None else 2)
        name = (clean(arm.name), "bold $text-accent")
        title = Content.assemble(name, "  ", (clean(about.title), "bold"))
        parts = [title, content(about.summary)]
        for lead, text in (("when  ", about.when), ("not   ", about.when_not)):
            if text:
                parts.append(Content.assemble((lead, "dim"), clean(text)))
        if small := " · ".join(text for text in (about.home, about.source) if text):
            parts.append(content(small, "dim"))
        if len(arm.steps) > 1 and (text := method_text(arm)) != arm.name:
            parts.append(content(f"written {text}", "dim"))
        verdict, tuned = words.verdict(session, arm), words.tuned(session, arm)
        self.tell(about=wording.lines(parts), verdict=verdict, tuned=tuned)

    def _show_form(self, arm: Arm, session: Session) -> None:
        """Show the arm's own form; it is made when it is first wanted."""
        table = session.load.table
        labels = tuple(table.train) if table else ()
        fields = bool(arm.steps) or arm.ensemble is not None
        self.tell(none=Content("") if fields else words.nothing_to_set(session, arm))
        for form in self.query(MethodForm):
            form.display = (form.arm, form.shape) == (arm.name, shape(arm))
        if shown := [form for form in self.query(MethodForm) if form.display]:
            shown[0].fill(session.draft, labels)
        elif fields:
            made = MethodForm(arm, session.draft, labels)
            self.query_one(VerticalScroll).mount(made, before="#method-tuned")

    def _show_rows(self, session: Session, arm: Arm) -> None:
        try:
            found = _rows(session, arm)
        except SpecError:
            found = None  # The verdict says why.
        chart = self.query_one("#method-bars", ChartView)
        chart.display = found is not None
        title = counts = Content("")
        if found is not None:
            name, rows = found
            title = content(name, "bold")
            counts = lab_words.counts(rows.before, rows.after, rows.open_end)
            positive = session.load.table.positive if session.load.table else None
            chart.styles.height = 2 * min(len(rows.before), 6) + 2
            bars = partial(class_bars_before_after, positive=positive)
            chart.show(partial(bars, rows.before, rows.after, rows.synthetic))
        remarks = wording.lines(words.remarks(session, arm))
        self.tell(rows=title, counts=counts, remarks=remarks)

    # What is changed ---------------------------------------------------------------

    @on(FormField.Given)
    def _given(self, event: FormField.Given) -> None:
        event.stop()
        problem = self.session.draft.problems.get(event.key)
        take(event, problem, partial(self._give, event.key))

    @on(Tick.Turned)
    def _turned(self, event: Tick.Turned) -> None:
        event.stop()
        self._turn(event.field)

    def action_tune(self) -> None:
        """Turn the box of the field that has the focus."""
        focused = self.screen.focused
        nodes = focused.ancestors if focused is not None else ()
        field = next((node for node in nodes if isinstance(node, FormField)), None)
        if isinstance(field, Tunable):
            self._turn(field)
        elif field is not None:
            text = f"{field.label} is not searched: give a value"
            self.notify(text, markup=False)

    def _turn(self, field: Tunable) -> None:
        field.turning = True
        self._give(field.key, None if field.tick.on else grammar.TUNE)

    def _give(self, key: str, value: str | None) -> None:
        for form in self.query(MethodForm):
            if form.display and key in form.places:
                step, parameter = form.places[key]
                name = parameter.name
                self.post_message(StepParamChanged(form.arm, step, name, value))


def highlighted(session: Session) -> Offer:
    """Return the arm that the cursor is on; the first before it was moved."""
    wanted = session.view.selected.get("arms", "")
    return session.draft.offer(wanted) or session.draft.offers[0]


def _rows(session: Session, arm: Arm) -> tuple[str, Forecast] | None:
    """Return the rows that a run counted, or those to expect, and their title.

    Raises
    ------
    SpecError
        If counts are asked for that cannot be.
    """
    if (table := session.load.table) is None:
        return None
    if (known := measured(session, arm)) is not None and session.run is not None:
        fold = known[1]
        title = f"training rows, counted in run {session.run.number}"
        return title, Forecast(fold.before, fold.after, fold.synthetic)
    expected = forecast(arm, table.train)
    found = arms_cost.finding(session, arm)
    if expected is None or (found and arms_cost.trouble(session, found) == "cannot"):
        return None
    exact = found is not None and found.measured and not found.open
    if found is not None and exact and found.after != expected.after:
        grown = {c: n - found.before.get(c, 0) for c, n in found.after.items()}
        synthetic = expected.synthetic
        assert isinstance(synthetic, dict)
        made = {c: max(0, min(grown[c], n)) for c, n in synthetic.items()}
        return "training rows, as tried", Forecast(found.before, found.after, made)
    before = " before any cleaning" if expected.open_end else ""
    return f"training rows, expected{before}", expected


def _sources(session: Session) -> tuple[object, ...]:
    """Return what the view is made of: most news of a run is not about it."""
    known = measured(session, session.draft.labelled(highlighted(session)))
    counted = (known[1], known[0].repairs, known[0].notes) if known else None
    return (
        id(session.draft),
        id(session.load),
        id(session.lab.findings),
        session.view.selected.get("arms"),
        session.run.number if session.run else None,
        counted,
    )
