import pickle

import msgspec
import pytest

from engine.core import errors, models, space
from engine.core.errors import SpecError
from engine.core.experiment import (
    DataSpec,
    DecisionSpec,
    Experiment,
    ModelSpec,
    ReadSpec,
    SearchSpec,
    SplitSpec,
    experiment_hash,
)
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm, Step
from engine.core.presets import PRESETS, preset
from engine.io.toml.reading import load_toml
from engine.io.toml.writer import dump_toml

ARMS = (Arm(name="untreated"),)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_toml(name):
    experiment = preset(name, source="a.csv", target="y", positive="1")
    assert load_toml(dump_toml(experiment)) == experiment


@pytest.mark.parametrize(
    ("name", "methods", "models", "ensembles"),
    [
        (
            "classic",
            ("untreated", "weights", "random-under", "smote", "smote-enn"),
            ("logistic", "random-forest", "xgboost"),
            (),
        ),
        (
            "carriero",
            ("untreated", "random-under", "random-over", "smote", "smote-enn"),
            ("logistic", "rbf-svm", "random-forest", "xgboost"),
            ("rus-boost", "easy-ensemble"),
        ),
    ],
)
def test_a_preset_of_several_models_has_each_with_every_method(
    name, methods, models, ensembles
):
    arms = preset(name, source="make:carriero").arms
    pairs = [f"{method}@{model}" for model in models for method in methods]
    assert [arm.name for arm in arms] == [*pairs, *ensembles]
    learners = [model for model in models for _ in methods]
    assert [arm.learner for arm in arms] == [*learners, *ensembles]


def test_all_that_is_said_of_a_table_survives_toml():
    read = ReadSpec(
        format="text",
        delimiter="\t",
        encoding="cp1252",
        quote="none",
        escape="\\",
        decimal=",",
        header=2,
        skip=3,
        missing=("n/k", "-"),
        ragged="fill",
        member="a.csv",
        columns=("x", "y"),
        rows=10,
    )
    data = DataSpec(
        source="a.zip",
        target="y",
        drop=("a",),
        keep=("b",),
        kinds={"c d": "category"},
        mute=("IMB018", "IMB023:c d"),
        test_source="b.csv",
        read=read,
    )
    split = SplitSpec(group="p", duplicates="apart")
    experiment = Experiment(data=data, arms=ARMS, split=split)
    assert load_toml(dump_toml(experiment)) == experiment


def test_the_hash_tells_experiments_apart_and_only_them():
    one = preset("article", source="a.csv")
    assert experiment_hash(one) == experiment_hash(preset("article", source="a.csv"))
    assert experiment_hash(one) != experiment_hash(preset("article", source="b.csv"))


def test_the_article_preset_is_the_articles_study():
    article = preset("article", source="a.csv")
    assert [arm.name for arm in article.arms] == [
        "untreated",
        "weights",
        "smote",
        "kmeans-smote",
        "svm-smote",
        "smote-enn",
    ]
    assert (article.split.test_size, article.split.stratify, article.seed) == (
        0.2,
        False,
        42,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arms = [", "no valid TOML"),
        ("arms = []", "missing required field `data`"),
        ('arms = []\n[data]\nsource = "a"\ncolour = 1', "unknown field `colour`"),
        ('arms = []\n[data]\nsource = "a"\n[search]\ntrials = "x"', "search.trials"),
        (
            'arms = [{name = "untreated"}]\n[data]\nsource = "a"\n[search]\ntrials = 0',
            "trials cannot be 0",
        ),
    ],
)
def test_a_mistake_in_the_file_is_named(text, said):
    with pytest.raises(SpecError, match=said):
        load_toml(text, name="x.toml")


@pytest.mark.parametrize(
    "wrong",
    [
        {"search": SearchSpec(folds=1)},
        {"search": SearchSpec(time_limit=0)},
        {"seed": -1},
        {"arms": (Arm(name="smote"), Arm(name="smote"))},
        {"arms": ()},
        {"decision": DecisionSpec(cost_fn=float("inf"))},
        {"model": ModelSpec(params={"gamma": float("nan")})},
        {"split": SplitSpec(test_size=1.0)},
        {"split": SplitSpec(group="a", time="b")},
        {"split": SplitSpec(by="a"), "data": DataSpec(source="a", test_source="b")},
        {"split": SplitSpec(duplicates="somewhere")},
        {"data": DataSpec(source="a", drop=("x",), keep=("y", "x"))},
        {"data": DataSpec(source="a", kinds={"x": "numbre"})},
        {"data": DataSpec(source="a", mute=("IMB18",))},
        {"data": DataSpec(source="a", read=ReadSpec(format="csvx"))},
        {"data": DataSpec(source="a", read=ReadSpec(encoding="utf-9"))},
        {"data": DataSpec(source="a", read=ReadSpec(encoding="base64"))},
        {"data": DataSpec(source="a", read=ReadSpec(quote="''"))},
        {"data": DataSpec(source="a", read=ReadSpec(escape="\\\\"))},
        {"data": DataSpec(source="a", read=ReadSpec(decimal=";"))},
        {"data": DataSpec(source="a", read=ReadSpec(header=-1))},
        {"data": DataSpec(source="a", read=ReadSpec(skip=-1))},
        {"data": DataSpec(source="a", read=ReadSpec(ragged="fix"))},
        {"data": DataSpec(source="a", read=ReadSpec(rows=0))},
    ],
)
def test_what_cannot_run_is_refused_before_any_work(wrong):
    with pytest.raises(SpecError):
        Experiment(**{"data": DataSpec(source="a"), "arms": ARMS, **wrong})


