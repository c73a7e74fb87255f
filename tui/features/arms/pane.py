"""Pane 2: methods and models to compare, the budget of all, the experiment's file."""

from __future__ import annotations

from operator import attrgetter
from typing import ClassVar, Final, cast

from msgspec import UNSET
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.widgets import Static

from engine.core import format as figures
from engine.core import space
from engine.core.costs import error_costs
from engine.core.doc import Doc
from engine.core.errors import SpecError
from engine.core.lab import Preflight
from engine.core.methods import handbook
from engine.core.presets import PRESETS
from engine.core.sections import MANY_ROWS, NEGATIVES
from engine.core.views.progress import expected_text
from engine.io.toml.writer import dump_toml
from tui.features import wording
from tui.features.arms import messages as arm_messages
from tui.features.arms import models
from tui.features.arms.changes import FIELDS, FORM, SPLIT, check_choice
from tui.features.arms.draft import Draft, Offer, model_of
from tui.features.arms.method import Formed, MethodView, complaint, take
from tui.features.arms.words import about, judgeable, remark
from tui.features.commands import Command
from tui.features.lab.lineage import LineageView
from tui.features.lab.state import EstimateRequested
from tui.features.lab.views import TRIALS, PreviewView, Trying
from tui.features.messages import (
    ArmToggled,
    BudgetChanged,
    LoadChoiceChanged,
    PresetChosen,
    Selected,
    ViewChosen,
)
from tui.features.pane import Pane, Picture, Sized, View, say
from tui.features.questions import Ask
from tui.features.screen import changed
from tui.features.session import ChoiceField as Choice
from tui.features.session import Session, draft_costs, experiment
from tui.terminal.clipboard import Copied
from tui.terminal.safe_text import clean, content
from tui.widgets.chooser import Option
from tui.widgets.field import ChoiceField, Form, FormField, TextField
from tui.widgets.prose import Prose
from tui.widgets.rows import Item, ListColumn, Rows


class BudgetView(View, Formed, Sized):
    """What all arms share: search, model, decision, split."""

    NAME = "budget"
    DRAWS = ("draft", "load.request", "load.table", "outcome", "lab.estimate")
    HELP = "The budget"
    BROAD = 90

    def compose(self) -> ComposeResult:
        """Lay out the fields under their headings, in two columns if there is room."""
        chosen = _options(self.session)
        with Form(id="budget-form") as form, Container(id="budget-columns"):
            for column in FORM:
                with Vertical(classes="budget-column"):
                    for heading, docs in column.items():
                        yield form.heading(heading)
                        for doc in docs:
                            kind = ChoiceField if doc.name in chosen else TextField
                            yield kind(doc.name, doc.label, hint=doc.help)
        yield Static(id="budget-help")
        yield Static(id="budget-sum")

    @on(DescendantFocus)
    def _explain(self, event: DescendantFocus) -> None:
        """Say all about the field that has the focus."""
        nodes = event.widget.ancestors_with_self
        field = next((node for node in nodes if isinstance(node, FormField)), None)
        if field is not None:
            say(self.query_one("#budget-help", Static), _help(FIELDS[field.key]))

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        say(self.query_one("#budget-sum", Static), budget_sum(session))
        options = _options(session)
        for field in self.query(FormField):
            value = _value(session, field.key)
            if isinstance(field, TextField):
                field.put(value or "")
                if field.key == "cost_fn":
                    field.advise(wording.assumed(session).partition(", ")[0])
                elif field.key == "thin":
                    field.advise(_kept(session))
            elif isinstance(field, ChoiceField):
                field.offer(options[field.key], value)
            problem = session.draft.problems.get(field.key)
            kept = (value or "") if field.key in SPLIT else ""
            field.complain(complaint(problem, kept) if problem else None)

    @on(FormField.Given)
    def _given(self, event: FormField.Given) -> None:
        event.stop()
        key, text = event.key, event.text
        if key == "preset":
            if text:
                self.post_message(PresetChosen(text))
        elif key in SPLIT:
            if event.final and isinstance(event.field, TextField):
                self._choose(event.field, text.strip())
        else:
            problem = self.session.draft.problems.get(key)
            take(event, problem, lambda v: self.post_message(BudgetChanged(key, v)))

    def _choose(self, field: TextField, text: str) -> None:
        """Give on a choice about the dataset; what cannot be is not shown any more."""
        known = _value(self.session, field.key) or ""
        if text == known or not (text or FIELDS[field.key].default is None):
            field.put(known)
            field.revert()
            return
        try:
            check_choice(field.key, text)
        except SpecError:
            field.revert()
        else:
            field.put(text)
            field.settle()
        self.post_message(LoadChoiceChanged(cast(Choice, field.key), text))

    def forget(self, field: TextField) -> None:
        """Say no more why a value was refused, in pane 1 neither."""
        field.forget()
        if field.key in SPLIT and field.key in self.session.draft.problems:
            value = _value(self.session, field.key)
            self.post_message(LoadChoiceChanged(cast(Choice, field.key), value))

    def copied(self) -> Copied:
        """Return the budget as text."""
        values = ((doc, _value(self.session, key)) for key, doc in FIELDS.items())
        lines = (f"{doc.label}\t{value or ''}" for doc, value in values)
        return Copied("\n".join(lines), "the budget")


