"""The part of an experiment that says when a score is a yes, and what mistakes cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec

from engine.core.points import KINDS, parse, with_number
from engine.costs import Costs
from engine.doc import Doc
from engine.errors import SpecError
from engine.spec_data import Part


class DecisionSpec(Part, frozen=True):
    """What matters when a score becomes a yes or a no.

    Operating points are recommended, fixed (0.5), prevalence, f1, cost, recall>=r,
    precision>=p and alerts<=k. A number in the name of one sets the field below.

    Examples
    --------
    >>> found = DecisionSpec(at="alerts <= 10%")
    >>> found.alerts, found.at
    (0.1, 'alerts<=10%')
    """

    SECTION: ClassVar = "decision"

    at: Annotated[
        str,
        Doc(
            "orders the board; a named one such as recall>=0.9 also sets the "
            "recommendation, unless costs are given",
            label="operating point",
        ),
    ] = "recommended"
    cost_fn: Annotated[
        float | None,
        Doc("default: the class ratio", gt=0, label="cost of a miss", example=10.0),
    ] = None
    cost_fp: Annotated[
        float | None,
        Doc("default: 1", gt=0, label="cost of a false alarm", example=1.0),
    ] = None
    cost_tp: Annotated[
        float, Doc("below that of a miss", ge=0, label="cost of a true positive")
    ] = 0.0
    cost_tn: Annotated[
        float, Doc("below that of a false alarm", ge=0, label="cost of a true negative")
    ] = 0.0
    recall_floor: Annotated[float, Doc("the r of recall>=r", gt=0, le=1)] = 0.8
    precision_floor: Annotated[float, Doc("the p of precision>=p", gt=0, le=1)] = 0.2
    alerts: Annotated[
        float,
        Doc("the k of alerts<=k: a share of the rows, or a number of test rows", gt=0),
    ] = 0.05
    rope: Annotated[
        float,
        Doc("AP differences up to this", ge=0, lt=1, label="practically equal"),
    ] = 0.01

    def __post_init__(self) -> None:
        """Take the number of an operating point from its name."""
        _take_number(self)

    @property
    def points(self) -> tuple[str, ...]:
        """Every operating point that is worked out, in the order shown."""
        return tuple(
            with_number(name, getattr(self, kind.field) if kind.field else 0)
            for name, kind in KINDS.items()
        )

    @property
    def aim(self) -> str:
        """The point whose threshold is the recommended one: ``cost``, or one chosen.

        Examples
        --------
        >>> DecisionSpec().aim, DecisionSpec(at="recall>=0.8").aim
        ('cost', 'recall>=0.8')
        >>> DecisionSpec(at="recall>=0.8", cost_fn=10).aim
        'cost'
        """
        if self.cost_fn is not None or self.at == "recommended":
            return "cost"
        return self.at

    def costs(self, classes: Mapping[str, int], positive: str | None) -> Costs:
        """Return the costs that decide, as given or as balancing the classes implies.

        Parameters
        ----------
        classes : mapping of str to int
            Rows per class of the table.
        positive : str or None
            Label of the positive class; None of more than two classes, of which the
            most frequent one is the negative.

        Returns
        -------
        Costs

        Examples
        --------
        >>> assumed = DecisionSpec().costs({"0": 42_617, "1": 783}, "1")
        >>> round(assumed.cost_fn, 1), assumed.cost_fp, assumed.assumed
        (54.4, 1.0, True)
        >>> DecisionSpec(cost_fn=10).costs({"0": 90, "1": 10}, "1").ratio
        10.0
        """
        total = sum(classes.values())
        most = max(classes.values(), default=0)
        if positive is not None:
            few = classes.get(positive, 0)
            implied = {positive: (total - few) / max(few, 1)}
        else:
            implied = {k: most / max(n, 1) for k, n in classes.items()}
        alarm = 1.0 if self.cost_fp is None else self.cost_fp
        unit = alarm - self.cost_tn
        given = None if self.cost_fn is None else self.cost_fn - self.cost_tp
        saved = {k: unit * r if given is None else given for k, r in implied.items()}
        if positive is None and given is not None and classes:
            saved[max(classes, key=classes.__getitem__)] = unit
        return Costs(
            cost_fn=max(saved.values(), default=unit) + self.cost_tp
            if self.cost_fn is None
            else self.cost_fn,
            cost_fp=alarm,
            cost_tp=self.cost_tp,
            cost_tn=self.cost_tn,
            assumed=given is None,
            classes={} if positive is not None else saved,
        )


def _take_number(decision: DecisionSpec) -> None:
    """Set the number in a point's name; `engine.spec.check` refuses what is none."""
    if decision.at in decision.points:
        return
    try:
        point = parse(decision.at)
    except SpecError:
        return
    at = point.name
    if point.number is not None:
        msgspec.structs.force_setattr(decision, point.kind.field, point.number)
        at = with_number(at, point.number)
    msgspec.structs.force_setattr(decision, "at", at)
