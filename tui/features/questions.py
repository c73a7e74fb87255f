"""Questions to the service, and what comes of them: one way for all of them.

A question is a request of `engine.service.client` with a place in the session:
``"lab.treat"`` is `session.lab.treat`. Of a place one request is under way at most; of
those that wait only the newest is sent, and only the answer to the newest is taken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
from msgspec.structs import replace
from textual.message import Message

from engine.core.messages import Answer, Failure, LoadProgress, Reply, Request
from engine.core.passes import amount, task
from tui.features.arms.draft import Problem
from tui.features.mail import Intent, JobMessage, Outbox

Asked = TypeVar("Asked")
Told = TypeVar("Told")

_ONE_QUEUE: Final = ("explain",)
"""Parts of the session whose questions are sent one after another."""
_FIRST: Final = ("explain.rows", "explain.parts", "explain.groups")
"""What is sent before others that wait in its queue: the quickest first."""
_AT_ONCE: Final = ("lab.leak", "bench.suite", "load.preview", "validation.model")
"""What takes long: a newer question gives the older one up."""
_MEANWHILE: Final = ("making.sketch",)
"""Where older answers are taken too: the picture follows a key that is held."""


class Question(msgspec.Struct, Generic[Asked, Told], frozen=True, kw_only=True):
    """The newest question of a place, and the newest answer that came to any of it.

    Parameters
    ----------
    request : Request or None
        The newest question.
    job : int
        Its number; 0 if no answer is waited for or taken.
    pending : bool
        Whether its answer is still to come.
    stage : str
        What is done for it now, in words.
    answer : Reply or None
        The newest answer that came; it is one to `answered`.
    answered : Request or None
    problem : Problem or None
        Why the newest question has no answer.
    """

    request: Asked | None = None
    job: int = 0
    pending: bool = False
    stage: str = ""
    answer: Told | None = None
    answered: Asked | None = None
    problem: Problem | None = None


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the session, which numbers its questions and loads."""

    jobs: int = 0
    """The newest job's number; numbers only grow."""


Asking = TypeVar("Asking", bound=Asker)


class Ask(Intent):
    """Ask the service; the answer appears at `place` in the session."""

    place: str
    request: Request


class News(JobMessage):
    """Base of what is found out for a question; its handler is that of the place."""

    place: str
    job: int

    @property
    def topic(self) -> str:
        """What its handler is registered for."""
        return self.place

    @property
    def values(self) -> tuple[News]:
        """What its handler takes."""
        return (self,)


class Progressed(News):
    """Something else is done for a question now."""

    stage: str


class Answered(News):
    """A question has its answer."""

    answer: Reply


class Refused(News):
    """A question has none."""

    problem: Problem


# The session -----------------------------------------------------------------------


def ask(session: Asking, place: str, request: Request) -> Asking:
    """Note a question and give it its number; an older answer stays until its own."""
    job = session.jobs + 1
    new = {
        "request": request,
        "job": job,
        "pending": True,
        "stage": "",
        "problem": None,
    }
    return _change(replace(session, jobs=job), place, **new)


def take(session: Asking, news: News) -> Asking:
    """Take what was found out, if it is about the newest question of its place."""
    question, place = _at(session, news.place), news.place
    if news.job != question.job:
        if isinstance(news, Answered) and place in _MEANWHILE:
            return _change(session, place, answer=news.answer)
        return session
    if isinstance(news, Progressed):
        return _change(session, place, stage=news.stage)
    if isinstance(news, Refused):
        return _change(session, place, pending=False, problem=news.problem)
    assert isinstance(news, Answered)
    answer = {"answer": news.answer, "answered": question.request, "problem": None}
    return _change(session, place, pending=False, **answer)


def stop(session: Asking, place: str) -> Asking:
    """Wait for no answer any more."""
    waits = _at(session, place).pending
    return _change(session, place, pending=False, job=0, stage="") if waits else session


def settle(question: Question[Asked, Told]) -> Question[Asked, Told]:
    """Return what is known of a question, without waiting for a newer answer."""
    return Question(answer=question.answer, answered=question.answered)


def _at(session: Asker, place: str) -> Question[Any, Any]:
    question: Question[Any, Any] = attrgetter(place)(session)
    return question


def _change(session: Asking, place: str, **changes: Any) -> Asking:
    part, _, name = place.partition(".")
    question = {name: replace(_at(session, place), **changes)}
    return replace(session, **{part: replace(getattr(session, part), **question)})


# Work ------------------------------------------------------------------------------


class Asks(Protocol):
    """What questions need of `tui.features.jobs.Jobs`."""

    @property
    def post(self) -> Callable[[Message], object]:
        """Gives the app a message, from any thread."""
        ...

    def work(self, group: str, function: Callable[[], None]) -> object:
        """Run a function in a thread of that group."""

    def stop(self, group: str) -> None:
        """Give up the work of a group."""

    def answer(
        self, request: Request, on_reply: Callable[[Reply], None]
    ) -> Answer | None:
        """Ask the service and wait for its answer."""


class Questions:
    """Sends questions, each queue in a thread of its own.

    Parameters
    ----------
    jobs : Jobs
        Has the service, and owns the workers.
    """

    def __init__(self, jobs: Asks) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._waiting: dict[str, dict[str, tuple[int, Request]]] = {}
        self._works: dict[str, object] = {}

    def send(self, place: str, job: int, request: Request) -> None:
        """Send a question, or let it wait for the one that is under way."""
        if place in _AT_ONCE:
            self.stop(place)
        queue = _queue(place)
        with self._lock:
            self._waiting.setdefault(queue, {})[place] = job, request
            if queue in self._works:
                return
            token = self._works[queue] = object()
        self._jobs.work(queue, partial(self._work, queue, token))

    def stop(self, place: str) -> None:
        """Give up what is under way or waits there."""
        queue = _queue(place)
        with self._lock:
            self._works.pop(queue, None)
            self._waiting.pop(queue, None)
        self._jobs.stop(queue)

    def _work(self, queue: str, token: object) -> None:
        try:
            while (waits := self._next(queue, token)) and self._ask(*waits):
                pass
        finally:
            with self._lock:
                if self._works.get(queue) is token:
                    del self._works[queue]

    def _next(self, queue: str, token: object) -> tuple[str, int, Request] | None:
        """Take what waits; without that, the next question begins a new worker."""
        with self._lock:
            waiting, mine = self._waiting.get(queue), self._works.get(queue) is token
            if mine and not waiting:
                del self._works[queue]
            if not mine or not waiting:
                return None
            place = next((one for one in _FIRST if one in waiting), next(iter(waiting)))
            return place, *waiting.pop(place)

    def _ask(self, place: str, job: int, request: Request) -> bool:
        """Ask and post what comes; False if it was given up."""
        outbox, last = Outbox(self._jobs.post), ""

        def report(reply: Reply) -> None:
            nonlocal last
            if isinstance(reply, LoadProgress) and (stage := stage_of(reply)) != last:
                last = stage
                outbox.put(Progressed(place, job, stage))

        answer = self._jobs.answer(request, report)
        if isinstance(answer, Failure):
            outbox.put(Refused(place, job, Problem.of(answer)))
        elif answer is not None:
            outbox.put(Answered(place, job, answer))
        return answer is not None


def stage_of(progress: LoadProgress) -> str:
    """Return what is being done, in words."""
    words, unit = task(progress.stage)
    if not progress.total or unit == "bytes":
        return words
    return f"{words}: {amount(progress)}"


def _queue(place: str) -> str:
    part = place.partition(".")[0]
    return part if part in _ONE_QUEUE else place
