"""The charts of a notebook: each a code cell behind the one that it shows."""

from __future__ import annotations

from engine.export.scripting.cells import Cell

__all__ = ["illustrated"]

_BARS = """\
{shown}
ticks = [f"{{label!r:.20}}" for label in labels]
fig, axes = plt.subplots(
    len(counted), 1, sharex=True, squeeze=False, layout="constrained",
    figsize=(6, len(counted) * (1 + 0.3 * len(labels))),
)
for axis, (when, rows) in zip(axes[:, 0], counted.items()):
    bars = axis.barh(range(len(labels)), np.bincount(rows, minlength=len(labels)))
    axis.bar_label(bars, fmt="{{:,.0f}}", padding=3)
    axis.margins(x=0.12)  # room for the numbers
    axis.set_yticks(range(len(labels)), ticks, parse_math=False)
    axis.invert_yaxis()
    axis.set_title(f"training rows {{when}}".strip(), loc="left")
plt.show()"""

_MATRIX = """\
side = 1.2 * len(labels)
fig, axis = plt.subplots(figsize=(side + 2, side + 1), layout="constrained")
share = matrix / matrix.sum(axis=1, keepdims=True).clip(1)
axis.imshow(share, vmin=0, vmax=1, cmap="Blues")
for row, column in np.ndindex(matrix.shape):
    dark = share[row, column] > 0.5
    axis.text(
        column,
        row,
        f"{matrix[row, column]:,}\\n{share[row, column]:.0%}",
        ha="center",
        va="center",
        color="white" if dark else "black",
    )
turned = 90 if max(map(len, ticks)) > 10 else 0
axis.set_xticks(range(len(labels)), ticks, parse_math=False, rotation=turned)
axis.set_yticks(range(len(labels)), ticks, parse_math=False)
axis.set_xlabel("said")
axis.set_ylabel("is")
axis.set_title("test rows, and the share of their class", fontsize="medium")
plt.show()"""

_CURVES = """\
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
precision, recall, _ = precision_recall_curve(y_test, scores)
left.step(recall, precision, where="post")
if said.any():  # else there is no precision
    left.plot(figures["recall"], figures["precision"], "o", label="operating point")
left.axhline(y_test.mean(), color="grey", linestyle=":", label="guessing")
left.set_xlabel("recall")
left.set_ylabel("precision")
left.set_ylim(0, 1.05)
left.set_title("precision at every recall")
right.set_title("calibration")
left.legend()
share, said_share = calibration_curve(y_test, scores, n_bins=10, strategy="quantile")
right.plot(said_share, share, "o-", label="test rows, in ten parts")
most = max(share.max(), said_share.max())
right.plot([0, most], [0, most], color="grey", linestyle=":", label="as it should be")
right.set_xlabel("mean score")
right.set_ylabel("share of positives")
right.legend()
plt.show()"""

_MANY = """\
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for place in range(len(labels)):
    is_it = y_test == place
    precision, recall, _ = precision_recall_curve(is_it, scores[:, place])
    (line,) = left.step(recall, precision, where="post", label=ticks[place])
    called = said == place
    if called.any():
        right_ones = (is_it & called).sum()
        left.plot(
            right_ones / is_it.sum(),
            right_ones / called.sum(),
            "o",
            color=line.get_color(),
        )
    share, said_share = calibration_curve(
        is_it, scores[:, place], n_bins=5, strategy="quantile"
    )
    right.plot(said_share, share, "o-")
for text in left.legend().get_texts():
    text.set_parse_math(False)
right.plot([0, 1], [0, 1], color="grey", linestyle=":")
left.set_xlabel("recall")
left.set_ylabel("precision")
left.set_ylim(0, 1.05)
left.set_title("precision at every recall")
right.set_title("calibration")
right.set_xlabel("mean score")
right.set_ylabel("share of the class")
plt.show()"""

_SAID = """\
On the left precision at every recall; the dot is where the decision above stands. On
the right how far scores can be read as probabilities: remedies that balance the classes
raise the scores, and the points fall below the line."""


def illustrated(cells: tuple[Cell, ...], *, multiclass: bool) -> tuple[Cell, ...]:
    """Return the cells of a notebook with its charts between them.

    Parameters
    ----------
    cells : tuple of Cell
    multiclass : bool
        Whether there are more than two classes.
    """
    treated = any(cell.name == "treatment" for cell in cells)
    where = "treatment" if treated else "encoding"
    rows = '"before": y_train, "after the remedy": y_fit' if treated else '"": y_train'
    bars = _BARS.format(shown=f"counted = {{{rows}}}")
    found: list[Cell] = []
    for cell in cells:
        if cell.name == "imports" and cell.kind == "code":
            cell = cell._replace(lines=_plotting(cell.lines))
        found.append(cell)
        if cell.kind != "code":
            continue
        if cell.name == where:
            found.append(Cell("classes-chart", "code", (bars,)))
        elif cell.name == "matrix":
            found.append(Cell("matrix-chart", "code", (_MATRIX,)))
        elif cell.name == "figures":
            found.append(Cell("curves", "markdown", ("## Curves", "", _SAID)))
            chart = _MANY if multiclass else _CURVES
            found.append(Cell("curves-chart", "code", (chart,)))
    return tuple(found)


def _plotting(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return the imports with what the charts use."""
    place = lines.index("import numpy as np")
    return (
        *lines[:place],
        "import matplotlib.pyplot as plt",
        *lines[place:],
        "from sklearn.calibration import calibration_curve",
        "from sklearn.metrics import precision_recall_curve",
    )
