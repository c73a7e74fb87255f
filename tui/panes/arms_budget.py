"""The budget that all arms share, and the experiment as a file."""

from __future__ import annotations

from typing import ClassVar, Final, Literal, NamedTuple, cast

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.errors import SpecError
from engine.presets import PRESETS
from engine.spec import OBJECTIVES, dump_toml
from tui.commands import Command
from tui.console import figures
from tui.draft import BUDGET, BudgetField
from tui.messages import (
    BudgetChanged,
    LoadChoiceChanged,
    OpenExperimentRequested,
    PresetChosen,
)
from tui.panes import wording
from tui.panes.arms_form import complaint
from tui.panes.base import Copied, View
from tui.panes.layout import Formed, say
from tui.safe_text import content
from tui.session import ChoiceField as Choice
from tui.session import Session, drafted_costs, experiment
from tui.widgets.chooser import Option
from tui.widgets.field import ChoiceField, Field, Form, TextField
from tui.widgets.prose import Prose

__all__ = ["BudgetView", "TomlView"]

SPACES: Final = ("shallow", "wide", "sagemaker", "fixed")
"""Names of `engine.train.space.SPACES`, which the app must not load."""


class _Entry(NamedTuple):
    key: str
    label: str
    note: str
    hint: str = ""
    kind: Literal["text", "choice"] = "text"


_FORM: Final[tuple[tuple[str, tuple[_Entry, ...]], ...]] = (
    (
        "Search, the same for every arm",
        (
            _Entry("preset", "preset", "sets all of this up at once", kind="choice"),
            _Entry("trials", "trials", "settings tried per arm", "1 or more"),
            _Entry("folds", "folds", "parts of the training rows", "2 or more"),
            _Entry("repeats", "repeats", "times the folds are drawn anew", "1 or more"),
            _Entry(
                "objective",
                "objective",
                "what a trial is judged by, on rows it did not learn from",
                kind="choice",
            ),
            _Entry("method", "search method", "how settings are chosen", kind="choice"),
            _Entry(
                "time_limit",
                "time limit",
                "no new trial starts after it; empty: none",
                "seconds",
            ),
            _Entry(
                "prune",
                "weak trials",
                "those that stay behind the median of the earlier ones",
                kind="choice",
            ),
            _Entry(
                "patience",
                "patience",
                "an arm whose rows would take longer to prepare is refused",
                "seconds",
            ),
        ),
    ),
    (
        "Model",
        (
            _Entry("space", "search space", "of XGBoost's settings", kind="choice"),
            _Entry("rounds", "boosting rounds", "of a trial, at most", "1 or more"),
            _Entry(
                "early_stopping",
                "early stopping",
                "rounds without a better score; 0 trains all of them",
                "0 or more",
            ),
            _Entry(
                "max_categories",
                "categories",
                "levels of a column with an indicator of their own",
                "2 or more",
            ),
        ),
    ),
    (
        "Decision",
        (
            _Entry(
                "policy",
                "operating point",
                "how a score becomes a yes, and the board's order",
                kind="choice",
            ),
            _Entry(
                "cost_fn",
                "cost of a miss",
                "decides what is recommended; empty: as balancing the classes implies",
            ),
            _Entry("cost_fp", "cost of a false alarm", "", "above 0; empty: 1"),
            _Entry(
                "cost_tp",
                "cost of one found",
                "a positive that was found; less than a miss costs",
                "0 or more",
            ),
            _Entry(
                "cost_tn",
                "cost of one left alone",
                "a negative; less than a false alarm costs",
                "0 or more",
            ),
            _Entry(
                "recall_floor",
                "recall floor",
                "the r of the operating point recall ≥ r",
                "above 0, up to 1",
            ),
            _Entry(
                "precision_floor",
                "precision floor",
                "the p of the operating point precision ≥ p",
                "above 0, up to 1",
            ),
            _Entry(
                "alerts",
                "alerts",
                "the k of alerts ≤ k: a share, or a number of test rows",
                "0.05, 5 % or 200",
            ),
            _Entry(
                "rope",
                "the same in practice",
                "differences of average precision up to this",
                "0 or more, below 1",
            ),
        ),
    ),
    (
        "Split",
        (
            _Entry(
                "test_size",
                "test share",
                "rows kept for the one last look; enter takes it",
                "between 0 and 1",
            ),
            _Entry("seed", "seed", "the same seed, the same numbers", "0 or more"),
        ),
    ),
)
_SPLIT: Final = ("test_size", "seed")


