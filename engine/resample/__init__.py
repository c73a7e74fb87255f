"""What methods do to training rows; `engine.core.methods` says which exist.

`method` applies samplers of imbalanced-learn; `provenance` and `trace` tell synthetic
rows from real ones, and what they were made from; `bench`, `preview`, `balance` and
`probe` are the lab.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "method": "*",
        "balance": "TableRows",
    },
)
