"""Dialogs about arms: a method as text, a step more, which to tick, the costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar, Final, NamedTuple

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Button, Input, Static

from engine.core import format as figures
from engine.core.costs import Costs
from engine.core.errors import SpecError
from engine.core.experiment import DecisionSpec
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm
from engine.core.methods.handbook import GROUPS, kind_of
from engine.core.methods.samplers import Parameter
from engine.core.outcome import CostStep
from engine.core.presets import ARTICLE_ARMS
from engine.core.state import State
from tui.features import wording
from tui.features.arms import changes, words
from tui.features.arms.draft import Draft, Offer, known_sampler, method_text
from tui.features.arms.method import written
from tui.features.dialogs import ChoiceDialog, Finder
from tui.features.lab import words as lab_words
from tui.features.messages import CostsEntered
from tui.features.pane import say
from tui.features.screen import DIALOG_STYLE, HEIGHTS, WIDTHS, Dialog, SessionScreen
from tui.features.session import Session
from tui.terminal.safe_text import clip, content, pad
from tui.widgets.field import Form, FormField, TextField
from tui.widgets.rows import Item, ListColumn, Rows

QUICK: Final = 60.0
"""Seconds for all preparations of an arm that is called quick."""
_EXAMPLE: Final = "svm-smote:ratio=0.3+random-under:ratio=0.5"
_MOST_NEAR: Final = 8
_KINDS: Final = ("over", "under", "cleaner", "combined")
_RULES: Final = (
    "+ joins steps, : begins a setting, a/b/c lets the search choose among values, "
    "tune among the usual ones."
)


# A method as text -------------------------------------------------------------------


class Completer(Suggester):
    """Suggests the rest of a sampler's name, or of a parameter's."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the text with its last word completed; None if nothing fits."""
        head, word, known = _last_word(value)
        longer = (n for n in known if word and n.startswith(word) and n != word)
        return next((f"{head}{name}" for name in longer), None)


