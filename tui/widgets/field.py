"""Fields of a form: a label, a value, what may be given, and what is wrong.

`Chooser` is one of several values, on one line; enter or space opens the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Resize
from textual.message import Message
from textual.timer import Timer
from textual.visual import Visual, visualize
from textual.widget import Widget
from textual.widgets import Input, OptionList, Select, Static

from tui.terminal.safe_text import clip, clip_middle, content

Option: TypeAlias = tuple[str, str]
"""A label, which may be untrusted, and the value it stands for."""

MOST_OPTIONS = 300
_LONGEST_LABEL = 60
_FRAME = 4
"""Cells of a chooser beside its label."""
_TYPING = 0.7
"""Seconds after which a key begins another word."""
_NOTHING: Option = ("—", "")


class Chooser(Select[str], inherit_bindings=False):
    """A compact select that leaves the arrow keys to whatever holds it.

    Its labels are text from anywhere. `Select.Changed` is posted only for what a
    person chose.
    """

    DEFAULT_CSS = """
    Chooser {
        width: 1fr;
        height: 1;
        & > SelectCurrent { background: $surface; padding: 0 1 !important; }
        & > SelectCurrent Static#label { height: 1; text-wrap: nowrap; }
        & > SelectCurrent Static#label { text-overflow: ellipsis; }
        &:focus > SelectCurrent {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            & Static#label { color: $block-cursor-foreground; text-style: bold; }
            & .arrow { color: $block-cursor-foreground; }
        }
        & > SelectOverlay { min-width: 24; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "show_overlay", "Choose", show=False),
    ]

    @dataclass
    class Kept(Message):
        """A user chose the option that was chosen already."""

        chooser: Chooser
        value: str

    def __init__(self, *, id: str | None = None) -> None:
        nothing = (_shown(_NOTHING[0]), _NOTHING[1])
        super().__init__(
            [nothing], allow_blank=False, compact=True, type_to_search=False, id=id
        )
        self._offered: tuple[Option, ...] = (_NOTHING,)
        self._listed: tuple[Option, ...] = ()
        self._known = _NOTHING[1]
        self._typed = ""
        self._typing: Timer | None = None

    def offer(self, options: Sequence[Option], value: str | None) -> None:
        """Show these options and this value, without a message.

        Parameters
        ----------
        options : sequence of (str, str)
            Labels and values; at most some 300 are listed.
        value : str or None
            The chosen one. One that is not offered is listed first, under its own
            name; None is shown as a dash.
        """
        offered = list(options[:MOST_OPTIONS])
        if value is None:
            offered.insert(0, _NOTHING)
        elif all(one != value for _, one in offered):
            label = next((text for text, one in options if one == value), value)
            offered.insert(0, (label, value))
        self._offered = tuple(offered)
        self._known = _NOTHING[1] if value is None else value
        if self._label is not None:
            self._apply()

    @property
    def _label(self) -> Static | None:
        """What shows the chosen one: there once all inside has been put together."""
        return self.query_one_optional("#label", Static)

    def on_mount(self) -> None:
        """Show what was offered before there was anything to show it in."""
        self._apply()

    def _apply(self) -> None:
        with self.prevent(Select.Changed):
            # What is offered twice before it is mounted is not listed yet.
            if self._listed != self._offered:
                self._listed = self._offered
                self.set_options([(_shown(text), one) for text, one in self._offered])
            if self.value != self._known:
                self.value = self._known
        self._fit()

    def watch_value(self) -> None:
        """Show the chosen label in the room there is."""
        self._fit()

    def watch_expanded(self) -> None:
        """Show it again once the list is closed."""
        self._typed = ""
        self._fit()

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Take what is typed while the list is open."""
        return self.expanded and character is not None and character.isprintable()

    def on_key(self, event: Key) -> None:
        """Find an option, and show what is typed in the place of the chosen one."""
        if not self.check_consume_key(event.key, event.character):
            return
        event.stop()
        event.prevent_default()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(_TYPING, self._begin_anew)
        self._typed += event.character or ""
        words = self._typed.casefold()
        places = [text.casefold().find(words) for text, _ in self._offered]
        found = [(place, index) for index, place in enumerate(places) if place >= 0]
        if found:
            self.query_one(OptionList).highlighted = min(found)[1]
        if (place := self._label) is not None:
            place.update(content(f"{self._typed}▏", width=_LONGEST_LABEL))

    def _begin_anew(self) -> None:
        """Begin with the next key; what was typed stays to be read."""
        self._typing, self._typed = None, ""

    @on(Resize)
    def _fit(self) -> None:
        """Cut the chosen label in its middle, where it is not seen whole."""
        room = self.size.width - _FRAME
        value = self.value
        label = next((text for text, one in self._offered if one == value), "")
        place = self._label
        if place is not None and room > 0:
            shown = _shown(label, min(room, _LONGEST_LABEL))
            if str(place.content) != shown.plain:
                place.update(shown)

    def on_select_overlay_update_selection(self, event: Any) -> None:
        """Say so too if nothing changes: a guess may be agreed to in this way."""
        if (value := self._listed[event.option_index][1]) == self.value:
            self.post_message(self.Kept(self, value))

    @on(Select.Changed)
    def _keep_echo(self, event: Select.Changed) -> None:
        # Textual says so too when the widget is mounted, with its first value.
        if event.value in (_NOTHING[1], self._known):
            event.stop()


def _shown(label: str, width: int = _LONGEST_LABEL) -> Content:
    """Return a label, cut in its middle: names often differ at their ends.

    What is said of a name, behind a colon, is cut at its end.
    """
    clipped = clip(label, width) if ": " in label else clip_middle(label, width)
    return content(clipped)


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

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        self.post_message(self.Given(self, self.key, str(event.value), final=True))


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
