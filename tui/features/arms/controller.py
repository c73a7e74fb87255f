"""The controller of the arms: methods, the budget, the costs of the next run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from engine.core import format as figures
from engine.core.errors import SpecError
from tui.features import messages, reducers
from tui.features.arms import changes, dialogs
from tui.features.arms import messages as arm_messages
from tui.features.arms.draft import Draft, Problem
from tui.features.controller import Controller, Routes


class ArmController(Controller):
    """Handles messages about arms."""

    def routes(self) -> Routes:
        """Return the handlers of messages about arms."""
        return {
            messages.ArmToggled: self.redrafts(changes.toggle),
            arm_messages.ModelToggled: self.redrafts(changes.toggle_model),
            messages.StepParamChanged: self.redrafts(changes.change_param),
            messages.BudgetChanged: self.redrafts(changes.change_budget),
            messages.PresetChosen: self.changes(reducers.choose_preset),
            messages.CostsDialogRequested: self._ask_costs,
            messages.CostsEntered: self._give_costs,
            arm_messages.TicksDialogRequested: self._ask_ticks,
            arm_messages.TicksChosen: self.redrafts(changes.tick_only),
            arm_messages.StepDialogRequested: self._ask_step,
            arm_messages.StepAdded: partial(self._change_arms, changes.add_step),
            arm_messages.StepDropped: partial(self._change_arms, changes.drop_step),
            arm_messages.MethodDialogRequested: self._ask_method,
            arm_messages.ArmAdded: partial(self._change_arms, changes.add_arm),
            arm_messages.ArmCopied: partial(self._change_arms, changes.copy_arm),
            arm_messages.ArmRemoved: partial(self._change_arms, changes.remove_arm),
        }

    def redraft(self, draft: Draft) -> None:
        """Replace the draft; say it where that changes what arms are given."""
        old = self.session.draft
        super().redraft(draft)
        if old.partial and not draft.partial:
            arms = figures.plural(len(draft.arms), "arm")
            text = f"{arms}: every ticked method with every ticked model"
            self.app.tell(f"{text}, not the {len(old.arms)} of before", "Arms")

    def _change_arms(self, change: Callable[..., Draft], arm: Any, *more: Any) -> None:
        """Change the arms on offer; select the changed or new one, or a neighbour."""
        old = self.session.draft
        try:
            draft = change(old, arm, *more)
        except SpecError as error:
            self.refuse("Not possible", Problem.of(error))
            return
        names = [offer.name for offer in draft.offers]
        selected = arm if len(names) == len(old.offers) else names[-1]
        for place, removed in enumerate(old.offers):
            if removed.name not in names:
                selected = names[min(place, len(names) - 1)]
                self.app.tell(old.labelled(removed).name, "Method removed")
        self.redraft(draft)
        self.change(reducers.select(self.session, "arms", selected))

    def _ask_costs(self) -> None:
        """Ask what a miss and a false alarm cost."""
        self.put(dialogs.GiveCosts(self.session))

    def _give_costs(self, miss: str, alarm: str, share: str, run: bool) -> None:
        """Set the costs of the next run, and start it if that is wanted."""
        texts = miss, alarm, share
        self.redraft(changes.with_costs(self.session.draft, *texts))
        if run:
            # That the results go was said; that the target is a guess was not.
            known = not self.session.load.guessed
            self.app.post_message(messages.RunRequested(confirmed=known))
        else:
            self.app.tell("the next run uses them; r starts it", "Costs set")

    def _ask_step(self, arm: str) -> None:
        """Ask which sampler is to follow."""
        draft = self.session.draft
        offer = draft.offer(arm)
        if offer is not None and (offer.arm.ensemble or offer.arm.weights):
            self._change_arms(changes.add_step, arm, "")
        elif offer is not None:
            dialog = dialogs.AddStep(draft.labelled(offer))
            self.put(dialog, partial(arm_messages.StepAdded, arm))

    def _ask_method(self, arm: str) -> None:
        """Ask for a method as text."""
        offer = self.session.draft.offer(arm)
        text = dialogs.beginning(offer.arm) if offer is not None else ""
        self.put(dialogs.WriteMethod(text), arm_messages.ArmAdded)

    def _ask_ticks(self) -> None:
        """Ask which of the arms are to be ticked, with what that takes."""
        options = dialogs.arm_choices(self.session)
        then = {one.name: arm_messages.TicksChosen(one.arms) for one in options}
        self.put(dialogs.TickArms(options), then.get)
