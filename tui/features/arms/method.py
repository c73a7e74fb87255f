"""The highlighted method: what it does, its parameters, what becomes of the rows.

A parameter is set, or left to the search. Of a highlighted model it is said what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from operator import attrgetter
from typing import ClassVar, Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import DescendantBlur
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from engine.core import format as figures
from engine.core.errors import SpecError
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import Parameter, ParamValue
from tui.charts.bars import class_bars_before_after
from tui.charts.view import ChartView
from tui.features import wording
from tui.features.arms import models, words
from tui.features.arms.draft import (
    Draft,
    Problem,
    arm_key,
    known_sampler,
    method_text,
)
from tui.features.arms.words import Forecast, forecast, measured
from tui.features.commands import Command
from tui.features.lab import words as lab_words
from tui.features.lab.views import PreviewView
from tui.features.messages import StepParamChanged
from tui.features.pane import SessionWidget, Sized, View
from tui.features.session import Session
from tui.terminal.safe_text import clean, clip, content
from tui.widgets.field import ChoiceField, Form, FormField, TextField

_TUNED: Final = "the search tries these"
_MOST_LABELS: Final = 3
_steps = attrgetter("offer.arm.steps")

# The form ---------------------------------------------------------------------------


class Formed(Widget):
    """Mixed into a view with a form: ``esc`` leads out of it."""

    @on(DescendantBlur)
    def _move_on(self, event: DescendantBlur) -> None:
        """Forget refusals, but for what is only being refused now."""
        for field in self.query(TextField):
            if not (field.given and field in event.widget.ancestors_with_self):
                self.forget(field)

    def forget(self, field: TextField) -> None:
        """Say no more why a value of a field was refused."""
        field.forget()

    @on(Form.Left)
    async def _leave_form(self, event: Form.Left) -> None:
        event.stop()
        if self.screen.has_class("-zoomed"):
            self.screen.set_focus(None)
        else:
            await self.run_action("screen.hop")


class StepParameter(NamedTuple):
    """Which parameter a field is for: that of a step, or of an ensemble (step 0)."""

    step: int
    parameter: Parameter


class Tick(Static):
    """A box beside a value: ticked, the search chooses it; a click turns it."""

    ON, OFF = "[■] tune", "[ ] tune"

    @dataclass
    class Turned(Message):
        """A user ticked or unticked the box of a field."""

        field: Tunable

    def __init__(self) -> None:
        super().__init__(Content(self.OFF), classes="field-tick")
        self.on = False

    def put(self, on: bool) -> None:
        """Show it ticked, or not."""
        if on != self.on:
            self.on = on
            self.update(Content(self.ON if on else self.OFF))

    def on_click(self) -> None:
        """Say that it was turned."""
        field = next(n for n in self.ancestors if isinstance(n, Tunable))
        self.post_message(self.Turned(field))


class Tunable(FormField):
    """A field with a box beside it, if its parameter can be searched."""

    turning = False
    """The box was just turned, so the value is another than the one typed."""

    @cached_property
    def tick(self) -> Tick:
        """The box."""
        return Tick()

    def compose_beside(self) -> ComposeResult:
        """Yield the box."""
        yield self.tick


class _TunedText(TextField, Tunable):
    pass


class _TunedChoice(ChoiceField, Tunable):
    pass


class MethodForm(Form):
    """The parameters of one arm.

    Parameters
    ----------
    arm : Arm
        Whose; the fields follow from its samplers, or from its ensemble.
    draft : Draft
        Has the values to show at first.
    labels : tuple of str
        The classes, as examples of what counts are given for.
    """

    def __init__(self, arm: Arm, draft: Draft, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.arm = arm.name
        self.shape = shape(arm)
        self._labels = labels
        self._draft = draft
        self.places: dict[str, StepParameter] = {}

    def compose(self) -> ComposeResult:
        """Lay out a field per parameter, with a heading per step if several."""
        ensemble, *steps = self.shape
        if ensemble:
            for parameter in registry.ensemble(ensemble).parameters:
                yield self._field(StepParameter(0, parameter), tunable=False)
        for index, name in enumerate(steps):
            if (entry := known_sampler(name)) is not None and len(steps) > 1:
                yield self.heading(f"{index + 1}. {entry.title}")
            for parameter in entry.parameters if entry is not None else ():
                tunable = bool(parameter.tries)
                yield self._field(StepParameter(index, parameter), tunable=tunable)

    def fill(self, draft: Draft, labels: tuple[str, ...]) -> None:
        """Show the values in force, and what was refused."""
        self._draft, self._labels = draft, labels
        for field in self.query(FormField):
            self._fill(field)

    def _field(self, place: StepParameter, *, tunable: bool) -> FormField:
        parameter = place.parameter
        key = arm_key(self.arm, place.step, parameter.name)
        self.places[key] = place
        kinds = (_TunedText, _TunedChoice) if tunable else (TextField, ChoiceField)
        kind = kinds[bool(parameter.choices)]
        wide = "-wide" if parameter.kind == "counts" else ""
        field = kind(key, parameter.name, note=parameter.effect, classes=wide)
        self._fill(field)
        return field

    def _fill(self, field: FormField) -> None:
        step, parameter = self.places[field.key]
        value = self._draft.param(self.arm, step, parameter.name)
        tried = self._draft.tried(self.arm, step, parameter.name)
        text = "/".join(map(written, tried or (value,)))
        hint = _search_hint(self.shape[0], parameter) or _hint(parameter, self._labels)
        field.advise(_TUNED if tried else hint)
        if isinstance(field, TextField):
            field.put(text)
        elif isinstance(field, ChoiceField):
            field.offer(self._options(parameter, tried), text)
        if isinstance(field, Tunable):
            field.tick.put(bool(tried))
            if field.turning and isinstance(field, TextField):
                field.settle()
                field.forget()
                field.box.cursor_position = len(text)
            field.turning = False
        problem = self._draft.problems.get(field.key)
        field.complain(complaint(problem) if problem else None)

    def _options(
        self, parameter: Parameter, tried: tuple[ParamValue, ...]
    ) -> list[tuple[str, str]]:
        offered = [(name, name) for name in parameter.choices]
        if self.shape[0]:
            return offered
        for values in dict.fromkeys((parameter.tries, tried)):
            if values:
                text = "/".join(map(written, values))
                offered.append((f"tune: {text}", text))
        return offered


def shape(arm: Arm) -> tuple[str, ...]:
    """Return what the fields of an arm follow from: its ensemble, then its samplers.

    Examples
    --------
    >>> from engine.core.methods import grammar
    >>> shape(grammar.parse("smote")), shape(grammar.parse("untreated"))
    (('', 'smote'), ('',))
    """
    return (arm.ensemble or "", *(step.sampler for step in arm.steps))


def complaint(problem: Problem, kept: str = "") -> str:
    """Return why a value was refused, and which one stands if that is known."""
    text = problem.message.rstrip(".")
    if problem.fix:
        text += f": {problem.fix}"
    return f"{text}; back to {kept}" if kept else text


def take(
    event: FormField.Given,
    problem: Problem | None,
    give: Callable[[str | None], object],
) -> None:
    """Give on what was typed; for what is refused at the end, what was before."""
    value = event.text.strip() or None
    if event.final and isinstance(event.field, TextField):
        if problem is None:
            event.field.settle()
            return
        value = event.field.began or None
        event.field.refuse(complaint(problem, event.field.began))
    give(value)


def written(value: ParamValue | None) -> str:
    """Return a value as it is typed; nothing for none.

    Examples
    --------
    >>> written(0.5), written(3), written(None)
    ('0.5', '3', '')
    """
    return "" if value is None else figures.plain(value)


def _hint(parameter: Parameter, labels: tuple[str, ...]) -> str:
    """Return what may be given for a parameter."""
    if parameter.kind == "counts":
        some = "/".join(f"{clip(label, 8)}=N" for label in labels[:_MOST_LABELS])
        return f"{some or 'LABEL=N/LABEL=N'}; empty: by the ratio"
    if parameter.choices:
        return f"default {parameter.default}"
    kind = "whole, " if parameter.kind == "integer" else ""
    low = figures.NOTHING if parameter.low is None else f"{parameter.low:g}"
    high = "no limit" if parameter.high is None else f"{parameter.high:g}"
    return f"default {written(parameter.default)}; {kind}{low} to {high}"


def _search_hint(ensemble: str, parameter: Parameter) -> str:
    """Return what is searched of an ensemble's parameter; nothing if it is not."""
    space = registry.ensemble(ensemble).space if ensemble else {}
    found = space.get(parameter.name)
    return f"empty: searched, {found.low:g} to {found.high:g}" if found else ""


