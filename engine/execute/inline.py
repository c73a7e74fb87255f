"""Units run one after another, where they are submitted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from engine.execute.port import Place
from engine.train.cache import FoldCache
from engine.train.plan import Curve, Done, Plan, Unit
from engine.train.workshop import Workshop

__all__ = ["InlineExecutor"]


class InlineExecutor:
    """Runs a unit at once; the plainest executor, and the others' oracle."""

    slots = 1

    def __init__(
        self, plan: Plan, place: Place, tick: Callable[[], None], room: int | None
    ) -> None:
        self.growing: dict[str, tuple[int, Curve]] = {}
        self._shop = Workshop(
            plan,
            tick=tick,
            look=self._look,
            cache=FoldCache(place.cache) if place.cache else None,
            room=room,
        )

    def submit(self, unit: Unit) -> Future[Done]:
        """Run a unit and return its finished future."""
        future: Future[Done] = Future()
        try:
            future.set_result(self._shop.do(unit))
        except Exception as error:  # a unit's error belongs to its future
            future.set_exception(error)
        return future

    def forget(self, arm: str) -> None:
        """Let go of the arm's matrices."""
        self._shop.forget(arm)

    def close(self) -> None:
        """Nothing is left running."""

    def _look(self, arm: str, number: int, curve: Curve) -> None:
        self.growing[arm] = (number, curve)
