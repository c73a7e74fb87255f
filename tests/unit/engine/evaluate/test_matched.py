import numpy as np

from engine.core.costs import Costs
from engine.evaluate.metrics import confusion_at
from engine.evaluate.threshold import match
from tests.support.each import for_each


@for_each("seed", range(20))
def test_the_control_gets_at_least_the_recall_of_the_arm_and_no_lower_threshold(seed):
    rng = np.random.default_rng(seed)
    y, y_test = (rng.random(400) < 0.1, rng.random(300) < 0.1)
    y, y_test = y.astype(int), y_test.astype(int)
    control = rng.random(400).round(2).astype(np.float32)  # many ties
    arm, test = rng.random(400).astype(np.float32), rng.random(300).round(2)
    points = match(
        {"smote": arm, "nobody": arm / 3},
        control=control,
        y=y,
        control_test=test,
        y_test=y_test,
        costs=Costs(cost_fn=10, cost_fp=1),
    )
    assert set(points) == {"smote"}
    point = points["smote"]
    wanted = confusion_at(y, arm, 0.5).tp
    assert confusion_at(y, control, point.threshold).tp >= wanted
    higher = control[control > point.threshold]
    if len(higher):
        assert confusion_at(y, control, float(higher.min())).tp < wanted
    assert point.confusion == confusion_at(y_test, test, point.threshold)


def test_what_right_answers_cost_is_counted():
    y, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9])
    (point,) = match(
        {"smote": scores},
        control=scores,
        y=y,
        control_test=scores,
        y_test=y,
        costs=Costs(cost_fn=10, cost_fp=2, cost_tp=3, cost_tn=1),
    ).values()
    counts = point.confusion
    cost = 10 * counts.fn + 2 * counts.fp + 3 * counts.tp + counts.tn
    assert point.metrics["cost_per_1000"] == 1000 * cost / 4
