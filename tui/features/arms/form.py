"""The parameters of the highlighted arm: each is set, or left to the search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.events import DescendantBlur
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from engine.core import format as figures
from engine.core.methods import registry
from engine.core.methods.grammar import Arm
from engine.core.methods.registry import Parameter
from engine.core.methods.samplers import ParamValue
from tui.features.arms.draft import Draft, Problem, arm_key, known_sampler
from tui.terminal.safe_text import clip
from tui.widgets.field import ChoiceField, Form, FormField, TextField

_TUNED: Final = "the search tries these"
_MOST_LABELS: Final = 3


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
