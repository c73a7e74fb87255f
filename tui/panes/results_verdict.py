"""The verdict in full: what to do, why, what is doubtful, and what shows no leak."""

from __future__ import annotations

import shlex
from typing import ClassVar, Final, TypeAlias

from textual.app import ComposeResult
from textual.content import Content

from engine.events import Comparison, Detectable, FoldComparison, Proof
from engine.export.page.forest import FOLDED
from engine.format import folded, signed
from tui.console import figures
from tui.console.folds import BETTER, SAME, WORSE, bar
from tui.console.remedies import chosen
from tui.panes import operating, progress, wording
from tui.panes.arms_lineage import judgements
from tui.panes.reading import READING, ResultsView
from tui.safe_text import clean, clip, content
from tui.session import Run, Session
from tui.spoken import spoken
from tui.widgets.prose import Paragraph, Prose

_METRICS: Final = {
    "recall": ("recall", 2),
    "f1": ("highest F1", 3),
    "false_positive_rate": ("false positive rate", 3),
    "cost_per_1000": ("cost per 1,000", 1),
    "macro_recall": ("mean recall of the classes", 3),
    "average_precision": ("average precision", 3),
}
Text: TypeAlias = Content | Paragraph
_HASH: Final = 16
_MOST_NAME, _MOST_CLASS = 40, 24
_BAR: Final = 16
_SURE: Final = 0.05


class VerdictView(ResultsView):
    """What the comparison supports."""

    NAME = "verdict"
    TITLE = "Verdict"
    COPIED = "the verdict"
    COMMANDS: ClassVar = READING
    HELP = "The verdict"

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def draw(self, session: Session) -> None:
        """Draw the text."""
        self.query_one(Prose).update(_verdict(session))


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
        said = _coded(spoken(verdict.recommendation), "bold", verdict.call)
        parts += [Paragraph(said, "→ ")]
        if told := wording.costs_line(session):
            parts += [Paragraph(Content.styled(told, "dim"), "  ")]
        parts += [Content("")]
        why, against = (
            tuple(map(spoken, texts)) for texts in (verdict.reasons, verdict.doubts)
        )
        parts += _listed("Why", "·", "", why, verdict.reason_codes)
        parts += _listed("Doubts", "?", "$text-warning", against, verdict.doubt_codes)
        parts += _export(session)
    parts += _remedies(run)
    parts += _troubles(run)
    if compared is not None:
        parts += _differences(session, compared.comparison)
        parts += _folds(compared.folds)
        parts += _detectable(session, compared.detectable)
        parts += _proof(compared.proof)
    return parts


def _export(session: Session) -> list[Text]:
    """Return the command that takes the recommendation away, if there is one."""
    run = session.run
    compared = run.state.compared if run else None
    if run is None or compared is None or compared.verdict.choice is None:
        return []
    command = f"imbtui export {run.id} --as bundle"
    if session.store.elsewhere:
        command += f" --store {shlex.quote(session.store.path)}"
    said = Content.assemble("e exports it, or ", (clean(command), "bold"))
    return [Content.styled("To use it", "bold"), Paragraph(said, " · "), Content("")]


def _listed(
    title: str,
    mark: str,
    style: str,
    texts: tuple[str, ...],
    codes: tuple[str, ...] = (),
) -> list[Text]:
    """Return texts under a title, each with its code if there is one."""
    if not texts:
        return []
    known = codes if len(codes) == len(texts) else ("",) * len(texts)
    lines = [
        Paragraph(_coded(text, style, code), f" {mark} ")
        for text, code in zip(texts, known, strict=True)
    ]
    return [Content.styled(title, "bold"), *lines, Content("")]


def _coded(text: str, style: str, code: str) -> Content:
    said = content(text, style)
    return Content.assemble(said, (f"  {clean(code)}", "dim")) if code else said


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
        for text in folded((*arm.repairs, *arm.notes))
    ]
    return [
        *_listed("Failed arms", "✗", "$text-error", tuple(failed)),
        *_listed("Repaired and noticed", "⚠", "$text-warning", tuple(repaired)),
        *_listed("Warnings", "!", "", tuple(folded(run.state.warnings))),
    ]


