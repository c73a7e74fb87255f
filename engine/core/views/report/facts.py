"""A result as a page shows it: figures with their places, arms with their looks.

Each number has one way of being written, and keeps its exact value and its path in the
result document.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import msgspec

from engine.core import format as written
from engine.core.experiment import references
from engine.core.methods.samplers import CONTROL
from engine.core.result import Result
from engine.core.views import calibration
from engine.core.views.comparisons import models_of
from engine.core.views.report.parts import Figure, Span, Spans, Strong

NOTHING: Final = written.NOTHING


@dataclass(frozen=True)
class At:
    """A value of a result and its path.

    Paths name what is ours, as in ``arms.2.test.brier``. Where keys come from the
    data, as classes do, ``@1`` stands for the second of them: so no path holds text
    from data.

    Attributes
    ----------
    value : object
        None where there is nothing.
    path : str

    Examples
    --------
    >>> document = At({"classes": {"no": 9, "yes": 1}})
    >>> [(name, at.path, at.value) for name, at in document["classes"].items()]
    [('no', 'classes.@0', 9), ('yes', 'classes.@1', 1)]
    >>> document["split"]["test"].value is None
    True
    """

    value: Any
    path: str = ""

    def __bool__(self) -> bool:
        return bool(self.value)

    def __getitem__(self, key: str | int) -> At:
        value = None
        if isinstance(self.value, msgspec.Struct):
            value = getattr(self.value, str(key), None)
            value = None if value is msgspec.UNSET else value
        elif isinstance(self.value, dict):
            value = self.value.get(key)
        elif isinstance(self.value, list | tuple) and isinstance(key, int):
            value = self.value[key] if key < len(self.value) else None
        return At(value, f"{self.path}.{key}" if self.path else str(key))

    def of(self, key: str) -> At:
        """Return what is under a key that is data, no word of ours."""
        return next((at for name, at in self.items() if name == key), At(None))

    def items(self) -> Iterator[tuple[str, At]]:
        """Yield keys that are data, no words of ours, with their values."""
        for place, (key, value) in enumerate((self.value or {}).items()):
            yield str(key), At(value, f"{self.path}.@{place}")

    def each(self) -> Iterator[At]:
        """Yield the values of a list."""
        return (self[place] for place in range(len(self.value or ())))

    def text(self, key: str) -> str:
        """Return what is under a key as text; nothing if it is not there."""
        value = self[key].value
        return "" if value is None else str(value)


def _figure(
    form: Callable[[Any], str], *ats: At, of: tuple[At, ...] = (), times: int = 1
) -> Figure | str:
    """Write the sum of some values, or its share of the sum of others, `times` that."""
    values, whole = [at.value for at in ats], [at.value for at in of]
    if not values or None in values or None in whole or (of and not sum(whole)):
        return NOTHING
    value = times * sum(values) / sum(whole) if of else sum(values)
    if not math.isfinite(value):
        return NOTHING
    return Figure(
        form(value).replace("-", "−"),
        str(value) if isinstance(value, int) else repr(float(value)),
        " ".join(at.path for at in ats),
        " ".join(at.path for at in of),
        times,
    )


def count(*ats: At) -> Span:
    """Write a count, or a sum of counts, with thousands separators.

    Examples
    --------
    >>> count(At(1710, "fp")).text, count(At(None))
    ('1,710', '—')
    """
    return _figure("{:,}".format, *ats)


def decimals(at: At, digits: int) -> Span:
    """Write a number with fixed decimals, and no false 0.

    Examples
    --------
    >>> [decimals(At(value), 2).text for value in (0.0521, 0.0021, 0.0)]
    ['0.05', '<0.01', '0.00']
    """
    return _figure(lambda value: written.decimals(value, digits), at)


def p_value(at: At) -> Span:
    """Write a p with three decimals; one too small for a float is not 0.

    Examples
    --------
    >>> [p_value(At(value)).text for value in (0.0312, 0.00002, 0.0)]
    ['0.031', '<0.001', '<0.001']
    """
    least = sys.float_info.min
    return _figure(lambda value: written.decimals(max(value, least), 3), at)


def per_mille(at: At) -> Span:
    """Write a cost per 1,000 rows."""
    return _figure(written.per_mille, at)


def amount(at: At) -> Span:
    """Write a sum of costs."""
    return _figure(written.amount, at)


def threshold(at: At) -> Span:
    """Write a threshold."""
    return _figure(written.threshold, at)


def number(at: At) -> Span:
    """Write any number with five digits, a whole one with all of its own.

    Examples
    --------
    >>> [number(At(value)).text for value in (300, 0.736892, 13.2342, 1e-7)]
    ['300', '0.73689', '13.234', '1e−07']
    """
    return _figure(lambda v: f"{v:,}" if isinstance(v, int) else f"{v:.5g}", at)


def percent(*ats: At, of: tuple[At, ...] = ()) -> Span:
    """Write a share in per cent.

    Examples
    --------
    >>> percent(At(783), of=(At(43_400),)).text, percent(At(0.61)).text
    ('1.8 %', '61.0 %')
    """
    return _figure(lambda value: written.share(value, 1), *ats, of=of)


def per_1000(*ats: At, of: tuple[At, ...]) -> Span:
    """Write how many of 1,000 there are.

    Examples
    --------
    >>> per_1000(At(1635), of=(At(1635), At(7045))).text
    '188.4'
    """
    return _figure("{:,.1f}".format, *ats, of=of, times=1000)


def row_share(at: At, *, of: tuple[At, ...]) -> Span:
    """Write a share of a matrix row in whole per cent."""
    return _figure(lambda value: written.row_share(value, 1), at, of=of)


def signed(at: At, digits: int) -> Span:
    """Write a difference with its sign; more digits rather than a false 0.

    Examples
    --------
    >>> [signed(At(v), d).text for v, d in ((-1234.56, 1), (0.0012, 2), (0.0, 2))]
    ['−1,234.6', '+0.001', '0.00']
    """
    return _figure(lambda value: written.signed(value, digits), at)


def measure(at: At, name: str) -> Span:
    """Write a measure of a calibration."""
    return _figure(lambda value: calibration.figure(value, name), at)


def interval(at: At, digits: int = 2) -> Spans:
    """Write the two ends of an interval of rates; nothing without one."""
    if not at:
        return ()
    return (" (", decimals(at[0], digits), "–", decimals(at[1], digits), ")")


def signed_interval(at: At, digits: int) -> Spans:
    """Write the two ends of an interval of a difference."""
    if not at:
        return (NOTHING,)
    return (signed(at[0], digits), " to ", signed(at[1], digits))


def clock(*ats: At) -> Span:
    """Write a duration as mm:ss or h:mm:ss.

    Examples
    --------
    >>> clock(At(70.4), At(2.0)).text, clock(At(3723.0)).text
    ('01:12', '1:02:03')
    """
    return _figure(written.clock, *ats)


def ratio(at: At) -> Span:
    """Write a cost ratio.

    Examples
    --------
    >>> [ratio(At(value)).text for value in (0.1, 54.43, 4.333, 2197.0)]
    ['0.1', '54.4', '4.3', '2,197']
    """
    return _figure(written.ratio_text, at)


def ratio_to_one(at: At) -> Span:
    """Write how many false alarms a miss is worth, as a threshold says it."""
    return _figure(lambda value: f"{written.ratio_text(value)}:1", at)


def to_one(many: tuple[At, ...], single: At) -> Span:
    """Write how many there are to one.

    Examples
    --------
    >>> to_one((At(42617),), At(783)).text, to_one((At(8),), At(12)).text
    ('54:1', '0.7:1')
    """
    return _figure(lambda value: f"{written.short(value)}:1", *many, of=(single,))


def cost_ratio(costs: At) -> Span:
    """Write how many false alarms a miss is worth.

    Examples
    --------
    >>> cost_ratio(At({"cost_fn": 54.43, "cost_fp": 1.0})).text
    '54.4:1'
    """
    miss, alarm = costs["cost_fn"], costs["cost_fp"]
    if not miss or not alarm:
        return NOTHING
    hit, rejection = costs["cost_tp"].value or 0.0, costs["cost_tn"].value or 0.0
    if hit or rejection:  # a figure is a value of the document, or two in proportion
        return written.to_one((miss.value - hit) / (alarm.value - rejection))
    return _figure(written.to_one, miss, of=(alarm,))


# The result ---------------------------------------------------------------------------

WORK = ("prepare", "tune", "fit", "evaluate")
"""What is done for an arm, one after the other."""


class ArmFigures(NamedTuple):
    """An arm at an operating point, its counts as places whose values add up.

    Of more than two classes they are those of the rarest against all others.
    """

    arm: At
    point: At
    fn: tuple[At, ...]
    fp: tuple[At, ...]

    @property
    def name(self) -> str:
        """The arm's."""
        return self.arm.text("name")

    @property
    def missed(self) -> int:
        """Positives that were not found."""
        return sum(at.value for at in self.fn)


