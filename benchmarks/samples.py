"""Generates the sample tables that nobody measured: stroke, moons and blobs.

``python benchmarks/samples.py OUTDIR`` writes the three of them, as they lie in
``sample_data/`` (``make samples``).

Stroke is a table of strokes that nobody had. Only uniform draws and the normal
quantile function are used for it, so that it does not hang on how a NumPy release draws
from one distribution or the other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit, ndtr, ndtri

from engine.core.errors import UsageError
from engine.data import synthetic
from engine.io.catalogue import compressed, to_csv
from engine.io.files import put_all
from engine.io.make_spec import parse

__all__ = ["POINTS", "main", "stroke"]

POINTS = {
    "moons": "make:moons?rows=2750&ratio=10&noise=0.5",
    "blobs": "make:blobs?rows=300&ratio=5&noise=3",
}
"""The article's tables; it gives `make_imbalance` no seed, and we do."""

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

# --- aggregates of the table that `stroke` mimics ------------------------------------
# Rounded to what a bar chart shows. No value below belongs to any one person.

_ROWS = 43_400
_POSITIVE = 783
_OTHER_GENDER = 11
_HIGHEST_ID = 72_943
# Of 783 positives: BMI unknown for 140, smoking status for 145, both for 50.
_BMI_MISSING, _BMI_MISSING_POSITIVE = 1_462, 140
_SMOKING_MISSING, _SMOKING_MISSING_POSITIVE = 13_292, 145
_BOTH_MISSING_POSITIVE = 50


def _curve(points: str) -> tuple[_Floats, _Floats]:
    """Read "at: value" points; straight lines run between them."""
    pairs = np.asarray([point.split(":") for point in points.split()], dtype=float)
    return pairs[:, 0], pairs[:, 1]


# From this age on, so many rows per thousand; 78 and 79 are crowded there, too.
_AGES = _curve(
    "0:26 2:29 5:44 10:44 15:54 20:59 25:61 30:62 35:64 40:69 45:76 50:81 55:75 "
    "60:68 65:56 70:45 75:24 78:30 80:33 83:0"
)
# At this age, such a share of the rows, or such a value.
_FEMALE = _curve("10:.48 15:.52 18:.60 22:.66 27:.69 45:.61 72:.56 82:.61")
_MARRIED = _curve(
    "16:0 18:.01 20:.09 23:.18 26:.40 30:.60 35:.76 42:.86 50:.92 62:.945 72:.945 "
    "82:.87"
)
_HYPERTENSION = _curve(
    "5:0 17:.003 27:.014 32:.034 42:.074 52:.121 62:.180 72:.208 82:.248"
)
_HEART_DISEASE = _curve(
    "20:.0004 32:.003 38:.006 47:.026 57:.060 67:.122 77:.178 82:.215"
)
_HIGH_GLUCOSE = _curve("8:.028 22:.036 32:.066 42:.096 52:.149 62:.235 67:.263 82:.260")
_BMI_MEDIAN = _curve(
    "1:17.8 7:17.9 9:18.8 12:21.6 16:24.2 22:26 28:27.7 37:29.5 48:30.2 62:30.2 "
    "72:29.2 82:27"
)
_BMI_SPREAD = _curve("1:.153 4:.156 10:.225 35:.237 60:.210 82:.193")
_BMI_SKEW = _curve("1:.02 6:.14 20:.10 40:.07 80:.02")
_BMI_UNKNOWN = _curve("1:.027 5:.010 15:.014 25:.018 45:.028 62:.050 72:.066 82:.030")
_FORMER = _curve("11:.14 22:.14 42:.19 52:.25 62:.32 68:.37 78:.395 82:.38")
_SMOKES = _curve(
    "11:.01 15:.05 18:.14 22:.23 27:.28 35:.26 50:.27 62:.205 72:.18 82:.10"
)
_SMOKING_UNKNOWN = _curve(
    "10:.75 12:.64 14:.56 16:.47 18:.38 20:.25 25:.20 40:.195 60:.185 82:.20"
)
_CHILD = _curve("12:1 13:.755 14:.58 15:.42 16:.15 17:0")
# Of those who are no longer children; the rest works for a user.
_NEVER_WORKED = _curve("13:.13 14:.15 16:.085 18:.045 20:.015 25:.001")
_GOVERNMENT = _curve(
    "13:.02 18:.06 23:.095 32:.137 47:.207 57:.185 67:.15 77:.10 82:.05"
)
_SELF_EMPLOYED = _curve(
    "13:.12 15:.07 18:.04 23:.035 32:.09 42:.13 57:.185 62:.23 72:.37 82:.43"
)

# Quantiles of glucose below 150 at any age, and above it for young and for old.
_NORMAL = _curve(
    "0:55 .05:60.4 .1:65.3 .25:75.5 .5:87.8 .75:102.2 .9:117 .95:127.5 1:150"
)
_HIGH_YOUNG = _curve("0:150 .1:153 .25:158 .5:170 .75:193 .9:213 .99:242 1:258")
_HIGH_OLD = _curve("0:150 .1:173 .25:191 .5:207.5 .75:223 .9:237 .99:260.5 1:288")

