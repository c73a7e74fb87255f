"""Fields of a form: a label, a value, what may be given, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.visual import Visual, visualize
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.terminal.safe_text import content
from tui.widgets.chooser import Chooser, Option

WRONG = "✗"


class _Hint(Static):
    """Words behind a value: all of them, or none where a form says them elsewhere."""

    def render(self) -> Visual:
        """Draw the words."""
        text, room = self.content, self.content_size.width
        whole = not isinstance(text, Content) or text.cell_length <= room
        hidden = not whole and self.styles.text_overflow == "clip"
        return visualize(self, Content("")) if hidden else self.visual


class FormField(Vertical):
    """One line with a label and a value, and a line of words below it.

    Parameters
    ----------
    key : str
        What the field stands for.
    label : str
        Before the value.
    hint : str, default=""
        Behind the value: what may be given.
    note : str, default=""
        Below: what the value does; the problem stands there while there is one.
    """

    DEFAULT_CSS = """
    FormField {
        height: auto;
        & > Horizontal { height: 1; }
        & .field-label, & .field-hint { height: 1; text-wrap: nowrap; }
        & .field-label, & .field-hint { text-overflow: ellipsis; }
        & .field-label { width: 26; }
        & .field-hint, & .field-note { width: 1fr; padding: 0 0 0 2; }
        & .field-hint, & .field-note { color: $text-muted; }
        & .field-note { height: auto; }
        & .field-note.-wrong { color: $text-error; text-style: bold; }
        & Input { width: 16; height: 1; padding: 0 1; background: $surface; }
        & Input:focus { background-tint: $foreground 5%; text-style: bold; }
        & Chooser { width: 36; }
        &:focus-within { background-tint: transparent; }
        &:focus-within .field-label { text-style: bold; }
    }
    """

    @dataclass
    class Given(Message):
        """A user gave a value.

        `final` is false while it is still being typed.
        """

        field: FormField
        key: str
        text: str
        final: bool

    def __init__(
        self,
        key: str,
        label: str,
        *,
        hint: str = "",
        note: str = "",
        classes: str | None = None,
    ) -> None:
        super().__init__(classes=classes)
        self.key, self.label = key, label
        self.below = self._note = note
        """The line below: the note, or the problem."""
        self._refused = ""
        self._hint_line = _Hint(content(hint), classes="field-hint")
        self._line = Static(content(note), classes="field-note")
        self._line.display = bool(note)

    def compose(self) -> ComposeResult:
        """Lay out the field."""
        with Horizontal():
            yield Static(content(self.label), classes="field-label")
            yield from self.compose_value()
            yield from self.compose_beside()
            yield self._hint_line
        yield self._line

    def compose_value(self) -> ComposeResult:
        """Yield what holds the value."""
        raise NotImplementedError

    def compose_beside(self) -> ComposeResult:
        """Yield what stands between the value and the hint."""
        yield from ()

    def advise(self, hint: str) -> None:
        """Say behind the value what may be given."""
        if str(self._hint_line.content) != hint:
            self._hint_line.update(content(hint))

    def complain(self, text: str | None) -> None:
        """Say what is wrong with what was given, or that nothing is."""
        problem = text or self._refused
        line = f"{WRONG} {problem}" if problem else self._note
        if line != self.below:
            self.below = line
            self._line.set_class(bool(problem), "-wrong")
            self._line.display = bool(line)
            self._line.update(content(line))

    def forget(self) -> None:
        """Say no more why a value was refused."""
        self._refused = ""
        self.complain(None)


class TextField(FormField):
    """A field to type into."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # What a letter does elsewhere is typed here: the footer says the way out.
        Binding("escape", "leave", "leave"),
    ]

    def action_leave(self) -> None:
        """Leave the form that this is in."""
        for node in self.ancestors:
            if isinstance(node, Form):
                node.action_leave()

    began = ""
    """The value in force when the user came here."""
    _last: str | None = None
    """The one that is now; None before it was shown."""

    @cached_property
    def box(self) -> Input:
        """Where it is typed."""
        return Input(compact=True, select_on_focus=True)

    def compose_value(self) -> ComposeResult:
        """Yield the input."""
        yield self.box

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.box.value

    def put(self, text: str) -> None:
        """Show the value in force, unless a user is just typing another."""
        first, self._last = self._last is None, text
        if first:
            self.began = text  # a user may have come before it was there
        if self.text != text and (first or not self.box.has_focus):
            self.revert()

    @on(Input.Changed)
    def _change(self, event: Input.Changed) -> None:
        event.stop()
        if not event.input.has_focus:
            return  # It only says what it was made with.
        self._refused = ""
        self.post_message(self.Given(self, self.key, event.value, final=False))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Given(self, self.key, event.value, final=True))

    @on(events.DescendantFocus)
    def _came(self) -> None:
        self.began = self._last or ""

    @on(events.DescendantBlur)
    def _left(self) -> None:
        if self.given:
            self.post_message(self.Given(self, self.key, self.text, final=True))

    @property
    def given(self) -> bool:
        """Whether it was left with another value than it was come to with."""
        return self.text != self.began

    def settle(self) -> None:
        """Show the value in force, which a later refusal goes back to."""
        self.revert()
        self.began = self.text

    def refuse(self, why: str) -> None:
        """Go back to the value that the user came to, and say why."""
        # Not to what half of the refused text happened to mean.
        self._last = self.began
        self.revert()
        self._refused = why
        self.complain(None)

    def revert(self) -> None:
        """Show the value in force, whatever was typed."""
        with self.prevent(Input.Changed):
            self.box.value = self._last or ""


class ChoiceField(FormField):
    """A field to choose in."""

    @cached_property
    def _chooser(self) -> Chooser:
        return Chooser()

    def compose_value(self) -> ComposeResult:
        """Yield the chooser."""
        yield self._chooser

    def offer(self, options: Sequence[Option], value: str | None) -> None:
        """Show these options and this value."""
        self._chooser.offer(options, value)

    @on(Chooser.Picked)
    def _chosen(self, event: Chooser.Picked) -> None:
        event.stop()
        self.post_message(self.Given(self, self.key, event.value, final=True))


class Form(VerticalScroll, can_focus=False):
    """Fields below each other; the arrow keys go from one to the next."""

    DEFAULT_CSS = "Form { height: auto; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "Field above", show=False),
        Binding("down", "step(1)", "Field below", show=False),
        Binding("escape", "leave", "Leave the form", show=False),
    ]

    class Left(Message):
        """A user wants out of the form."""

    def stops(self) -> list[Widget]:
        """Return what the arrow keys go to."""

        def is_seen(child: Widget) -> bool:
            nodes = child.ancestors_with_self
            return all(node.display for node in nodes if node is not self)

        return [one for one in self.query("*") if one.focusable and is_seen(one)]

    def action_step(self, step: int) -> None:
        """Move the focus to the next value."""
        places, focused = self.stops(), self.screen.focused
        place = places.index(focused) + step if focused in places else -1
        if 0 <= place < len(places):
            # At once, so that keys typed ahead go there too.
            self.screen.set_focus(places[place])

    def action_leave(self) -> None:
        """Say that a user wants out."""
        self.post_message(self.Left())

    def heading(self, text: str) -> Static:
        """Return a heading to mount between fields."""
        return Static(content(text, "bold"), classes="form-heading")
