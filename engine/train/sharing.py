"""Which arms still need which rows: those that treat rows alike share them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.spec import Arm
    from engine.train.plan import Plan

__all__ = ["Sharing"]


class Sharing:
    """Keeps count of the arms that use prepared rows.

    Parameters
    ----------
    plan : Plan
        All its arms are counted in at first.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._users: dict[str, set[str]] = defaultdict(set)
        self._over: set[str] = set()
        for arm in plan.experiment.arms:
            self._users[plan.rows_of(arm)].add(arm.name)

    def claim(self, arm: Arm) -> bool:
        """Count an arm in, as its search has set it; tell whether anyone needs them."""
        rows = self._plan.rows_of(arm)
        if arm.name not in self._over:
            self._users[rows].add(arm.name)
        return bool(self._users[rows])

    def forget(self, name: str) -> set[str]:
        """Count an arm out, whatever it used; return rows that no arm needs now."""
        self._over.add(name)
        for users in self._users.values():
            users.discard(name)
        free = {rows for rows, users in self._users.items() if not users}
        for rows in free:
            del self._users[rows]
        return free
