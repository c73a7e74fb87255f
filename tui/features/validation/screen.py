"""Validate a model on new labelled rows: what is asked for, and what it came to."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from engine.core.messages import AskValidation, Validate
from engine.core.validation import Validation
from engine.io.source import NO_FILES
from tui.features import wording
from tui.features.commands import Command
from tui.features.controller import Controller, Routes
from tui.features.dialogs import FormDialog
from tui.features.pane import say, there
from tui.features.screen import DIALOG_STYLE, KeyLine, SessionScreen, screen_title
from tui.features.session import CurrentRun, Session
from tui.features.validation.state import (
    ValidationClosed,
    ValidationDialogRequested,
    ValidationRequested,
)
from tui.terminal.clipboard import Copied
from tui.terminal.safe_text import clip, clip_middle, content
from tui.text.validation import render_validation, validation_lines
from tui.widgets.field import ChoiceField, Form, FormField, TextField
from tui.widgets.prose import Lined

_COPY_WIDTH: Final = 100
_NAME: Final = 40
_BUNDLE: Final = "bundle"
"""The choice of a model that is not that of the open run; "" would be none."""
_LEAVE_OUT: Final = "leave-out"
_KEEP: Final = "keep"


class ValidationController(Controller):
    """Handles messages about validations."""

    def routes(self) -> Routes:
        """Return the handlers of its messages and its answer."""
        return {
            "validation.model": self.take,
            ValidationDialogRequested: self._ask_rows,
            ValidationRequested: self._validate,
            ValidationClosed: lambda: self.stop_asking("validation.model"),
        }

    def _ask_rows(self) -> None:
        """Ask for a model and a table; what was validated last is proposed."""
        last = self.session.validation.model.request
        self.put(ValidateModel(_finished_run(self.session), last))

    def _validate(
        self, data: str, bundle: str, run: str | None, keep_equal: bool
    ) -> None:
        rows = Validate(
            bundle=_whole(bundle) if bundle else "",
            data=_whole(data),
            keep_equal=keep_equal,
        )
        self.ask("validation.model", AskValidation(id=0, rows=rows, run=run))
        self.app.show(ModelOnNewRows())


def _finished_run(session: Session) -> CurrentRun | None:
    """Return the run that is open if an arm of it is recommended."""
    run = session.run
    return run if run is not None and run.result.choice is not None else None


def _whole(path: str) -> str:
    """Return a path as the service takes it, whatever folder that is in."""
    if path.startswith(NO_FILES):
        return path
    try:
        return str(Path(path).expanduser().absolute())
    except RuntimeError:  # the home of nobody known: whoever reads it says so
        return path


class ValidateModel(FormDialog[ValidationRequested]):
    """Asks for a model and a table of labelled rows; dismisses with the wish.

    Parameters
    ----------
    run : CurrentRun or None
        Whose recommended arm is proposed; only a bundle can be given when None.
    last : AskValidation or None
        What was validated last.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "validate.tcss"]
    BUTTON = "Validate"
    heading = "Validate a model on new rows"
    hint = "↑ ↓ choose   space opens a list"

    def __init__(self, run: CurrentRun | None, last: AskValidation | None) -> None:
        super().__init__()
        self._run = run
        rows = last.rows if last is not None else None
        self._values = {
            "model": "run"
            if run is not None and not (rows and rows.bundle)
            else _BUNDLE,
            "bundle": rows.bundle if rows else "",
            "data": rows.data if rows else "",
            "equal": _KEEP if rows and rows.keep_equal else _LEAVE_OUT,
        }

    def compose_body(self) -> ComposeResult:
        """Lay out the model and the table."""
        yield Static(
            "Nothing is fitted or changed. Rows must be labelled, and none of those "
            "that the model was made from.",
            classes="dialog-text",
        )
        model = ChoiceField("model", "model")
        options = [("an exported bundle", _BUNDLE)]
        if self._run is not None and (choice := self._run.result.choice) is not None:
            arm = f"{clip(choice.arm, 24)} of run {self._run.number}, as recommended"
            options.insert(0, (arm, "run"))
        model.offer(options, self._values["model"])
        bundle, data = TextField("bundle", "bundle"), TextField("data", "new rows")
        bundle.put(self._values["bundle"])
        data.put(self._values["data"])
        equal = ChoiceField("equal", "equal rows")
        kinds = [
            ("those equal to training rows are left out", _LEAVE_OUT),
            ("count as any other", _KEEP),
        ]
        equal.offer(kinds, self._values["equal"])
        yield Form(model, bundle, data, equal, id="validate-form")
        yield from self.compose_button()

    def on_mount(self) -> None:
        """Focus the first name that is to be given."""
        self._show()
        self._field("bundle" if self._of_bundle else "data").query_one("Input").focus()

    def _field(self, key: str) -> TextField:
        return next(one for one in self.query(TextField) if one.key == key)

    @property
    def _of_bundle(self) -> bool:
        return self._values["model"] == _BUNDLE

    def _show(self) -> None:
        self._field("bundle").display = self._of_bundle

    @on(FormField.Given)
    def _take(self, event: FormField.Given) -> None:
        self._values[event.key] = event.text
        # Of this field alone: a complaint moves the focus, and the field that lost it
        # says so after that.
        if event.key not in ("model", "equal"):
            self._field(event.key).complain(None)
        self._show()

    def finish(self) -> None:
        """Close with what is chosen, if a model and a table are."""
        for field in self.query(TextField):
            self._values[field.key] = field.text.strip()
        run = None if self._of_bundle or self._run is None else self._run.id
        wanted = {"data": "give a table"}
        if run is None:
            wanted = {"bundle": "give a folder or .zip", **wanted}
        for key, problem in wanted.items():
            if not self._values[key]:
                self._field(key).complain(problem)
                self._field(key).query_one("Input").focus()
                return
        bundle = "" if run is not None else self._values["bundle"]
        keep = self._values["equal"] == _KEEP
        self.dismiss(ValidationRequested(self._values["data"], bundle, run, keep))


