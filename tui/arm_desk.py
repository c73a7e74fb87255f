"""What happens to messages about recipes of one's own; a part of the desk."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import SpecError
from engine.spec import Arm
from tui import arm_messages as arms
from tui import draft as drafts
from tui import draft_arms, reducers
from tui.dialogs import Dialogs
from tui.draft import Draft
from tui.mail import Intent
from tui.session import Session


class ArmDesk(Dialogs):
    """The part of the desk that knows how arms are made."""

    def change(self, session: Session) -> None:
        """Replace the session and hand it on."""
        raise NotImplementedError

    def intend_arm(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        match message:
            case arms.StepAsked(arm=arm):
                self.ask_step(arm)
            case arms.StepAdded(arm=arm, sampler=sampler):
                self._made(lambda draft: draft_arms.add_step(draft, arm, sampler), arm)
            case arms.StepDropped(arm=arm):
                self._made(lambda draft: draft_arms.drop_step(draft, arm), arm)
            case arms.RecipeAsked(arm=arm):
                self.ask_recipe(arm)
            case arms.ArmAdded(arm=made):
                self._made(lambda draft: draft_arms.add_arm(draft, made))
            case arms.ArmCopied(arm=arm):
                self._made(lambda draft: draft_arms.copy_arm(draft, arm))
            case arms.ArmRemoved(arm=arm):
                self._made(lambda draft: draft_arms.remove_arm(draft, arm))
            case arms.TicksAsked():
                self.ask_ticks()
            case arms.TicksGiven(arms=names):
                draft = draft_arms.tick_only(self.session.draft, names)
                self.change(reducers.draft(self.session, draft))
            case _:
                return False
        return True

    def _made(self, change: Callable[[Draft], Draft], arm: str = "") -> None:
        """Change the arms on offer, and look at the one that it is about.

        That is the changed one, a new one, or after one that went its neighbour.
        """
        session, old = self.session, self.session.draft
        try:
            draft = change(old)
        except SpecError as error:
            problem = drafts.Problem.of(error)
            self.app.tell(problem.text, "That cannot be", problem=True)
            return
        names = [offer.name for offer in draft.offers]
        wanted = arm
        if len(names) > len(old.offers):
            wanted = names[-1]
        elif len(names) < len(old.offers):
            gone = [o.name for o in old.offers if o.name not in names]
            wanted = names[min(_place(old, gone[0]), len(names) - 1)]
            self.app.tell(f"{_label(old, gone[0])} is gone", "Recipe removed")
        session = reducers.draft(session, draft)
        self.change(reducers.select(session, "arms", wanted or names[-1]))

    # Dialogs -----------------------------------------------------------------------

    def ask_step(self, arm: str) -> None:
        """Ask which sampler is to follow."""
        from tui.screens.recipes import AddStep

        offer = self.session.draft.offer(arm)
        if offer is None:
            return
        if offer.arm.ensemble is not None or offer.arm.weights:
            self._made(lambda draft: draft_arms.add_step(draft, arm, ""))
            return
        done = self._posting(lambda sampler: arms.StepAdded(arm, sampler))
        self.app.push_screen(AddStep(self.session.draft.labelled(offer)), done)

    def ask_recipe(self, arm: str) -> None:
        """Ask for a recipe as text."""
        from tui.screens.recipes import BuildRecipe, beginning

        offer = self.session.draft.offer(arm)

        def answered(made: Arm | None) -> None:
            if made is not None:
                self.app.post_message(arms.ArmAdded(made))

        text = beginning(offer.arm) if offer is not None else ""
        self.app.open_screen(BuildRecipe(text), answered)

    def ask_ticks(self) -> None:
        """Ask which of the arms are to be ticked, with what that takes."""
        from tui.screens.tick_arms import TickArms, choices, left_out

        options = choices(self.session)

        def answered(answer: str | None) -> None:
            found = next((one for one in options if one.name == answer), None)
            if found is not None:
                self.app.post_message(arms.TicksGiven(found.arms))

        self.app.push_screen(TickArms(options, left_out(self.session)), answered)


def _place(draft: Draft, arm: str) -> int:
    return next(i for i, offer in enumerate(draft.offers) if offer.name == arm)


def _label(draft: Draft, arm: str) -> str:
    offer = draft.offer(arm)
    return draft.labelled(offer).name if offer is not None else arm
