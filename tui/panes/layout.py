"""How views lay themselves out: by their own size, with words for no picture."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.content import Content
from textual.events import DescendantBlur, Resize
from textual.widget import Widget
from textual.widgets import Static

from tui.charts.base import Palette, message
from tui.charts.view import Draw
from tui.messages import Selected, ViewChosen
from tui.session import PaneId
from tui.widgets.field import Form, TextField
from tui.widgets.rows import Rows


class Sized(Widget):
    """Mixed into a view: sets ``-short``, ``-roomy`` and ``-broad`` by its size.

    The size of the screen says nothing about the room of a view, which may be under
    a pane, beside one, or zoomed.
    """

    SHORT: ClassVar[int] = 0
    """Below so many lines it is short."""
    ROOMY: ClassVar[int] = 1000
    """From so many lines on it is roomy."""
    BROAD: ClassVar[int] = 1000
    """From so many cells on it is broad."""

    def on_resize(self, event: Resize) -> None:
        """Set the classes."""
        width, height = event.size
        self.set_class(height < self.SHORT, "-short")
        self.set_class(height >= self.ROOMY, "-roomy")
        self.set_class(width >= self.BROAD, "-broad")


class ArmList(Widget):
    """Mixed into what lists arms: the one under the cursor is looked at everywhere."""

    LOOKED: ClassVar[PaneId]
    """The pane whose arm is looked at."""
    MORE: ClassVar[str]
    """The view of that pane which a chosen arm is shown in."""

    @on(Rows.Highlighted)
    def _look(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.post_message(Selected(self.LOOKED, event.key))

    @on(Rows.Chosen)
    def _show_more(self, event: Rows.Chosen) -> None:
        event.stop()
        self.post_message(Selected(self.LOOKED, event.key))
        self.post_message(ViewChosen(self.LOOKED, self.MORE))


class Formed(Widget):
    """Mixed into a view with a form: ``esc`` leads out of it.

    Why a value was refused is said until the person moves on once more.
    """

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


def say(place: Static, text: Content) -> None:
    """Show a text where another was, with as little work as it takes.

    The same text is not drawn again, and the screen is laid out anew only if the
    lines become more or fewer: a clock that ticks must not move everything.
    """
    old = place.content
    if not isinstance(old, Content):
        place.update(text)
    elif not old.is_same(text):
        width = place.content_size.width
        same = width > 0 and len(old.wrap(width)) == len(text.wrap(width))
        place.update(text, layout=not same)


def there(widget: Widget, wanted: bool) -> None:
    """Show a widget or not, without overruling what the style sheet says else."""
    widget.set_class(not wanted, "-nothing")


def words(text: str) -> Draw:
    """Return a picture that only says something; any text may be given."""
    return partial(_words, text)


def _words(text: str, width: int, height: int, palette: Palette) -> str:
    return message(text, width, height)