def _differences(session: Session, found: tuple[Comparison, ...]) -> list[Text]:
    """Return the comparisons at the chosen policy, and those that need none."""
    policy = operating.point_of(session)
    at = operating.followed(session, policy)
    shown = [c for c in found if c.policy in (at, None)]
    few = wording.scarce(session)
    if not shown and not few:
        return []
    title = f"Differences at {wording.policy(session, policy, aimed=True)}"
    parts: list[Text] = [content(title, "bold")]
    if few:
        parts.append(Paragraph(Content.styled(clean(few), "dim"), " "))
    metric = ""
    for c in sorted(shown, key=_place):
        name, digits = _METRICS.get(c.metric, (c.metric, 3))
        if c.klass is not None:
            name = f"{name} of {clip(c.klass, _MOST_CLASS)}"
        if name != metric:
            metric = name
            where = ""
            if c.method.startswith("matched"):
                where = ", every arm put there in the test rows"
            parts.append(content(f" {name}{where}", "italic"))
        pair = f"{clip(c.a, 16)} − {clip(c.b, 10)}"
        low, high = (signed(limit, digits) for limit in c.ci)
        doubt = "" if c.adjusted_p < _SURE else ", may be chance"
        parts.append(_difference(f"{pair:<24}", c, digits, f"({low} to {high})", doubt))
    return [*parts, Content("")]


def _place(c: Comparison) -> tuple[int, str]:
    """Return where a comparison stands among the others: those by class together."""
    return [*_METRICS, c.metric].index(c.metric), c.klass or ""


def _folds(found: tuple[FoldComparison, ...]) -> list[Text]:
    """Return how likely arms are worse, the same and better over the folds."""
    if not found:
        return []
    title = f"Over the {found[0].folds} folds, minus {clip(found[0].b, _MOST_NAME)}"
    legend = f"   {WORSE} worse  {SAME} the same in practice  {BETTER} better"
    parts: list[Text] = [Content.assemble((clean(title), "bold"), (legend, "dim"))]
    for metric, (name, digits) in FOLDED.items():
        rows = [c for c in found if c.metric == metric]
        if not rows:
            continue
        within = f"   the same: ± {rows[0].rope:.2g}"
        parts.append(Content.assemble((f" {name}", "italic"), (within, "dim")))
        for c in rows:
            chances = " / ".join(f"{p:.2f}" for p in (c.worse, c.same, c.better))
            drawn = f"{bar(c.worse, c.same, c.better, _BAR)}  {chances}"
            name = f"{clean(clip(c.a, 14)):<15}"
            parts.append(_difference(name, c, digits, drawn))
    return [*parts, Content("")]


def _detectable(session: Session, found: tuple[Detectable, ...]) -> list[Text]:
    """Return the smallest differences in recall that the positives can show."""
    policy = operating.point_of(session)
    shown = [d for d in found if d.policy == policy]
    if not shown:
        return []
    positives = figures.plural(shown[0].positives, "positive")
    title = f"What {positives} can show at {wording.policy(session, policy)}"
    parts: list[Text] = [content(title, "bold")]
    for d in shown:
        least = (
            "no difference in recall"
            if d.difference >= 1
            else f"a difference in recall from {d.difference:.2f} on"
        )
        parts.append(
            Content.assemble(
                f"   {clean(clip(d.arm, 16)):<17}{least}",
                (f"  (disagrees with none on {100 * d.discordant:.0f} %)", "dim"),
            )
        )
    return [*parts, Content("")]


def _difference(
    name: str, c: Comparison | FoldComparison, digits: int, more: str, doubt: str = ""
) -> Content:
    """Return a difference with its chance; bold if it is hardly chance alone."""
    p = c.adjusted_p
    chance = "p < 0.001" if p < 0.001 else f"p = {p:.2g}"
    return Content.assemble(
        f"   {name}",
        (f"{signed(c.difference, digits):>9}", "bold" if p < _SURE else ""),
        f"  {more}",
        (f"  {chance}{doubt}", "dim"),
    )


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
