"""Parts of files that the workers of a Dask cluster read, where the files lie."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import distributed
from distributed.comm import CommClosedError

from engine.core import seeds
from engine.core.errors import ClusterError
from engine.data.readers.columnar import PartMap
from engine.execute.cluster import Watch, ask, connect, gone_error
from engine.io.source import stamp

WAIT_SECONDS = 1.0


class ClusterReader:
    """Has the parts of a file read by the workers that see the same file.

    To be used in a ``with`` block. It connects when it is first asked.

    Parameters
    ----------
    scheduler : str
        Its address.
    """

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler
        self._client: Any = None
        self._known: dict[Path, PartMap | None] = {}

    def __enter__(self) -> ClusterReader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            with suppress(Exception):
                self._client.close(timeout=2)

    def __call__(self, path: Path) -> PartMap | None:
        """Return how a function is applied to parts of a file.

        Parameters
        ----------
        path : Path
            A file, or as `engine.io.source.files` takes many.

        Returns
        -------
        callable or None
            None, with a warning, if no worker sees the same files at the same path:
            told by their names, sizes and the times of their last change.
        """
        if path not in self._known:
            self._known[path] = self._find(path)
        return self._known[path]

    def _find(self, path: Path) -> PartMap | None:
        if self._client is None:
            self._client = connect(self._scheduler)
            ask(self._client, seeds.versions())
        source = str(path.absolute())
        ours = stamp(source)
        theirs = self._client.run(stamp, source, on_error="return")
        same = [address for address, its in theirs.items() if its == ours]
        hosts = {urlsplit(address).hostname or "" for address in same}
        if not hosts:
            warnings.warn(
                f"no Dask worker has the same {path.name} at {path.absolute().parent}: "
                "it was read here",
                stacklevel=2,
            )
            return None
        watch = Watch(self._client, hosts)

        def apply(function: Callable[..., Any], *more: Iterable[Any]) -> Iterator[Any]:
            """Yield what it comes to, in order; few results wait at a time."""
            waiting: deque[Any] = deque()
            for given in zip(*more, strict=True):
                # A worker that is started again has another address, on its host.
                task = self._client.submit(
                    function, *given, pure=False, workers=sorted(hosts)
                )
                waiting.append(task)
                if len(waiting) > 2 * watch.threads():
                    yield _result(waiting.popleft(), watch)
            while waiting:
                yield _result(waiting.popleft(), watch)

        return apply


def _result(task: Any, watch: Watch) -> Any:
    """Wait for a part, as long as there are workers that can read it."""
    try:
        while not task.done():
            watch.threads()
            with suppress(TimeoutError):
                distributed.wait(task, WAIT_SECONDS)
        result = task.result()
    except distributed.KilledWorker:
        raise ClusterError(
            "reading a part of the file ended every Dask worker that tried",
            "start workers with a larger memory limit",
        ) from None
    except (futures.CancelledError, CommClosedError) as error:
        raise gone_error(error) from None
    watch.note_end()
    return result
