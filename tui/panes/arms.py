"""Pane 2: the remedies to compare, under one budget."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.resample import cost, registry
from tui.commands import Command
from tui.console import figures
from tui.draft import Draft, Offer
from tui.messages import ArmToggled, Selected, ViewChosen
from tui.panes import arms_cost, wording
from tui.panes.arms_budget import BudgetView, TomlView
from tui.panes.arms_recipe import RecipeView, about
from tui.panes.base import Copied, Pane, Picture
from tui.panes.layout import say
from tui.safe_text import content
from tui.session import Session
from tui.widgets.columns import Cell, Column
from tui.widgets.rows import Item, Rows

__all__ = ["ArmsPane", "ArmsPicture"]

GROUPS: Final = {
    "control": "controls: no row is changed",
    "over": "oversampling: more positives",
    "under": "undersampling: fewer negatives",
    "combined": "combined: more, then cleaned",
    "file": "from the experiment file",
}
_OBJECTIONS: Final = {"too-slow": "⚠ too slow", "too-large": "⚠ too large"}
_TICKED, _LOCKED, _EMPTY = "[■]", "[▪]", "[ ]"


class ArmsPicture(Picture):
    """The highlighted arm, the budget, and both as a file."""

    PANE = "arms"
    VIEWS = (RecipeView, BudgetView, TomlView)


class ArmsPane(Pane):
    """Arms to tick, by group."""

    PANE = "arms"
    NUMBER = 2
    TITLE = "Arms"
    HELP = """
    ## 2 Arms

    Every arm is one way of treating the imbalance, tuned and trained under the same
    budget. `none` is always in: everything is compared with it.

    - `space` ticks or unticks the highlighted arm, `enter` goes to its parameters.
    - `b` shows the budget: trials, folds, objective, costs, seed.
    - `a` ticks all arms, or none but the controls.
    - `ctrl+s` saves all of it as a TOML file.
    """
    COMMANDS: ClassVar = (
        Command(
            "arms.budget",
            "b",
            "Show the budget",
            "Trials, folds, objective, operating point, costs and seed.",
            "budget",
            footer="budget",
        ),
        Command(
            "arms.recipe",
            "f",
            "Show the recipe",
            "The parameters of the highlighted arm.",
            "recipe",
        ),
        Command(
            "arms.all",
            "a",
            "Tick all arms, or only the controls",
            "Ticks every arm; if all are ticked, none but the controls.",
            "all",
        ),
    )

    def compose_body(self) -> ComposeResult:
        """Lay out the list and what the budget is."""
        yield Rows(
            (
                Column("arm", 17, grow=20),
                Column("remark", 11),
                Column("sentence", 36, grow=100, drop=1),
            ),
            header=False,
            hot=3,
            id="arms-list",
        )
        yield Static(id="arms-budget")

    def picture(self) -> Picture:
        """Return the arms' picture."""
        return ArmsPicture()

    def summary(self, session: Session) -> Content:
        """Return how many arms and the budget."""
        draft = session.draft
        ticked = figures.plural(len(draft.arms), "arm")
        return Content(f"{ticked} × {_budget(draft)}")

    def subtitle(self, session: Session) -> Content:
        """Return how many arms are ticked."""
        return Content(f"{len(session.draft.arms)} of {len(session.draft.offers)}")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if (
            before is None
            or before.draft is not session.draft
            or before.run is not session.run
            or before.load.table is not session.load.table
        ):
            rows = self.query_one(Rows)
            rows.update_items(_items(session), session.view.selected.get("arms"))
            say(self.query_one("#arms-budget", Static), _foot(session.draft))
        selected = session.view.selected.get("arms")
        if before is not None and before.view.selected.get("arms") != selected:
            self.query_one(Rows).highlight(selected)

    @on(Rows.Highlighted)
    def _moved(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.post_message(Selected("arms", event.key))
        if self.session.view.shown.get("arms") == BudgetView.NAME:
            self.action_recipe()

    @on(Rows.Chosen)
    async def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.post_message(Selected("arms", event.key))
        if event.how != "enter":
            self.post_message(ArmToggled(event.key))
            return
        self.action_recipe()
        await self.run_action("screen.hop")

    def action_budget(self) -> None:
        """Show the budget."""
        self.post_message(ViewChosen("arms", BudgetView.NAME, enter=True))

    def action_recipe(self) -> None:
        """Show the highlighted arm."""
        self.post_message(ViewChosen("arms", RecipeView.NAME))

    def action_all(self) -> None:
        """Tick all arms; if they are, untick all but the controls."""
        offers = self.session.draft.offers
        every = all(offer.ticked for offer in offers)
        for offer in offers:
            wanted = offer.group == "control" if every else True
            if offer.ticked != wanted:
                self.post_message(ArmToggled(offer.name, wanted))

    def copied(self) -> Copied:
        """Return the list."""
        return Copied(self.query_one(Rows).as_text(), "the arms")


def _items(session: Session) -> list[Item]:
    items: list[Item] = []
    group = ""
    for offer in sorted(session.draft.offers, key=lambda o: [*GROUPS].index(o.group)):
        if offer.group != group:
            group = offer.group
            items.append(Item(f"\0{group}", (GROUPS[offer.group],), heading=True))
        tick = _LOCKED if offer.locked else _TICKED if offer.ticked else _EMPTY
        style = "" if offer.ticked else "dim"
        items.append(
            Item(
                offer.name,
                (
                    (f"{tick} {session.draft.labelled(offer).name}", style),
                    _remark(session, offer),
                    (about(offer.arm).summary, "dim"),
                ),
            )
        )
    return items


def _remark(session: Session, offer: Offer) -> Cell:
    """Return the one thing worth saying about an arm in a word or two."""
    prefix = f"{offer.name}/"
    if any(key.startswith(prefix) for key in session.draft.problems):
        return ("✗ refused", "bold $text-error")
    run = session.run
    arms = run.state.arms if run is not None else ()
    labelled = session.draft.labelled(offer)
    found = next((arm for arm in arms if arm.name == labelled.name), None)
    if found is not None and found.failed is not None:
        return ("✗ failed", "$text-error")
    if found is not None and found.repairs:
        return ("⚠ repaired", "$text-warning")
    if (wrong := arms_cost.objection(session, labelled)) is not None:
        return (_OBJECTIONS[wrong.code], "$text-warning")
    if any(step.params.keys() - {"variant"} for step in offer.arm.steps):
        return ("changed", "$text-accent")
    if offer.locked:
        return ("always", "dim")
    if found is not None and found.evaluated is not None:
        spent = sum(t.seconds for t in found.trials)
        return (f"~{figures.clock(spent)}", "dim")
    told = arms_cost.preparation(session, labelled)
    if told is not None:
        slow = told.seconds >= arms_cost.WORTH
        return (cost.spoken(told.seconds), "dim") if slow else ""
    names = [step.sampler for step in offer.arm.steps]
    return ("slow", "dim") if any(registry.sampler(name).dear for name in names) else ""


def _budget(draft: Draft) -> str:
    search = draft.base.search
    folds = f"{search.folds} folds"
    if search.repeats > 1:
        folds += f" × {search.repeats}"
    return f"{figures.plural(search.trials, 'trial')} × {folds}"


def _foot(draft: Draft) -> Content:
    """Return the budget in two lines, or that a value was refused."""
    base = draft.base
    preset = f"{base.preset}: " if base.preset else ""
    first = content(f"{preset}{_budget(draft)}")
    wrong = len(draft.problems)
    if wrong:
        text = f"✗ {figures.plural(wrong, 'value')} refused"
        return wording.lines([first, Content.styled(text, "bold $text-error")])
    decision = base.decision
    policy = figures.policy_name(
        decision.policy, cost_fn=decision.cost_fn, cost_fp=decision.cost_fp
    )
    second = f"{wording.objective(base.search.objective)}, {policy}"
    return wording.lines([first, content(second, "dim")])
