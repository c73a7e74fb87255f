"""What pages and screens of text ask a result document."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from engine.core.format import point_name
from engine.costs import Costs, paid, read_costs
from engine.errors import UsageError
from engine.export.page.figures import At
from engine.export.page.parts import Spans, Strong

Document: TypeAlias = Mapping[str, Any]

FEWEST_ROWS = 20
"""With fewer test rows of a class no interval of a cost or a ranking is given."""


WORK = ("prepare", "tune", "fit", "evaluate")
"""What is done for an arm, one after the other."""


class Judged(NamedTuple):
    """An arm at an operating point, its counts as places whose values add up.

    Of more than two classes they are those of the rarest against all others.
    """

    arm: At
    point: At
    fn: tuple[At, ...]
    fp: tuple[At, ...]
    tp: At

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

    @property
    def positives(self) -> int:
        """Positives, found or not."""
        return self.missed + int(self.tp.value)


class Facts:
    """A result document, finished or not, and what is asked of it often.

    Parameters
    ----------
    document : mapping
    """

    def __init__(self, document: Document) -> None:
        self.all = At(document)
        self.arms = tuple(self.all["arms"].each())
        self.done = tuple(arm for arm in self.arms if arm["operating_points"])
        self.dataset, self.split = self.all["dataset"], self.all["split"]
        self.experiment = self.all["experiment"]
        self.decision = self.experiment["decision"]
        # The control has a look of its own, wherever it stands.
        others = [a.text("name") for a in self.arms if a.text("name") != "untreated"]
        self.series = {"untreated": 0} | {name: n for n, name in enumerate(others, 1)}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What a verdict may name: arms and classes."""
        classes = self.dataset["classes"].value or {}
        return ("untreated", *self.series, *map(str, classes))

    # Classes --------------------------------------------------------------------------

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes of more than two, the rarest first; else none."""
        counted = self.dataset["classes"].value or {}
        if self.dataset["positive"].value is not None or len(counted) < 3:
            return ()
        # As the app has them, where equally many are listed as in the data.
        return tuple(sorted(counted, key=lambda label: -counted[label]))[::-1]

    @property
    def rarest(self) -> str | None:
        """The rarest of more than two classes; None of two."""
        return self.classes[0] if self.classes else None

    def klass(self, asked: str | None) -> str | None:
        """Return the class that is told from all others; None of two classes.

        Raises
        ------
        UsageError
            If there is no such class.
        """
        if asked is None or asked in self.classes:
            return asked or self.rarest
        if self.classes:
            raise UsageError(
                f"no class {asked!r}", f"choose one of: {', '.join(self.classes)}"
            )
        if asked == self.dataset["positive"].value:
            return None
        raise UsageError(
            f"no class {asked!r} to look at: the run has two classes",
            "leave the class out",
        )

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

    def parted(self, counts: At) -> tuple[tuple[At, ...], tuple[At, ...]]:
        """Return the places of the negatives and of the positives among counts."""
        found = list(counts.items())
        return (
            tuple(at for name, at in found if name != self.positive),
            tuple(at for name, at in found if name == self.positive),
        )

    # Operating points -----------------------------------------------------------------

    @cached_property
    def points(self) -> tuple[str, ...]:
        """Those that some arm was judged at, in their order."""
        points = (p for arm in self.done for p in arm["operating_points"].each())
        return tuple(dict.fromkeys(point.text("name") for point in points))

    @property
    def at(self) -> str:
        """The experiment's own, or the first one that there is."""
        own = self.decision.text("at") or "recommended"
        known = self.points
        return own if own in known or not known else known[0]

    def costs(self, klass: str | None = None) -> Costs | None:
        """Return the costs that decide; those of one class against the rest."""
        return read_costs(self.all.value, klass)

    @property
    def aim(self) -> str:
        """The operating point that the recommended one follows."""
        at = self.decision.text("at") or "recommended"
        if at == "recommended" or self.decision["cost_fn"].value is not None:
            return "cost"
        # Of more than two classes there are fewer.
        return at if at in self.points else "cost"

    def chosen(self, at: str | None) -> str:
        """Return the operating point that is asked for, or else the run's own.

        Raises
        ------
        UsageError
            If arms were judged, but none at the one asked for.
        """
        if at is None or not self.points:
            return at or self.at
        if at not in self.points:
            raise UsageError(
                f"the run has no operating point {at!r}",
                f"choose one of: {', '.join(self.points)}",
            )
        return at

    def called(
        self, at: str | None, klass: str | None = None, *, aimed: bool = True
    ) -> str:
        """Return what an operating point is called, of all classes or of one.

        What the recommended one follows is named with it if `aimed`.
        """
        return point_name(
            at or "",
            **paid(self.costs(klass)),
            several=klass is None and bool(self.classes),
            aim=self.aim if aimed else "",
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

    def judged(self, at: str) -> list[Judged]:
        """Return the arms at a point, the fewest missed first, then false alarms.

        Of more than two classes then those of the greatest macro recall.
        """
        found = [one for arm in self.done if (one := self._judged(arm, at))]
        if self.rarest is None:
            return sorted(found, key=lambda one: (one.missed, one.alarms))
        macro = "macro_recall"
        return sorted(
            found, key=lambda o: (o.missed, -(o.point["metrics"][macro].value or 0.0))
        )

    def _judged(self, arm: At, at: str) -> Judged | None:
        point = point_of(arm, at)
        if point is None:
            return None
        counts = point["confusion"]
        if self.rarest is None:
            return Judged(arm, point, (counts["fn"],), (counts["fp"],), counts["tp"])
        labels, matrix = counts["labels"].value, counts["matrix"]
        k = labels.index(self.rarest) if self.rarest in labels else 0
        other = [n for n in range(len(labels)) if n != k]
        missed = tuple(matrix[k][n] for n in other)
        alarms = tuple(matrix[n][k] for n in other)
        return Judged(arm, point, missed, alarms, matrix[k][k])

    def rates(self, one: Judged) -> tuple[At, ...]:
        """Return recall, its interval and precision; of many classes the rarest's."""
        names = "recall", "recall_ci", "precision"
        if self.rarest is None:
            return tuple(one.point["metrics"][name] for name in names)
        return tuple(one.point[name].of(self.rarest) for name in names)

    def unseen(self) -> dict[str, At]:
        """Return the arms on test rows without an equal among the training rows."""
        scored = self.scored(self.rarest)
        return {name: at["unseen"] for name, _, at in scored if at["unseen"]}

    def scored(self, klass: str | None) -> list[tuple[str, int, At]]:
        """Return name, series and scores of each arm, for a class of more than two."""
        out = []
        for arm in self.done:
            scores = arm if klass is None else arm["classes"].of(klass)
            if scores["operating_points"]:
                name = arm.text("name")
                out.append((name, self.series[name], scores))
        return out

    def cells(self, counts: At) -> tuple[list[str], list[list[At]]]:
        """Return the classes of a matrix, and its rows: by what they are."""
        if self.rarest is None:
            labels = [self.negative, self.positive]
            rows = (("tn", "fp"), ("fn", "tp"))
            return labels, [[counts[key] for key in row] for row in rows]
        labels = [str(label.value) for label in counts["labels"].each()]
        return labels, [list(row.each()) for row in counts["matrix"].each()]

    def best(self, arm: At) -> At:
        """Return the score of an arm's best trial."""
        search = arm["search"]
        found = [
            trial["score"]
            for trial in search["history"].each()
            if trial["trial"].value == search["best_trial"].value
        ]
        return found[-1] if found else At(None)

    def spent(self, arm: At) -> list[At]:
        """Return an arm's seconds of each part of the work."""
        return [arm["seconds"][part] for part in WORK]

    def name(self, arm: At) -> Spans:
        """Return an arm's name, the control's in bold."""
        text = arm.text("name")
        return (Strong(text),) if text == "untreated" else (text,)


def point_of(arm: At, at: str) -> At | None:
    """Return an arm at an operating point."""
    for point in arm["operating_points"].each():
        if point["name"].value == at:
            return point
    return None
