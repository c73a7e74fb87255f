"""The controller of exports."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import msgspec

from engine.core import format as figures
from engine.core.exports import ExportRequest, Written
from engine.core.exports import find as kind_of
from engine.core.messages import Exported, WriteExport
from tui.features.arms.draft import Problem
from tui.features.controller import Controller, Routes
from tui.features.export import state
from tui.features.export.dialog import ExportRun
from tui.features.mail import Intent
from tui.features.questions import Answered, News, Progressed, Refused
from tui.features.results.operating import point_of
from tui.features.results.reading import focused_row
from tui.features.session import Session
from tui.terminal.safe_text import sentence
from tui.text import files


class ExportController(Controller):
    """Handles messages about exports."""

    def routes(self) -> Routes:
        """Return the handlers of messages about exports."""
        return {
            "export.plan": self.take,
            "export.write": self._take_written,
            state.ExportDialogRequested: self._ask_export,
            state.ExportRequested: self._export,
        }

    def _export(self, request: ExportRequest, checked: bool) -> None:
        if not checked:
            self._ask_replaced(request)
        else:
            self.ask("export.write", WriteExport(id=0, asked=request))
            for screen in self._export_dialogs():
                screen.waits = screen.about == request.run

    def _take_written(self, news: News) -> None:
        """Take how far an export is; its end is reported at once."""
        if isinstance(news, Refused) and news.problem.code == "cancelled":
            news = replace(news, problem=state.RESTARTED)
        self.take(news)
        if not isinstance(news, Progressed):
            self._end_export(news)

    def _end_export(self, news: News) -> None:
        """Say what came of an export that was to be written."""
        request = self.session.export.write.request
        if request is None or news.job != self.session.export.write.job:
            return
        match news:
            case Refused(problem=problem):
                self._unwritten(request.asked, problem)
            case Answered(answer=Exported(written=written)):
                self._written(request.asked, written)

    def _ask_export(self, run_id: str | None) -> None:
        """Ask what is to be exported of a run, and where to."""
        run, stored = self.session.run, self.session.stored_run(run_id or "")
        if isinstance(self.app.screen, ExportRun):
            return
        if run is not None and run_id in (None, run.id):
            about = run.id, run.number, run.experiment.data.source
            seen = _arm_at_hand(self.session)
            moved = seen is None or seen in self.session.view.thresholds
            at = None if moved else point_of(self.session)
            proposed = None if run.result.choice else seen
            dialog = ExportRun(*about, arm=proposed, seen=seen, at=at)
        elif stored is not None:
            dialog = ExportRun(stored.id, stored.number, stored.source)
        else:
            return
        export = state.forget(self.session.export)
        self.change(msgspec.structs.replace(self.session, export=export))
        self.app.open_screen(dialog)

    def _ask_replaced(self, request: ExportRequest) -> None:
        """Write, after a question if anything is there already."""
        plain = state.ExportRequested(request, checked=True)
        kind = kind_of(request.kind)
        over = msgspec.structs.replace(request, overwrite=True)
        anew = state.ExportRequested(over, checked=True)
        if request.path is None or kind.target == "server":
            self.app.post_message(plain)
        elif kind.is_folder(request.path) and Path(request.path).is_dir():
            self._ask_filled(request.path, plain, anew)
        else:
            self.ask_replace([request.path], plain, anew)

    def _ask_filled(self, folder: str, plain: Intent, anew: Intent) -> None:
        """Write into a folder, after a question if there is anything in it."""
        empty = True
        with contextlib.suppress(OSError):  # whoever writes reports what is wrong
            empty = not any(Path(folder).iterdir())
        if empty:
            self.app.post_message(plain)
        else:
            text = (
                f"{folder} is not empty. Files in it that have the names of these are "
                "replaced; all others stay."
            )
            self.confirm("Write into this folder?", text, "Write into it", anew)

    def _written(self, request: ExportRequest, done: Written) -> None:
        """Say what is where, and how to go on."""
        planned = self.session.export.planned
        known = planned.notes if planned is not None else ()
        for screen in self._export_dialogs():
            if screen.waits and screen.is_current:
                screen.dismiss()
            else:  # opened since, for something else: the file may be there now
                screen.ask_again()
        kind = kind_of(request.kind)
        lines = [files.public(done.path)]
        if done.files:
            many = figures.plural(len(done.files), "file")
            size = figures.size(sum(file.bytes for file in done.files))
            lines[0] += f" ({size})" if len(done.files) == 1 else f" ({many}, {size})"
        if use := files.usage(kind, done.path):
            lines.append(use)
        lines += [sentence(note) for note in done.notes if note not in known]
        self.app.tell(". ".join(lines), f"{kind.title} written")

    def _unwritten(self, request: ExportRequest, problem: Problem) -> None:
        """Say why nothing is there: in the dialog, if it still is."""
        if not any(screen.about == request.run for screen in self._export_dialogs()):
            title = kind_of(request.kind).title
            self.show_problem(f"{title}: nothing is written", problem)

    def _export_dialogs(self) -> list[ExportRun]:
        return [s for s in self.app.screen_stack if isinstance(s, ExportRun)]


def _arm_at_hand(session: Session) -> str | None:
    """Return the arm that is looked at, if it has a result."""
    row = focused_row(session)
    return row.name if row is not None and row.at is not None else None
