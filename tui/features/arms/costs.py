"""The dialog for the costs of a miss and of a false alarm, with their effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Static

from engine.core import format as figures
from engine.core.costs import Costs
from engine.core.experiment import DecisionSpec
from engine.core.outcome import CostStep
from engine.core.state import State
from tui.features import wording
from tui.features.arms import budget
from tui.features.arms.draft import Draft
from tui.features.messages import CostsEntered
from tui.features.pane import say
from tui.features.screen import HEIGHTS, Dialog
from tui.features.session import Session
from tui.terminal.safe_text import content, pad
from tui.widgets.field import Form, FormField, TextField

_MOST_ROWS, _FEW_ROWS, _TALL = 6, 4, 28
_COLUMNS = (("threshold", 11), ("missed", 12), ("false alarms", 14), ("cost/1,000", 12))
_ARM = 16


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
            yield TextField("cost_fn", budget.FIELDS["cost_fn"].label, hint=hint)
            yield TextField("cost_fp", budget.FIELDS["cost_fp"].label, hint="empty: 1")
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
            field.put("" if value is None else f"{value:g}")
        self.query("Input").first().focus()
        self._show()

    @on(FormField.Given)
    def _given(self, event: FormField.Given) -> None:
        """Show what follows; enter goes on to what can be done."""
        self._draft = budget.with_costs(self._about.draft, *self._texts)
        self._show()
        if event.final and event.field.has_focus_within and self._problem is None:
            self.query(Button).first().focus()

    @property
    def _texts(self) -> tuple[str, str]:
        """What is typed for a miss and for a false alarm."""
        miss, alarm = (field.text for field in self.query(TextField))
        return miss, alarm

    @property
    def _problem(self) -> str | None:
        """Why the costs cannot be, or None."""
        problems = self._draft.problems
        keys = (key for key in ("cost_fn", "cost_fp") if key in problems)
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

    The thresholds were chosen on out-of-fold scores, for every ratio of the costs.
    """
    state = session.run.state if session.run else State()
    dataset, split = state.dataset, state.split
    if dataset is None or split is None or dataset.positive is None:
        return []
    costs = decision.costs(dataset.classes, dataset.positive)
    positives = split.test.get(dataset.positive, 0)
    negatives = sum(split.test.values()) - positives
    rows = []
    for arm in state.arms:
        steps = arm.evaluated.cost_steps if arm.evaluated else ()
        step = next((s for s in reversed(steps) if s.ratio < costs.ratio), None)
        if step is not None and positives + negatives:
            tn, tp = negatives - step.fp, positives - step.fn
            cost = costs.per_1000(tn=tn, fp=step.fp, fn=step.fn, tp=tp)
            rows.append(LeastCost(arm.name, step, cost))
    return sorted(rows, key=lambda row: row.cost)
