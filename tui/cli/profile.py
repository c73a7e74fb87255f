"""`imbtui profile`: what is known about a table before any learning."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

from engine.client.messages import (
    Failure,
    Load,
    LoadProgress,
    Reply,
    TableInfo,
    Warming,
)
from engine.client.service import Service
from engine.data.source import check
from engine.errors import UsageError
from engine.profile_document import build
from engine.spec import DataSpec, SplitSpec
from tui.cli.asking import error as _error
from tui.cli.asking import log as _log
from tui.cli.asking import piped as _piped
from tui.cli.asking import renamed as _renamed
from tui.cli.output import print_json, width
from tui.cli.reading import from_pipe, specs
from tui.cli.streams import abandon, tell, write
from tui.console.live import can_redraw
from tui.console.profile import render
from tui.console.style import style_for
from tui.safe_text import clip

__all__ = ["profile"]

SEED = 42
_CLEAR = "\r\x1b[K"
_STAGES = {
    "reading": "reading the file",
    "cleaning": "telling numbers from text",
    "profiling": "looking at the columns",
    "checking": "checking encoding and quotes",
    "measuring": "judging each column alone",
}

Told = Callable[[Reply], None]
Answer: TypeAlias = TableInfo | Failure


def profile(args: argparse.Namespace) -> int:
    """Load a table, measure it, and print what was found."""
    began = time.monotonic()
    with _piped(args.data, args.test, "profile") as piped:
        data, split = specs(args, DataSpec(source=args.data))
        data = from_pipe(data, piped)
        check(data.source)
        if data.test_source is not None:
            check(data.test_source)
        seed = SEED if args.seed is None else args.seed
        answer = _ask(data, split, seed, quiet=args.quiet)
    if piped is not None:
        answer = _renamed(answer, piped.name)
    if isinstance(answer, Failure):
        raise _error(answer)
    if answer.problem and answer.wrong_use:
        raise UsageError(answer.problem)
    document = build(answer, seconds=time.monotonic() - began)
    if args.json:
        print_json(document)
    else:
        text = render(document, width=width(), style=style_for(sys.stdout))
        write(f"{text}\n")
    return 0


def _ask(data: DataSpec, split: SplitSpec, seed: int, *, quiet: bool) -> Answer:
    with _progress(quiet) as told, Service.start(_log()) as service:
        chosen = {
            name: getattr(part, name)
            for part in (data, split)
            for name in part.__struct_fields__
        }
        request = Load(id=service.next_id(), seed=seed, **chosen)
        answer = service.request(request, told)
    assert isinstance(answer, TableInfo | Failure)
    return answer


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Told]:
    """Yield what tells of progress: one line redrawn, or a line per stage."""
    if quiet:
        yield lambda reply: None
    elif can_redraw(sys.stderr):
        try:
            yield _redraw
        finally:
            _put(_CLEAR)
    else:
        seen: set[str] = set()

        def say(reply: Reply) -> None:
            text = _words(reply)
            if text is not None and text not in seen:
                seen.add(text)
                tell(f"imbtui: {text}")

        yield say


def _redraw(reply: Reply) -> None:
    text = _words(reply)
    if text is None:
        return
    if isinstance(reply, LoadProgress) and reply.total:
        done = min(1.0, reply.done / reply.total)
        full = round(20 * done)
        text = f"{'█' * full}{'░' * (20 - full)} {100 * done:3.0f} %  {text}"
    columns = shutil.get_terminal_size().columns
    _put(_CLEAR + clip(f" {text} …", max(1, columns - 1)))


def _words(reply: Reply) -> str | None:
    match reply:
        case Warming():
            return "starting"
        case LoadProgress(stage=stage):
            return _STAGES.get(stage, stage)
        case _:
            return None


def _put(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        abandon(sys.stderr)