class Facts:
    """A result, finished or not, and the places of what is shown of it.

    Parameters
    ----------
    result : Result
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.all = At(result)
        self.arms = tuple(self.all["arms"].each())
        self.done = tuple(arm for arm in self.arms if arm["operating_points"])
        self.dataset, self.split = self.all["dataset"], self.all["split"]
        self.experiment = self.all["experiment"]
        self.classes, self.rarest = result.classes, result.rarest
        self.positive, self.negative = result.positive, result.negative
        self.points, self.at = result.point_names, result.point_name
        self.point_label = result.point_label
        self.models = models_of(result)
        # The control has a look of its own, wherever it stands.
        control = next(iter(self.models), CONTROL)
        others = [arm.name for arm in result.arms if arm.name != control]
        self.series = {control: 0} | {name: n for n, name in enumerate(others, 1)}
        known = result.dataset.classes if result.dataset else ()
        self.names = (*self.series, *known)
        """What a verdict may name: arms and classes."""

    def split_counts(self, counts: At) -> tuple[tuple[At, ...], tuple[At, ...]]:
        """Return the places of the negatives and of the positives among counts."""
        others = tuple(at for name, at in counts.items() if name != self.positive)
        positives = tuple(at for name, at in counts.items() if name == self.positive)
        return others, positives

    def arms_at(self, at: str) -> list[ArmFigures]:
        """Return the arms at an operating point, the fewest missed first."""
        arms = {arm.text("name"): arm for arm in self.done}
        return [
            self._figures_at(arms[placed.name], at)
            for placed in self.result.at_point(at)
        ]

    def _figures_at(self, arm: At, at: str) -> ArmFigures:
        points = arm["operating_points"].each()
        point = next(candidate for candidate in points if candidate["name"].value == at)
        counts = point["confusion"]
        cells, labels = self.cells(counts), counts["labels"].value
        k = labels.index(self.rarest) if labels else 1
        missed = (*cells[k][:k], *cells[k][k + 1 :])
        alarms = tuple(row[k] for row in (*cells[:k], *cells[k + 1 :]))
        return ArmFigures(arm, point, missed, alarms)

    def rates(self, placed: ArmFigures) -> tuple[At, ...]:
        """Return recall, its interval and precision; of many classes the rarest's."""
        names = "recall", "recall_ci", "precision"
        if self.rarest is None:
            return tuple(placed.point["metrics"][name] for name in names)
        return tuple(placed.point[name].of(self.rarest) for name in names)

    def scored(self, klass: str | None) -> list[tuple[str, int, At]]:
        """Return name, series and scores of each arm, for a class of more than two."""
        out = []
        for arm in self.done:
            scores = arm if klass is None else arm["classes"].of(klass)
            if scores["operating_points"]:
                out.append((arm.value.name, self.series[arm.value.name], scores))
        return out

    def cells(self, counts: At) -> list[tuple[At, ...]]:
        """Return the places of a matrix by row: by actual class."""
        if self.rarest is None:
            rows = (("tn", "fp"), ("fn", "tp"))
            return [tuple(counts[key] for key in row) for row in rows]
        return [tuple(row.each()) for row in counts["matrix"].each()]

    def best(self, arm: At) -> At:
        """Return the score of an arm's best trial."""
        search = arm["search"]
        score = At(None)
        for trial in search["history"].each():
            if trial.value.trial == search.value.best_trial:
                score = trial["score"]
        return score

    def spent(self, arm: At) -> list[At]:
        """Return an arm's seconds of each part of the work."""
        return [arm["seconds"][part] for part in WORK]

    def model_of(self, arm: str) -> str:
        """Return the one of several models that an arm belongs to; nothing of one."""
        declared = self.result.experiment.arms if self.result.experiment else ()
        return self.models.get(references(declared).get(arm, ""), "")

    def name(self, arm: At) -> Spans:
        """Return an arm's name, the control's in bold."""
        text = arm.text("name")
        return (Strong(text),) if text in (CONTROL, *self.models) else (text,)


@cache
def _words() -> dict[str, str]:
    file = files("engine.core.views.report") / "words.txt"
    parts = (part.split("\n", 1) for part in file.read_text("utf-8").split("\n= ")[1:])
    return {name: " ".join(text.split()) for name, text in parts}


def explain(name: str, /, **about: object) -> str:
    """Return what the report explains, out of ``words.txt`` beside this module.

    Examples
    --------
    >>> explain("thresholds").partition(".")[0]
    'Missed / false alarms'
    """
    return _words()[name].format(**about)