def _help(doc: Doc) -> Content:
    """Say what a field is and what may be typed."""
    more = [doc.help, doc.range]
    if doc.name in SPLIT:
        more.append("enter takes it")
    if doc.range and doc.default is None:
        more.append("may be empty")
    text = "; ".join(filter(None, more))
    return Content.assemble((doc.label, "bold"), f": {text}")


def _value(session: Session, key: str) -> str | None:
    """Return a value of the budget as text; None if it has none."""
    draft, request = session.draft, session.load.request
    if key == "preset":
        return draft.base.preset
    if key == "test_size":
        share = request.test_size if request else draft.base.split.test_size
        return f"{share:g}"
    if key == "thin":
        thin = (request or draft.base.data).thin
        return None if thin in (None, UNSET) else str(thin)
    if key == "seed":
        return str(request.seed if request else draft.base.seed)
    section = FIELDS[key].section
    value = getattr(getattr(draft.base, section) if section else draft.base, key)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value in (None, UNSET) else figures.plain(value)


def _kept(session: Session) -> str:
    """Say how many negatives are fitted on where nobody says it."""
    table = session.load.table
    rows = sum(table.train.values()) if table else 0
    return f"empty: {NEGATIVES if rows > MANY_ROWS else 'all'}"


def _options(session: Session) -> dict[str, list[Option]]:
    """Return what can be chosen, by field."""
    costs = error_costs(draft_costs(session))
    points = session.draft.base.decision.points
    choices = {
        name: ("yes", "no") if doc.kind is bool else doc.choices
        for name, doc in FIELDS.items()
    }
    same = {
        name: [(one, one) for one in some] for name, some in choices.items() if some
    }
    return same | {
        "preset": [(f"{name}: {one.summary}", name) for name, one in PRESETS.items()],
        "objective": [(wording.objective(name), name) for name in choices["objective"]],
        "method": [("TPE, learns from earlier trials", "tpe"), ("random", "random")],
        "at": [(figures.point_name(name, **costs), name) for name in points],
    }


def budget_sum(session: Session) -> Content:
    """Return what the budget amounts to, and what a run of it takes, if known."""
    draft, search = session.draft, session.draft.base.search
    once = [arm for arm in draft.arms if not space.is_searched(draft.base.model, arm)]
    trials = search.trials * (len(draft.arms) - len(once)) + len(once)
    splits = draft.base.splits
    fits = trials * search.folds * search.repeats * splits
    text = f"{figures.plural(len(draft.arms), 'arm')} × {_budget(draft)}"
    text += " repeats" if search.repeats > 1 else ""
    text += f" × {splits} splits" if splits > 1 else ""
    text += f" ({len(once)} of them 1 trial)" if once else ""
    pace = _seconds_per_fit(session)
    about = "" if pace is None else f"  {figures.about(pace[0] * fits)} {pace[1]}"
    about = _estimate(session) or about
    total = f" = {figures.plural(fits, 'fit')}"
    return Content.assemble((text, "bold"), total, (about, "dim"))


def _estimate(session: Session) -> str:
    """Return what a run is expected to take, if that was asked of this experiment."""
    asked = session.lab.estimate
    wanted = asked.request or asked.answered
    if wanted is None or wanted.experiment != experiment(session):
        return ""
    if asked.pending:
        return f"\ntiming a run … {asked.stage}"
    if asked.problem is not None:
        return f"\nnot timed: {clean(asked.problem.text)}"
    told = asked.answer
    if told is None or asked.answered != wanted:
        return ""
    if told.bytes is None:
        return f"\n{told.why}"
    text = f"\n{expected_text(told.seconds, told.jobs, told.bytes)}"
    without = f"; without {', '.join(told.refused)}, refused" if told.refused else ""
    return f"{text}{without}"


def _seconds_per_fit(session: Session) -> tuple[float, str] | None:
    """Return the pace of the run that is looked at, if it was of this table."""
    run, request = session.run, session.load.request
    if run is None or request is None or run.status != "done":
        return None
    search = run.experiment.search
    fits = sum(len(arm.trials) for arm in run.state.arms)
    fits *= search.folds * search.repeats
    if not fits or run.experiment.data.source != request.source:
        return None
    return run.elapsed / fits, f"at the pace of run {run.number}"