class WriteMethod(Dialog[Arm], SessionScreen[Arm]):
    """Asks for a method; dismisses with the arm, or with nothing.

    Parameters
    ----------
    text : str
        What stands there at first.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "methods.tcss"]
    PARTS = ("load", "draft", "lab", "run")
    heading = "Write a method"
    hint = "→ completes   tab goes to the name   enter adds it"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self._arm: Arm | None = None

    def compose_body(self) -> ComposeResult:
        """Lay out the lines to type in, and what they would give."""
        yield Input(
            self._text,
            placeholder=_EXAMPLE,
            suggester=Completer(),
            select_on_focus=False,
            id="method-text",
        )
        with VerticalScroll(id="method-seen", can_focus=False):
            yield Static(id="method-said")
            yield Static(id="method-help")
        yield Input(placeholder="name (optional)", id="method-name")

    def on_mount(self) -> None:
        """Show what there is at first."""
        self.query_one("#method-text", Input).focus()
        self.draw()

    @on(Input.Changed)
    def draw(self) -> None:
        """Show what the open table makes of what is typed."""
        text = self.query_one("#method-text", Input).value
        name = self.query_one("#method-name", Input).value.strip()
        self._arm, shown = None, Content.styled("Nothing yet.", "dim")
        if text.strip():
            try:
                arm = _parse(text, name, self.session)
                shown, self._arm = describe(self.session, arm), arm
            except SpecError as error:
                shown = _hint(text) or wording.refusal(error.message, error.fix)
        say(self.query_one("#method-said", Static), shown)
        say(self.query_one("#method-help", Static), help_for(text))

    @on(Input.Submitted)
    def _finish(self) -> None:
        if self._arm is not None:
            self.dismiss(self._arm)


def _hint(text: str) -> Content | None:
    """Return how a text that is being typed may go on; None if it is wrong."""
    _, word, known = _last_word(text)
    near = [name for name in known if name.startswith(word)]
    if not near or word in near:
        return None
    more = f" and {len(near) - _MOST_NEAR} more" if len(near) > _MOST_NEAR else ""
    return content(f"… {', '.join(near[:_MOST_NEAR])}{more}", "$text-accent")


def beginning(arm: Arm) -> str:
    """Return the text that a method made from an arm begins with.

    Examples
    --------
    >>> beginning(grammar.parse("smote")), beginning(grammar.parse("untreated"))
    ('smote', '')
    """
    return method_text(arm) if arm.steps or arm.ensemble is not None else ""


def describe(session: Session, arm: Arm) -> Content:
    """Return a method step by step, with the rows after each, and whether it runs.

    Raises
    ------
    SpecError
        If counts are asked for that cannot be.
    """
    table = session.load.table
    expected = words.forecast(arm, table.train if table else {})
    lines: list[Content] = []
    before = expected.before if expected is not None else {}
    for index, step in enumerate(arm.steps):
        sampler = registry.sampler(step.sampler)
        lines.append(content(f"{index + 1}. {sampler.title}", "bold"))
        if expected is not None:
            after = expected.steps[index]
            rows = lab_words.counts(before, after, not sampler.has_ratio)
            lines.append(Content.assemble("   ", rows))
            before = after
    if not arm.steps:
        lines.append(content(words.about(arm).title, "bold"))
    lines += [words.verdict(session, arm), words.tuned(session, arm)]
    lines += words.remarks(session, arm)
    return wording.lines(filter(None, lines))


def help_for(text: str) -> Content:
    r"""Return what can be typed next: the parameters of the step at the end.

    Examples
    --------
    >>> help_for("smote+enn:").plain.partition("\n")[0]
    'enn has n_neighbors (3), kind_sel (all).'
    """
    name, rules = _last_step(text), Content.styled(_RULES, "dim")
    known = [(p.name, written(p.default)) for p in _parameters(name)]
    has = ", ".join(f"{one} ({value})" if value else one for one, value in known)
    return wording.lines([content(f"{name} has {has}."), rules] if has else [rules])


def _parse(text: str, name: str, session: Session) -> Arm:
    """Return the arm that was typed, under its name.

    Raises
    ------
    SpecError
        If it is none, or is there already.
    """
    arm = grammar.parse(text)
    if (method := grammar.method_name(arm.name, arm.model)) != arm.name:
        raise SpecError(f"{arm.name} names a model", f"write {method}, tick the model")
    if arm.weights or not (arm.steps or arm.ensemble is not None):
        raise SpecError(f"{arm.name} is a control", "begin with a sampler")
    if not name:
        return arm
    if session.draft.offer(name) is not None or name in registry.names():
        raise SpecError(f"there is an arm {name!r} already", "give another name")
    return msgspec.structs.replace(arm, name=name)


def _last_word(text: str) -> tuple[str, str, tuple[str, ...]]:
    """Return a text without its last word, that word, and what it may become."""
    place = max(text.rfind(sign) for sign in "+:,/=")
    head, word = text[: place + 1], text[place + 1 :]
    sign = head[-1:]
    known = _parameters(_last_step(text))
    if sign in (":", ","):
        return head, word, tuple(f"{p.name}=" for p in known)
    if sign in ("=", "/"):
        setting = head.rstrip("=/").rsplit(":", 1)[-1].partition("=")[0].strip()
        choices = next((p.choices for p in known if p.name == setting), None)
        return head, word, () if choices is None else (*choices, grammar.TUNE)
    names = [entry.name for entry in registry.samplers()]
    names += [] if head else [entry.name for entry in registry.ENSEMBLES]
    return head, word, tuple(names)


def _last_step(text: str) -> str:
    """Return the name of the step at the end."""
    return text.rsplit("+", 1)[-1].partition(":")[0].strip()


def _parameters(name: str) -> tuple[Parameter, ...]:
    known = {entry.name: entry.parameters for entry in registry.samplers()}
    known |= {entry.name: entry.parameters for entry in registry.ENSEMBLES}
    return known.get(name, ())


# A step more ----------------------------------------------------------------------


class AddStep(Finder):
    """Asks for a sampler; dismisses with its name, or with nothing.

    Parameters
    ----------
    arm : Arm
        What it follows.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "methods.tcss"]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    COLUMNS = (ListColumn("sampler", 22), ListColumn("what it does", 20, grow=200))
    TYPED = "type to find a sampler"
    EMPTY = "No sampler matches."

    def __init__(self, arm: Arm) -> None:
        super().__init__()
        name = clip(arm.name, 40)
        self.heading = f"What follows {name}?" if arm.steps else "What comes first?"

    def compose_body(self) -> ComposeResult:
        """Lay out the line, the list, and more about the highlighted sampler."""
        yield from super().compose_body()
        yield Static(id="step-more")

    def find(self, words: Sequence[str]) -> list[Item]:
        """Return the samplers with all words in their names or titles, by group."""
        parts = [word.replace("_", "-") for word in words]
        listed: dict[str, list[Item]] = {group: [] for group in _KINDS}
        for one in registry.samplers():
            if all(part in f"{one.name} {one.title}".lower() for part in parts):
                item = Item(one.name, (one.name, (one.summary, "dim")))
                listed.get(kind_of(one), []).append(item)
        items: list[Item] = []
        for group, inside in listed.items():
            if inside:
                items += Item(f"\0{group}", (GROUPS[group],), heading=True), *inside
        return items

    def _narrow(self, typed: str) -> None:
        super()._narrow(typed)
        self._more()

    @on(Rows.Highlighted)
    def _more(self) -> None:
        """Say when the highlighted sampler is worth it."""
        name, lines = self.query_one(Rows).highlighted, []
        if name is not None:
            entry = registry.sampler(name)
            lines = [f"+ {entry.when}"] if entry.when else []
            lines += [f"− {entry.when_not}"] if entry.when_not else []
        more = wording.lines(map(content, lines))
        say(self.query_one("#step-more", Static), more)


