"""Metrics of an arm's scores, the comparison of arms and its verdict.

Pure functions from labels and scores to numbers, and from numbers to a verdict.
Nothing here trains, resamples, reads, writes or prints. A row is predicted positive if
its score is at or above the threshold, everywhere.

::

    metrics        labels, scores -> tuning objective, counts, ranking, calibration
    threshold      labels, out-of-fold scores, operating point -> threshold; then its
                   counts, requested and delivered values
    classes        the same for more than two classes, by weights of classes
    calibrate      labels, scores -> Calibration, as they are and recalibrated by maps
                   that are fitted on out-of-fold scores
    row_costs      what single rows cost: intervals, simpler decisions
    costs          labels, scores -> the threshold of least cost at every cost ratio;
                   those of all arms -> which arm costs the least at which ratio
    bootstrap      strata of test rows -> the same bootstrap draws for every arm;
                   discordant pairs -> p and interval (McNemar, Tango); Holm
    compare        arms on the same test rows -> outcome.Comparison (compare_classes
                   for more than two classes)
    intervals      ROC AUC, losses and calibration of one model -> 95 % intervals
    repeated       arms on the same folds -> outcome.FoldComparison
    review         scores that go to a person at a price; conformal sets of classes
    subgroups      groups of test rows -> rates, gaps, and which arm widens one
    detectable     positives, disagreement -> the smallest detectable difference
    probabilities  scores repaired, with few packages: what a bundle takes
    board          the arms side by side, and what is compared for an aim
    verdict/       rules: points and comparisons -> what may be claimed (no texts)
                   sentences: the reasons of the verdict, and its limits
                   settle: how many more positives would settle it
                   words: numbers and arms -> phrases; codes -> sentences
                   verdict: all of that -> outcome.Verdict
                   verdict.md: the code of every text, with its meaning

All of it may load numpy, scipy and scikit-learn, and belongs in a worker.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "calibrate": "*",
        "classes": "*",
        "compare": "ArmScores compare_arms=compare",
        "costs": "* cost_steps implied_cost_ratio cost_winners=winners",
        "detectable": "detectable_difference=detectable",
        "intervals": "*",
        "metrics": "* confusion_at sweep",
        "probabilities": "*",
        "repeated": "compare_folds",
        "board": "Board",
        "threshold": "* choose_threshold=choose match_recall=match operating_point",
        "verdict.verdict": "Context reach_verdict=verdict",
        "verdict.words": "half_width",
    },
)
