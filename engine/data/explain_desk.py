"""Answers what the app asks about a run's mistakes; a part of the desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from engine.client import explain
from engine.data.read.raw import silent

if TYPE_CHECKING:
    from engine.data.load import Progress, Table
    from engine.explain.bench import Bench
    from engine.explain.model import Model
    from engine.spec import DataSpec


Key: TypeAlias = tuple[str, str, tuple[object, ...]]


class ExplainDesk:
    """Answers about stored runs; keeps the last one, and the last model, at hand.

    Parameters
    ----------
    at_hand : callable, optional
        Returns the table of a source if it is in memory already.
    """

    def __init__(
        self, at_hand: Callable[[DataSpec], Table | None] = lambda data: None
    ) -> None:
        self._at_hand = at_hand
        self._bench: Bench | None = None
        self._key: Key | None = None
        self._model: Model | None = None
        self._weighed: dict[tuple[object, ...], explain.ImportanceShown] = {}

    def answer(self, request: explain.About, tell: Progress = silent) -> explain.Shown:
        """Return the answer.

        Parameters
        ----------
        request : ErrorRows, ErrorGroups, Importance or Contributions
        tell : callable, optional
            Told where a long one is.

        Raises
        ------
        EngineError
            If it cannot be answered.
        """
        bench = self._at(request, tell)
        match request:
            case explain.ErrorRows():
                from engine.explain.rows import error_rows

                return error_rows(bench, request)
            case explain.ErrorGroups():
                from engine.explain.groups import error_groups

                return error_groups(bench, request)
            case explain.Importance():
                return self._importance(bench, request, tell)
            case explain.Contributions():
                from engine.explain.calls import call
                from engine.explain.rows import contributions

                model = self._model_of(bench, call(bench, request).arm, tell)
                return contributions(bench, request, model)
        raise AssertionError(request)

    def forget(self) -> None:
        """Keep nothing: another table needs the memory."""
        self._bench = self._key = self._model = None
        self._weighed = {}

    def _at(self, request: explain.About, tell: Progress) -> Bench:
        """Return the run, opened anew if anything changed."""
        from engine.explain.bench import lay, opened, source_of, stamps
        from engine.store.store import open_store

        path = Path(request.store) if request.store else None
        known = self._bench
        with open_store(path, create=False) as store:
            same = known is not None and known.opened.run.id == request.run
            found = opened(store, request.run, known.opened if known and same else None)
        data = source_of(found)
        key = (request.store, found.run.id, stamps(data))
        if known is not None and key == self._key:
            known.opened = found
            return known
        self.forget()  # its memory is free while another is opened
        self._bench = lay(path, found, table=self._at_hand(data), progress=tell)
        self._key = key
        return self._bench

    def _model_of(self, bench: Bench, arm: str, tell: Progress) -> Model:
        from engine.explain.model import open_model

        if self._model is None or self._model.arm != arm:
            tell("opening the model", 0, None)
            self._model = None
            self._model = open_model(bench, arm)
        return self._model

    def _importance(
        self, bench: Bench, request: explain.Importance, tell: Progress
    ) -> explain.ImportanceShown:
        """Weigh columns; neither policy nor threshold changes what comes of it."""
        from msgspec.structs import replace

        from engine.explain.calls import call
        from engine.explain.importance import importance

        calls = call(bench, request)
        key = (calls.arm, calls.klass, request.repeats)
        if key not in self._weighed:
            model = self._model_of(bench, calls.arm, tell)
            self._weighed[key] = importance(bench, request, model, tell)
        return replace(self._weighed[key], id=request.id)
