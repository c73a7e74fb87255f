"""Classes: which words are some, which rows have one, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import ChoiceError, TargetError
from engine.core.events import Reader
from engine.core.experiment import DataSpec
from engine.data.load import Table, load
from engine.data.roles import prepare
from engine.data.target import candidates
from tests.support.each import for_each
from tests.support.experiments import make_table


def prepared(labels, **given):
    frame = pd.DataFrame({"x": np.arange(len(labels)) % 5, "y": labels})
    table = Table(frame=frame, name="t.csv", reader=Reader(format="text"))
    spec = DataSpec(source="t.csv", **{"target": "y", **given})
    return prepare(table, spec, multiclass=True)


def said(dataset, code):
    return [a for a in dataset.info.advice if a.code == code]


def test_a_class_called_none_is_a_class(tmp_path):
    """It is the majority of a public table about sleep."""
    labels = ["None"] * 219 + ["Insomnia"] * 78 + ["Sleep Apnea"] * 77
    path = tmp_path / "sleep.csv"
    lines = (f"{n % 9},{label}" for n, label in enumerate(labels))
    path.write_text("\n".join(["x,disorder", *lines]))
    dataset = prepare(
        load(path), DataSpec(source=str(path), target="disorder"), multiclass=True
    )
    counts = {"None": 219, "Insomnia": 78, "Sleep Apnea": 77}
    assert dataset.info.classes == counts
    assert not said(dataset, "IMB009")


@for_each(("count", "kept"), [(4, False), (6, True)])
def test_a_rare_word_is_none_and_named(count, kept):
    dataset = prepared(["NA"] * count + ["yes"] * 30 + ["no"] * (70 - count))
    assert ("NA" in dataset.info.classes) == kept
    if not kept:
        (one,) = said(dataset, "IMB009")
        assert one.message == (
            "4 rows without a target were left out; read as missing: 'NA' in 4 rows"
        )
        assert "as the positive class" in one.fix


def test_a_rare_word_named_as_the_positive_class_is_one():
    labels = ["None"] * 4 + ["a"] * 60 + ["b"] * 40
    assert set(prepared(labels).info.classes) == {"a", "b"}
    named = prepared(labels, positive="None")
    assert named.info.classes == {"not None": 100, "None": 4}
    assert not said(named, "IMB009")


def test_with_one_class_beside_it_a_rare_word_is_the_other():
    dataset = prepared(["NA"] * 3 + ["EU"] * 97)
    assert dataset.info.classes == {"EU": 97, "NA": 3}


def test_one_row_without_a_target_is_one():
    (one,) = said(prepared([None] + ["a", "b"] * 20), "IMB009")
    assert one.message == "1 row without a target was left out"


def test_one_class_and_blanks_say_how_many_are_blank():
    with pytest.raises(TargetError, match=r"Y \(30\), and nothing in 12 rows"):
        prepared(["Y"] * 30 + [None] * 12)
    with pytest.raises(TargetError, match=r"Y \(30\)\. Choose a column with two"):
        prepared(["Y"] * 30)


def test_classes_that_differ_in_capitals_are_said_and_kept():
    labels = ["Yes"] * 20 + ["yes"] * 10 + ["no"] * 50 + ["NO"] * 5 + ["maybe"] * 9
    dataset = prepared(labels)
    assert len(dataset.info.classes) == 5
    (one,) = said(dataset, "IMB027")
    assert "'Yes', 'yes'" in one.message
    assert "'no', 'NO'" in one.message
    assert "maybe" not in one.message
    assert said(prepared(labels, positive="Yes"), "IMB027")
    assert said(prepared(["Yes"] * 9 + ["yes"] * 9), "IMB027")
    assert not said(prepared(["Yes"] * 9 + ["no"] * 9), "IMB027")


def test_a_run_of_such_classes_is_told_why_there_are_so_many():
    frame = make_table().assign(sick=["Yes", "yes", "no"] * 200)
    table = Table(frame=frame, name="t.csv", reader=Reader(format="text"))
    with pytest.raises(
        TargetError, match="differ only in upper and lower case: 'Yes', 'yes'"
    ):
        prepare(table, DataSpec(source="t.csv", target="sick"))


def test_of_classes_with_as_many_rows_none_is_called_the_rarer():
    (one,) = said(prepared(["a", "b"] * 20), "IMB008")
    assert one.message == (
        "'b' is used as the positive class, and the other has as many rows"
    )
    (one,) = said(prepared(["a", "b", "a"] * 20), "IMB008")
    assert one.message == "'b' is used as the positive class, the rarer one"


@for_each("given", [{"target": "z"}, {"positive": "c"}])
def test_what_is_not_there_is_a_choice_that_cannot_be(given):
    with pytest.raises(ChoiceError, match="no c"):
        prepared(["a", "b"] * 20, **given)


# --- the target that nobody named -----------------------------------------------------

ROWS = 400


def flags(share, *, words=(0, 1), every=1):
    """Return a column of two values, of which the second has that share."""
    count = round(share * ROWS)
    return [words[n in range(0, count * every, every)] for n in range(ROWS)]


def guessed(columns, file="t.csv", **given):
    frame = pd.DataFrame(columns)
    table = Table(frame=frame, name=file, reader=Reader(format="text"), **given)
    return prepare(table, DataSpec(source=file), multiclass=True)


NUMBER = np.arange(ROWS) % 90 + 0.5
CLAIMS = {
    "Month": ["Jan", "Feb", "Mar", "Apr"] * 100,
    "Sex": flags(0.16, words=("Male", "Female")),
    "Fault": flags(0.27, words=("Operating point Holder", "Third Party")),
    "FraudFound_P": flags(0.06),
    "PoliceReportFiled": flags(0.03, words=("No", "Yes")),
    "AgentType": flags(0.02, words=("External", "Internal")),
    "BasePolicy": ["Collision", "Liability", "All Perils", "Collision"] * 100,
}
MACHINES = {
    "UDI": np.arange(ROWS),
    "Torque [Nm]": NUMBER,
    "Machine failure": flags(0.04),
    "TWF": flags(0.005),
    "HDF": flags(0.012),
    "RNF": flags(0.01),
}
PATIENTS = {
    "age": NUMBER,
    "hypertension": flags(0.1),
    "heart_disease": flags(0.05),
    "ever_married": flags(0.35, words=("Yes", "No")),
    "stroke": flags(0.02),
}
SURVEY = {
    "HeartDisease": flags(0.09, words=("No", "Yes")),
    "BMI": NUMBER,
    "Stroke": flags(0.04, words=("No", "Yes")),
    "SkinCancer": flags(0.09, words=("No", "Yes")),
}
ATTRITED, ILL, DUE = "Attrition_Flag", "Diabetes_binary", "default next month"


@for_each(
    ("columns", "file", "target"),
    [
        (CLAIMS, "t.csv", "FraudFound_P"),
        (MACHINES, "t.csv", "Machine failure"),
        (PATIENTS, "t.csv", "stroke"),
        (SURVEY, "heart_2020.csv", "HeartDisease"),
        (
            {"class": ["a", "b", "c", "d"] * 100, "x": NUMBER, "z": flags(0.1)},
            "",
            "class",
        ),
        ({"y": NUMBER, "x": NUMBER, "bad": flags(0.1)}, "t.csv", "bad"),
        ({"x": NUMBER, "z": flags(0.3)}, "t.csv", "z"),
        ({"x": NUMBER, "target": flags(0.5), "pad": flags(0.5)}, "t.csv", "target"),
        ({"x": NUMBER, "Churn": flags(0.5)}, "t.csv", "Churn"),
        ({"previous_default": flags(0.2), "good_bad": flags(0.3)}, "", "good_bad"),
        ({"failed_logins_flag": flags(0.1), "attack": flags(0.04)}, "", "attack"),
        ({"purchase_before": flags(0.3), "Revenue": flags(0.15)}, "", "Revenue"),
        ({"clicked_email": flags(0.3), "x": NUMBER, "buyer": flags(0.1)}, "", "buyer"),
        ({"deadline_passed": flags(0.19), "x": NUMBER, "won": flags(0.1)}, "", "won"),
        ({"Attacked": flags(0.2), "x": NUMBER, "left": flags(0.2)}, "", "left"),
        ({"is_train": flags(0.8), "x": NUMBER, "bad": flags(0.05)}, "", "bad"),
        ({"isFraud": flags(0.01), "isFlaggedFraud": flags(0.01)}, "", "isFraud"),
        ({"x": NUMBER, "Attrition_Flag": flags(0.16), "z": NUMBER}, "", ATTRITED),
        ({"Diabetes_binary": flags(0.14), "Stroke": flags(0.04), "z": NUMBER}, "", ILL),
        ({"x": NUMBER, "pad": flags(0.3), "default next month": flags(0.22)}, "", DUE),
    ],
)
def test_the_target_is_guessed_by_all_the_evidence(columns, file, target):
    assert guessed(columns, file).info.target == target


def test_a_guess_says_why():
    (one,) = said(guessed(CLAIMS), "IMB007")
    assert one.message == (
        "no target given: 'FraudFound_P' is used (two values, 6 % of the rows "
        "are '1', its name says fraud)"
    )
    assert "such as" in one.fix
    assert "'PoliceReportFiled' ('Yes': 12)" in one.fix
    (one,) = said(guessed(PATIENTS, target="hypertension"), "IMB007")
    assert "(as the file says)" in one.message
    assert one.fix == "name another"


NAMED = [
    "y",
    "Class",
    "TARGET",
    "isFraud",
    "fraud_bool",
    "Bankrupt?",
    "HasDefaulted",
    "ChurnLabel",
    "Exited",
    "bad_loan_default",
    "ever_defaulted",
    "DEATH_EVENT",
    "target_class",
    "in_hospital_mortality",
    "SepsisOutcome",
    "spam",
    "machine_failure",
    "Is_Laundering",
    "fraud_reported",
    "hospital_expire_flag",
    "is_canceled",
    "claim_fault",
    "credit_risk",
    "RainTomorrow",
    "tumor",
    "readmitted_flag",
    "recurrence",
    "converted",
    "SeriousDlqin2yrs",
    "malware",
    "outlier",
]


@for_each(("name", "place"), [(name, place) for name in NAMED for place in (0, 2, 5)])
def test_a_name_that_says_so_is_found_wherever_it_stands(name, place):
    columns = {
        "age": NUMBER,
        "smoker": flags(0.18, words=("no", "yes")),
        "gender": flags(0.48, words="MF"),
        "partner": flags(0.4),
        "region": ["a", "b", "c", "d"] * 100,
    }
    items = [*columns.items()]
    items.insert(place, (name, flags(0.04)))
    found = candidates(pd.DataFrame(dict(items)))
    rivals = [one.weight for one in found if one.name != name]
    assert found[0].name == name
    # One that is in the middle and whose event is not its last word stays a refusal.
    assert found[0].weight > max(rivals)
    assert (found[0].rarest, found[0].rows) == ("1", 16)


@for_each(
    ("columns", "words"),
    [
        ({"x": NUMBER, "pad": flags(0.5)}, "too little evidence for 'pad' .two values"),
        ({"x": NUMBER, "sex": flags(0.5, words="MF")}, "too little evidence for 'sex'"),
        (
            {"x": NUMBER, "died": flags(0.1), "readmitted": flags(0.1), "z": NUMBER},
            "evidence is equal for 'died' .*'readmitted'",
        ),
        (
            {"x": NUMBER, "Stroke": flags(0.1), "SkinCancer": flags(0.1), "z": NUMBER},
            "evidence is equal for 'Stroke' .*'SkinCancer'",
        ),
        ({"x": NUMBER, "z": NUMBER}, "none can be guessed. Its columns are"),
        (
            {"default_language": flags(0.2), "x": NUMBER, "won": flags(0.1)},
            "evidence is not clear for 'default_language' .*'won'",
        ),
        (
            {"fraud_rules": flags(0.01), "x": NUMBER, "won": flags(0.1)},
            "evidence is not clear for 'fraud_rules' .*'won'",
        ),
        ({"imputed": flags(0.03), "x": NUMBER}, "for 'imputed' .*name says imputed"),
        ({"x": NUMBER, "missing_flag": flags(0.03)}, "too little.*says missing"),
        ({"x": NUMBER, "bonus_flag": flags(0.03)}, "too little.*name says flag"),
    ],
)
def test_a_tie_and_weak_evidence_are_no_guess(columns, words):
    with pytest.raises(TargetError, match=words):
        guessed(columns)
