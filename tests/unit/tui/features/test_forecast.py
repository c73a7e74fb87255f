"""What a method will make of the training rows: pure."""

from __future__ import annotations

import pytest

from engine.core.errors import SpecError
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm, Step
from tests.support.arms_samples import TRAIN
from tui.features.arms.words import forecast


def test_what_will_become_of_the_rows():
    smote = forecast(grammar.parse("smote"), TRAIN)
    assert smote is not None
    assert smote.after == {"0": 34_098, "1": 34_098}
    assert smote.synthetic == {"1": 34_098 - 622}
    over = forecast(grammar.parse("random-over"), TRAIN)
    assert over is not None
    assert over.synthetic == {}
    enn = forecast(grammar.parse("smote-enn"), TRAIN)
    assert enn is not None
    assert enn.open_end
    assert forecast(grammar.parse("untreated"), TRAIN) is None
    assert forecast(grammar.parse("smote"), {"1": 5}) is None
    half = Arm(name="u", steps=(Step(sampler="random-under", params={"ratio": 0.5}),))
    under = forecast(half, TRAIN)
    assert under is not None
    assert under.after == {"0": 1_244, "1": 622}


def test_what_a_cleaner_drops_is_not_known_beforehand():
    enn = forecast(grammar.parse("enn"), TRAIN)
    assert enn is not None
    assert (enn.after, enn.synthetic, enn.open_end) == (TRAIN, {}, True)


def test_rows_after_several_steps_and_classes():
    recipe = grammar.parse("svm-smote:ratio=0.3+random-under:ratio=0.5")
    both = forecast(recipe, TRAIN)
    assert both is not None
    assert both.steps == ({"0": 34_098, "1": 10_229}, {"0": 20_458, "1": 10_229})
    assert both.synthetic == {"1": 10_229 - 622}
    # What is kept at random is real and made in proportion.
    less = forecast(grammar.parse("smote+random-under:counts=1=1244"), TRAIN)
    assert less is not None
    assert less.synthetic == {"1": (34_098 - 622) * 1_244 // 34_098}
    centres = forecast(grammar.parse("cluster-centroids"), TRAIN)
    assert centres is not None
    assert centres.synthetic == {"0": 622}
    scattered = forecast(grammar.parse("random-over:shrinkage=0.5"), TRAIN)
    assert scattered is not None
    assert scattered.synthetic == {"1": 34_098 - 622}
    tuned = forecast(grammar.parse("smote:ratio=0.1/0.5"), TRAIN)
    assert tuned is not None
    assert tuned.after["1"] == 3_410
    with pytest.raises(SpecError, match="a class 'x' that is not there"):
        forecast(grammar.parse("smote:counts=x=5"), TRAIN)
