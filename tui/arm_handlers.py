"""Handlers of messages about arms: methods, their effect, the balanced table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.message import Message

from engine.client.lab import Balance, Balanced, LeakDemo
from engine.core import format as figures
from engine.errors import SpecError
from engine.io.balanced import test_path
from engine.resample.grammar import Arm
from tui import arm_messages, draft_arms, messages, questions, reducers
from tui.dialogs import Dialogs, HandlerTable, redrafts
from tui.draft import Draft, Problem


def _change_arms(
    change: Callable[..., Draft], handlers: ArmHandlers, arm: Any, *more: Any
) -> None:
    """Change the arms on offer; select the changed or new one, or a neighbour."""
    session, old = handlers.session, handlers.session.draft
    try:
        draft = change(old, arm, *more)
    except SpecError as error:
        handlers.refuse("Not possible", Problem.of(error))
        return
    names = [offer.name for offer in draft.offers]
    selected = arm if len(names) == len(old.offers) else names[-1]
    for place, removed in enumerate(old.offers):
        if removed.name not in names:
            selected = names[min(place, len(names) - 1)]
            handlers.app.tell(old.labelled(removed).name, "Method removed")
    session = reducers.draft(session, draft)
    handlers.change(reducers.select(session, "arms", selected))


class ArmHandlers(Dialogs):
    """Handlers of messages about arms."""

    def ask_step(self, arm: str) -> None:
        """Ask which sampler is to follow."""
        from tui.screens.methods import AddStep

        draft = self.session.draft
        offer = draft.offer(arm)
        if offer is not None and (offer.arm.ensemble or offer.arm.weights):
            _change_arms(draft_arms.add_step, self, arm, "")
        elif offer is not None:
            dialog = AddStep(draft.labelled(offer))
            self.put(dialog, partial(arm_messages.StepAdded, arm))

    def ask_method(self, arm: str) -> None:
        """Ask for a method as text."""
        from tui.screens.methods import WriteMethod, beginning

        offer = self.session.draft.offer(arm)
        text = beginning(offer.arm) if offer is not None else ""
        self.put(WriteMethod(text), arm_messages.ArmAdded)

    def ask_ticks(self) -> None:
        """Ask which of the arms are to be ticked, with what that takes."""
        from tui.screens.methods import TickArms, choices

        options = choices(self.session)
        then = {one.name: arm_messages.TicksChosen(one.arms) for one in options}
        self.put(TickArms(options), then.get)

    def ask_balance(self, arm: Arm) -> None:
        """Ask where and how the balanced training table is to be written."""
        from tui.screens.balance import BalanceTable

        def write(request: arm_messages.BalanceRequested) -> None:
            path = Path(request.path).expanduser()
            files = [path, test_path(path)] if request.split else [path]
            self.ask_replace(files, request, replace(request, overwrite=True))

        table, rows = self.session.load.table, self.session.lab.of(arm)
        if table is not None:
            self.put(BalanceTable(arm, table, rows), write)

    def _balance(
        self, arm: Arm, path: str, split: bool, flag: str | None, overwrite: bool
    ) -> None:
        """Write the balanced training table."""
        self.app.tell("the balanced table is being written …")
        out = str(Path(path).expanduser().absolute())
        request = Balance(
            id=0, arm=arm, path=out, split=split, flag=flag, overwrite=overwrite
        )
        self.jobs.order(request, "The table cannot be written", _notice_of_balanced)

    def show_leak(self, arm: Arm) -> None:
        """Show the wrong way beside the right one, and work it out unless it is."""
        from tui.screens.leak import Leak

        leak, load = self.session.lab.leak, self.session.load.request
        request = LeakDemo(id=0, arm=arm, seed=42 if load is None else load.seed)
        if leak.request != request or not (leak.pending or leak.answered == request):
            self.app.post_message(questions.Ask("lab.leak", request))
        self.app.show(Leak())

    def _leave_leak(self) -> None:
        self.questions.stop("lab.leak")
        self.change(questions.stop(self.session, "lab.leak"))

    HANDLERS: ClassVar[HandlerTable] = {
        messages.ArmToggled: redrafts(draft_arms.toggle),
        messages.StepParamChanged: redrafts(draft_arms.change_param),
        arm_messages.TicksDialogRequested: ask_ticks,
        arm_messages.TicksChosen: redrafts(draft_arms.tick_only),
        arm_messages.StepDialogRequested: ask_step,
        arm_messages.StepAdded: partial(_change_arms, draft_arms.add_step),
        arm_messages.StepDropped: partial(_change_arms, draft_arms.drop_step),
        arm_messages.MethodDialogRequested: ask_method,
        arm_messages.ArmAdded: partial(_change_arms, draft_arms.add_arm),
        arm_messages.ArmCopied: partial(_change_arms, draft_arms.copy_arm),
        arm_messages.ArmRemoved: partial(_change_arms, draft_arms.remove_arm),
        arm_messages.BalanceDialogRequested: ask_balance,
        arm_messages.BalanceRequested: _balance,
        arm_messages.LeakScreenRequested: show_leak,
        arm_messages.LeakScreenClosed: _leave_leak,
    }


def _notice_of_balanced(balanced: Balanced) -> Message:
    """Say what is in which file."""
    rows = sum(balanced.after.values())
    text = f"{figures.plural(rows, 'training row')} in {balanced.path}"
    if balanced.synthetic:
        text += f", {balanced.synthetic:,} of them synthetic"
    if balanced.test_path is not None:
        text += f"; test rows, unchanged, in {balanced.test_path}"
    text += "".join(f"; adjusted: {repair}" for repair in balanced.repairs)
    return messages.Notice(text, "Balanced table written")