def test_an_unknown_arm_suggests_the_nearest():
    with pytest.raises(SpecError, match=r"[Dd]id you mean 'kmeans-smote'"):
        grammar.parse("kmean-smote")


@pytest.mark.parametrize("sampler", registry.SAMPLERS, ids=lambda s: s.name)
def test_a_registered_samplers_defaults_are_within_its_own_bounds(sampler):
    given = {p.name: p.default for p in sampler.parameters}
    assert registry.check_step(Step(sampler=sampler.name, params=given)) == given


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"k": 3}, "no parameter 'k'"),
        ({"k_neighbors": 0}, "from 1 to 50"),
        ({"k_neighbors": 2.5}, "a whole number"),
        ({"ratio": "half"}, "a number"),
        ({"ratio": True}, "a number"),
    ],
)
def test_a_wrong_parameter_says_what_is_allowed(params, said):
    with pytest.raises(SpecError, match=said):
        registry.check_step(Step(sampler="smote", params=params))


def test_every_error_survives_pickling():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert errors.EngineError in kinds
    for kind in kinds:
        error = kind("what", "how")
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert (str(copy), copy.code) == (str(error), error.code)


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        ((grammar.parse("smote"),), "no untreated control called 'untreated'"),
        ((Arm(name="untreated", weights=True),), "no untreated control"),
        (
            (Arm(name="untreated", steps=(Step(sampler="smote"),)),),
            "no untreated control",
        ),
        (
            (*ARMS, Arm(name="a", steps=(Step(sampler="smote", params={"k": 1}),))),
            "no parameter 'k'",
        ),
    ],
)
def test_arms_that_cannot_be_compared_or_prepared_are_refused(arms, said):
    with pytest.raises(SpecError, match=said):
        registry.check(Experiment(data=DataSpec(source="a"), arms=arms))


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"max_dept": 2}, "Did you mean 'max_depth'"),
        ({"nthread": 4}, "no model parameter 'nthread'"),
        ({"max_depth": 2.5}, "whole number"),
        ({"subsample": 7}, "from 0.01 to 1"),
        ({"gamma": "much"}, "Give a number"),
    ],
)
def test_model_parameters_that_xgboost_would_ignore_are_refused(params, said):
    with pytest.raises(SpecError, match=said):
        space.check_model(ModelSpec(params=params))


def test_whatever_is_searched_may_be_fixed():
    for searched in models.get("xgboost").spaces.values():
        space.check_model(ModelSpec(params={k: r.start for k, r in searched.items()}))


# --- the names of arms ---------------------------------------------------------------

NAMES = ("smote", "weights", "cost-weights", "rus-boost", "smote-enn")


@pytest.mark.parametrize(
    "name", [*NAMES, "smote+tomek-links", "smote:ratio=0.5:k_neighbors=tune+enn"]
)
def test_an_arm_called_like_a_method_is_that_method(name):
    arm = Arm(name=name)
    assert arm == grammar.parse(name)
    assert arm.steps or arm.weights or arm.ensemble
    text = (
        f'[data]\nsource = "a"\n[[arms]]\nname = "untreated"\n[[arms]]\nname = "{name}"'
    )
    read = load_toml(text)
    assert read.arms == (Arm(name="untreated"), arm)
    assert load_toml(dump_toml(read)) == read


def test_the_untreated_control_is_left_alone():
    assert Arm(name="untreated").kind == "control"
    assert not Arm(name="untreated").weights


def test_parameters_of_an_ensemble_that_is_only_named_are_kept():
    arm = Arm(name="rus-boost", params={"n_estimators": 80})
    assert (arm.ensemble, arm.params) == ("rus-boost", {"n_estimators": 80})


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("smoet", "did you mean 'smote'"),
        ("Untreatd", "did you mean 'untreated'"),
        ("mine", "of the 28"),
    ],
)
def test_any_other_arm_of_nothing_but_a_name_is_refused(name, near):
    with pytest.raises(SpecError, match=rf"(?i)no method '{name}'.*no steps.*{near}"):
        Arm(name=name)
    text = (
        f'[data]\nsource = "a"\n[[arms]]\nname = "untreated"\n[[arms]]\nname = "{name}"'
    )
    with pytest.raises(SpecError, match=f"(?i)line 5: arms.1.: .*{near}.*give it step"):
        load_toml(text, name="e.toml")


