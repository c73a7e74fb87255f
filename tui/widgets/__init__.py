"""Small widgets that know nothing of sessions, runs or tables.

What belongs here: what more than one screen or pane needs and Textual has not.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "chooser": "Chooser",
        "columns": "fit_columns=fit join_columns=join measure_columns=measured",
        "field": "ChoiceField FormField TextField",
        "prose": "Lined Prose",
        "rows": "Rows",
        "sheet": "Sheet",
        "strip": "Pick Strip fit_picks=fit lay_out",
    },
)
