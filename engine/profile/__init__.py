"""What is known of a dataset before learning: findings, and advice on them."""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(__name__, {"advice": "*", "measure": "*"})
