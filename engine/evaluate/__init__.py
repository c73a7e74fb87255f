"""What an arm's scores are worth, and what the comparison of arms supports.

Here belong pure functions from labels and scores to numbers, and from numbers to
a verdict. Nothing here trains, resamples, reads, writes or prints, and nothing
keeps a state. A positive is a row whose score is at or above the threshold,
everywhere.

::

    arrays      the two array types
    objective   labels, scores -> what a trial is judged by, fast
    metrics     labels, scores -> counts, rates, ranking, calibration
    threshold   labels, out-of-fold scores, policy -> threshold
    curves      labels, scores -> counts at every threshold worth showing
    paired      discordant pairs -> p and interval (McNemar, Tango), Holm
    bootstrap   two strata of test rows -> the same redrawn rows for every arm
    compare     arms on the same test rows -> events.Comparison
    rules       points and comparisons -> what may be claimed (no prose)
    doubts      what a reader should hold against the verdict
    words       numbers and arms -> phrases
    verdict     all of that -> events.Verdict, in plain English

The last four need the standard library and msgspec only; the others load numpy,
scipy and scikit-learn and belong in a worker.
"""
