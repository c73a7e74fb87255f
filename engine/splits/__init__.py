"""Hold-out and folds: row numbers only."""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(__name__, {"folds": "cut", "holdout": "divide"})
