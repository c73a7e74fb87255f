"""Results as plain text, for a terminal without the app.

What belongs here: pure functions from a result document, a state, a list or a view
(`engine.core.views`) to lines of text of a given width (`report`, `tables`),
and what they share (`lines`, `grid`). `live` alone writes to a stream. Nothing
here reads a store, knows Textual, or loads the science stack; untrusted text is made
harmless in `lines.paint`, the last step.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "files": "*",
        "live": "FULL_BYTES advice standing",
        "lines": "measure paint PLAIN Style",
        "scores": "render_costs=costs render_matched=matched_tables",
        "methods": "method_page methods_list model_page models_list",
        "tables": "StoreSummary best_line render_store",
        "grid": "option error_text",
        "profile": "render_leak render_preflight render_profile",
        "report": "point_bar render_report=render",
    },
)
