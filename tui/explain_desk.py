"""What happens to messages about finished arms' mistakes; a part of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tui import explain
from tui import explain_messages as told
from tui.dialogs import Dialogs
from tui.explain_jobs import ExplainJobs
from tui.mail import Intent, Result

if TYPE_CHECKING:
    from tui.session import Session

__all__ = ["ExplainDesk"]


class ExplainDesk(Dialogs):
    """The part of the desk that knows what arms get wrong, and why."""

    explains: ExplainJobs

    def change(self, session: Session) -> None:
        """Replace the session and hand it on."""
        raise NotImplementedError

    def intend_explain(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        match message:
            case told.ErrorsChosen(choice=choice):
                self.change(explain.choose(self.session, choice))
            case told.ExplainRequested(wish=wish):
                if explain.wanting(self.session, wish) is None:
                    return True  # it was asked a moment ago
                self.change(explain.ask(self.session, wish))
                store = self.runs.store
                self.explains.ask(
                    self.session.jobs,
                    wish
                    if store is None
                    else msgspec.structs.replace(wish, store=str(store.absolute())),
                )
            case _:
                return False
        return True

    def take_explain(self, message: Result) -> bool:
        """Take what a job found out; False if it is about something else."""
        session = self.session
        match message:
            case told.Explained(job=job, wish=wish, answer=answer):
                self.change(explain.explained(session, job, wish, answer))
            case told.ExplainProgressed(job=job, wish=wish, stage=stage):
                self.change(explain.progressed(session, job, wish, stage))
            case told.ExplainFailed(job=job, wish=wish, problem=problem):
                self.change(explain.failed(session, job, wish, problem))
            case _:
                return False
        return True
