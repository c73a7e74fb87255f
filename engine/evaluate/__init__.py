"""What an arm's scores are worth, and what the comparison of arms supports.

Here belong pure functions from labels and scores to numbers, and from numbers to
a verdict. Nothing here trains, resamples, reads, writes or prints, and nothing
keeps a state. A positive is a row whose score is at or above the threshold,
everywhere.

::

    objective      labels, scores -> what a trial is judged by, fast
    metrics        labels, scores -> counts, rates, ranking, calibration
    threshold      labels, out-of-fold scores, operating point -> threshold
    classes        the same for more than two classes, by weights of classes
    points         an operating point: counts, what was asked against delivered
    recalibrate    labels, out-of-fold scores -> maps to repaired probabilities
    calibrate      labels, scores -> Calibration, as they are and repaired
    costs          labels, scores -> the threshold of least cost at every cost ratio
    winners        those of all arms -> which arm costs the least at which ratio
    paired         discordant pairs -> p and interval (McNemar, Tango); Holm
    bootstrap      strata of test rows -> the same redrawn rows for every arm
    compare        arms on the same test rows -> outcome.Comparison (compare_classes
                   for more than two classes)
    repeated       arms on the same folds -> outcome.FoldComparison
    detectable     positives, disagreement -> the smallest difference to be seen
    board, rules   points and comparisons -> what may be claimed (no prose)
    reasons,doubts what speaks for the verdict, and against it
    words          numbers and arms -> phrases
    verdict        all of that -> outcome.Verdict, in plain English
    verdict.md     the code of every text, with what it means (verdict_codes reads it)

All of it may load numpy, scipy and scikit-learn, and belongs in a worker.
"""

from engine._public import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "calibrate": ("*",),
        "classes": ("*",),
        "compare": ("ArmScores", "compare_arms=compare"),
        "costs": ("*", "cost_steps", "implied_cost_ratio"),
        "detectable": ("detectable_difference=detectable",),
        "metrics": ("*", "confusion_at", "sweep"),
        "objective": ("*",),
        "points": ("match_recall=match", "operating_point"),
        "recalibrate": ("*",),
        "repeated": ("compare_folds",),
        "board": ("Board",),
        "threshold": ("*", "choose_threshold=choose"),
        "verdict": ("Context", "reach_verdict=verdict"),
        "winners": ("cost_winners=winners",),
        "words": ("half_width",),
    },
)
