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
        "An arm is better than `none` in what decides (the cost at thresholds of least "
        "cost, the average precision) and worse in neither. Better means: the interval "
        "leaves out 0; p, adjusted for all arms and both figures, is below 0.05; and "
        "over the folds the arm has the better average precision with a probability of "
        "at least 0.8, since the test rows judge one trained model of each arm. Of "
        "several a control goes before a recipe, unless the recipe's interval lies "
        "wholly beyond the control's.",
        "Use it, with the threshold of the policy that you work by; read the doubts.",
    ),
    "VRD002": Code(
        "do not resample, move the threshold",
        "At 0.5 an arm finds more than `none` does, but none is cheaper once every arm "
        "has the threshold of least cost, and none is better in what decides without "
        "being worse.",
        "Keep `none` and call a row positive from the threshold on that is named.",
    ),
    "VRD003": Code(
        "a gain with a loss",
        "Every arm that is better in one of the two that decide is worse in the other.",
        "Choose by what you need: the ranking, or the cost at these costs.",
    ),
    "VRD004": Code(
        "keep none",
        "No arm is shown to be better, and none finds more at 0.5.",
        "Keep `none`. That nothing was shown does not prove that arms are equal: see "
        "VRD208 for what could have been seen.",
    ),
    "VRD005": Code(
        "too few to tell",
        "A class has fewer than 20 test rows. Nothing is adopted then, whatever the "
        "tests say.",
        "Collect more rows of that class, or hold out a larger share (`--test-size`); "
        "the text says how many it takes.",
    ),
    "VRD006": Code(
        "only none has a result",
        "There is no other arm, or all others failed.",
        "Add arms, or mend those that failed.",
    ),
    "VRD007": Code(
        "no control",
        "`none` has no result, so there is nothing to compare with.",
        "Run `none` as well.",
    ),
    "VRD008": Code(
        "no positives",
        "The test rows hold no positive, or rows of one class only.",
        "Split again, stratified.",
    ),
    # Reasons.
    "VRD101": Code(
        "a gain",
        "A supported difference in the arm's favour in what decides, or in the recall "
        "at 0.5.",
        "None is needed.",
    ),
    "VRD102": Code(
        "a loss",
        "A supported difference in `none`'s favour in what decides.",
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
        "A recipe is recommended although a control is there, which changes no row.",
        "None is needed.",
    ),
    "VRD105": Code(
        "nobody is cheaper",
        "No arm is supported as cheaper at thresholds of least cost.",
        "None is needed; as far as is known the arm named is so by chance.",
    ),
    "VRD106": Code(
        "why a threshold does it",
        "Said with VRD002: a model of rows balanced to 1:1, cut at 0.5, decides like a "
        "model of the rows as they are, cut at the prevalence (Elkan 2001).",
        "None is needed.",
    ),
    "VRD107": Code(
        "none at the prevalence",
        "Said with VRD002: what `none` finds with its threshold at the prevalence, "
        "with Wilson's interval, beside the best recipe at 0.5. `About as many` means "
        "that the recipe's recall lies in that interval.",
        "None is needed.",
    ),
    "VRD108": Code(
        "what was seen",
        "Said with VRD005: the counts, as a fact and not as evidence.",
        "Do not choose by it.",
    ),
    "VRD109": Code(
        "practically the same over the folds",
        "Over the folds of cross-validation a difference in average precision lies "
        "within the region of practical equivalence with a probability above 0.95 "
        "(Bayesian correlated t).",
        "Choose by other grounds: time, simplicity, probabilities.",
    ),
    "VRD110": Code(
        "the folds agree",
        "The recommended arm is more likely better than not over the folds as well.",
        "None is needed.",
    ),
    "VRD111": Code(
        "better at equal recall or alerts",
        "The recommended arm is supported as better with all arms at one recall, or at "
        "so many alerts, matched within each draw of the bootstrap.",
        "None is needed.",
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
        "Always.",
        "Give your own: `--cost-fn`, `--cost-fp`; the costs view shows at which ratio "
        "another arm would cost the least.",
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
        "Its own remedy is beside it on the board.",
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
        "In average precision the test rows speak against an arm and the folds for it; "
        "or the folds show a difference that the test rows do not.",
        "Repeat the folds (`--repeats 5`), or wait for more test rows.",
    ),
    "VRD210": Code(
        "the moved threshold alarms more often",
        "Said with VRD002: `none` at the threshold named raises over a tenth more "
        "false alarms than the arm does at 0.5 and finds no more, although no "
        "supported difference in what decides backs that up.",
        "Count what the alarms cost you; more test rows would settle it.",
    ),
    "VRD211": Code(
        "another arm leads at equal recall or alerts",
        "`none` is kept, but an arm is ahead with all arms at one recall, or at so "
        "many alerts. This does not decide; it is tested beside much else.",
        "If that operating point is yours, run again with another `--seed`.",
    ),
    "VRD212": Code(
        "practically the same, though adopted",
        "The recommended arm is better on the test rows, but over the folds its "
        "average precision is that of `none` in practice.",
        "Weigh whether the gain is worth another step in the line.",
    ),
    "VRD213": Code(
        "ahead, but perhaps by luck",
        "An arm is supported as better on the test rows, but over the folds it has the "
        "better average precision with a probability below 0.8. It is not called "
        "better: two models of one arm with different seeds differ as well.",
        "Repeat the folds (`--repeats 5`) or run with another `--seed`: a remedy that "
        "is better is so again.",
    ),
}

HEAD = """# The verdict

What a run ends with: one headline, one recommendation, its reasons and its doubts.
Every text but the headline has a code, in the result document (`verdict.call`,
`verdict.reason_codes`, `verdict.doubt_codes`) and, dimmed, in the verdict view. The
rules are in `engine/evaluate/rules.py`, what is tested and how in
[statistics.md](statistics.md).

Three things hold of every verdict. A difference is called better or worse only if its
95 % interval leaves out 0 and its adjusted p is below 0.05. Fewer missed positives
never stand without their false alarms. And where nothing is shown, nothing is ranked.
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
