"""The highlighted arm: what it does, its parameters, what becomes of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.resample import registry
from engine.resample.registry import Parameter
from engine.spec import Arm
from tui.charts.distribution import class_bars_before_after
from tui.charts.view import ChartView
from tui.console import facts, figures
from tui.draft import Draft, Offer, Problem, arm_key
from tui.messages import StepParamChanged
from tui.panes import arms_cost, wording
from tui.panes.base import Copied, View
from tui.panes.forecast import forecast, measured, scarce
from tui.panes.layout import Formed, say
from tui.safe_text import clean, content
from tui.session import Session
from tui.widgets.field import ChoiceField, Field, Form, TextField

__all__ = ["About", "RecipeForm", "RecipeView", "about", "complaint"]

_FAST: Final = ", fast variant"
_SEVERAL: Final = "One sampler after the other."


class About(NamedTuple):
    """An arm in words."""

    title: str
    summary: str
    home: str = ""
    source: str = ""


def about(arm: Arm) -> About:
    """Return an arm in words, from the registry."""
    if not arm.steps:
        known = {c.weights: c for c in registry.CONTROLS}
        control = known[arm.weights]
        return About(control.title, control.summary)
    entries = [registry.sampler(step.sampler) for step in arm.steps]
    if len(entries) == 1:
        entry = entries[0]
        title = f"{entry.title}{_FAST if registry.is_fast(arm.steps[0]) else ''}"
        return About(title, entry.summary, entry.home, entry.source)
    return About(
        ", then ".join(entry.title for entry in entries),
        _SEVERAL,
        ", ".join(entry.home for entry in entries),
    )


class RecipeForm(Form):
    """The parameters of one arm.

    Parameters
    ----------
    arm : Arm
        Whose; the fields follow from its samplers.
    draft : Draft
        Has the values to show at first.
    """

    def __init__(self, arm: Arm, draft: Draft) -> None:
        super().__init__()
        self.arm = arm.name
        self._draft = draft
        self._steps = tuple(step.sampler for step in arm.steps)
        self.places: dict[str, tuple[int, Parameter]] = {}

    @property
    def shape(self) -> tuple[str, ...]:
        """The samplers that it has fields for."""
        return self._steps

    def compose(self) -> ComposeResult:
        """Lay out a field per parameter, with a heading per step if several."""
        for index, name in enumerate(self._steps):
            entry = registry.sampler(name)
            if len(self._steps) > 1:
                yield self.heading(f"{index + 1}. {entry.title}")
            for parameter in entry.parameters:
                key = arm_key(self.arm, index, parameter.name)
                self.places[key] = (index, parameter)
                kind = ChoiceField if parameter.choices else TextField
                field = kind(
                    key, parameter.name, hint=_range(parameter), note=parameter.effect
                )
                self._fill(field)
                yield field

    def fill(self, draft: Draft) -> None:
        """Show the values in force, and what was refused."""
        self._draft = draft
        for field in self.query(Field):
            self._fill(field)

    def _fill(self, field: Field) -> None:
        step, parameter = self.places[field.key]
        value = _written(self._draft.param(self.arm, step, parameter.name))
        if isinstance(field, TextField):
            field.put(value)
        elif isinstance(field, ChoiceField):
            field.offer([(name, name) for name in parameter.choices], value)
        problem = self._draft.problems.get(field.key)
        field.complain(complaint(problem) if problem else None)


def complaint(problem: Problem, kept: str = "") -> str:
    """Return why a value was refused, and which one stands if that is known."""
    said = problem.message.rstrip(".")
    if problem.remedy:
        said += f": {problem.remedy}"
    return f"{said}; back to {kept}" if kept else said


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        return f"default {parameter.default}"
    kind = "whole, " if parameter.kind == "integer" else ""
    low = figures.NOTHING if parameter.low is None else f"{parameter.low:g}"
    high = "no limit" if parameter.high is None else f"{parameter.high:g}"
    return f"{kind}{low} to {high}; default {_written(parameter.default)}"


def _written(value: object) -> str:
    return (
        f"{value:g}"
        if isinstance(value, float)
        else ""
        if value is None
        else f"{value}"
    )


class RecipeView(View, Formed):
    """The highlighted arm."""

    NAME = "recipe"
    TITLE = "Recipe"
    HELP = """
    ## The recipe

    What the highlighted arm does to the training rows, and only to them, with its
    parameters. `↑` `↓` move from field to field; what is typed is taken at once, and
    what cannot be is refused with the reason. An empty field means the default.

    Below: how the classes look before and after. Before a run that is worked out from
    the ratio; afterwards it is what was counted.
    """

    def compose(self) -> ComposeResult:
        """Lay out words, the form, and the bars."""
        with VerticalScroll(can_focus=False):
            yield Static(id="recipe-about")
            yield Static(id="recipe-none")
            yield Static(id="recipe-rows")
            yield ChartView(id="recipe-bars")
            yield Static(id="recipe-remarks")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw the highlighted arm, if anything about it changed."""
        draft = session.draft
        offer = _highlighted(session)
        arm = draft.labelled(offer)
        if before is not None and _sources(before) == _sources(session):
            return
        words = about(arm)
        parts = [
            Content.assemble(
                (clean(arm.name), "bold $text-accent"), "  ", (words.title, "bold")
            ),
            Content(words.summary),
        ]
        small = " · ".join(text for text in (words.home, words.source) if text)
        if small:
            parts.append(Content.styled(small, "dim"))
        say(self.query_one("#recipe-about", Static), wording.lines(parts))
        self._show_form(offer.arm, draft)
        self._show_rows(session, arm)

    def _show_form(self, arm: Arm, draft: Draft) -> None:
        """Show the arm's own form; it is made when it is first wanted."""
        shape = tuple(step.sampler for step in arm.steps)
        nothing = self.query_one("#recipe-none", Static)
        nothing.display = not shape
        say(nothing, _nothing_to_set(self.session, arm))
        found: RecipeForm | None = None
        for form in self.query(RecipeForm):
            form.display = (form.arm, form.shape) == (arm.name, shape)
            found = form if form.display else found
        if found is not None:
            found.fill(draft)
        elif shape:
            made = RecipeForm(arm, draft)
            self.query_one(VerticalScroll).mount(made, before="#recipe-rows")

    def _show_rows(self, session: Session, arm: Arm) -> None:
        told = self.query_one("#recipe-rows", Static)
        chart = self.query_one("#recipe-bars", ChartView)
        table = session.load.table
        remarks: list[Content] = []
        known = measured(session, arm)
        train: Mapping[str, int] = table.train if table else {}
        positive = table.positive if table else None
        if known is not None and session.run is not None:
            state, fold = known
            title = f"training rows, counted in run {session.run.number}"
            values = (fold.before, fold.after, fold.synthetic)
            remarks += [
                content(f"⚠ repaired {text}", "$text-warning")
                for text in facts.folded(state.repairs)
            ]
            remarks += [
                content(f"· {text}", "dim") for text in facts.folded(state.notes)
            ]
        elif (expected := forecast(arm, train, positive)) is not None:
            title = "training rows, expected"
            if expected.open_end:
                title += " before the cleaning that follows"
            values = (expected.before, expected.after, expected.synthetic)
        else:
            values = None
            title = ""
        if warning := scarce(session, arm):
            remarks.append(content(f"⚠ {warning}", "$text-warning"))
        if taken := arms_cost.spelled(session, arm):
            remarks.append(content(f"· {taken}", "dim"))
        if wrong := arms_cost.objection(session, arm):
            remarks.append(content(f"⚠ {wrong.message}", "$text-warning"))
            remarks.append(content(f"  {wrong.remedy}"))
        told.display = chart.display = values is not None
        if values is not None:
            before, after, synthetic = values
            say(told, Content.styled(title, "bold"))
            chart.show(
                partial(
                    class_bars_before_after,
                    before,
                    after,
                    synthetic,
                    positive=positive,
                ),
                (*before.items(), *after.items(), synthetic, positive),
            )
        text = wording.lines(remarks)
        below = self.query_one("#recipe-remarks", Static)
        below.display = bool(remarks)
        say(below, text)

    @on(Field.Given)
    def _given(self, event: Field.Given) -> None:
        event.stop()
        form = next((f for f in self.query(RecipeForm) if event.key in f.places), None)
        if form is None:
            return
        step, parameter = form.places[event.key]
        value: str | None = event.text.strip() or None
        problem = self.session.draft.problems.get(event.key)
        if event.final and isinstance(event.field, TextField):
            event.field.revert()
            if problem is None:
                return
            # Not what half of the refused text happened to mean, but what it was.
            value = event.field.began or None
            event.field.remember(complaint(problem, event.field.began))
        self.post_message(StepParamChanged(form.arm, step, parameter.name, value))

    def copied(self) -> Copied:
        """Return what is said about the arm, and its bars."""
        words = self.query_one("#recipe-about", Static).visual
        chart = self.query_one("#recipe-bars", ChartView)
        return Copied(f"{words}\n\n{chart.plain}".strip(), "the recipe")


def _highlighted(session: Session) -> Offer:
    """Return the arm that the cursor is on; the first before it was moved."""
    wanted = session.view.selected.get("arms", "")
    return session.draft.offer(wanted) or session.draft.offers[0]


def _sources(session: Session) -> tuple[object, ...]:
    """Return what the view is made of: most news of a run is not about it."""
    known = measured(session, session.draft.labelled(_highlighted(session)))
    counted = (known[1], known[0].repairs, known[0].notes) if known else None
    return (
        id(session.draft),
        id(session.load),
        session.view.selected.get("arms"),
        session.run.number if session.run else None,
        counted,
    )


def _nothing_to_set(session: Session, arm: Arm) -> Content:
    """Say that a control has no parameters, and what the weights will be."""
    if not arm.weights:
        return Content.styled("There is nothing to set.", "dim")
    table = session.load.table
    found = table.train.get(table.positive or "", 0) if table else 0
    if table is None or not found:
        return Content.styled("There is nothing to set.", "dim")
    others = sum(table.train.values()) - found
    text = f"Each positive counts {others / found:,.1f} times (scale_pos_weight)."
    return Content(text)
