"""What happens to arms of a draft: parameters, tuning, methods. Pure."""

from __future__ import annotations

import msgspec
import pytest

from engine.core.errors import SpecError
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm, Step
from engine.core.presets import preset
from tui.features.arms import changes
from tui.features.arms import draft as drafts


def test_a_choice_that_does_not_exist_is_refused():
    draft = changes.change_param(drafts.fresh(), "enn", 0, "kind_sel", "quick")
    key = drafts.arm_key("enn", 0, "kind_sel")
    assert "choose one of: all, mode" in draft.problems[key].fix
    assert draft.param("enn", 0, "kind_sel") == "all"


def names(draft: drafts.Draft) -> list[str]:
    return [arm.name for arm in draft.arms]


def opened_again(draft: drafts.Draft) -> drafts.Draft:
    base = msgspec.structs.replace(draft.base, arms=draft.arms)
    return drafts.from_experiment(base)


def test_a_step_that_follows_makes_a_method_of_its_own():
    draft = changes.add_step(drafts.fresh("quick"), "svm-smote", "random-under")
    assert not draft.offer("svm-smote").ticked
    made = draft.offers[-1]
    assert (made.group, made.ticked, made.own) == ("own", True, True)
    assert names(draft)[-1] == "svm-smote+random-under"
    # One more step goes on with the same method.
    longer = changes.add_step(draft, made.name, "enn")
    assert len(longer.offers) == len(draft.offers)
    assert names(longer)[-1] == "svm-smote+random-under+enn"
    back = changes.drop_step(longer, made.name)
    assert names(back) == names(draft)
    once = changes.drop_step(back, made.name)
    assert names(once)[-1] == "svm-smote-2"
    gone = changes.drop_step(once, made.name)
    assert gone.offers == drafts.fresh("quick").offers


def test_the_name_follows_what_a_method_does():
    draft = changes.add_step(drafts.fresh(), "svm-smote", "random-under")
    key = draft.offers[-1].name
    draft = changes.change_param(draft, key, 0, "ratio", "0.3")
    draft = changes.change_param(draft, key, 1, "ratio", "0.5")
    text = "svm-smote:ratio=0.3+random-under:ratio=0.5"
    assert draft.arms[-1] == grammar.parse(text)
    assert draft.offers[-1].name == key
    # It is the same after it was saved, and goes on to follow.
    again = opened_again(draft)
    assert again.arms == draft.arms
    changed = changes.change_param(again, text, 1, "ratio", None)
    assert names(changed)[-1] == "svm-smote:ratio=0.3+random-under"


def test_copies_are_distinct():
    draft = changes.copy_arm(changes.copy_arm(drafts.fresh(), "smote"), "smote")
    assert names(draft)[-2:] == ["smote-2", "smote-3"]
    draft = changes.change_param(draft, "smote-3", 0, "k_neighbors", "3")
    assert names(draft)[-2:] == ["smote-2", "smote:k_neighbors=3"]
    assert names(opened_again(draft)) == names(draft)
    other = changes.change_param(draft, "smote-2", 0, "k_neighbors", "3")
    assert names(other)[-2:] == ["smote:k_neighbors=3", "smote:k_neighbors=3-2"]
    removed = changes.remove_arm(other, "smote-2")
    assert names(removed)[-1] == "smote:k_neighbors=3"
    with pytest.raises(SpecError, match="no settings"):
        changes.copy_arm(draft, "weights")


def test_a_name_that_was_given_stays():
    mine = Arm(name="mine", steps=(Step("smote"), Step("enn")))
    draft = changes.add_arm(drafts.fresh(), mine)
    draft = changes.change_param(draft, "mine", 0, "ratio", "0.5")
    assert names(draft)[-1] == "mine"
    assert not opened_again(draft).offer("mine").auto
    twice = changes.add_arm(draft, mine)
    assert names(twice)[-2:] == ["mine", "mine-2"]


def test_no_step_follows_what_is_no_sampler():
    draft = drafts.fresh()
    for name in ("weights", "cost-weights", "rus-boost"):
        with pytest.raises(SpecError, match="no step can follow"):
            changes.add_step(draft, name, "enn")
    begun = changes.add_step(draft, "untreated", "smote:ratio=0.5".partition(":")[0])
    assert names(begun)[-1] == "smote-2"
    for change in (changes.drop_step, changes.remove_arm):
        with pytest.raises(SpecError, match="always on offer"):
            change(draft, "smote")


def test_a_refused_value_goes_with_its_step():
    draft = changes.add_step(drafts.fresh(), "smote", "random-under")
    key = draft.offers[-1].name
    draft = changes.change_param(draft, key, 1, "ratio", "7")
    assert draft.has_problem(key)
    assert not draft.has_problem("smote")
    assert changes.drop_step(draft, key).problems == {}
    assert changes.remove_arm(draft, key).problems == {}


