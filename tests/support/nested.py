"""Nested cross-validation as a careful person writes it, with the libraries alone."""

import numpy as np
from imblearn.over_sampling import SMOTE
from scipy.stats import t
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

SETTING = {
    "learning_rate": 0.1,
    "max_depth": 6,
    "min_child_weight": 1.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "reg_lambda": 1.0,
    "reg_alpha": 0.001,
    "gamma": 0.0,
}
EVERY, PATIENCE = 10, 30


class Encoded:
    """Fitting rows scaled, flags as they are; synthetic rows could exist."""

    def __init__(self, X):
        self.flag = np.array([set(column) <= {0.0, 1.0} for column in X.T])
        # One value in every row is a whole number, not a flag.
        self.flag &= X.min(axis=0) != X.max(axis=0)
        self.whole = (X % 1 == 0).all(axis=0) & ~self.flag
        self.scaler = StandardScaler().fit(X)
        self.rows = self(X)

    def __call__(self, X):
        return np.where(self.flag, X, self.scaler.transform(X)).astype(np.float32)

    def smote(self, y, seed):
        rows, labels = SMOTE(random_state=seed).fit_resample(self.rows, y)
        made = rows[len(y) :]
        made = np.clip(made, self.rows.min(axis=0), self.rows.max(axis=0))
        made[:, self.flag] = np.rint(made[:, self.flag])
        back = made.astype(float) * self.scaler.scale_ + self.scaler.mean_
        made[:, self.whole] = self(np.rint(back))[:, self.whole]
        rows[len(y) :] = made
        return rows, labels


def model_of(method, X, y, rounds, seed):
    """Encode, treat, fit."""
    encoded = Encoded(X)
    rows, labels, weight = encoded.rows, y, 1.0
    if method == "smote":
        rows, labels = encoded.smote(y, seed)
    if method == "weights":
        weight = (y == 0).sum() / (y == 1).sum()
    model = XGBClassifier(
        n_estimators=rounds,
        n_jobs=1,
        random_state=seed,
        scale_pos_weight=weight,
        **SETTING,
    ).fit(rows, labels)
    return lambda new, end: model.predict_proba(encoded(new), iteration_range=(0, end))[
        :, 1
    ]


def least_cost(y, scores, fn, fp):
    """The highest threshold of least cost; no row positive is a choice."""
    best, found = fn * (y == 1).sum(), np.nextafter(scores.max(), np.float32(np.inf))
    for threshold in np.unique(scores)[::-1]:
        cost = price(y, scores >= threshold, fn, fp)
        if cost < best * (1 - 1e-12):
            best, found = cost, threshold
    return found


def price(y, predicted, fn, fp):
    return fn * (predicted[y == 1] == 0).sum() + fp * predicted[y == 0].sum()


def nested(X, y, methods, *, outer, inner, rounds, costs=None, confidence=0.8, seed=0):
    """Per outer fold: the method, its threshold, AP and cost on the outer test rows."""
    return [
        one_fold(
            X[a], y[a], X[b], y[b], methods, inner, rounds, costs, confidence, seed
        )
        for a, b in outer.split(X, y)
    ]


def one_fold(X, y, X_test, y_test, methods, inner, rounds, costs, confidence, seed):
    fn, fp = costs or ((y == 0).sum() / (y == 1).sum(), 1.0)
    cuts = list(StratifiedKFold(inner, shuffle=True, random_state=seed).split(X, y))
    ends = [*range(EVERY, rounds + 1, EVERY)]
    searched = {}
    for method in methods:
        scorers = [model_of(method, X[a], y[a], rounds, seed) for a, _ in cuts]
        best = None
        for end in ends:
            oof = np.empty(len(y), dtype=np.float32)
            for (_, b), scorer in zip(cuts, scorers, strict=True):
                oof[b] = scorer(X[b], end)
            mean = np.mean([average_precision_score(y[b], oof[b]) for _, b in cuts])
            if best is None or mean > best[0]:
                best = mean, end, oof
            elif end - best[1] >= PATIENCE:
                break
        _, end, oof = best
        spent = []
        for a, b in cuts:
            chosen = least_cost(y[a], oof[a], fn, fp)
            spent.append(1000 * price(y[b], oof[b] >= chosen, fn, fp) / len(b))
        ranked = [average_precision_score(y[b], oof[b]) for _, b in cuts]
        searched[method] = end, oof, np.array(spent), np.array(ranked)
    method = choose(searched, [len(a) / len(y) for a, _ in cuts], confidence)
    end, oof = searched[method][:2]
    threshold = least_cost(y, oof, fn, fp)
    scores = model_of(method, X, y, end, seed)(X_test, end)
    return {
        "method": method,
        "threshold": float(threshold),
        "average_precision": average_precision_score(y_test, scores),
        "cost": price(y_test, scores >= threshold, fn, fp) / len(y_test),
        "missed": int((scores < threshold)[y_test == 1].sum()),
        "scores": scores,
    }


def choose(searched, shares, confidence):
    """The methods that are better than the untreated rows; of those the cheapest."""
    share = np.mean(shares)
    base = searched["untreated"]

    def probability(differences):
        spread = differences.std(ddof=1)
        if spread == 0:
            return 0.5 if differences[0] == 0 else float(differences[0] > 0)
        scale = spread * np.sqrt(1 / len(differences) + (1 - share) / share)
        return t.cdf(differences.mean() / scale, len(differences) - 1)

    others = [name for name in searched if name != "untreated"]
    cheaper = [
        name
        for name in others
        if probability(base[2] - searched[name][2]) >= max(confidence, 0.5 + 1e-15)
    ]
    ranking = [
        name
        for name in others
        if probability(searched[name][3] - base[3]) >= max(confidence, 0.5 + 1e-15)
        and searched[name][2].mean() <= base[2].mean()
    ]
    found = cheaper or ranking or ["untreated"]
    return min(
        found, key=lambda name: (searched[name][2].mean(), -searched[name][3].mean())
    )