# Which arms to tick ----------------------------------------------------------------


class Ticks(NamedTuple):
    """One answer: the arms that would be ticked."""

    name: str
    key: str
    label: str
    arms: tuple[str, ...]


class _Priced(NamedTuple):
    offer: Offer
    status: str
    seconds: float


def arm_choices(session: Session) -> tuple[Ticks, ...]:
    """Return what can be ticked at once, the likeliest wish first.

    Parameters
    ----------
    session : Session
        Without a table nobody knows what an arm takes; then those that are known to
        be slow are left out.
    """
    priced = [_price(session, offer) for offer in session.draft.offers]
    patience = session.draft.base.search.patience
    runs = [one for one in priced if one.status != "cannot"]
    patient = [one for one in runs if one.seconds <= patience]
    samplers = (one for one in patient if one.offer.arm.ensemble is None)
    quick = [one for one in samplers if one.seconds <= QUICK]
    controls = [one for one in priced if one.offer.group == "control"]
    article = [one for one in priced if one.offer.name in ARTICLE_ARMS]
    known = words.facts(session) is not None
    each = "within 1 min each" if known else "without the slow ones"
    waits = figures.about(patience).lstrip("~")
    within = f"within {waits} each" if known else "all there are"
    ticks = partial(_ticks, session.draft.models)
    return (
        ticks("quick", "q", "the quick ones", each, quick, known),
        ticks("patient", "p", "all that can run", within, patient, known),
        ticks("article", "a", "the article's", "", article, known),
        ticks("controls", "c", "the controls only", "", controls, False),
    )


def _ticks(
    models: Sequence[str],
    name: str,
    key: str,
    title: str,
    why: str,
    arms: Sequence[_Priced],
    known: bool,
) -> Ticks:
    many = len(grammar.combine((one.offer.arm for one in arms), models))
    parts = [figures.plural(many, "arm"), why]
    if known:
        parts.append(f"{figures.about(sum(one.seconds for one in arms))} in all")
    label = f"{title:<20}{', '.join(filter(None, parts))}"
    return Ticks(name, key, label, tuple(one.offer.name for one in arms))


def _price(session: Session, offer: Offer) -> _Priced:
    arm = session.draft.labelled(offer)
    known = words.finding(session, arm)
    if known is None or (known.status != "cannot" and not known.measured):
        entries = [known_sampler(step.sampler) for step in arm.steps]
        slow = any(entry is None or entry.slow for entry in entries)
        status = "runs" if known is None else known.status
        return _Priced(offer, status, 2 * QUICK if slow else 0.0)
    return _Priced(offer, known.status, words.preparation(session, arm, known))