class TomlView(View):
    """The experiment as the file that says it all."""

    NAME = "toml"
    TITLE = "File"
    HELP = "The experiment as a file"
    COPIED = "the experiment"
    DRAWS = ("draft", "load")

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        self.query_one(Prose).update(_toml(session))


def _toml(session: Session) -> list[Content]:
    if session.load.request is None:
        return [Content(wording.NO_DATASET)]
    try:
        text = dump_toml(experiment(session))
    except SpecError as error:
        return [wording.refusal(error.message, error.fix)]
    path = session.draft.path
    where = f"# {path}" if path else "# not saved yet: ctrl+s"
    lines = text.split("\n")
    shown = (content(line, "bold" if line.startswith("[") else "") for line in lines)
    return [content(where, "dim"), *shown]


GROUPS: Final = {**handbook.GROUPS, "own": "your methods"}
_ALL: Final = "post('TicksDialogRequested')"


_is_own = attrgetter("offer.own")


def _on_method(session: Session) -> bool:
    return session.model is None


class ArmsPicture(Picture, Trying):
    """The highlighted arm, the budget, and both as a file."""

    PANE = "arms"
    COMMANDS_HERE: ClassVar = TRIALS
    VIEWS = (MethodView, PreviewView, LineageView, BudgetView, TomlView)


class _Offers(Rows):
    """The list; `space` is the pane's, so that the footer has it."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `space` to the pane."""
        return (action, *parameters) != ("choose", "space")


