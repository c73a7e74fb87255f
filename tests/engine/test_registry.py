"""The remedies as data: variants, and what is refused."""

import pytest

from engine.errors import SpecError
from engine.presets import preset
from engine.resample import registry
from engine.spec import Step


def test_fast_variants_are_arms_that_are_not_listed():
    assert registry.fast_names() == (
        "svm-smote-fast",
        "enn-fast",
        "all-knn-fast",
        "tomek-links-fast",
        "neighbourhood-cleaning-fast",
        "smote-enn-fast",
        "smote-tomek-fast",
    )
    assert not set(registry.fast_names()) & set(registry.names())
    for name in registry.fast_names():
        arm = registry.arm(name)
        assert arm.name == name
        assert arm.steps == (Step(name.removesuffix("-fast"), {"variant": "fast"}),)
        assert registry.is_fast(arm.steps[0])
        assert not registry.is_fast(registry.arm(name.removesuffix("-fast")).steps[0])


@pytest.mark.parametrize("name", ["smote-fast", "repeated-enn-fast", "weights-fast"])
def test_what_has_no_fast_variant_is_no_arm(name):
    with pytest.raises(SpecError, match="faster and about the same: svm-smote-fast"):
        registry.arm(name)


def test_a_mistyped_fast_variant_is_suggested():
    with pytest.raises(SpecError, match=r"[Dd]id you mean 'smote-enn-fast'"):
        registry.arm("smote_en_fast")


@pytest.mark.parametrize("value", ["quick", 1, True, 2.5])
def test_a_choice_is_one_of_its_choices(value):
    with pytest.raises(SpecError, match=r"[Cc]hoose one of: exact, fast"):
        registry.check_step(Step("enn", {"variant": value}))
    given = registry.check_step(Step("enn", {"variant": "fast"}))
    assert given == {"n_neighbors": 3, "kind_sel": "all", "variant": "fast"}


def test_the_thorough_preset_keeps_its_arms():
    assert [arm.name for arm in preset("thorough", source="a.csv").arms] == [
        "none",
        "weights",
        "random-over",
        "smote",
        "kmeans-smote",
        "svm-smote",
        "random-under",
        "smote-enn",
    ]
