"""Work for the app: what comes back, what goes wrong, what is dropped."""

from __future__ import annotations

import threading

from engine.core.events import Progress, Warned
from engine.core.messages import Failure, Load, LoadProgress, Ready, Warming
from tests.support import fakes
from tests.support.console_samples import trial
from tests.support.controllers import Controllers
from tests.support.fakes import press, screen_text, settle
from tests.support.patience import until
from tui.app import Workbench
from tui.features import ErrorDialog
from tui.features import messages as say
from tui.features.runs.follow import thin_progress
from tui.terminal import files

# The service


def test_a_worker_that_raises_is_shown_and_the_app_lives_on(shell):
    async def use(app, pilot):
        def fail():
            secret = "a row of the table"
            raise ZeroDivisionError(f"[/x] {len(secret)}")

        app.jobs.work("boom", fail)
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        await settle(pilot)
        assert "ZeroDivisionError: [/x] 18" in screen_text(app)
        await press(pilot, "enter", "2")
        assert app.session.view.pane == "arms"
        log = files.log_path().read_text()
        assert "ZeroDivisionError" in log
        assert "a row of the table" not in log.replace('secret = "a row', "")
        assert files.log_path().stat().st_mode & 0o777 == 0o600

    shell.run(use, "sample:stroke")


def test_a_service_that_raises_is_shown_too():
    def odd(_):
        raise RuntimeError("odd")

    service = fakes.FakeService()
    service.answers[Load] = odd
    app = Controllers("sample:stroke", service)
    dialog = app.top(ErrorDialog)
    assert dialog.heading == "The work 'load' failed"
    assert dialog._problem.message == "RuntimeError: odd"
    assert str(files.log_path()) in dialog._problem.fix


def test_a_service_that_ends_is_said_and_comes_back(shell):
    async def use(app, pilot):
        say_status = app.fake_service.on_status
        say_status(Failure(code="service-died", message="killed", fix="wait"))
        await settle(pilot)
        assert app.session.service.phase == "gone"
        assert "service stopped" in screen_text(app)
        say_status(Warming(part="pandas", done=1, total=6))
        await settle(pilot)
        assert "getting ready 1/6" in screen_text(app)
        say_status(Ready())
        await settle(pilot)
        assert "getting ready" not in screen_text(app)

    shell.run(use, "sample:stroke", size=(120, 30))


def test_a_service_that_starts_late_is_waited_for(shell):
    begun = threading.Event()
    service = fakes.FakeService()

    def late(on_status):
        begun.wait(30)
        return service(on_status)

    async def use(app, pilot):
        await pilot.pause()
        assert app.session.load.busy
        assert not service.requests
        begun.set()
        await until(pilot, lambda: app.session.load.table is not None)
        assert app.session.load.table is not None

    def before(app):
        app._makers = (late, fakes.FakeRuns)
        # The load waits for the service: what begins waits for nothing.
        app.fake_service = service

    shell.run(use, "sample:stroke", before=before)


def test_a_given_up_load_says_nothing():
    service = fakes.FakeService()

    def give_up(_):
        app.jobs.stop("load")

    service.answers[Load] = give_up
    app = Controllers("sample:stroke", service, settled=False)
    app.settle()
    assert [type(r) for r in service.requests].count(Load) == 1
    assert app.session.load.busy
    app.top(Workbench)
    assert app.notices == ""


def test_progress_is_told_ten_times_a_second_at_most():
    class Chatty(fakes.FakeService):
        def request(self, request, on_reply=None, cancel=None):
            if on_reply is not None:
                for i in range(3_000):
                    on_reply(LoadProgress(stage="reading", done=i))
            return super().request(request, None, cancel)

    seen = []

    class Counting(Controllers):
        def post_message(self, message):
            if isinstance(message, say.LoadProgressed):
                seen.append(message)
            return super().post_message(message)

    app = Counting("sample:stroke", Chatty())
    assert app.session.load.table is not None
    assert 1 <= len(seen) <= 10


def test_every_result_is_told_and_only_the_newest_progress():
    batch = [
        Progress(arm="a", stage="tune", done=1, total=9),
        trial("a", 0, 0.1),
        Progress(arm="a", stage="tune", done=2, total=9),
        Progress(arm="b", stage="tune", done=5, total=9),
        Warned(message="w"),
    ]
    assert thin_progress(batch) == tuple(batch[1:])


def test_a_message_that_comes_while_the_app_closes_is_dropped():
    app = Controllers("sample:stroke")
    app.exit()
    before = app.session
    app._handle(say.RunsListed(()))
    app._handle(say.PaneActivated("arms"))
    assert app.session is before