# The view ---------------------------------------------------------------------------


class MethodView(View, Formed, Sized):
    """The highlighted arm."""

    NAME = "method"
    SHORT = 16
    BROAD = 96
    HELP = "The method"
    COPIES = "#method-about, #method-bars"
    COMMANDS_HERE: ClassVar = (
        Command(
            "arms.tune",
            "ctrl+t",
            "Tune the parameter, or fix it",
            "tune",
            when=_steps,
        ),
    )

    def compose(self) -> ComposeResult:
        """Lay out words, form and bars, and beside them, where there is room, rows."""
        yield Static(id="method-verdict")
        yield Static(id="method-counts")
        with VerticalScroll(can_focus=False):
            yield Static(id="method-about")
            yield Static(id="method-none")
            yield Static(id="method-tuned")
            yield Static(id="method-rows")
            yield ChartView(id="method-bars")
            yield Static(id="method-remarks")
        beside = PreviewView()
        beside.set_reactive(SessionWidget.session, self.session)
        yield beside

    def show(self, session: Session, before: Session | None) -> None:
        """Draw the highlighted arm, if anything about it changed."""
        self.query_one(PreviewView).session = session
        if before is not None and _sources(before) == _sources(session):
            return
        model = session.model
        self.set_class(model is not None, "-model")
        if model is not None:
            self._show_model(session, model)
            return
        offer = session.offer
        arm = session.draft.labelled(offer)
        self._show_words(session, arm)
        self._show_form(offer.arm, session)
        self._show_rows(session, arm)

    def _show_model(self, session: Session, name: str) -> None:
        """Say all about a model; it has no parameters to set here, and no rows."""
        nothing = Content("")
        self.tell(
            about=wording.lines(_about(name, words.about_model(name))),
            verdict=models.verdict(session, name),
            tuned=models.searched(session.draft, name),
        )
        self.tell(none=nothing, rows=nothing, counts=nothing, remarks=nothing)
        self.query_one("#method-bars").display = False
        for form in self.query(MethodForm):
            form.display = False

    def _show_words(self, session: Session, arm: Arm) -> None:
        table = session.load.table
        about = words.about(arm, len(table.train) if table is not None else 2)
        parts = _about(arm.name, about)
        if len(arm.steps) > 1 and (text := method_text(arm)) != arm.name:
            parts.append(content(f"written {text}", "dim"))
        verdict = [words.verdict(session, arm), *models.unsuited(session, arm)]
        self.tell(
            about=wording.lines(parts),
            verdict=wording.lines(verdict),
            tuned=words.tuned(session, arm),
        )

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


def _about(called: str, about: words.About) -> list[Content]:
    """Return the words about a method or a model, in lines."""
    name = (clean(called), "bold $text-accent")
    title = Content.assemble(name, "  ", (clean(about.title), "bold"))
    parts = [title, content(about.summary)]
    fitting = ("use when    ", about.when), ("avoid when  ", about.when_not)
    for lead, text in fitting:
        if text:
            parts.append(Content.assemble((lead, "dim"), clean(text)))
    if small := " · ".join(text for text in (about.home, about.source) if text):
        parts.append(content(small, "dim"))
    return parts


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
    found = words.finding(session, arm)
    if expected is None or (found and words.trouble(session, found) == "unusable"):
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
    known = measured(session, lab_words.current_arm(session))
    counted = (known[1], known[0].repairs, known[0].notes) if known else None
    return (
        id(session.draft),
        id(session.load),
        id(session.lab.findings),
        session.view.selected.get("arms"),
        session.run.number if session.run else None,
        counted,
    )
