"""Small widgets that know nothing of sessions, runs or tables.

What belongs here: what more than one screen or pane needs and Textual has not.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "chooser": "Chooser",
        "field": "ChoiceField Form FormField TextField",
        "rows": "Rows fit_columns join_columns measure_columns",
        "prose": "Lined Prose",
        "sheet": "Sheet",
        "strip": "Pick Strip Tab fit_picks=fit lay_out",
    },
)