@pytest.mark.parametrize(
    ("arm", "refused"),
    [
        (Arm(name="smote", steps=(Step(sampler="random-under"),)), True),
        (Arm(name="smote", weights=True), True),
        (Arm(name="weights", weights="cost"), True),
        (Arm(name="smote:ratio=0.5", steps=(Step(sampler="smote"),)), True),
        (Arm(name="enn", ensemble="rus-boost"), True),
        (Arm(name="smote", steps=(Step(sampler="smote", params={"ratio": 0.3}),)), 0),
        (Arm(name="smote it", steps=(Step(sampler="random-under"),)), False),
    ],
)
def test_an_arm_that_is_not_the_method_of_its_name_is_refused(arm, refused):
    arms = (Arm(name="untreated"), arm)
    if not refused:
        assert Experiment(data=DataSpec(source="a"), arms=arms).arms == arms
        return
    with pytest.raises(SpecError, match="has the name of a method that it is not"):
        Experiment(data=DataSpec(source="a"), arms=arms)


@pytest.mark.parametrize(
    ("at", "field", "value", "spelled"),
    [
        ("recall>=0.9", "recall_floor", 0.9, "recall>=0.9"),
        ("recall >= 90%", "recall_floor", 0.9, "recall>=0.9"),
        ("precision>=0.3", "precision_floor", 0.3, "precision>=0.3"),
        ("alerts<=20", "alerts", 20.0, "alerts<=20"),
        ("alerts<=7%", "alerts", 0.07, "alerts<=7%"),
        ("alerts<=0.07", "alerts", 0.07, "alerts<=7%"),
    ],
)
def test_a_point_sets_the_number_in_its_name(at, field, value, spelled):
    decision = DecisionSpec(at=at)
    assert getattr(decision, field) == value
    assert decision.at == spelled
    assert decision == DecisionSpec(at=spelled, **{field: value})
    experiment = Experiment(data=DataSpec(source="a"), arms=ARMS, decision=decision)
    assert load_toml(dump_toml(experiment)) == experiment


def test_a_number_that_rounds_to_the_one_in_the_name_stays():
    decision = DecisionSpec(at="recall>=0.333333333333", recall_floor=1 / 3)
    assert decision.recall_floor == 1 / 3


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("recall>=2", "no operating point .* r and p are above 0 and up to 1"),
        ("alerts<=2.5", "k is a number of rows or a share such as 5%"),
        ("alerts<=100%", "no operating point 'alerts<=100%'.*a share such as 5%"),
        ("recall<=0.9", "no operating point"),
        ("recall>=nan", "no operating point"),
        ("recall>=x", "no operating point"),
    ],
)
def test_a_point_whose_number_cannot_be_is_refused(at, words):
    with pytest.raises(SpecError, match=words):
        Experiment(data=DataSpec(source="a"), arms=ARMS, decision=DecisionSpec(at=at))


def test_an_experiment_without_weights_is_written_as_before_there_were_any():
    plain = Experiment(data=DataSpec(source="a.csv"), arms=ARMS)
    none = Experiment(data=DataSpec(source="a.csv", weight=None), arms=ARMS)
    assert none == plain
    assert "weight" not in msgspec.to_builtins(none)["data"]
    weighed = Experiment(data=DataSpec(source="a.csv", weight="w"), arms=ARMS)
    assert load_toml(dump_toml(weighed)) == weighed
    assert load_toml(dump_toml(weighed, comments=True)) == weighed
    assert '# weight = "sampling_weight"' in dump_toml(plain, comments=True)
    again = msgspec.json.decode(msgspec.json.encode(weighed), type=Experiment)
    assert again == pickle.loads(pickle.dumps(weighed)) == weighed
    freed = msgspec.structs.replace(weighed.data, weight=None)
    assert pickle.loads(pickle.dumps(freed)) == freed == plain.data


@pytest.mark.parametrize(
    ("data", "split", "field"),
    [
        ({"drop": ("w",)}, {}, "data.drop data.weight"),
        ({"keep": ("w",)}, {}, "data.keep data.weight"),
        ({"kinds": {"w": "number"}}, {}, "data.kinds data.weight"),
        ({}, {"group": "w"}, "data.weight split.group"),
        ({}, {"time": "w"}, "data.weight split.time"),
        ({}, {"by": "w"}, "data.weight split.by"),
    ],
)
def test_a_weight_column_has_no_other_part(data, split, field):
    with pytest.raises(SpecError, match="weighs the rows") as caught:
        Experiment(
            data=DataSpec(source="a.csv", weight="w", **data),
            arms=ARMS,
            split=SplitSpec(**split),
        )
    assert caught.value.field == field


def test_a_model_that_there_is_not_is_refused_where_others_take_its_place():
    arms = (Arm(name="untreated"), Arm(name="smote", model="lgbm"))
    with pytest.raises(SpecError, match="no model 'lgbm'"):
        grammar.combine(arms, ["logistic"])
