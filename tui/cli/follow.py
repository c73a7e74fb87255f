"""Follow a run to its end: progress on standard error, the result on stdout."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from msgspec.structs import replace

from engine.core.errors import EngineError, StoreError
from engine.core.events import Event, SetupProgress
from engine.core.experiment import Experiment
from engine.core.state import State, reduce
from engine.io.machine import cores
from engine.service import client
from engine.service.client.runs import hint
from engine.store.store import Run, RunOptions, Store
from tui.cli.output import free_bytes, print_result
from tui.cli.streams import say, tell, write
from tui.terminal.notify import ring, run_notice
from tui.text.grid import error_text
from tui.text.live import LiveDisplay, advice, can_redraw, plain, so_far, standing

GRACE_SECONDS = 5.0
LOOK_SECONDS = 1.0

History = Sequence[tuple[int, Event]]
About = Callable[[EngineError], EngineError]


def same(error: EngineError) -> EngineError:
    """Return an error as it is."""
    return error


class Show(NamedTuple):
    """Shows a state after an event, or moves the clock; and says what is no event."""

    event: Callable[[State, Event | None], None]
    say: Callable[[str], None]


def start_run(
    store: Store, spec: Experiment, options: RunOptions, note: str | None = None
) -> Run:
    """Make a run and start its process; nothing is left of one that does not start."""
    run = store.create(spec, options)
    try:
        if note is not None:
            run = store.annotate(run.id, note=note)
        client.start(store, run)
    except BaseException:
        store.delete(run.id)
        raise
    return run


def launch(
    args: argparse.Namespace,
    store: Store,
    start: Callable[[], Run],
    history: History = (),
    about: About = same,
) -> int:
    """Start a run and follow it; ctrl+c cancels it from its first moment on.

    Parameters
    ----------
    args, store, history, about
        As of `follow`.
    start : callable
        Starts the run's process and returns the run.

    Returns
    -------
    int
        The exit code.
    """
    run: Run | None = None
    try:
        with delay_interrupt():
            run = start()
        return follow(args, store, run, history, own=True, about=about)
    except KeyboardInterrupt:
        if run is None:
            raise
    run = cancel_run(store, run.id)
    if run.status == "done":
        say(f"{run.title} is done; imbtui show {run.name} prints its result")
    elif run.ended:
        say(f"{run.title} is {run.status}; continue it with imbtui resume {run.name}")
    else:
        say(f"{run.title} has not ended yet; imbtui runs shows its status")
    return 130


def follow(
    args: argparse.Namespace,
    store: Store,
    run: Run,
    history: History = (),
    *,
    own: bool = False,
    about: About = same,
) -> int:
    """Follow a run until it ends and print its result.

    Parameters
    ----------
    args : argparse.Namespace
        Whether there is progress (`quiet`) and the result is printed as JSON (`json`),
        whether to return as soon as the run has begun its work (`detach`), and what the
        terminal is sent when it is over (`notify`).
    store : Store
    run : Run
    history : sequence of (int, Event), default=()
        Results that it had before, with their numbers; they are not told again.
    own : bool, default=False
        Whether this command started the run: then nothing is kept of one that
        could not begin, and ctrl+c is the caller's affair.
    about : callable, optional
        Says more about the error of a run that could not begin: where it comes from.

    Returns
    -------
    int
        The exit code.
    """
    state, after = replay(history)
    run = store.run(run.id)
    over = run.ended and not own
    heartbeat = watch_heartbeat(store, run.id)
    try:
        with display(run, state, quiet=args.quiet or args.detach or over) as show:
            for news in client.follow(store, run.id, after=after):
                show.event(state, news)
                if news is not None:
                    state = reduce(state, news)
                elif not args.quiet and (message := next(heartbeat)):
                    show.say(message)
                begun = args.detach and state.experiment
                if begun and store.run(run.id).status != "queued":
                    break
    except KeyboardInterrupt:
        if not own:
            say(f"{run.title} is still running; imbtui cancel {run.name} cancels it")
            return 130
        raise
    run = store.run(run.id)
    if args.detach and state.experiment and not run.ended:
        return _report_detached(store, run, json=args.json)
    if args.notify is not None and not over:
        headline = state.compared.verdict.headline if state.compared else None
        ring(sys.stderr, args.notify, run_notice(run.title, run.status, headline))
    if own and not state.experiment:
        return _report_start_error(store, run, state, about)
    print_result(store, run, json=args.json)
    if todo := advice(run):
        say(f"{run.title} is {run.status}; {todo}")
    if why := hint(store, run):
        say(why)
    return 0 if run.status == "done" else 1


def replay(history: History) -> tuple[State, int]:
    """Return the state after a history, and the number of its last event."""
    state = State()
    for _, event in history:
        state = reduce(state, event)
    # How an earlier part ended is over; only its time counts.
    state = replace(state, status="running", error=None)
    return state, history[-1][0] if history else 0


def cancel_run(store: Store, run_id: str) -> Run:
    """Ask a run to end, and wait for it a little."""
    say("cancelling …")
    with delay_interrupt(), suppress(StoreError):  # it may end by itself in this moment
        client.cancel(store, store.run(run_id))
    # One on another machine hears of it a little later.
    return client.wait(store, run_id, seconds=GRACE_SECONDS)


def start_error(store: Store, run: Run, error: Mapping[str, str]) -> EngineError:
    """Return why a run could not begin; as it has no result it is not kept."""
    # Of an error that nobody foresaw the fix names the log.
    store.delete(run.id, keep_log=error.get("code") == EngineError.code)
    message, fix = error.get("message", ""), error.get("fix", "")
    return EngineError(message, fix, field=error.get("field"))


@contextmanager
def display(run: Run, state: State, *, quiet: bool) -> Iterator[Show]:
    """Yield what shows a state after an event, as this terminal can."""
    began = run.queued - state.seconds
    if quiet:
        yield Show(lambda state, event: None, say)
    elif can_redraw(sys.stderr):
        jobs = run.options.jobs or cores()
        with LiveDisplay(sys.stderr, jobs=jobs, elapsed=time.time() - began) as display:

            def redraw(state: State, event: Event | None) -> None:
                display.show(state if event is None else reduce(state, event))

            yield Show(redraw, lambda text: display.say(f"imbtui: {text}"))
    else:
        setup, heard = state.setup, time.monotonic()

        def write_line(state: State, event: Event | None) -> None:
            nonlocal setup, heard
            now = time.monotonic()
            if event is None:  # a pass that tells nothing goes on all the same
                if state.setup is None:
                    return
                seconds = state.setup.seconds + now - heard
                event = replace(state.setup, seconds=seconds)
            elif isinstance(event, SetupProgress):
                heard = now
            before = replace(state, setup=setup)
            for line in plain(before, event, elapsed=time.time() - began):
                tell(line)
            setup = event if isinstance(event, SetupProgress) else setup

        if state.experiment is not None:
            tell(so_far(state, elapsed=time.time() - began))
        yield Show(write_line, say)


@contextmanager
def delay_interrupt() -> Iterator[None]:
    """Hold ctrl+c back until the block is done: half of it would be lost track of."""
    interrupts: list[Any] = []
    before = signal.signal(signal.SIGINT, lambda *_: interrupts.append(_))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupts and callable(before):
        before(signal.SIGINT, None)


def _report_detached(store: Store, run: Run, *, json: bool) -> int:
    if json:
        print_result(store, run, json=True)
    else:
        write(f"{run.id}\n")
    say(f"{run.title} continues in the background; imbtui watch {run.name} follows it")
    return 0


def _report_start_error(store: Store, run: Run, state: State, about: About) -> int:
    """Say why a run could not begin."""
    if state.error is None:
        log = store.log_path(run.id)
        word = f"the process of the run ended without an error; its log: {log}"
        say(hint(store, run) or word)
        return 1
    say(error_text(about(start_error(store, run, state.error))))
    return int(state.error.get("exit_code", 1))


def watch_heartbeat(store: Store, run_id: str) -> Iterator[str | None]:
    """Yield what to say, once when a run falls silent and once when it speaks again.

    It is None as a rule, and always within a second of the last look.
    """
    silent, looked = False, time.monotonic()
    while True:
        yield None
        if time.monotonic() - looked < LOOK_SECONDS:
            continue
        looked = time.monotonic()
        run = store.run(run_id)
        if run.stalled == silent:
            continue
        silent = run.stalled
        if silent:
            todo = advice(run, free=free_bytes(store))
            yield f"{run.title} is {standing(run)}; {todo}"
        elif not run.ended:
            yield f"{run.title} responds again"
