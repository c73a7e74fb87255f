"""Every code of a verdict: what it says, on what grounds, and what to do about it.

docs/verdict.md is written from this table: ``python -m
engine.evaluate.verdict_codes`` prints it.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CODES", "Code", "markdown"]


class Code(NamedTuple):
    """One thing that a verdict can say.

    `when` are the grounds on which it is said, `remedy` what a reader can do.
    """

    title: str
    when: str
    remedy: str


CODES: dict[str, Code] = {
    # Recommendations.
    "VRD001": Code(
        "use an arm",
        "An arm is shown to be better than `none` in what is aimed at; or, where none "
        "is, it is shown to rank better (average precision) and does no worse on the "
        "test rows in what is aimed at. Shown means: the interval leaves out 0; p, "
        "adjusted for all arms and both metrics, is below 0.05; and over the folds, in "
        "the same metric, the arm is better with a probability of at least 0.8, since "
        "the test rows judge one trained model of each arm. Of several a control goes "
        "before a sampler, unless the sampler's interval lies wholly beyond the "
        "control's.",
        "Use it at the recommended operating point; read the doubts.",
    ),
    "VRD002": Code(
        "do not resample",
        "At 0.5 an arm finds more than `none` does, but none is shown to be better.",
        "Use `none` at the recommended operating point.",
    ),
    "VRD003": Code(
        "better ranking, but not at what is aimed at",
        "Arms are shown to rank better, but every one of them does worse on the test "
        "rows in what is aimed at.",
        "Use `none` at the recommended operating point, or say other costs.",
    ),
    "VRD004": Code(
        "keep none",
        "No arm is shown to be better, and none finds more at 0.5.",
        "Use `none` at the recommended operating point. That nothing was shown does "
        "not prove that arms are equal: see VRD208 for what could have been seen.",
    ),
    "VRD005": Code(
        "too few to compare arms",
        "A class has fewer than 20 test rows (of more than two classes: fewer than two "
        "have so many). No arm is preferred to `none` then; its operating point is "
        "recommended all the same.",
        "Collect more rows of that class, or hold out a larger share (`--test-size`).",
    ),
    "VRD006": Code(
        "only none has a result",
        "There is no other arm, or all others failed.",
        "Add arms, or correct those that failed.",
    ),
    "VRD007": Code(
        "no control",
        "`none` has no result, so no arm can be judged. The arm of least cost on the "
        "test rows is named.",
        "Run `none` as well.",
    ),
    "VRD008": Code(
        "no positives",
        "The test rows hold no positive, or rows of one class only.",
        "Split again, stratified.",
    ),
    "VRD009": Code(
        "nothing ranks better than chance",
        "For no arm do the test rows show a ranking that is better than chance: a "
        "Wilcoxon-Mann-Whitney test, p below 0.01 after Bonferroni over the arms. The "
        "folds chose among trials and rounds, so they are not asked. No threshold is "
        "recommended.",
        "Look for columns that say more about the target, or for wrong labels.",
    ),
    # Reasons.
    "VRD101": Code(
        "a gain",
        "A supported difference in the arm's favour.",
        "No action is needed.",
    ),
    "VRD102": Code(
        "a loss",
        "A difference in `none`'s favour in what decides, supported on the test rows "
        "and confirmed over the folds.",
        "Do not use that arm for what it is worse in.",
    ),
    "VRD103": Code(
        "others are better too",
        "Further arms are better than `none`; between the arms themselves nothing is "
        "tested.",
        "Take another of them if it suits you better.",
    ),
    "VRD104": Code(
        "the simpler way is not enough",
        "A sampler is recommended although a control is there, which changes no row.",
        "No action is needed.",
    ),
    "VRD105": Code(
        "none is better",
        "No arm is shown to be better than `none` in what is aimed at.",
        "No action is needed.",
    ),
    "VRD106": Code(
        "why a threshold does it",
        "Beside VRD107: a model of rows balanced to 1:1, cut at 0.5, decides like a "
        "model of the rows as they are, cut at the prevalence (Elkan 2001).",
        "No action is needed.",
    ),
    "VRD107": Code(
        "none at an arm's recall",
        "An arm is supported as finding more at 0.5. Beside it stands `none` with the "
        "threshold at which it has the arm's recall out of fold. It is a comparison, "
        "and no instruction.",
        "No action is needed.",
    ),
    "VRD108": Code(
        "what it takes",
        "Beside VRD005: which difference so few rows could show, and how many it "
        "takes.",
        "Collect more, or hold out a larger share.",
    ),
    "VRD109": Code(
        "practically the same over the folds",
        "Over five folds or more the 95 % interval of the difference in average "
        "precision lies within the region of practical equivalence (`rope`; a tenth of "
        "the figure where that is below 0.1).",
        "Choose by other grounds: time, simplicity, probabilities.",
    ),
    "VRD110": Code(
        "the folds agree",
        "The recommended arm is more likely better than not over the folds as well, in "
        "the metric that it is better in.",
        "No action is needed.",
    ),
    "VRD111": Code(
        "better at equal recall or alerts",
        "The recommended arm is supported as better with all arms at one recall, or at "
        "so many alerts, matched within each draw of the bootstrap.",
        "No action is needed.",
    ),
    "VRD112": Code(
        "what it costs",
        "The cost of the recommendation on the test rows beside that of calling no row "
        "positive, every row positive, and `none` at 0.5 (with a fixed threshold also "
        "`none` at that of least cost); paired bootstrap, stratified by class, no "
        "interval with fewer than 20 rows of a class.",
        "No action is needed.",
    ),
    "VRD113": Code(
        "at other costs",
        "From which to which ratio of the costs the threshold stays the same, what it "
        "is at 10:1, and below which ratio no row is called positive.",
        "Give your own costs: `--cost-fn`, `--cost-fp`.",
    ),
    "VRD114": Code(
        "asked for and delivered",
        "A recall, a precision or alerts were asked for: what came of it on the test "
        "rows, with Wilson's interval.",
        "Ask for more than you need where it came out too low.",
    ),
    "VRD115": Code(
        "what could be seen",
        "Beside VRD009: the ROC AUC that so many test rows would show.",
        "No action is needed.",
    ),
    "VRD116": Code(
        "recall by class",
        "Of more than two classes: in which of them an arm's recall differs, each "
        "class with at least 20 test rows by itself (exact McNemar test).",
        "No action is needed.",
    ),
    # Doubts.
    "VRD201": Code(
        "few positives",
        "Fewer than 400 test rows are positive; of more than two classes: of the class "
        "that has the fewest.",
        "Collect more, or hold out a larger share.",
    ),
    "VRD202": Code(
        "assumed costs",
        "Nobody gave costs, and costs decide: a miss is taken to cost as many false "
        "alarms as there are negatives to a positive, which is what balancing the "
        "classes implies.",
        "Give your own: `--cost-fn`, `--cost-fp`; VRD113 says at which ratios another "
        "threshold is the best.",
    ),
    "VRD203": Code(
        "a sample",
        "Not all rows of the table were read.",
        "Run on all rows once the choice is between few arms.",
    ),
    "VRD204": Code(
        "one split",
        "Always: the intervals take models and thresholds as given.",
        "Repeat the folds (`--repeats`), or run again with another `--seed`.",
    ),
    "VRD205": Code(
        "a failed arm",
        "An arm gave no result.",
        "What to do is beside it on the board.",
    ),
    "VRD206": Code(
        "unequal trials",
        "Arms were tuned with unequal numbers of trials.",
        "Run without a time limit.",
    ),
    "VRD207": Code(
        "scores are no probabilities",
        "An arm's Brier score is more than a tenth above that of `none`; or its odds "
        "are off by a factor above 2 on the whole, or the slope is outside 0.5 to 2, "
        "and further off than those of `none`.",
        "Use the repaired probabilities, where one is named (it was chosen on "
        "out-of-fold scores), or do not read the scores as risks.",
    ),
    "VRD208": Code(
        "differences too small to be seen",
        "Arms differ from `none` in recall by less than the smallest difference that "
        "so many positives would show in four runs of five.",
        "Read `not shown to differ` as `not known`, or collect more positives.",
    ),
    "VRD209": Code(
        "folds and test rows disagree",
        "Over five folds or more a difference in average precision is shown that the "
        "test rows do not show.",
        "Repeat the folds (`--repeats 5`), or wait for more test rows.",
    ),
    "VRD210": Code(
        "not shown to be cheaper",
        "The recommendation is not shown to cost less, on the test rows, than what is "
        "simpler (VRD112); with fewer than 20 rows of a class it never is.",
        "Take the simpler decision, or collect more test rows.",
    ),
    "VRD211": Code(
        "another arm leads at equal recall or alerts",
        "`none` is kept, but an arm is ahead with all arms at one recall, or at so "
        "many alerts. This does not decide; it is tested beside much else.",
        "If that operating point is yours, run again with another `--seed`.",
    ),
    "VRD212": Code(
        "practically the same ranking, though recommended",
        "The recommended arm is better on the test rows, but over the folds its "
        "average precision is that of `none` in practice.",
        "Weigh whether the gain is worth another step in the pipeline.",
    ),
    "VRD213": Code(
        "perhaps by luck",
        "An arm is supported as better or worse on the test rows, but over the folds, "
        "in the same metric, with a probability below 0.8. It is called neither: two "
        "models of one arm with different seeds differ as well.",
        "Repeat the folds (`--repeats 5`) or run with another `--seed`.",
    ),
    "VRD214": Code(
        "too good to be true",
        "An average precision and a ROC AUC of 0.98 or more, the same figure for all "
        "arms, no false alarm in any arm, a column or a value that implies the target.",
        "Look for columns that are known only after the outcome.",
    ),
    "VRD215": Code(
        "ids on both sides",
        "Test rows share a value of an identifier with training rows.",
        "Keep rows of one value together (`--group COLUMN`).",
    ),
    "VRD216": Code(
        "sampled by class",
        "The negatives are a round multiple of the positives, as in a case-control "
        "sample.",
        "Precision, alerts and costs depend on the prevalence where the model is used.",
    ),
    "VRD217": Code(
        "the best of several trials",
        "A cross-validated figure is that of the trial that did best by it, so it "
        "tends to be too high, and on the test rows it is lower.",
        "Go by the test rows.",
    ),
    "VRD218": Code(
        "equal rows on both sides",
        "Test rows have an equal in every feature among the training rows, and without "
        "them the average precision differs by more than a tenth (and 0.01), or cannot "
        "be told.",
        "Go by the figures without them, or keep equal rows together.",
    ),
    "VRD219": Code(
        "without skill of its own",
        "The recommended arm is not shown to rank better than chance, though another "
        "one is.",
        "Collect more test rows, or look at the other arm.",
    ),
}

HEAD = """# The verdict

