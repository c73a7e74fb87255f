"""What happens to messages about runs over many tables; a part of the desk."""

from __future__ import annotations

from tui import bench_messages as told
from tui import benching
from tui.bench_jobs import BenchJobs
from tui.benching import BenchState
from tui.dialogs import Dialogs
from tui.mail import Intent, Result

__all__ = ["BenchDesk"]


class BenchDesk(Dialogs):
    """The part of the desk that knows about many tables.

    What it knows is that screen's affair alone, so it is no part of the session.
    """

    benches: BenchJobs
    bench: BenchState = BenchState()

    def intend_bench(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        match message:
            case told.BenchAsked():
                self.show_bench()
            case told.BenchRequested(group=group, metric=metric):
                self._know(benching.ask(self.bench, group, metric))
                self.benches.ask(self.bench.job, group, metric)
            case _:
                return False
        return True

    def take_bench(self, message: Result) -> bool:
        """Take what a job found out; False if it is about something else."""
        match message:
            case told.BenchTold(job=job, shown=shown):
                self._know(benching.shown(self.bench, job, shown))
            case told.BenchFailed(job=job, problem=problem):
                self._know(benching.failed(self.bench, job, problem))
            case _:
                return False
        return True

    def show_bench(self) -> None:
        """Show the screen; the store is read anew, as runs may have ended since."""
        from tui.screens.bench import Bench

        if isinstance(self.app.screen, Bench):
            return
        state = self.bench
        self.intend_bench(told.BenchRequested(state.group, state.metric))
        self.app.open_screen(Bench(self.bench))

    def _know(self, state: BenchState) -> None:
        from tui.screens.bench import Bench

        self.bench = state
        for screen in self.app.screen_stack:
            if isinstance(screen, Bench):
                screen.bench = state
