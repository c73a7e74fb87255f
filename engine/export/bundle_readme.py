"""The letter that goes with a bundle: what it is, and how to use it without imbtui."""

from __future__ import annotations

import json

from engine.bundle.manifest import Manifest, Point

__all__ = ["readme"]


def readme(manifest: Manifest) -> str:
    """Return it as Markdown; what comes from data stands in JSON, and only there.

    Parameters
    ----------
    manifest : Manifest
    """
    about = {
        "run": manifest.run,
        "arm": manifest.arm,
        "dataset": manifest.dataset,
        "target": manifest.target.name,
        "classes": list(manifest.classes),
        "positive": manifest.positive,
        "policy": manifest.policy,
        "decides by": _point(manifest.point()),
        "columns": {one.name: one.kind for one in manifest.features},
    }
    told = json.dumps(about, indent=1)
    many = len(manifest.classes) > 2
    code = _BOOSTER
    if manifest.model == "ensemble":
        code = _ENSEMBLE + (_ENSEMBLE_MORE if many else _ENSEMBLE_TWO)
    code += _MORE if many else _TWO
    return f"""# A model of imbtui

{_fenced("json", told)}

`manifest.json` holds the columns, every policy with its threshold, the repair of the
scores, versions, and a SHA-256 of each file. Nothing in here is a pickle.
`training_rows.bin` holds a hash per training row, by which imbtui says which rows of a
table are equal to training rows; whoever has a row can look it up. It may be deleted.

## With imbtui

```
imbtui predict BUNDLE new.csv -o scores.csv
```

or in Python:

```
import engine, pandas
model = engine.load_bundle("BUNDLE")
model.predict_proba(pandas.read_csv("new.csv"))
```

## Without

{_fenced("python", _COMMON + code)}

Here cells are taken as pandas reads them, blank ones as missing: levels such as NA want
`keep_default_na=False, na_values=[""]`. imbtui itself reads cells as the training
table's were, refuses what does not fit, and says which levels and numbers are new.
"""


def _point(point: Point) -> object:
    return point.threshold if point.threshold is not None else dict(point.weights)


def _fenced(language: str, text: str) -> str:
    """Return a block of code whose fence is longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.strip()}\n{fence}"


_COMMON = '''
import json
import numpy as np
import pandas as pd

manifest = json.load(open("manifest.json"))
encoding = json.load(open("encoding.json"))


def encode(frame):
    """Return the columns that the model takes, in its order."""
    made, flags = [], []
    for one in encoding["numbers"]:
        cells = frame[one["name"]].replace(r"^\\s*$", np.nan, regex=True)
        x = cells.to_numpy(float, na_value=np.nan).clip(-1e30, 1e30)
        absent = np.isnan(x)
        if encoding["missing"] == "impute":
            x = np.where(absent, one["fill"], x)
        if one["scaled"]:
            x = ((x - one["mean"]) / one["spread"]).clip(-1e30, 1e30)
        made.append(x)
        if one["flagged"]:
            flags.append(absent)
    made += flags
    for one in encoding["categories"]:
        code = {level: k for k, level in enumerate(one["levels"], 1)}
        cells = frame[one["name"]]
        codes = np.where(cells.isna(), 0, cells.map(lambda v: code.get(str(v), -1)))
        made += [codes == kept for kept in one["kept"]]
        if one["rare"]:
            made.append(~np.isin(codes, one["kept"]))
    return np.column_stack(made).astype(np.float32)


rows = encode(pd.read_csv("new.csv"))
'''
_BOOSTER = """
import xgboost

booster = xgboost.Booster(model_file="model.json")
scores = booster.predict(xgboost.DMatrix(rows))
"""
_ENSEMBLE = """
import skops.io

untrusted = skops.io.get_untrusted_types(file="model.skops")
print(untrusted)  # look at them: imblearn's and scikit-learn's only
model = skops.io.load("model.skops", trusted=untrusted)
"""
_ENSEMBLE_TWO = """scores = model.predict_proba(rows)[:, 1].astype(np.float32)
"""
_ENSEMBLE_MORE = """scores = np.zeros((len(rows), len(manifest["classes"])), np.float32)
scores[:, model.classes_.astype(int)] = model.predict_proba(rows)
"""
_TWO = """
threshold = next(p["threshold"] for p in manifest["policies"]
                 if p["policy"] == manifest["policy"])
called = np.where(scores >= np.float64(threshold), *manifest["classes"][::-1])
"""
_MORE = """
weights = next(p["weights"] for p in manifest["policies"]
               if p["policy"] == manifest["policy"])
weights = np.array([weights[label] for label in manifest["classes"]])
called = np.array(manifest["classes"])[(scores.astype(float) * weights).argmax(axis=1)]
"""