class BudgetView(View, Formed):
    """What all arms share: search, model, decision, split."""

    NAME = "budget"
    TITLE = "Budget"
    HELP = """
    ## The budget

    Every arm gets the same: so many settings tried, each judged on so many folds of the
    training rows. More trials and folds are slower and surer.

    `↑` `↓` move from field to field. An empty field means the default. What cannot be
    is refused with the reason, and the value stays as it was.
    """

    def compose(self) -> ComposeResult:
        """Lay out the fields under their headings."""
        yield Static(id="budget-sum")
        with Form(id="budget-form") as form:
            for heading, entries in _FORM:
                yield form.heading(heading)
                for entry in entries:
                    kind = TextField if entry.kind == "text" else ChoiceField
                    yield kind(entry.key, entry.label, hint=entry.hint, note=entry.note)

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if (
            before is not None
            and before.draft is session.draft
            and before.load.request is session.load.request
            and before.load.table is session.load.table
        ):
            return
        say(self.query_one("#budget-sum", Static), _sum(session))
        for field in self.query(Field):
            value = _value(session, field.key)
            if isinstance(field, TextField):
                field.put(value or "")
                if field.key == "cost_fn":
                    field.advise(wording.assumed(session).partition(", ")[0])
            elif isinstance(field, ChoiceField):
                field.offer(_options(session, field.key), value)
            problem = session.draft.problems.get(field.key)
            kept = (value or "") if field.key in _SPLIT else ""
            field.complain(complaint(problem, kept) if problem else None)

    @on(Field.Given)
    def _given(self, event: Field.Given) -> None:
        event.stop()
        key, text = event.key, event.text
        if key == "preset":
            if text:
                self.post_message(PresetChosen(text))
        elif key in _SPLIT:
            if event.final and text.strip() and text != _value(self.session, key):
                self.post_message(LoadChoiceChanged(cast(Choice, key), text.strip()))
        elif isinstance(event.field, TextField) and event.final:
            problem = self.session.draft.problems.get(key)
            if problem is None:
                event.field.settle()
                return
            began = event.field.began
            event.field.refuse(complaint(problem, began))
            self.post_message(BudgetChanged(cast(BudgetField, key), began or None))
            return
        else:
            value = text.strip() or None
            self.post_message(BudgetChanged(cast(BudgetField, key), value))
        if event.final and isinstance(event.field, TextField):
            event.field.revert()

    def forget(self, field: TextField) -> None:
        """Say no more why a value was refused, in pane 1 neither."""
        field.forget()
        if field.key in _SPLIT and field.key in self.session.draft.problems:
            value = _value(self.session, field.key)
            self.post_message(LoadChoiceChanged(cast(Choice, field.key), value))

    def copied(self) -> Copied:
        """Return the budget as text."""
        parts = [
            f"{entry.label}\t{_value(self.session, entry.key) or ''}"
            for _, entries in _FORM
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
    section, _ = BUDGET[cast(BudgetField, key)]
    value = getattr(getattr(draft.base, section), key)
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _options(session: Session, key: str) -> list[Option]:
    """Return what can be chosen."""
    decision = session.draft.base.decision
    paid = wording.paid(drafted_costs(session))
    if key == "preset":
        return [(f"{name}: {one.summary}", name) for name, one in PRESETS.items()]
    if key == "objective":
        return [(wording.objective(name), name) for name in OBJECTIVES]
    if key == "method":
        return [("TPE, learns from earlier trials", "tpe"), ("random", "random")]
    if key == "prune":
        return [("are stopped", "yes"), ("go on", "no")]
    if key == "space":
        return [(name, name) for name in SPACES]
    return [(figures.policy_name(name, **paid), name) for name in decision.policies]


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
    HELP = """
    ## The experiment as a file

    Everything that was set up, as TOML: `ctrl+s` saves it, `y` copies it, `imbtui run
    FILE` runs it without the app.
    """
    COMMANDS: ClassVar = (
        Command(
            "arms.open_file",
            "",
            "Open an experiment file in place of this one",
            "Sets everything up as a TOML file says.",
            "open_file",
        ),
    )

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if (
            before is None
            or before.draft is not session.draft
            or before.load is not session.load
        ):
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