def test_values_parted_by_slashes_are_searched():
    draft = changes.change_param(drafts.fresh(), "smote", 0, "ratio", "0.1 / 0.5/1")
    assert draft.tried("smote", 0, "ratio") == (0.1, 0.5, 1.0)
    usual = changes.change_param(draft, "smote", 0, "ratio", "tune")
    assert usual.offer("smote").arm.steps[0].tune == {"ratio": ()}
    assert usual.tried("smote", 0, "ratio") == (0.1, 0.25, 0.5, 1.0)
    fixed = changes.change_param(usual, "smote", 0, "ratio", "0.5/")
    assert fixed.offer("smote").arm.steps[0] == Step("smote", {"ratio": 0.5})
    wrong = changes.change_param(fixed, "smote", 0, "ratio", "0.5/7")
    assert "ratio of smote is 7" in wrong.problems["smote/0/ratio"].message
    assert wrong.param("smote", 0, "ratio") == 0.5
    untreated = changes.change_param(draft, "repeated-enn", 0, "max_iter", "tune")
    assert "no values to try" in untreated.problems["repeated-enn/0/max_iter"].message
    some = changes.change_param(draft, "repeated-enn", 0, "max_iter", "5/50")
    assert some.tried("repeated-enn", 0, "max_iter") == (5, 50)


def test_counts_and_a_ratio_take_each_other_back():
    draft = changes.change_param(drafts.fresh(), "smote", 0, "ratio", "0.5")
    draft = changes.change_param(draft, "smote", 0, "counts", "1=900")
    assert draft.offer("smote").arm.steps[0].params == {"counts": "1=900"}
    draft = changes.change_param(draft, "smote", 0, "ratio", "tune")
    assert draft.offer("smote").arm.steps[0] == Step("smote", {}, {"ratio": ()})
    wrong = changes.change_param(draft, "smote", 0, "counts", "900")
    assert "give rows per class" in wrong.problems["smote/0/counts"].fix


def test_of_an_ensemble_a_value_fixes_what_is_searched():
    draft = drafts.fresh()
    assert draft.param("rus-boost", 0, "n_estimators") is None
    assert draft.param("rus-boost", 0, "replacement") == "no"
    draft = changes.change_param(draft, "rus-boost", 0, "n_estimators", "50")
    assert draft.offer("rus-boost").arm.params == {"n_estimators": 50}
    draft = changes.change_param(draft, "rus-boost", 0, "n_estimators", None)
    draft = changes.change_param(draft, "rus-boost", 0, "replacement", "no")
    assert draft.offer("rus-boost").arm == grammar.parse("rus-boost")
    wrong = changes.change_param(draft, "rus-boost", 0, "depth", "3")
    assert "has no parameter 'depth'" in wrong.problems["rus-boost/0/depth"].message
    copy = changes.copy_arm(draft, "rus-boost")
    copy = changes.change_param(copy, "rus-boost-2", 0, "max_depth", "3")
    assert names(copy)[-1] == "rus-boost:max_depth=3"
    assert names(opened_again(copy)) == names(copy)


def test_many_are_ticked_at_once_and_the_control_stays():
    draft = changes.tick_only(drafts.fresh(), ("smote", "enn"))
    assert names(draft) == ["untreated", "smote", "enn"]


def test_methods_of_ones_own_survive_a_preset():
    draft = changes.add_step(drafts.fresh(), "smote", "enn")
    kept = drafts.with_experiment(drafts.fresh("quick").base, draft)
    assert kept.offer("smote+enn").ticked is False
    quick = preset("quick", source="")
    assert drafts.with_experiment(quick, drafts.fresh()) == drafts.fresh("quick")


def test_every_parameter_of_every_arm_refuses_what_it_cannot_be():
    draft = drafts.fresh()
    for entry in (*registry.samplers(), *registry.ENSEMBLES):
        for parameter in entry.parameters:
            key = drafts.arm_key(entry.name, 0, parameter.name)
            changed = changes.change_param(draft, entry.name, 0, parameter.name, "x")
            assert changed.problems[key].fix
            assert changed.offers == draft.offers


def test_forty_methods_of_ones_own_are_each_named_once(monkeypatch):
    draft = drafts.fresh()
    for number in range(40):
        arm = grammar.parse(f"random-under:ratio={0.2 + number / 100:.2f}")
        draft = changes.add_arm(draft, arm)
    method_text, count = drafts.method_text, 0

    def counting(arm):
        nonlocal count
        count += 1
        return method_text(arm)

    monkeypatch.setattr(drafts, "method_text", counting)
    last = draft.offers[-1]
    assert draft.labelled(last).name == method_text(last.arm)
    assert count <= 40
