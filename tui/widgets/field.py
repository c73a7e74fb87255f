"""Fields of a form: a label, a value, what may be given, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from tui.safe_text import content
from tui.widgets.chooser import Chooser, Option

__all__ = ["ChoiceField", "Field", "Form", "TextField"]

WRONG = "✗"


class Field(Vertical):
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
    Field {
        height: auto;
        & > Horizontal { height: 1; }
        & .field-label, & .field-hint {
            height: 1;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        & .field-label { width: 26; }
        & .field-hint { width: 1fr; padding: 0 0 0 2; color: $text-muted; }
        & .field-note {
            width: 1fr;
            height: auto;
            padding: 0 0 0 2;
            color: $text-muted;
            &.-wrong { color: $text-error; text-style: bold; }
        }
        & Input { width: 16; height: 1; padding: 0 1; background: $surface; }
        & Input:focus { background-tint: $foreground 5%; text-style: bold; }
        & Chooser { width: 36; }
        &:focus-within { background-tint: transparent; }
        &:focus-within .field-label { text-style: bold; }
    }
    """

    @dataclass
    class Given(Message):
        """A person gave a value.

        `final` is false while it is still being typed.
        """

        field: Field
        key: str
        text: str
        final: bool

        @property
        def control(self) -> Field:
            """The field."""
            return self.field

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
        self.key = key
        self._label = label
        self._hint = hint
        self._note = note
        self._said = note
        self._refused = ""

    def compose(self) -> ComposeResult:
        """Lay out the field."""
        with Horizontal():
            yield Static(content(self._label), classes="field-label")
            yield self.compose_value()
            yield from self.compose_beside()
            yield Static(content(self._hint), classes="field-hint")
        note = Static(content(self._said), classes="field-note")
        note.set_class(self._said != self._note, "-wrong")
        note.display = bool(self._said)
        yield note

    def compose_value(self) -> Widget:
        """Return the widget that holds the value."""
        raise NotImplementedError

    def compose_beside(self) -> ComposeResult:
        """Yield what stands between the value and the hint."""
        yield from ()

    @property
    def _laid_out(self) -> bool:
        """Tell whether all is there: the row comes before what stands in it."""
        return bool(self.query(".field-hint"))

    def advise(self, hint: str) -> None:
        """Say behind the value what may be given."""
        if hint != self._hint:
            self._hint = hint
            self._advise()

    def _advise(self) -> None:
        if self._laid_out:
            self.query_one(".field-hint", Static).update(content(self._hint))
        elif self._nodes:
            self.call_after_refresh(self._advise)

    def complain(self, text: str | None) -> None:
        """Say what is wrong with what was given, or that nothing is."""
        text = text or self._refused or None
        said = self._note if text is None else f"{WRONG} {text}"
        if said == self._said:
            return
        self._said = said
        if not self._nodes:
            return
        note = self.query_one(".field-note", Static)
        note.set_class(text is not None, "-wrong")
        note.display = bool(said)
        note.update(content(said))

    def remember(self, text: str) -> None:
        """Say once more why a value was refused, until another is given."""
        self._refused = text
        self.complain(None)

    def forget(self) -> None:
        """Say no more why a value was refused."""
        self._refused = ""
        self.complain(None)

    @property
    def label(self) -> str:
        """What stands before the value."""
        return self._label

    @property
    def said(self) -> str:
        """The line below: the note, or the problem."""
        return self._said


class TextField(Field):
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

    _last = ""

    def compose_value(self) -> Widget:
        """Return the input."""
        return Input(self._last, compact=True, select_on_focus=True)

    began = ""
    """The value in force when the person came here."""

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.query_one(Input).value if self._laid_out else self._last

    def put(self, text: str) -> None:
        """Show the value in force, unless a person is just typing another."""
        self._last = text
        self._put()

    def _put(self) -> None:
        if not self._laid_out:
            if self._nodes:
                self.call_after_refresh(self._put)
            return
        box, text = self.query_one(Input), self._last
        if not box.has_focus and box.value != text:
            with self.prevent(Input.Changed):
                box.value = text

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if not event.input.has_focus:
            return  # It only says what it was made with.
        self._refused = ""
        self.post_message(self.Given(self, self.key, event.value, final=False))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Given(self, self.key, event.value, final=True))

    @on(events.DescendantFocus)
    def _came(self) -> None:
        self.began = self._last

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
        self.began = self._last

    def refuse(self, why: str) -> None:
        """Go back to the value that the person came to, and say why."""
        # Not to what half of the refused text happened to mean.
        self._last = self.began
        self.revert()
        self.remember(why)

    def revert(self) -> None:
        """Show the value in force, whatever was typed."""
        box = self.query_one(Input)
        with self.prevent(Input.Changed):
            box.value = self._last


class ChoiceField(Field):
    """A field to choose in."""

    def compose_value(self) -> Widget:
        """Return the chooser."""
        self._chooser = Chooser()
        self._chooser.offer(self._offered, self._value)
        return self._chooser

    _chooser: Chooser | None = None
    _offered: Sequence[Option] = ()
    _value: str | None = None

    def offer(self, options: Sequence[Option], value: str | None) -> None:
        """Show these options and this value."""
        self._offered, self._value = options, value
        if self._chooser is not None:
            self._chooser.offer(options, value)

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        self.post_message(self.Given(self, self.key, str(event.value), final=True))


class Form(VerticalScroll, can_focus=False):
    """Fields below each other; the arrow keys go from one to the next."""

    DEFAULT_CSS = """
    Form { height: auto; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "Field above", show=False),
        Binding("down", "step(1)", "Field below", show=False),
        Binding("escape", "leave", "Leave the form", show=False),
    ]

    @dataclass
    class Left(Message):
        """A person wants out of the form."""

        form: Form

    def stops(self) -> list[Widget]:
        """Return what the arrow keys go to."""
        return [one for one in self.query("*") if one.focusable and _seen(one, self)]

    def action_step(self, step: int) -> None:
        """Move the focus to the next value."""
        places = self.stops()
        focused = self.screen.focused
        if focused in places:
            place = places.index(focused) + step
            if 0 <= place < len(places):
                # At once, so that keys typed ahead go there too.
                self.screen.set_focus(places[place])

    def action_leave(self) -> None:
        """Say that a person wants out."""
        self.post_message(self.Left(self))

    def heading(self, text: str) -> Static:
        """Return a heading to mount between fields."""
        return Static(content(text, "bold"), classes="form-heading")


def _seen(child: Widget, top: Widget) -> bool:
    return all(node.display for node in child.ancestors_with_self if node is not top)