class TickArms(ChoiceDialog):
    """Which arms to tick; dismisses with the name of an answer.

    Parameters
    ----------
    options : sequence of Ticks
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "methods.tcss"]

    def __init__(self, options: Sequence[Ticks]) -> None:
        text = (
            "Replaces the current ticks; parameters are kept. Times are for preparing "
            "the rows on one core."
        )
        answers = tuple((one.name, one.key, one.label) for one in options)
        super().__init__("Which arms should be compared?", text, answers)


# The costs --------------------------------------------------------------------------

_MOST_ROWS, _FEW_ROWS, _TALL = 6, 4, 28
_COLUMNS = (("threshold", 10), ("missed", 7), ("FP", 7), ("cost/1,000", 11))
_ARM = 16
"""With the columns the 51 cells that a dialog has in a terminal of 60."""


class LeastCost(NamedTuple):
    """An arm at its threshold of least cost, on the test rows of a run."""

    arm: str
    step: CostStep
    cost: float


class GiveCosts(Dialog[CostsEntered]):
    """Asks for both costs; dismisses with them, or with nothing.

    Parameters
    ----------
    session : Session
        Whose draft gets the costs, and whose run is looked at.
    """

    VERTICAL_BREAKPOINTS = HEIGHTS
    AUTO_FOCUS = ""
    CLOSES = ""
    heading = "Costs"
    hint = "enter continues   ↑ ↓ move   esc keeps the old costs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._about = session
        self._draft = session.draft

    def compose_body(self) -> ComposeResult:
        """Lay out the costs, what follows from them, and what can be done."""
        session = self._about
        yield Static(content(_introduction(session)), classes="dialog-text")
        with Form(id="costs-form"):
            hint = wording.assumed(session)
            yield TextField("cost_fn", changes.FIELDS["cost_fn"].label, hint=hint)
            yield TextField("cost_fp", changes.FIELDS["cost_fp"].label, hint="empty: 1")
            label, hint = changes.FIELDS["prevalence"].label, "empty: that of the table"
            yield TextField("prevalence", label, hint=hint)
        yield Static(id="costs-preview")
        with Vertical(classes="dialog-buttons"):
            if session.runnable is None:
                yield Button("Run with these costs", id="costs-run")
            yield Button("Keep them for the next run", id="costs-keep")

    def on_mount(self) -> None:
        """Let the user type at once."""
        decision = self._about.draft.base.decision
        for field in self.query(TextField):
            value = getattr(decision, field.key)
            field.put(f"{value:g}" if value else "")
        self.query("Input").first().focus()
        self._show()

    @on(FormField.Given)
    def _given(self, event: FormField.Given) -> None:
        """Show what follows; enter goes on to what can be done."""
        self._draft = changes.with_costs(self._about.draft, *self._texts)
        self._show()
        if event.final and event.field.has_focus_within and self._problem is None:
            self.query(Button).first().focus()

    @property
    def _texts(self) -> tuple[str, str, str]:
        """What is typed for a miss, for a false alarm, and as the prevalence in use."""
        miss, alarm, share = (field.text for field in self.query(TextField))
        return miss, alarm, share

    @property
    def _problem(self) -> str | None:
        """Why the costs cannot be, or None."""
        problems = self._draft.problems
        keys = (key for key in changes.COSTS if key in problems)
        return next((problems[key].text for key in keys), None)

    def _show(self) -> None:
        problem = self._problem
        for button in self.query(Button):
            button.disabled = problem is not None
        most = _MOST_ROWS if self.app.size.height >= _TALL else _FEW_ROWS
        shown = preview(self._about, self._draft, most)
        if problem is not None:
            shown = content(f"✗ {problem}", "bold $text-error")
        say(self.query_one("#costs-preview", Static), shown)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Give the costs."""
        run = event.button.id == "costs-run"
        self.dismiss(CostsEntered(*self._texts, run=run))