class ArmsPane(Pane, Trying):
    """Models and methods to tick, by group."""

    PANE = "arms"
    PICTURE = ArmsPicture
    DRAWS = ("draft", "lab", "load", "outcome", "view")
    COPIED = "the arms"
    COMMANDS_HERE: ClassVar = (
        Command("arms.tick", "space", "Tick or untick the method or model", "tick"),
        Command("arms.budget", "b", "Show the budget", "budget"),
        Command("arms.time", "T", "Say how long a run takes"),
        Command("arms.method", "f", "Show the method"),
        Command("arms.add_step", "plus", "Append a sampler", "step", when=_on_method),
        Command("arms.drop_step", "minus", "Remove the last step", when=_is_own),
        Command("arms.write", "colon", "Write a method as text"),
        Command("arms.copy", "Y", "Copy the arm", "copy", when=_on_method),
        Command("arms.remove", "delete,backspace", "Remove the method", when=_is_own),
        Command("arms.all", "A", "Select many arms at once", "many", _ALL),
        *TRIALS,
    )

    def compose_body(self) -> ComposeResult:
        """Lay out the list and what the budget is."""
        yield _Offers(
            (
                ListColumn("arm", 18, grow=46, middle=True),
                ListColumn("remark", 10),
                ListColumn("sentence", 30, grow=100, drop=1),
            ),
            header=False,
            hot=3,
            id="arms-list",
        )
        yield Static(id="arms-budget")

    def summary(self, session: Session) -> Content:
        """Return how many arms and the budget."""
        ticked = figures.plural(len(session.draft.arms), "arm")
        return Content(f"{ticked} × {_budget(session.draft)}")

    def subtitle(self, session: Session) -> Content:
        """Return how many methods are ticked, and models if there are several."""
        draft = session.draft
        ticked = sum(offer.ticked for offer in draft.offers)
        times = f" × {len(draft.models)} models" if len(draft.models) > 1 else ""
        return Content(f"{ticked} of {len(draft.offers)}{times}")

    _asked: tuple[tuple[object, ...], set[str]] = ((None,), set())
    """The arms that were asked about, and on which table and folds."""

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        self._judge(session)
        if changed(session, before, "draft", "outcome", "lab.findings", "load.table"):
            rows = self.query_one(Rows)
            key = session.view.selected.get("arms") or session.offer.name
            rows.update_items(_items(session), key)
            say(self.query_one("#arms-budget", Static), _foot(session))
        selected = session.view.selected.get("arms")
        if before is not None and before.view.selected.get("arms") != selected:
            self.query_one(Rows).highlight(selected)

    def _judge(self, session: Session) -> None:
        """Ask what arms take on this table, once the pane is looked at."""
        load, base = session.load, session.draft.base
        if session.view.pane != "arms" or load.busy or session.lab.judge.pending:
            return
        folds, most = base.search.folds, base.features.max_categories
        about = load.table, folds, most
        # The table itself: another may come to lie where a forgotten one did.
        if self._asked[0][0] is not about[0] or about[1:] != self._asked[0][1:]:
            self._asked = (about, set())
        known = self._asked[1]
        # Once each, not with every key that changes a parameter.
        wanted = {n: arm for n, arm in judgeable(session).items() if n not in known}
        if arms := tuple(wanted.values()):
            known.update(wanted)
            request = Preflight(id=0, arms=arms, folds=folds, max_categories=most)
            self.post_message(Ask("lab.judge", request))

    @on(Rows.Highlighted)
    def _moved(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.post_message(Selected("arms", event.key))
        if self.session.view.view_of("arms") == BudgetView.NAME:
            self.action_method()

    @on(Rows.Chosen)
    async def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.post_message(Selected("arms", event.key))
        if event.how != "enter":
            self.action_tick()
            return
        self.action_method()
        await self.run_action("screen.hop")

    def action_tick(self) -> None:
        """Tick or untick the highlighted method or model."""
        if (key := self.query_one(Rows).highlighted) is not None:
            model = model_of(key)
            ticked = (
                ArmToggled(key) if model is None else arm_messages.ModelToggled(model)
            )
            self.post_message(ticked)

    def action_budget(self) -> None:
        """Show the budget."""
        self.post_message(ViewChosen("arms", BudgetView.NAME, enter=True))

    def action_time(self) -> None:
        """Ask how long a run takes; the budget shows it."""
        self.post_message(ViewChosen("arms", BudgetView.NAME))
        self.post_message(EstimateRequested())

    def action_method(self) -> None:
        """Show the highlighted arm."""
        self.post_message(ViewChosen("arms", MethodView.NAME))

    def action_add_step(self) -> None:
        """Ask which sampler follows the highlighted arm."""
        self.post_message(arm_messages.StepDialogRequested(self._arm))

    def action_drop_step(self) -> None:
        """Take the last step of the highlighted method back."""
        self.post_message(arm_messages.StepDropped(self._arm))

    def action_write(self) -> None:
        """Ask for a method as text."""
        self.post_message(arm_messages.MethodDialogRequested(self._arm))

    def action_copy(self) -> None:
        """Offer the highlighted arm once more."""
        self.post_message(arm_messages.ArmCopied(self._arm))

    def action_remove(self) -> None:
        """Offer the highlighted method no longer."""
        self.post_message(arm_messages.ArmRemoved(self._arm))

    @property
    def _arm(self) -> str:
        return self.session.offer.name


def _items(session: Session) -> list[Item]:
    known = models.items(session)
    text = f"models {len(session.draft.models)}/{len(known)}"
    items = [Item("\0models", (text,), heading=True), *known]
    for group, title in GROUPS.items():
        offers = [offer for offer in session.draft.offers if offer.group == group]
        if offers:
            text = f"{title} {sum(o.ticked for o in offers)}/{len(offers)}"
            items.append(Item(f"\0{group}", (text,), heading=True))
        items += [_item(session, offer) for offer in offers]
    return items


def _item(session: Session, offer: Offer) -> Item:
    arm = session.draft.labelled(offer)
    tick = models.tick(offer.ticked, offer.locked)
    style = "" if offer.ticked else "dim"
    cells = ((f"{tick} {arm.name}", style), remark(session, offer))
    known = about(arm)
    more = " ".join((known.title, known.when, known.when_not))
    return Item(offer.name, (*cells, (known.summary, "dim")), more=more)


def _budget(draft: Draft) -> str:
    search = draft.base.search
    repeats = f" × {search.repeats}" if search.repeats > 1 else ""
    return f"{figures.plural(search.trials, 'trial')} × {search.folds} folds{repeats}"


def _foot(session: Session) -> Content:
    """Return budget and given costs in two lines, or that a value was refused.

    Above all that arms are not each ticked method with each ticked model.
    """
    draft = session.draft
    base = draft.base
    preset = f"{base.preset}: " if base.preset else ""
    costs = draft_costs(session)
    at = figures.point_name(base.decision.at, **error_costs(costs))
    second = content(f"{wording.objective(base.search.objective)}, {at}", "dim")
    if wrong := len(draft.problems):
        text = f"✗ {figures.plural(wrong, 'value')} refused"
        second = Content.styled(text, "bold $text-error")
    given = ""
    if costs is not None and not costs.assumed:
        given = f", costs {figures.ratio_text(costs.ratio)}:1"
    if costs is not None and costs.column:
        given = f", {figures.point_name('cost', **error_costs(costs))}"
    first = content(f"{preset}{_budget(draft)}{given}")
    if draft.partial:
        text = f"! {len(draft.arms)} arms as given; ticks make {len(draft.combined)}"
        first, second = content(text, "$text-warning"), second if wrong else first
    return wording.lines([first, second])
