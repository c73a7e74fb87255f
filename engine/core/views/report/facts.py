"""A result as a page shows it: figures with their places, arms with their looks."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from engine.core.methods.samplers import CONTROL
from engine.core.result import Result
from engine.core.views.report.figures import At
from engine.core.views.report.parts import Spans, Strong

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
        # The control has a look of its own, wherever it stands.
        others = [arm.name for arm in result.arms if arm.name != CONTROL]
        self.series = {CONTROL: 0} | {name: n for n, name in enumerate(others, 1)}
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

    def name(self, arm: At) -> Spans:
        """Return an arm's name, the control's in bold."""
        text = arm.text("name")
        return (Strong(text),) if text == CONTROL else (text,)


@cache
def _words() -> dict[str, str]:
    file = files("engine.core.views.report") / "words.txt"
    parts = (part.split("\n", 1) for part in file.read_text("utf-8").split("\n= ")[1:])
    return {name: " ".join(text.split()) for name, text in parts}


def explain(name: str, /, **about: object) -> str:
    """Return what the report explains, out of ``templates/words.txt``.

    Examples
    --------
    >>> explain("thresholds").partition(".")[0]
    'Missed / false alarms'
    """
    return _words()[name].format(**about)
