"""The handlers of messages: each changes the session, and may start work.

The only place that replaces the session. Each message has a row in a table, here or
in a base class: a reducer, or a method that takes the fields of the message.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from tui import budget, clipboard, explain, lab, messages, questions, reducers
from tui.arm_handlers import ArmHandlers
from tui.data_handlers import DataHandlers
from tui.dialogs import Dialogs, HandlerTable, changes, notes, redrafts
from tui.draft import Problem
from tui.explain import PLACES, ErrorsChosen, ExplainRequested
from tui.export_handlers import ExportHandlers
from tui.export_state import RESTARTED
from tui.mail import Mail
from tui.questions import Answered, Ask, Progressed, Refused
from tui.run_handlers import RunHandlers


class Handlers(RunHandlers, DataHandlers, ArmHandlers, ExportHandlers):
    """Handles every message of the app."""

    def handle(self, message: Mail) -> None:
        """Do what the user wants, or take what a job found out."""
        if isinstance(message, Progressed | Answered | Refused):
            self._take(message)
        else:
            self.HANDLERS[type(message)](self, *message.values)

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard, or into a file if it is too much for that."""
        if clipboard.fits(text):
            self.app.copy_to_clipboard(text)
            notice = f"{what}: {len(text):,} characters on the clipboard"
            self.app.tell(notice, "Copied")
        else:
            self.jobs.write_text(clipboard.file_path(), text, what)

    def copy_focused(self) -> None:
        """Copy what is selected or focused."""
        if (focused := clipboard.find_copy(self.app.screen)) is None:
            self.app.tell("nothing to copy here", problem=True)
        else:
            self.copy(*focused)

    def show_bench(self) -> None:
        """Show the screen over many tables, read anew: runs may have ended since."""
        from tui.screens.bench import Bench, ask_suite

        state = self.session.bench
        self.handle(ask_suite(state.group, state.metric))
        self.app.show(Bench())

    def _give_costs(self, miss: str, alarm: str, run: bool) -> None:
        """Set the costs of the next run, and start it if that is wanted."""
        self.redraft(budget.with_costs(self.session.draft, miss, alarm))
        if run:
            self.handle(messages.RunRequested())
        else:
            self.app.tell("the next run uses them; r starts it", "Costs set")

    def _explain(self, request: explain.Asked) -> None:
        if explain.unanswered(self.session, request) is not None:
            # Handed on with the question: screens would ask once more between them.
            self.session = explain.note_request(self.session, request)
            self.ask(f"explain.{PLACES[type(request)]}", request)

    def _fail(self, title: str, problem: Problem, loud: bool) -> None:
        (self.app.show_problem if loud else self.refuse)(title, problem)

    def fail_load(self, problem: Problem) -> None:
        """Say that a table cannot be had, loudly if a user asked for it."""
        if not self.note_missing_table(problem):
            super().fail_load(problem)

    def _take(self, news: Progressed | Answered | Refused) -> None:
        """Take the answer to a question; the end of an export is reported at once."""
        written = news.place == "export.write"
        if isinstance(news, Refused) and written and news.problem.code == "cancelled":
            news = replace(news, problem=RESTARTED)
        self.change(questions.take(self.session, news))
        if news.place == "lab.judge":
            self.change(lab.keep_findings(self.session))
        elif written and not isinstance(news, Progressed):
            self.export_done(news)

    HANDLERS: ClassVar[HandlerTable] = {
        **RunHandlers.HANDLERS,
        **DataHandlers.HANDLERS,
        **ArmHandlers.HANDLERS,
        **ExportHandlers.HANDLERS,
        messages.BudgetChanged: redrafts(budget.change_budget),
        messages.CostsDialogRequested: Dialogs.ask_costs,
        messages.CostsEntered: _give_costs,
        messages.CopyRequested: copy,
        messages.Notice: lambda handlers, text, title, problem: handlers.app.tell(
            text, title, problem=problem
        ),
        messages.PaneActivated: changes(reducers.activate),
        messages.ViewChosen: changes(reducers.show),
        messages.Selected: changes(reducers.select),
        messages.ZoomToggled: changes(reducers.zoom),
        messages.PointChosen: changes(reducers.choose_point),
        messages.ClassChosen: changes(reducers.choose_class),
        messages.ThresholdMoved: changes(reducers.move_threshold),
        messages.ServiceStatus: notes("service"),
        messages.RecentListed: notes("recent"),
        messages.JobFailed: _fail,
        Ask: Dialogs.ask,
        ErrorsChosen: changes(explain.choose),
        ExplainRequested: _explain,
    }
