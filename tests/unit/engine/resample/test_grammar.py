"""Methods as a line of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core import space
from engine.core.errors import SpecError
from engine.core.methods import grammar, ratio, registry
from engine.core.methods.grammar import Arm, Step
from tests.support.each import for_each

NAMES = [s.name for s in registry.SAMPLERS]


def test_the_articles_open_idea_is_one_line():
    arm = grammar.parse("svm-smote:ratio=0.3+random-under:ratio=0.5")
    assert arm == Arm(
        name="svm-smote:ratio=0.3+random-under:ratio=0.5",
        steps=(
            Step("svm-smote", {"ratio": 0.3}),
            Step("random-under", {"ratio": 0.5}),
        ),
    )


@for_each(
    ("text", "name"),
    [
        (" smote ", "smote"),
        ("smote:k_neighbors=5", "smote:k_neighbors=5"),
        ("smote:k_neighbors=3,ratio=.50", "smote:ratio=0.5:k_neighbors=3"),
        ("smote:ratio=tune:k_neighbors=3/5", "smote:ratio=tune:k_neighbors=3/5"),
        ("smote:counts=yes=300/no=900", "smote:counts=yes=300/no=900"),
        ("rus-boost:n_estimators=20", "rus-boost:n_estimators=20"),
        ("rus-boost:n_estimators=tune", "rus-boost"),
        ("untreated", "untreated"),
    ],
)
def test_a_text_has_one_canonical_form(text, name):
    arm = grammar.parse(text)
    assert arm.name == name
    assert grammar.parse(arm.name) == arm
    assert grammar.to_text(arm) == name


@for_each(
    ("text", "said"),
    [
        ("smot", "did you mean 'smote'"),
        ("smote:ratio", "write name=value"),
        ("smote:ratio=", "write name=value"),
        ("smote:ratoi=1", "did you mean 'ratio'"),
        ("smote:ratio=2", "from 0.0001 to 1"),
        ("smote:k_neighbors=2.5", "a whole number"),
        ("smote:k_neighbors=many", "tune to let the search choose"),
        ("smote+", "a step without a name"),
        ("+smote", "a step without a name"),
        ("smote+weights", "weights is a control"),
        ("smote+rus-boost", "rus-boost is an ensemble"),
        ("weights:ratio=1", "weights has no settings"),
        ("smote:counts=yes", "rows per class"),
        ("smote:k_neighbors=3:k_neighbors=5", "given twice"),
        ("smote:ratio=tune:ratio=1", "given twice"),
        ("smote-enn-fast:ratio=0.5", "no method 'smote-enn-fast'"),
        ("rus-boost:replacement=tune", "cannot be searched"),
        ("enn:ratio=0.5", "no parameter 'ratio'"),
        ("", "a step without a name"),
        ('"smote+enn"', "no method"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(text, said):
    with pytest.raises(SpecError) as caught:
        grammar.parse(text)
    assert said.lower() in str(caught.value).lower()


def test_a_label_with_a_mark_is_quoted():
    text = 'random-under:counts="A+"=60/"B:x,y"=20/c=5'
    found = grammar.parse(f"smote+{text}")
    assert found.name == f"smote+{text}"
    assert grammar.split(f"untreated,{text},enn") == ("untreated", text, "enn")
    counts = found.steps[1].params["counts"]
    assert ratio.parse_counts(counts) == {"A+": 60, "B:x,y": 20, "c": 5}
    bare = Arm(name="a", steps=(Step("random-under", {"counts": "A+=60"}),))
    assert grammar.to_text(bare) == 'random-under:counts="A+"=60'


def test_a_list_may_hold_settings_with_commas():
    text = "untreated,smote:ratio=0.5,k_neighbors=3,adasyn,,smote+enn:n_neighbors=5"
    assert grammar.split(text) == (
        "untreated",
        "smote:ratio=0.5,k_neighbors=3",
        "adasyn",
        "smote+enn:n_neighbors=5",
    )


@st.composite
def steps(draw):
    name = draw(st.sampled_from(NAMES))
    params, tune = {}, {}
    for p in registry.sampler(name).parameters:
        what = draw(st.sampled_from(["", "fixed", "tune", "some"]))
        if what == "fixed" and p.kind == "choice":
            params[p.name] = draw(st.sampled_from(p.choices))
        elif what == "fixed" and p.kind != "counts":
            high = min(p.high if p.high is not None else 50, 50)
            whole = p.kind == "integer"
            number = st.integers if whole else st.floats
            params[p.name] = draw(number(int(p.low or 0) + whole * 0, int(high)))
        elif what == "tune" and p.tries:
            tune[p.name] = ()
        elif what == "some" and len(p.tries) > 1:
            tune[p.name] = p.tries[:2]
    params = {k: v for k, v in params.items() if v != registry.default(name, k)}
    step = Step(name, params, tune)
    try:
        registry.check_step(step)
    except SpecError:
        return Step(name)
    return step


@given(st.lists(steps(), min_size=1, max_size=3))
def test_what_is_written_is_read_back(found):
    arm = Arm(name="a", steps=tuple(found))
    again = grammar.parse(grammar.to_text(arm))
    assert again.name == grammar.to_text(arm)
    for step, read in zip(arm.steps, again.steps, strict=True):
        assert step.tune == read.tune
        for name, value in step.params.items():
            assert read.params[name] == pytest.approx(value)


def test_settings_of_a_searched_arm_are_its_values_in_turn():
    arm = grammar.parse("smote:ratio=0.5/1:k_neighbors=tune+smote:k_neighbors=3/7")
    found = space.choices(arm)
    assert list(found) == ["smote1.ratio", "smote1.k_neighbors", "smote2.k_neighbors"]
    assert space.count_settings(arm) == 2 * len(found["smote1.k_neighbors"]) * 2
    first = space.first_setting(arm)
    assert first == {
        "smote1.ratio": 1.0,
        "smote1.k_neighbors": 5,
        "smote2.k_neighbors": 3,
    }
    settled = space.fix_setting(arm, first)
    # What is the default is not said, so that rows are shared with who says nothing.
    assert settled.steps == (Step("smote"), Step("smote", {"k_neighbors": 3}))
    assert not settled.tuned