# How BMI, hypertension, heart disease and glucose go together at a given age.
_TRAITS = (
    (1, 0.22, 0.03, 0.32),
    (0.22, 1, 0.15, 0.26),
    (0.03, 0.15, 1, 0.28),
    (0.32, 0.26, 0.28, 1),
)

# Log-odds of a stroke: ten years, 50 mg/dL, and the rest as yes or no.
_RISK_AGE, _RISK_GLUCOSE = 0.72, 0.2
_RISK_HYPERTENSION, _RISK_HEART, _RISK_SMOKES, _RISK_MALE = 0.32, 0.63, 0.2, 0.08


def _at(curve: tuple[_Floats, _Floats], where: _Floats) -> _Floats:
    """Read a curve at each place."""
    return np.asarray(np.interp(where, *curve), dtype=np.float64)


def _most(log_odds: _Floats, count: int, draw: _Floats) -> _Bools:
    """Mark exactly `count` rows, those with higher log-odds more often."""
    chosen = np.zeros(len(log_odds), dtype=np.bool_)
    order = np.argsort(-(log_odds + logit(draw)), kind="stable")
    chosen[order[:count]] = True
    return chosen


def _ages(draw: _Floats) -> _Floats:
    """Whole years; below two, years and months at 0.08 each as in the table."""
    starts, shares = _AGES
    up_to = np.concatenate([[0.0], np.cumsum(shares[:-1])])
    exact = np.interp(draw, up_to / up_to[-1], starts)
    months = np.clip(np.floor(exact * 12), 1, 23)
    small = np.round(months // 12 + 0.08 * (months % 12), 2)
    return np.where(exact < 2, small, np.floor(exact))


def _traits(age: _Floats, male: _Bools, draw: _Floats) -> tuple[_Floats, ...]:
    """BMI, hypertension, heart disease and glucose, linked by a Gaussian copula."""
    z = np.linalg.cholesky(np.asarray(_TRAITS)) @ ndtri(draw)
    bent = z[0] + _at(_BMI_SKEW, age) * z[0] ** 2
    bmi = _at(_BMI_MEDIAN, age) * np.exp(_at(_BMI_SPREAD, age) * bent)
    hypertension = ndtr(-z[1]) < _at(_HYPERTENSION, age)
    by_sex = np.where(male, 1.46, 0.69)
    heart = ndtr(-z[2]) < by_sex * _at(_HEART_DISEASE, age)
    rank, high = ndtr(-z[3]), _at(_HIGH_GLUCOSE, age)
    old = np.clip((age - 10) / 40, 0, 1)
    above = 1 - np.minimum(rank / high, 1)
    upper = (1 - old) * _at(_HIGH_YOUNG, above) + old * _at(_HIGH_OLD, above)
    below = 1 - np.clip((rank - high) / (1 - high), 0, 1)
    glucose = np.where(rank < high, upper, _at(_NORMAL, below))
    return np.clip(bmi, 10.1, 97.6), hypertension, heart, glucose


def _work(age: _Floats, draw: _Floats) -> npt.NDArray[np.str_]:
    child = _at(_CHILD, age)
    kinds = ("children", "Never_worked", "Govt_job", "Self-employed")
    curves = (_NEVER_WORKED, _GOVERNMENT, _SELF_EMPLOYED)
    shares = [child] + [(1 - child) * _at(curve, age) for curve in curves]
    up_to = np.cumsum(shares, axis=0)
    return np.select([draw < edge for edge in up_to], kinds, "Private")


def _smoking(age: _Floats, male: _Bools, draw: _Floats) -> npt.NDArray[np.str_]:
    smokes = _at(_SMOKES, age) * np.where(male, 1.18, 0.88)
    former = _at(_FORMER, age) * np.where(male, 1.22, 0.87)
    lit = [(age >= 10) & (draw < smokes), (age >= 10) & (draw < smokes + former)]
    return np.select(lit, ["smokes", "formerly smoked"], "never smoked")


def stroke(n_rows: int = _ROWS, seed: int = 2018) -> pd.DataFrame:
    """Generate a table of strokes in the shape of the article's.

    Nobody in it exists. The columns, levels, missing cells and difficulty mimic the
    public stroke table of 43,400 rows that the article trains on and whose licence
    is unclear: rows, positives and missing cells in the same numbers; ages, BMI
    and glucose of the same form; marriage, work, smoking, hypertension and heart
    disease depending on age the same way; risk that rises with age above all, then
    with heart disease, hypertension and glucose. It is drawn from rounded aggregates
    of that table, never from its rows.

    Missing cells say something, as they do there: BMI is unknown for 140 of the
    783 positives but for 3 % of the others, smoking status for every child below
    ten and for a fifth of the adults. Split as the article's numbers suggest, 80/20
    with seed 42 and unstratified, the default table has 161 positives to test on:
    the order of the draws was chosen for that.

    Parameters
    ----------
    n_rows : int, default=43_400
        Number of rows, at least 100. Positives and missing cells keep their shares.
    seed : int, default=2018
        The same seed gives the same table.

    Returns
    -------
    pandas.DataFrame
        Twelve columns; ``stroke`` is the target and 1 its positive class.

    Raises
    ------
    UsageError
        If `n_rows` is below 100.

    Examples
    --------
    >>> table = stroke(n_rows=2_000)
    >>> table.shape
    (2000, 12)
    >>> int(table["stroke"].sum())
    36
    """
    if n_rows < 100:
        message = f"n_rows must be at least 100, got {n_rows}"
        raise UsageError(message, "ask for more rows; at 100 two are positive")
    rng = np.random.default_rng(seed)

    def share(count: int) -> int:
        return round(n_rows * count / _ROWS)

    def draw() -> _Floats:
        # Neither 0 nor 1, where a quantile would be infinite.
        return np.clip(rng.random(n_rows), 1e-12, 1 - 1e-12)

    span = share(_HIGHEST_ID)
    ids = np.argsort(rng.random(span), kind="stable")[:n_rows] + 1
    age = _ages(draw())
    female = draw() < _at(_FEMALE, age)
    other = _most(np.zeros(n_rows), share(_OTHER_GENDER), draw())
    male = ~female & ~other
    married = draw() < _at(_MARRIED, age)
    work = _work(age, draw())
    smoking = _smoking(age, male, draw())
    uniforms = np.stack([draw() for _ in _TRAITS])
    bmi, hypertension, heart, glucose = _traits(age, male, uniforms)
    urban = draw() < 0.501

    risk = (
        _RISK_AGE * age / 10
        + _RISK_GLUCOSE * glucose / 50
        + _RISK_HYPERTENSION * hypertension
        + _RISK_HEART * heart
        + _RISK_SMOKES * (smoking == "smokes")
        + _RISK_MALE * male
    )
    positive = _most(risk, share(_POSITIVE), draw())
    table = pd.DataFrame(
        {
            "id": ids,
            "gender": np.select([other, female], ["Other", "Female"], "Male"),
            "age": age,
            "hypertension": hypertension.astype(np.int64),
            "heart_disease": heart.astype(np.int64),
            "ever_married": np.where(married, "Yes", "No"),
            "work_type": work,
            "Residence_type": np.where(urban, "Urban", "Rural"),
            "avg_glucose_level": np.round(glucose, 2),
            "bmi": np.round(bmi, 1),
            "smoking_status": smoking,
            "stroke": positive.astype(np.int64),
        }
    )
    return _with_gaps(table, share, draw)


def _with_gaps(
    table: pd.DataFrame, share: Callable[[int], int], draw: Callable[[], _Floats]
) -> pd.DataFrame:
    """Empty the cells that are missing.

    They are chosen among the positives and among the rest on their own, since the
    numbers of both are known.
    """
    positive = table["stroke"].to_numpy() == 1
    age = table["age"].to_numpy(dtype=np.float64)
    hypertension = table["hypertension"].to_numpy(dtype=np.float64)
    high = (table["avg_glucose_level"] > 150).to_numpy(dtype=np.float64)
    heart = table["heart_disease"].to_numpy(dtype=np.float64)

    def among(rows: _Bools, odds: _Floats, count: int) -> _Bools:
        return _most(np.where(rows, odds, -np.inf), count, draw())

    sick = share(_BMI_MISSING_POSITIVE)
    odds = logit(_at(_BMI_UNKNOWN, age)) + 0.5 * high + 0.7 * hypertension + 0.7 * heart
    no_bmi = among(positive, np.zeros(len(age)), sick)
    no_bmi |= among(~positive, odds, share(_BMI_MISSING) - sick)

    sick, both = share(_SMOKING_MISSING_POSITIVE), share(_BOTH_MISSING_POSITIVE)
    odds = logit(np.where(age < 10, 1, _at(_SMOKING_UNKNOWN, age)))
    odds += -0.27 * high - 0.5 * hypertension + 0.25 * no_bmi
    no_smoking = among(positive & no_bmi, odds, both)
    no_smoking |= among(positive & ~no_bmi, odds, sick - both)
    no_smoking |= among(~positive, odds, share(_SMOKING_MISSING) - sick)
    return table.assign(
        bmi=table["bmi"].mask(no_bmi),
        smoking_status=table["smoking_status"].mask(no_smoking),
    )


def main(arguments: Sequence[str]) -> int:
    """Write the generated samples into the folder that is named."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python benchmarks/samples.py OUTDIR\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    files = [(folder / "stroke.csv.gz", compressed(to_csv(stroke())))]
    files += [
        (folder / f"{name}.csv", to_csv(synthetic.frame(parse(source))))
        for name, source in POINTS.items()
    ]
    put_all(files, overwrite=True)  # they go into the package
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
