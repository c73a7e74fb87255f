"""Where messages are handled: each changes the session, and may start work.

The only place that replaces the app's session. A message has one row in a table here
or in a part of the desk: a reducer, or a method that is given what the message says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.message import Message

from tui import budget, clipboard, explain, lab, questions, reducers
from tui import messages as say
from tui.arm_desk import ArmDesk
from tui.data_desk import DataDesk
from tui.dialogs import Dialogs, Handlers, changes, notes, redrafts
from tui.draft import Problem
from tui.explain import PLACES, ErrorsChosen, ExplainRequested
from tui.export_desk import ExportDesk
from tui.export_state import RESTARTED
from tui.mail import Mail
from tui.questions import Answered, Ask, Progressed, Refused
from tui.run_desk import RunDesk


class Desk(RunDesk, DataDesk, ArmDesk, ExportDesk):
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
            told = f"{what}: {len(text):,} characters on the clipboard"
            self.app.tell(told, "Copied")
            return

        def written(path: object) -> Message:
            return say.Notice(f"{what} is in {path}", "Written to a file")

        self.jobs.write_text(clipboard.file_path(), text, written)

    def copy_focused(self) -> None:
        """Copy what is selected or focused."""
        found = clipboard.focused(self.app.screen)
        if found is None:
            self.app.tell("nothing to copy here", problem=True)
        else:
            self.copy(found.text, found.what)

    def show_bench(self) -> None:
        """Show the screen over many tables, read anew: runs may have ended since."""
        from tui.screens.bench import Bench, ask_suite

        if not isinstance(self.app.screen, Bench):
            state = self.session.bench
            self.handle(ask_suite(state.group, state.metric))
            self.app.open_screen(Bench())

    def _give_costs(self, miss: str, alarm: str, run: bool) -> None:
        """Set the costs of the next run, and start it if that is wanted."""
        self.redraft(budget.with_costs(self.session.draft, miss, alarm))
        if run:
            self.handle(say.RunRequested())
        else:
            self.app.tell("the next run decides by them; r starts it", "Costs set")

    def _explain(self, wish: explain.Asked) -> None:
        if explain.wanting(self.session, wish) is not None:
            # Handed on with the question: screens would ask once more between them.
            self.session = explain.noted(self.session, wish)
            self.ask(f"explain.{PLACES[type(wish)]}", wish)

    def _fail(self, title: str, problem: Problem, loud: bool) -> None:
        (self.app.show_problem if loud else self.refuse)(title, problem)

    def failed(self, problem: Problem) -> None:
        """Say that a table cannot be had, loudly if a user asked for it."""
        if not self.unasked(problem):
            super().failed(problem)

    def _take(self, news: Progressed | Answered | Refused) -> None:
        """Take what came of a question, and say what is to be said at once."""
        written = news.place == "export.write"
        if isinstance(news, Refused) and written and news.problem.code == "cancelled":
            news = replace(news, problem=RESTARTED)
        self.change(questions.take(self.session, news))
        if news.place == "lab.judge":
            self.change(lab.keep_findings(self.session))
        elif written and not isinstance(news, Progressed):
            self.export_done(news)

    HANDLERS: ClassVar[Handlers] = {
        **RunDesk.HANDLERS,
        **DataDesk.HANDLERS,
        **ArmDesk.HANDLERS,
        **ExportDesk.HANDLERS,
        say.BudgetChanged: redrafts(budget.change_budget),
        say.CostsAsked: Dialogs.ask_costs,
        say.CostsGiven: _give_costs,
        say.CopyRequested: copy,
        say.Notice: lambda desk, text, title, problem: desk.app.tell(
            text, title, problem=problem
        ),
        say.PaneActivated: changes(reducers.activate),
        say.ViewChosen: changes(reducers.show),
        say.Selected: changes(reducers.select),
        say.ZoomToggled: changes(reducers.zoom),
        say.PointChosen: changes(reducers.choose_point),
        say.ClassChosen: changes(reducers.choose_class),
        say.ThresholdMoved: changes(reducers.move_threshold),
        say.ServiceStatus: notes("service"),
        say.RecentListed: notes("recent"),
        say.JobFailed: _fail,
        Ask: Dialogs.ask,
        ErrorsChosen: changes(explain.choose),
        ExplainRequested: _explain,
    }
