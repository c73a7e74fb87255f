"""The same experiment over many tables, and what all of them say together.

Here belongs what is known only with more than one table: which tables there are, which
stored runs belong together, and the statistics over tables. Each table's own result
is a run like any other; nothing here trains, follows a run, or prints.

::

    stored     DIR or LIST -> tables, each with its part of the experiment; the store ->
               the run that answers for a table, and runs of equal settings
    ranks      tables x arms -> Friedman, Iman-Davenport, Nemenyi, Wilcoxon; of two
               arms the Bayesian signed-rank test
    aggregate  runs of many tables -> `engine.core.suite.Suite`, the document of the
               whole, with its verdict: one sentence, and its doubts

`ranks` loads numpy and scipy; the others are light, and load it only when they work.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__, {"aggregate": "aggregate_runs=aggregate"}
)
