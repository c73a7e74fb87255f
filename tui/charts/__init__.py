"""Pictures as text: pure functions `(data, width, height, palette) -> str`.

What belongs here is whatever turns numbers into a picture of at most `width` cells
and `height` lines. Such a function keeps no state, reads no clock and no terminal,
and asks no widget; its text holds colours (SGR) and no other escape sequence, says
everything without them too, and is the same under every hash seed. Where there is
nothing to draw, or no room, it says so in words. The one widget here, `ChartView`,
draws such a function into a Textual screen, seldom. plotext draws lines and points, in
`canvas` alone.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "base": "ANSI DARK LIGHT MARKERS MONO Palette",
        "column": "column_by_class column_change",
        "confusion": "confusion_chart=confusion multiclass_row worst",
        "curves": (
            "Series boosting_curve objective_by_trial precision_recall roc "
            "threshold_sweep"
        ),
        "bars": "class_bars class_bars_before_after",
        "scatter": "CLOUD scatter_chart=scatter treated_points",
        "view": "ChartView",
    },
)
