"""The same experiment over many tables, and what all of them say together.

Here belongs what is known only with more than one table: which tables there are, which
stored runs belong together, and the statistics over tables. Each table's own result
is a run like any other; nothing here trains, follows a run, or prints.

::

    members    DIR or LIST -> tables, each with its part of the experiment
    values     the figures that are compared, and the frozen values of the outcome
    ranks      tables x arms -> Friedman, Iman-Davenport, Nemenyi, Wilcoxon; of two
               arms the Bayesian signed-rank test
    aggregate  runs of many tables -> values.Suite, the document of the whole
    verdict    that -> one sentence, and its doubts
    stored     the store -> the run that answers for a table; runs of equal settings

`ranks` and `verdict` load numpy and scipy; the others are light, and load those two
only when they work.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "aggregate": "aggregate_runs=aggregate",
    },
)