def _introduction(session: Session) -> str:
    """Say what costs are for, and what the run that is seen was decided by."""
    costs = wording.costs_line(session).removesuffix(" $ gives yours.")
    if session.run is not None and costs:
        return f"Run {session.run.number}. {costs}"
    return (
        "The recommendation is the arm and threshold of least cost. Only the ratio "
        "matters; if not given, the ratio that balancing implies is assumed."
    )


def preview(session: Session, draft: Draft, most: int = _MOST_ROWS) -> Content:
    """Say what each arm of the run that is seen would do at the draft's costs.

    Parameters
    ----------
    session : Session
    draft : Draft
        With the costs that are being given.
    most : int, default=6
        Arms that are listed.

    Returns
    -------
    Content
        A table, and that only a run recommends; nothing without a result.
    """
    state = session.run.state if session.run else State()
    dataset = state.dataset
    if dataset is None or state.compared is None:
        return Content("")
    last = "A run at these costs gives their recommendation."
    rows = at_costs(session, draft.base.decision)
    if not rows:
        return Content.styled(last, "dim")
    costs = draft.base.decision.costs(dataset.classes, dataset.positive)
    choice = state.compared.verdict.choice
    chosen = choice.arm if choice else ""
    return wording.lines(_table(rows, costs, chosen, last, most))


def _table(
    rows: Sequence[LeastCost], costs: Costs, chosen: str, last: str, most: int
) -> Iterator[Content]:
    assumed = " (assumed)" if costs.assumed else ""
    if there := costs.prevalence or 0.0:
        assumed += f" and a prevalence of {figures.share(there, 1)}"
    ratio = figures.ratio_text(costs.ratio)
    yield content(f"At {ratio}:1{assumed}, on the test rows:", "bold")
    heads = "".join(pad(name, width, "right") for name, width in _COLUMNS)
    yield Content.styled(f"{pad('  arm', _ARM)}{heads}", "dim")
    # The recommended arm is always listed.
    last_ones = [row for row in rows[most:] if row.arm == chosen]
    for row in [*rows[: most - len(last_ones)], *last_ones]:
        mark = "▸ " if row.arm == chosen else "  "
        cells = (
            figures.threshold(row.step.threshold),
            figures.count(row.step.fn),
            figures.count(row.step.fp),
            figures.per_mille(row.cost),
        )
        widths = (width for _, width in _COLUMNS)
        line = "".join(pad(c, w, "right") for c, w in zip(cells, widths, strict=True))
        yield content(f"{mark}{pad(row.arm, _ARM - 2)}{line}")
    if len(rows) > most:
        more = figures.plural(len(rows) - most, "more arm")
        yield Content.styled(f"  {more}, none of them cheaper than the first", "dim")
    if chosen:
        last = "▸ recommended at the run's own costs; for these, start a run"
    yield Content.styled(last, "dim")


def at_costs(session: Session, decision: DecisionSpec) -> list[LeastCost]:
    """Return the arms of a run of two classes at their least cost, the cheapest first.

    The thresholds were chosen on out-of-fold scores, for every ratio of the costs. At
    another prevalence than the run's the ratio that decides alike is another.
    """
    state = session.run.state if session.run else State()
    dataset, split = state.dataset, state.split
    if dataset is None or split is None or dataset.positive is None:
        return []
    if decision.cost_fn_column or split.miss_costs:
        return []  # thresholds of one cost of a miss are not those of a cost per row
    costs = decision.costs(dataset.classes, dataset.positive)
    positives = split.test.get(dataset.positive, 0)
    negatives = sum(split.test.values()) - positives
    train = split.train.get(dataset.positive, 0)
    sizes = train, sum(split.train.values()) - train
    ratio = costs.ratio / costs.weight_of_negative(*sizes)
    ratio *= state.costs.weight_of_negative(*sizes) if state.costs else 1.0
    rows = []
    for arm in state.arms:
        steps = arm.evaluated.cost_steps if arm.evaluated else ()
        step = next((s for s in reversed(steps) if s.ratio < ratio), None)
        if step is not None and positives + negatives:
            tn, tp = negatives - step.fp, positives - step.fn
            cost = costs.per_1000(tn=tn, fp=step.fp, fn=step.fn, tp=tp)
            rows.append(LeastCost(arm.name, step, cost))
    return sorted(rows, key=lambda row: row.cost)
