"""Handle the requests of the app, one at a time."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from engine.core import messages
from engine.core.errors import EngineError, first_line, out_of_memory, shortage
from engine.core.passes import throttled
from engine.service import protocol as wire

if TYPE_CHECKING:
    from engine.service.tables import TableHandler


log = logging.getLogger(__name__)

SMALLER = "give a smaller one, or use a machine with more memory"
REPORT = "this is a bug in imbtui: please report it"

Say: TypeAlias = Callable[[messages.Reply], None]


class RequestHandler:
    """Handles requests one at a time; keeps the last table that could be read.

    Parameters
    ----------
    say : callable
        Sends a reply before the final one, such as progress.
    log_path : str, default=""
        Where this process's log is, to name it in a failure.
    """

    def __init__(self, say: Say, *, log_path: str = "") -> None:
        self._say = say
        self._log_path = log_path

    @cached_property
    def _handler(self) -> TableHandler:
        """What reads tables: loaded here, so that an import that fails is an answer."""
        from engine.service.tables import TableHandler

        return TableHandler()

    def answer(self, line: bytes) -> messages.Reply:
        """Return the final reply to a request; never raises.

        Parameters
        ----------
        line : bytes
            The request as it came.

        Returns
        -------
        Reply
            A `Failure` for anything that cannot be answered.
        """
        try:
            request = wire.decode_request(line)
        except Exception as error:
            log.warning("not a request: %s", error)
            what = f"not a request: {first_line(error)}"
            return messages.Failure(
                id=_id_of(line), code="protocol", message=what, fix=REPORT
            )
        try:
            made = partial(messages.LoadProgress, id=request.id)
            return self._handler.answer(request, throttled(self._say, made))
        except Exception as error:
            known = self._as_known(error, request)
            return messages.Failure(
                id=request.id,
                code=known.code,
                message=" ".join(known.message.split()),
                fix=" ".join(known.fix.split()),
                field=known.field,
                sample_rows=getattr(known, "sample_rows", 0),
            )

    def _as_known(self, error: Exception, request: messages.Request) -> EngineError:
        """Return an error of the engine that says what happened."""
        if isinstance(error, EngineError):
            return error
        if out_of_memory(error):
            log.warning("out of memory", exc_info=True)
            return shortage("this table", SMALLER)
        # The traceback, not the locals: those are cells of the user's table.
        log.exception("%s failed", type(request).__name__)
        where = f": {self._log_path}" if self._log_path else ""
        return EngineError(
            f"{type(error).__name__}: {first_line(error)}",
            f"the log of the service has the details{where}",
            code="internal",
        )


def _id_of(line: bytes) -> int:
    with contextlib.suppress(msgspec.MsgspecError, RecursionError):
        found = msgspec.json.decode(line, type=dict[str, object]).get("id")
        return found if type(found) is int else 0
    return 0
