"""From an experiment's plan to evaluated arms, unit of work by unit of work.

`plan` says what a unit is, `schedule` which comes next; `worker` runs it: `prepare`
makes the rows, `tune` asks for settings, `growth` grows those of
`models`, `finish` evaluates the final one, and `conclude` compares the arms.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "plan": "Plan Unit",
        "prepare": "row_weights",
        "tune": "Tuner",
    },
)