# What it came to --------------------------------------------------------------------


def _has_answer(session: Session) -> bool:
    model = session.validation.model
    return not model.pending and model.problem is None and model.answer is not None


VALIDATION: tuple[Command, ...] = (
    Command("validation.close", "escape", "Back", "back"),
    Command(
        "validation.other",
        "r",
        "Validate other rows, or another model",
        "other rows",
        "post('ValidationDialogRequested')",
    ),
)


class ModelOnNewRows(SessionScreen[None]):
    """The verdict on a model, with all its figures, as the command line has them."""

    CSS_PATH: ClassVar = "validate.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = VALIDATION
    HELP = "A model on new rows"
    PARTS = ("validation",)

    def compose(self) -> ComposeResult:
        """Lay out the title, what is done, and the figures."""
        yield Static(id="validation-title")
        yield Static(id="validation-state")
        yield Lined(id="validation-figures")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Show what is known."""
        self.draw()
        self.query_one(Lined).focus()

    def on_unmount(self) -> None:
        """Give up what is still being worked out, however this was left."""
        self.app.post_message(ValidationClosed())

    @property
    def found(self) -> Validation | None:
        """What is shown, if anything is."""
        answer = self.session.validation.model.answer
        return answer.found if answer and _has_answer(self.session) else None

    def draw(self) -> None:
        """Show the figures, or what is done about them."""
        model, found = self.session.validation.model, self.found
        rows = model.request.rows.data if model.request is not None else ""
        name = clip_middle(
            rows if rows.startswith(NO_FILES) else Path(rows).name, _NAME
        )
        title = screen_title("a model on new rows", name)
        self.query_one("#validation-title", Static).update(title)
        state = self.query_one("#validation-state", Static)
        there(state, found is None)
        there(self.query_one(Lined), found is not None)
        if found is not None:
            self.query_one(Lined).put(partial(validation_lines, found), model.job)
        elif (problem := model.problem) is not None:
            say(state, wording.refusal(problem.message, problem.fix))
        else:
            say(state, content(f"{model.stage or 'beginning'} …", "$text-accent"))

    def copied(self) -> Copied:
        """Return all of it as text."""
        if self.found is None:
            return Copied("", "nothing")
        return Copied(
            render_validation(self.found, width=_COPY_WIDTH), "the validation"
        )
