"""Columns to numbers, fitted on fitting rows only; and back."""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "encoder": "Features",
        "encoding": "Encoding Layout",
    },
)