What a run ends with: one headline, one recommendation, its reasons and its doubts.
Every text but the headline has a code, in the result document (`verdict.call`,
`verdict.reason_codes`, `verdict.doubt_codes`) and, dimmed, in the verdict view. The
rules are in `engine/evaluate/rules.py`, what is tested and how in
[statistics.md](statistics.md).

What is recommended is an arm at the operating point `recommended`, as data in
`verdict.choice`: `arm`, `at`, `threshold` (`weights` of more than two classes),
`confusion` on the test rows, and `cost` per 1,000 rows. Its threshold is that of least
cost out of fold, at the costs that were given; without costs, that of the policy that
was chosen (`--policy`); without either, that of least cost where a miss costs as many
false alarms as there are negatives to a positive. Export, `predict` and `load_bundle`
take it where nothing else is asked for. Arms are compared in what is aimed at:

| aim | compared in |
| --- | --- |
| `cost` | cost per 1,000 rows, every arm at its own threshold of least cost |
| `default`, `prevalence` | cost per 1,000 rows at that threshold |
| `recall>=r` | false positive rate, all arms at that recall |
| `precision>=p` | recall, all arms at that precision |
| `alerts<=k` | recall, all arms with so many alerts |
| `f1` | highest F1 |

and in average precision. A difference is called better or worse only if its 95 %
interval leaves out 0, its adjusted p is below 0.05, and the folds agree in the same
metric with a probability of at least 0.8. With fewer than 20 test rows of a class no
interval or p of a bootstrap is given.
"""
_PARTS = {"0": "Recommendations", "1": "Reasons", "2": "Doubts"}


def markdown() -> str:
    """Return docs/verdict.md."""
    parts, part = [HEAD], ""
    for code, about in CODES.items():
        if (kind := _PARTS[code[3]]) != part:
            part = kind
            parts.append(f"## {part}\n")
        parts.append(
            f"### {code}: {about.title}\n\n{about.when}\n\nWhat to do: {about.remedy}\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
