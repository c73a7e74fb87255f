"""What several parts of the page ask a result document."""

from __future__ import annotations

from typing import NamedTuple

from engine.costs import Costs, read_costs
from engine.export.page import figures, parts

FEWEST_ROWS = 20
"""With fewer test rows of a class no interval of a cost or a ranking is given."""


WORK = ("prepare", "tune", "fit", "evaluate")
"""What is done for an arm, one after the other."""


class Judged(NamedTuple):
    """An arm at an operating point, its counts as places whose values add up.

    Of more than two classes they are those of the rarest against all others.
    """

    arm: figures.At
    point: figures.At
    fn: tuple[figures.At, ...]
    fp: tuple[figures.At, ...]

    @property
    def name(self) -> str:
        """The arm's."""
        return self.arm.text("name")

    @property
    def missed(self) -> int:
        """Positives that were not found."""
        return sum(at.value for at in self.fn)

    @property
    def alarms(self) -> int:
        """False alarms."""
        return sum(at.value for at in self.fp)


class Facts:
    """A result document, finished or not, and what is asked of it often.

    Parameters
    ----------
    document : dict
    """

    def __init__(self, document: dict[str, object]) -> None:
        self.all = figures.At(document)
        self.arms = tuple(self.all["arms"].each())
        self.done = tuple(arm for arm in self.arms if arm["operating_points"])
        self.dataset, self.split = self.all["dataset"], self.all["split"]
        self.experiment = self.all["experiment"]
        self.decision = self.experiment["decision"]
        # The control has a look of its own, wherever it stands.
        others = [a.text("name") for a in self.arms if a.text("name") != "none"]
        self.series = {"none": 0} | {name: n for n, name in enumerate(others, 1)}

    @property
    def names(self) -> tuple[str, ...]:
        """What a verdict may name: arms and classes."""
        classes = self.dataset["classes"].value or {}
        return ("none", *self.series, *map(str, classes))

    # Classes --------------------------------------------------------------------------

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of more than two, the rarest first; else none."""
        counted = self.dataset["classes"].value or {}
        if self.dataset["positive"].value is not None or len(counted) < 3:
            return ()
        return tuple(sorted(counted, key=lambda label: -counted[label]))[::-1]

    @property
    def rarest(self) -> str | None:
        """The rarest of more than two classes; None of two."""
        return self.classes[0] if self.classes else None

    @property
    def positive(self) -> str:
        """The positive class; of more than two the rarest."""
        return self.rarest or self.dataset.text("positive") or "positive"

    @property
    def negative(self) -> str:
        """What is not positive, in a word."""
        if self.classes:
            return "the rest"
        found = self.dataset["classes"].value or {}
        return next((str(name) for name in found if name != self.positive), "negative")

    def parted(
        self, counts: figures.At
    ) -> tuple[tuple[figures.At, ...], tuple[figures.At, ...]]:
        """Return the places of the negatives and of the positives among counts."""
        found = list(counts.items())
        return (
            tuple(at for name, at in found if name != self.positive),
            tuple(at for name, at in found if name == self.positive),
        )

    # Operating points -----------------------------------------------------------------

    @property
    def policies(self) -> tuple[str, ...]:
        """Those that some arm was judged at, in their order."""
        points = (p for arm in self.done for p in arm["operating_points"].each())
        return tuple(dict.fromkeys(point.text("policy") for point in points))

    @property
    def policy(self) -> str:
        """The experiment's own, or the first one that there is."""
        own = self.decision.text("policy") or "recommended"
        known = self.policies
        return own if own in known or not known else known[0]

    def costs(self, klass: str | None = None) -> Costs | None:
        """Return the costs that decide; those of one class against the rest."""
        return read_costs(self.all.value, klass)

    @property
    def aim(self) -> str:
        """The operating point that the recommended one follows."""
        policy = self.decision.text("policy") or "recommended"
        if policy == "recommended" or self.decision["cost_fn"].value is not None:
            return "cost"
        # Of more than two classes there are fewer.
        return policy if policy in self.policies else "cost"

    def called(self, policy: str | None, klass: str | None = None) -> str:
        """Return what an operating point is called, of all classes or of one."""
        return figures.name_of_policy(
            policy or "",
            self.costs(klass),
            several=klass is None and bool(self.classes),
            aim=self.aim,
        )

    @property
    def scarce(self) -> tuple[str, int] | None:
        """The class for whose few test rows nothing is compared; None if there is none.

        Of more than two classes two need enough.
        """
        counts = self.split["test"].value or {}
        large = sorted(counts, key=counts.__getitem__)[-2:]
        if len(large) < 2 or counts[large[0]] >= FEWEST_ROWS:
            return None
        return large[0], counts[large[0]]

    def judged(self, policy: str) -> list[Judged]:
        """Return the arms at a policy, the fewest missed first, then false alarms."""
        found = [one for arm in self.done if (one := self._judged(arm, policy))]
        return sorted(found, key=lambda one: (one.missed, one.alarms))

    def _judged(self, arm: figures.At, policy: str) -> Judged | None:
        point = point_of(arm, policy)
        if point is None:
            return None
        counts = point["confusion"]
        if self.rarest is None:
            return Judged(arm, point, (counts["fn"],), (counts["fp"],))
        labels, matrix = counts["labels"].value, counts["matrix"]
        k = labels.index(self.rarest) if self.rarest in labels else 0
        other = [n for n in range(len(labels)) if n != k]
        missed = tuple(matrix[k][n] for n in other)
        return Judged(arm, point, missed, tuple(matrix[n][k] for n in other))

    def scored(self, klass: str | None) -> list[tuple[str, int, figures.At]]:
        """Return name, series and scores of each arm, for a class of more than two."""
        out = []
        for arm in self.done:
            scores = arm if klass is None else arm["classes"].of(klass)
            if scores["operating_points"]:
                name = arm.text("name")
                out.append((name, self.series[name], scores))
        return out

    def spent(self, arm: figures.At) -> list[figures.At]:
        """Return an arm's seconds of each part of the work."""
        return [arm["seconds"][part] for part in WORK]

    def name(self, arm: figures.At) -> parts.Spans:
        """Return an arm's name, the control's in bold."""
        text = arm.text("name")
        return (parts.Strong(text),) if text == "none" else (text,)


def point_of(arm: figures.At, policy: str) -> figures.At | None:
    """Return an arm at a policy."""
    for point in arm["operating_points"].each():
        if point["policy"].value == policy:
            return point
    return None
