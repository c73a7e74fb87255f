"""The budget that all arms share, and the experiment as a file."""

from __future__ import annotations

from typing import ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.errors import SpecError
from engine.presets import PRESETS
from engine.spec import OBJECTIVES, dump_toml
from tui.budget import FORM, SPLIT, home
from tui.commands import Command
from tui.console import figures
from tui.messages import (
    BudgetChanged,
    LoadChoiceChanged,
    OpenExperimentRequested,
    PresetChosen,
)
from tui.panes import wording
from tui.panes.arms_form import complaint, take
from tui.panes.base import Copied, View, changed
from tui.panes.layout import Formed, say
from tui.safe_text import content
from tui.session import ChoiceField as Choice
from tui.session import Session, drafted_costs, experiment
from tui.widgets.chooser import Option
from tui.widgets.field import ChoiceField, Field, Form, TextField
from tui.widgets.prose import Prose

SPACES: Final = ("shallow", "wide", "sagemaker", "fixed")
"""Names of `engine.train.space.SPACES`, which the app must not load."""


class BudgetView(View, Formed):
    """What all arms share: search, model, decision, split."""

    NAME = "budget"
    TITLE = "Budget"
    HELP = "The budget"

    def compose(self) -> ComposeResult:
        """Lay out the fields under their headings."""
        chosen = _options(self.session)
        yield Static(id="budget-sum")
        with Form(id="budget-form") as form:
            for heading, entries in FORM:
                yield form.heading(heading)
                for entry in entries:
                    kind = ChoiceField if entry.key in chosen else TextField
                    yield kind(entry.key, entry.label, hint=entry.hint, note=entry.note)

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if not changed(session, before, "draft", "load.request", "load.table"):
            return
        say(self.query_one("#budget-sum", Static), _sum(session))
        options = _options(session)
        for field in self.query(Field):
            value = _value(session, field.key)
            if isinstance(field, TextField):
                field.put(value or "")
                if field.key == "cost_fn":
                    field.advise(wording.assumed(session).partition(", ")[0])
            elif isinstance(field, ChoiceField):
                field.offer(options[field.key], value)
            problem = session.draft.problems.get(field.key)
            kept = (value or "") if field.key in SPLIT else ""
            field.complain(complaint(problem, kept) if problem else None)

    @on(Field.Given)
    def _given(self, event: Field.Given) -> None:
        event.stop()
        key, text = event.key, event.text
        if key == "preset":
            if text:
                self.post_message(PresetChosen(text))
        elif key in SPLIT:
            if event.final and text.strip() and text != _value(self.session, key):
                self.post_message(LoadChoiceChanged(cast(Choice, key), text.strip()))
            if event.final and isinstance(event.field, TextField):
                event.field.revert()
        else:
            problem = self.session.draft.problems.get(key)
            take(event, problem, lambda v: self.post_message(BudgetChanged(key, v)))

    def forget(self, field: TextField) -> None:
        """Say no more why a value was refused, in pane 1 neither."""
        field.forget()
        if field.key in SPLIT and field.key in self.session.draft.problems:
            value = _value(self.session, field.key)
            self.post_message(LoadChoiceChanged(cast(Choice, field.key), value))

    def copied(self) -> Copied:
        """Return the budget as text."""
        parts = [
            f"{entry.label}\t{_value(self.session, entry.key) or ''}"
            for _, entries in FORM
            for entry in entries
        ]
        return Copied("\n".join(parts), "the budget")


def _value(session: Session, key: str) -> str | None:
    """Return a value of the budget as text; None if it has none."""
    draft, request = session.draft, session.load.request
    if key == "preset":
        return draft.base.preset
    if key == "test_size":
        share = request.test_size if request else draft.base.split.test_size
        return f"{share:g}"
    if key == "seed":
        return str(request.seed if request else draft.base.seed)
    section, _ = home(key)
    value = getattr(getattr(draft.base, section), key)
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _options(session: Session) -> dict[str, list[Option]]:
    """Return what can be chosen, by field."""
    paid = wording.paid(drafted_costs(session))
    policies = session.draft.base.decision.policies
    return {
        "preset": [(f"{name}: {one.summary}", name) for name, one in PRESETS.items()],
        "objective": [(wording.objective(name), name) for name in OBJECTIVES],
        "method": [("TPE, learns from earlier trials", "tpe"), ("random", "random")],
        "prune": [("are stopped", "yes"), ("go on", "no")],
        "space": [(name, name) for name in SPACES],
        "policy": [(figures.policy_name(name, **paid), name) for name in policies],
    }


def _sum(session: Session) -> Content:
    """Return what the budget amounts to."""
    arms, search = len(session.draft.arms), session.draft.base.search
    fits = arms * search.trials * search.folds * search.repeats
    text = f"{figures.plural(arms, 'arm')} × {figures.plural(search.trials, 'trial')}"
    text += f" × {search.folds} folds"
    if search.repeats > 1:
        text += f" × {search.repeats} repeats"
    return Content.assemble((text, "bold"), f" = {figures.plural(fits, 'fit')}")


class TomlView(View):
    """The experiment as the file that says it all."""

    NAME = "toml"
    TITLE = "File"
    HELP = "The experiment as a file"
    COMMANDS: ClassVar = (
        Command("arms.open_file", "", "Open an experiment file in place of this one"),
    )

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if changed(session, before, "draft", "load"):
            self.query_one(Prose).update(_toml(session))

    def action_open_file(self) -> None:
        """Ask for an experiment file."""
        self.post_message(OpenExperimentRequested())

    def copied(self) -> Copied:
        """Return the file's text."""
        return Copied(_text(self.session), "the experiment")


def _text(session: Session) -> str:
    return dump_toml(experiment(session))


def _toml(session: Session) -> list[Content]:
    if session.load.request is None:
        return [Content(wording.NO_DATASET)]
    try:
        text = _text(session)
    except SpecError as error:
        return [wording.refusal(error.message, error.remedy)]
    path = session.draft.path
    where = f"# {path}" if path else "# not saved yet: ctrl+s"
    parts = [content(where, "dim")]
    for line in text.split("\n"):
        table = line.startswith("[")
        parts.append(content(line, "bold" if table else ""))
    return parts
