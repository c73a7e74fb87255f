"""A verdict in a few words: what is read before anything else. Light."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.core import format as figures
from engine.core.outcome import ClassConfusion, Remark
from engine.core.result import Result

TITLES: Final = {
    "VRD001": "{arm} IS BETTER",
    "VRD003": "KEEP UNTREATED",
    "VRD004": "KEEP UNTREATED",
    "VRD005": "TOO FEW TO TELL ARMS APART",
    "VRD006": "ONLY ONE ARM HAS A RESULT",
    "VRD007": "NOTHING TO COMPARE WITH",
    "VRD008": "TEST ROWS OF ONE CLASS ONLY",
    "VRD009": "NO ARM RANKS BETTER THAN CHANCE",
    "VRD010": "{arm} IS BETTER",
    "VRD011": "KEEP {arm}",
}
"""By code; VRD002 begins with its own."""
_FIRST: Final = ("VRD219", "VRD214", "VRD218", "VRD220", "VRD202")
"""Doubts by how much they matter; the others follow as the verdict has them."""
_SAID: Final = {"VRD005": "VRD201"}
"""Doubts that the title says already."""
_MOST: Final = 24


class Lead(NamedTuple):
    """What a verdict comes to.

    Parameters
    ----------
    title : str
        In capitals.
    use : str
        What is recommended, and what that finds on the test rows.
    brief : str
        The same where there is little room.
    doubts : tuple of Remark
        Its limits, those that matter most first.
    """

    title: str
    use: str
    brief: str
    doubts: tuple[Remark, ...]


def lead(result: Result) -> Lead | None:
    """Return what a verdict comes to; None of a run without one.

    It says no more than the verdict does.
    """
    if (final := result.verdict) is None:
        return None
    own, _, rest = final.recommendation.partition(": ")
    arm = final.choice.arm if final.choice else ""
    name = figures.brief(arm, _MOST)
    title = TITLES.get(final.code, own).format(arm=name)
    known = [one for one in final.doubts if one.code != _SAID.get(final.code)]
    known.sort(key=lambda one: _FIRST.index(one.code) if one.code in _FIRST else 99)
    # A title that is the beginning of the text is not said again.
    text = final.recommendation if final.code in TITLES else rest or own
    use = brief = (text[:1].upper() + text[1:]).replace("`", "")
    if final.choice is not None:
        verb = "Lowest cost" if final.code == "VRD007" else "Use"
        use = f"{verb} {name} {_where(result)}"
        brief = f"{name} {_where(result, brief=True)}"
    return Lead(title.upper(), use, brief, tuple(known))


def _where(result: Result, *, brief: bool = False) -> str:
    """Say at what the recommended arm is used, and what it finds there."""
    choice, of = result.choice, ""
    counts = choice.confusion if choice else None
    if choice is None or counts is None:
        return ""
    at = f"at {figures.threshold(choice.threshold)}"
    if isinstance(counts, ClassConfusion):
        klass = result.rarest or counts.labels[0]
        at = "weighted" if brief else "with its class weights"
        of = f" of class {figures.brief(klass, _MOST)}"
        if (found := counts.against_rest(klass)) is None:
            return at
        counts = found
    positives = counts.tp + counts.fn
    if brief:
        return f"{at}: {counts.tp:,}/{positives:,}{of} found, {counts.fp:,} FP"
    alarms = figures.plural(counts.fp, "false alarm")
    return f"{at}: finds {counts.tp:,} of {positives:,}{of}, {alarms}"
