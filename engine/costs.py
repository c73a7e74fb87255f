"""The costs that decide: of a miss and of a false alarm, given or assumed. Light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

import msgspec

__all__ = ["Costs", "Given", "read_costs"]


class Given(TypedDict):
    """Costs by the names that functions take them by."""

    cost_fn: float
    cost_fp: float
    cost_tp: float
    cost_tn: float


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What each of the four outcomes costs.

    Attributes
    ----------
    cost_fn, cost_fp, cost_tp, cost_tn : float
        Of a missed positive, a false alarm, a found positive, and a negative that was
        called negative. Of more than two classes the first is that of the rarest.
    assumed : bool
        Whether nobody gave them: then a miss costs as many false alarms as there are
        negatives to a positive. Balancing the classes implies that ratio [1]_; least
        cost is then the greatest balanced accuracy.
    classes : dict of str to float
        Of more than two classes, what it costs more to call a row of each class
        something else.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978.
    """

    cost_fn: float
    cost_fp: float
    cost_tp: float = 0.0
    cost_tn: float = 0.0
    assumed: bool = False
    classes: dict[str, float] = {}

    @property
    def ratio(self) -> float:
        """How many false alarms a missed positive is worth."""
        return (self.cost_fn - self.cost_tp) / (self.cost_fp - self.cost_tn)

    @property
    def given(self) -> Given:
        """The four costs, by name."""
        return Given(
            cost_fn=self.cost_fn,
            cost_fp=self.cost_fp,
            cost_tp=self.cost_tp,
            cost_tn=self.cost_tn,
        )

    def per_1000(self, *, tn: int, fp: int, fn: int, tp: int) -> float:
        """Return the cost of 1,000 rows with these outcomes.

        Examples
        --------
        >>> Costs(cost_fn=10, cost_fp=1).per_1000(tn=900, fp=50, fn=5, tp=45)
        100.0
        """
        paid = self.cost_fn * fn + self.cost_fp * fp
        paid += self.cost_tp * tp + self.cost_tn * tn
        return 1000 * paid / (tn + fp + fn + tp)

    def against(self, klass: str, rows: Mapping[str, int]) -> Costs:
        """Return the costs of one of more than two classes against the rest.

        Parameters
        ----------
        klass : str
        rows : mapping of str to int
            Rows per class of the table.

        Examples
        --------
        >>> assumed = Costs(cost_fn=9, cost_fp=1, assumed=True)
        >>> assumed.against("b", {"a": 60, "b": 30, "c": 10}).ratio
        2.3333333333333335
        """
        if not self.assumed:
            return self
        rest = sum(rows.values()) - rows[klass]
        implied = (self.cost_fp - self.cost_tn) * rest / max(rows[klass], 1)
        return msgspec.structs.replace(self, cost_fn=implied + self.cost_tp)


def read_costs(document: Mapping[str, Any], klass: str | None = None) -> Costs | None:
    """Return the costs that decide in a result document of any age.

    Parameters
    ----------
    document : mapping
    klass : str or None, default=None
        Of more than two classes one that is told from the rest.

    Returns
    -------
    Costs or None
        None where neither the document nor its experiment has that of a miss.

    Examples
    --------
    >>> read_costs({"costs": {"cost_fn": 10.0, "cost_fp": 1.0}}).ratio
    10.0
    """
    decision = (document.get("experiment") or {}).get("decision") or {}
    given = document.get("costs") or {"cost_fp": 1.0} | {
        name: decision[name]
        for name in ("cost_fn", "cost_fp", "cost_tp", "cost_tn")
        if decision.get(name) is not None
    }
    try:
        costs = msgspec.convert(given, Costs)
    except msgspec.ValidationError:
        return None
    rows = (document.get("dataset") or {}).get("classes") or {}
    return costs if klass is None or klass not in rows else costs.against(klass, rows)
