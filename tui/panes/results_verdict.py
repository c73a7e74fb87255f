"""The verdict in full: what to do, why, what is doubtful, and what shows no leak."""

from __future__ import annotations

from typing import ClassVar, Final, TypeAlias

from textual.app import ComposeResult
from textual.content import Content

from engine.events import Comparison, Proof
from tui.console import facts, figures
from tui.console.remedies import chosen
from tui.panes import operating, progress, wording
from tui.panes.base import Copied, View
from tui.panes.quality_words import judgements
from tui.panes.reading import READING, Reading
from tui.safe_text import clean, clip, content
from tui.session import Run, Session
from tui.spoken import spoken
from tui.widgets.prose import Paragraph, Prose

__all__ = ["VerdictView", "signed"]

_METRICS: Final = {
    "recall": ("recall", 2),
    "false_positive_rate": ("false-alarm rate", 3),
    "cost_per_1000": ("cost per 1,000", 1),
    "average_precision": ("average precision", 3),
}
Text: TypeAlias = Content | Paragraph
_MOST_DIGITS: Final = 6
_HASH: Final = 16
_MOST_NAME: Final = 40


class VerdictView(View, Reading):
    """What the comparison supports."""

    NAME = "verdict"
    TITLE = "Verdict"
    COMMANDS: ClassVar = READING
    HELP = """
    ## The verdict

    What the comparison with `none` supports, with its reasons and its doubts. It may
    well be: do not resample, move the threshold.

    The differences are arm minus `none` on the same test rows, at the operating point
    chosen (`n` `N` choose another), with 95 % intervals and p values corrected for the
    number of arms. Then what the remedies made: how many of their synthetic rows lie
    nearest to another class, out of the real ones, or repeat one, and how well a small
    classifier tells them apart. The last lines show that nothing judged was learned
    from.
    """

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if (
            before is None
            or before.run is not session.run
            or before.view is not session.view
        ):
            self.query_one(Prose).update(_verdict(session))

    def copied(self) -> Copied:
        """Return the text."""
        return Copied(self.query_one(Prose).plain, "the verdict")


def _verdict(session: Session) -> list[Text]:
    run = session.run
    if run is None:
        return [Content.styled("No verdict yet: r runs the experiment.", "dim")]
    parts: list[Text] = []
    compared = run.state.compared
    if compared is None:
        parts += [progress.status(session), Content("")]
        text = (
            "The verdict comes when all arms are done."
            if run.live
            else "There is no verdict: the run ended before it compared its arms."
        )
        parts += [Content.styled(text, "dim"), Content("")]
    else:
        verdict = compared.verdict
        parts += [content(verdict.headline, "bold $text-accent")]
        parts += [Paragraph(content(verdict.recommendation, "bold"), "→ "), Content("")]
        parts += _listed("Why", "·", "", verdict.reasons)
        parts += _listed("Doubts", "?", "$text-warning", verdict.doubts)
    parts += _remedies(run)
    parts += _troubles(run)
    if compared is not None:
        parts += _differences(session, compared.comparison)
        parts += _proof(compared.proof)
    return parts


def _listed(title: str, mark: str, style: str, texts: tuple[str, ...]) -> list[Text]:
    if not texts:
        return []
    lines = [Paragraph(content(text, style), f" {mark} ") for text in texts]
    return [Content.styled(title, "bold"), *lines, Content("")]


def _remedies(run: Run) -> list[Text]:
    """Return what the synthetic rows look like, and what was searched of samplers."""
    known = {arm.name: arm for arm in run.experiment.arms}
    equal = len({len(arm.trials) for arm in run.state.arms}) <= 1
    texts = []
    for arm in run.state.arms:
        name = clean(clip(arm.name, _MOST_NAME))
        quality = arm.final.quality if arm.final else None
        if quality is not None:
            said = "; ".join(f"{one.name} {one.value}" for one in judgements(quality))
            texts.append(f"{name}: {quality.of:,} synthetic rows, {said}")
        params = arm.best.params if arm.best else None
        if text := chosen(known.get(arm.name), params, equal=equal):
            texts.append(f"{name}: {text}")
    return _listed("Remedies", "·", "", tuple(texts))


def _troubles(run: Run) -> list[Text]:
    """Return arms that failed or were repaired, and warnings."""
    failed = [
        f"{clean(clip(arm.name, 24))}: {arm.failed.message}"
        f" → {spoken(arm.failed.remedy)}"
        for arm in run.state.arms
        if arm.failed
    ]
    repaired = [
        f"{clean(clip(arm.name, 24))}: {text}"
        for arm in run.state.arms
        for text in facts.folded((*arm.repairs, *arm.notes))
    ]
    return [
        *_listed("Failed arms", "✗", "$text-error", tuple(failed)),
        *_listed("Repaired and noticed", "⚠", "$text-warning", tuple(repaired)),
        *_listed("Warnings", "!", "", tuple(facts.folded(run.state.warnings))),
    ]


def _differences(session: Session, found: tuple[Comparison, ...]) -> list[Text]:
    """Return the comparisons at the chosen policy, and those that need none."""
    policy = operating.point_of(session)
    shown = [c for c in found if c.policy in (policy, None)]
    if not shown:
        return []
    title = f"Differences at {wording.policy(session, policy)}"
    parts: list[Text] = [content(title, "bold")]
    metric = ""
    for c in sorted(shown, key=lambda one: [*_METRICS, one.metric].index(one.metric)):
        name, digits = _METRICS.get(c.metric, (c.metric, 3))
        if c.metric != metric:
            metric = c.metric
            parts.append(content(f" {name}", "italic"))
        pair = f"{clip(c.a, 16)} − {clip(c.b, 10)}"
        low, high = (signed(limit, digits) for limit in c.ci)
        sure = c.adjusted_p < 0.05
        parts.append(
            Content.assemble(
                f"   {pair:<24}",
                (f"{signed(c.difference, digits):>9}", "bold" if sure else ""),
                f"  ({low} to {high})",
                (
                    f"  {_p_value(c.adjusted_p)}{'' if sure else ', may be chance'}",
                    "dim",
                ),
            )
        )
    return [*parts, Content("")]


def signed(value: float, digits: int) -> str:
    """Write a difference with its sign; more digits rather than a false 0.

    Examples
    --------
    >>> signed(-1234.56, 1), signed(0.0012, 2), signed(0.0, 2)
    ('−1,234.6', '+0.001', '0.00')
    """
    while value and digits < _MOST_DIGITS and not round(value, digits):
        digits += 1
    if not round(value, digits):
        return f"{0:.{digits}f}"
    return f"{value:+,.{digits}f}".replace("-", "−")


def _p_value(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def _proof(proof: Proof) -> list[Text]:
    """Return what shows that no test or validation row was learned from."""
    same = proof.test_fingerprint_before == proof.test_fingerprint_after
    made = proof.synthetic_rows_in_validation
    before = proof.test_fingerprint_before[:_HASH]
    checks = [
        (
            same,
            f"the test rows are the same after as before (SHA-256 {before}…)"
            if same
            else "the test rows CHANGED during the run",
        ),
        (proof.test_counts_unchanged, "the classes of the test rows kept their counts"),
        (made == 0, f"{figures.plural(made, 'synthetic row')} in validation folds"),
        (
            proof.validation_rows_equal_across_arms,
            "all arms were judged on the same validation rows",
        ),
    ]
    parts: list[Text] = [Content.styled("No leak", "bold")]
    for good, text in checks:
        mark = " ✓ " if good else " ✗ "
        style = "$text-success" if good else "bold $text-error"
        parts.append(Content.assemble((mark, style), clean(text)))
    return parts
