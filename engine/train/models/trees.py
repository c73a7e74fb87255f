"""Models of trees as plain arrays: scored here, kept without pickle, checked when read.

Every tree lies level by level, so that the children of its split number k are its nodes
2 k + 1 and 2 k + 2. Arrays that say only which nodes split cannot hold a circle or lead
out of their tree. Thresholds are of 32 bits, rounded down: for rows of 32 bits,
``x <= threshold`` then stays what it was.

Sums run in the order of the library that fitted the trees, in 64 bits, so that scores
are the same to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.utils.extmath import softmax

from engine.train.models.onnx_graph import make_graph, make_raw
from engine.train.models.port import FittedModel, malformed, multiply_odds

if TYPE_CHECKING:
    import onnx

Link = Literal["share", "logit", "votes"]
MOST_NODES = 12_000_000
MOST_DEPTH = 1000
_LARGEST = 1e20
"""Of a leaf or a base: sums of them stay finite."""
_BLOCK = 4096
"""Rows that go down a tree together: what they need then stays in the cache."""
_Numbers: TypeAlias = npt.NDArray[np.float64]
_Places: TypeAlias = npt.NDArray[np.int64]
_Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class TreeModel(FittedModel):
    """A fitted model of trees.

    Its members are groups of trees. A member adds up what its trees say, begins with
    `base`, divides by its `norm`, and the link makes probabilities of that; those of
    all members are averaged. Raw scores are those of the positive class alone where
    there are two classes, else of each class.

    Attributes
    ----------
    link : {"share", "logit", "votes"}
        Raw scores are probabilities; their log odds (log probabilities of more than two
        classes); or the votes of an AdaBoost.
    width : int
        Columns of the rows that it takes.
    classes : int
    known : tuple of int
        Classes that had rows to learn from, in order. The others get no probability.
    base : numpy.ndarray of shape (n_raw,), dtype float64
    norms : numpy.ndarray of shape (n_members,), dtype float64
    members : numpy.ndarray of shape (n_members,), dtype int64
        Trees of each member.
    sizes : numpy.ndarray of shape (n_trees,), dtype int64
        Nodes of each tree.
    feature : numpy.ndarray of shape (n_nodes,), dtype int32
        Columns that are split; -1 at leaves.
    threshold : numpy.ndarray of shape (n_splits,), dtype float32
    missing_left : numpy.ndarray of shape (n_splits,), dtype bool
    value : numpy.ndarray of shape (n_leaves, n_raw), dtype float64
        What leaves add. By ``"logit"`` there is one column, and trees add to the raw
        scores in turn.
    odds : float, default=1
        What the odds of two classes are multiplied by in the end.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from engine.train.models.fitted_trees import of_forest
    >>> X = np.float32([[0, 1], [1, 1], [2, 1], [3, 1]])
    >>> forest = RandomForestClassifier(3, bootstrap=False).fit(X, [0, 0, 1, 1])
    >>> model = of_forest(forest, 2)
    >>> model.scores(X)
    array([0., 0., 1., 1.], dtype=float32)
    >>> TreeModel.load(model.dump(), width=2, classes=2).scores(X[2:])
    array([1., 1.], dtype=float32)
    """

    link: Link
    width: int
    classes: int
    known: tuple[int, ...]
    base: _Numbers
    norms: _Numbers
    members: _Places
    sizes: _Places
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    missing_left: _Flags
    value: _Numbers
    odds: float = 1.0

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, as the library that fitted the trees gives them.

        Parameters
        ----------
        X : numpy.ndarray of shape (n_rows, width), dtype float32

        Returns
        -------
        numpy.ndarray of shape (n_rows,) or (n_rows, classes), dtype float32
            Of the positive class; of more than two classes of each.
        """
        X = np.ascontiguousarray(X, dtype=np.float32)
        total = np.zeros((len(X), self.classes))
        ends = np.cumsum(self.members)
        for begin, end, norm in zip(ends - self.members, ends, self.norms, strict=True):
            raw = np.repeat(self.base[:, None], len(X), axis=1)
            for at in range(0, len(X), _BLOCK):
                self._add(range(begin, end), X[at : at + _BLOCK], raw[:, at:])
            raw /= norm
            total += probabilities(raw.T, self.link, self.known, self.classes)
        total /= len(self.members)
        if self.classes > 2:
            return total.astype(np.float32)
        found = total[:, 1]
        if self.odds != 1.0:
            found = multiply_odds(found, self.odds)
        return found.astype(np.float32)

    def with_odds(self, odds: float) -> TreeModel:
        """Return the same trees, with other odds."""
        return replace(self, odds=self.odds * odds)

    def _add(self, trees: range, X: np.ndarray, raw: _Numbers) -> None:
        """Add what trees say of a block of rows to their raw scores."""
        walk, cells = self._walk, X.ravel()
        first = np.arange(len(X)) * self.width
        gaps = np.isnan(X).any()
        for tree in trees:
            part = slice(walk.starts[tree], walk.starts[tree] + self.sizes[tree])
            feature, threshold = walk.feature[part], walk.threshold[part]
            left, missing_right = walk.left[part], walk.missing_right[part]
            node = np.zeros(len(X), dtype=np.int64)
            for _ in range(walk.depths[tree]):
                cell = cells.take(first + feature.take(node))
                right = cell > threshold.take(node)
                if gaps:
                    right |= np.isnan(cell) & missing_right.take(node)
                node = left.take(node)
                node += right
            leaf = walk.leaf[part].take(node)
            columns = walk.columns[tree % len(walk.columns)]
            for column, value in zip(columns, self.value.T, strict=True):
                raw[column, : len(X)] += value.take(leaf)

    def onnx(self) -> onnx.ModelProto | None:
        """Return it as a graph of ONNX; None where a class had no rows."""
        if len(self.known) < self.classes:
            return None
        scale = 1 / self.norms
        if self.link == "votes":
            scale = 2 * scale if self.classes == 2 else scale / (self.classes - 1)
        ends = np.cumsum(self.members)
        starts = ends - self.members
        raws = [
            make_raw("TreeEnsembleRegressor", k, **self._nodes(begin, end, part))
            for k, (begin, end, part) in enumerate(
                zip(starts, ends, scale, strict=True)
            )
        ]
        link: Literal["identity", "logit"] = "logit"
        if self.link == "share":
            link = "identity"
        return make_graph(
            raws, width=self.width, classes=self.classes, link=link, odds=self.odds
        )

    def _nodes(self, begin: int, end: int, scale: float) -> dict[str, Any]:
        """Return the attributes of a member's trees in ONNX."""
        walk, owner = self._walk, np.repeat(np.arange(len(self.sizes)), self.sizes)
        of = np.flatnonzero((owner >= begin) & (owner < end))
        inner, tree = self.feature[of] >= 0, owner[of]
        node = of - walk.starts[tree]
        leaves = np.flatnonzero(~inner)
        columns = np.array(walk.columns)[tree[leaves] % len(walk.columns)]
        weights = self.value[walk.leaf[of[leaves]]] * scale
        each = columns.shape[1]
        return {
            "n_targets": len(self.base),
            "base_values": self.base * scale,
            "nodes_treeids": tree,
            "nodes_nodeids": node,
            "nodes_featureids": walk.feature[of],
            "nodes_modes": np.where(inner, "BRANCH_LEQ", "LEAF").tolist(),
            "nodes_values": np.where(inner, walk.threshold[of], 0.0),
            "nodes_truenodeids": np.where(inner, walk.left[of], 0),
            "nodes_falsenodeids": np.where(inner, walk.left[of] + 1, 0),
            "nodes_missing_value_tracks_true": (inner & ~walk.missing_right[of]) + 0,
            "target_treeids": np.repeat(tree[leaves], each),
            "target_nodeids": np.repeat(node[leaves], each),
            "target_ids": columns.ravel(),
            "target_weights": weights.ravel(),
        }

    @property
    def trees(self) -> int:
        """How many trees one score takes."""
        return len(self.sizes)

    @cached_property
    def _walk(self) -> _Walk:
        """What the way down needs of each node; a leaf leads to itself."""
        inner = self.feature >= 0
        splits: _Places = np.cumsum(inner) - inner
        starts = np.cumsum(self.sizes) - self.sizes
        tree = np.repeat(starts, self.sizes)
        node = np.arange(len(inner))
        left = np.where(inner, 2 * (splits - splits[tree]) + 1, node - tree)
        threshold = np.full(len(inner), np.inf, dtype=np.float32)
        threshold[inner] = self.threshold
        missing_right = np.zeros(len(inner), dtype=bool)
        missing_right[inner] = ~self.missing_left
        columns = [list(range(len(self.base)))]
        if self.link == "logit":
            columns = [[column] for column in logit_columns(self.known, self.classes)]
        return _Walk(
            starts,
            _depths(self.sizes, inner),
            np.where(inner, self.feature, 0).astype(np.int64),
            threshold,
            left,
            missing_right,
            node - splits,
            columns,
        )

    def dump(self) -> bytes:
        """Return the model as bytes: a line of JSON, then its arrays, little-endian."""
        head = _Head(
            self.link,
            self.width,
            self.classes,
            self.known,
            len(self.members),
            len(self.sizes),
            len(self.feature),
            self.odds,
        )
        line = msgspec.json.encode(head)
        line += b" " * (-(len(line) + 1) % 8) + b"\n"  # numbers of 8 bytes lie in line
        held = (getattr(self, name) for name, _, _ in _layout(head))
        kinds = (kind for _, kind, _ in _layout(head))
        parts = (a.astype(kind).tobytes() for a, kind in zip(held, kinds, strict=True))
        return b"".join((line, *parts))

    @classmethod
    def load(cls, raw: bytes, width: int, classes: int) -> TreeModel:
        """Return a model that was dumped, once all of it is checked.

        Parameters
        ----------
        raw : bytes
        width : int
            Columns that it must take.
        classes : int
            How many it must tell apart.

        Raises
        ------
        DataError
            If it is no such model.

        Examples
        --------
        >>> TreeModel.load(b"{}", 3, 2)
        Traceback (most recent call last):
        ...
        engine.core.errors.DataError: the file holds no sound tree model: it has no first line. Export it again
        """  # noqa: E501
        end = raw.find(b"\n", 0, _LONGEST_LINE) + 1
        _require(end > 0, "it has no first line")
        try:
            head = msgspec.json.decode(raw[:end], type=_Head)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            _require(False, "its first line is not that of this version")
        _require(head.width == width, "it takes other columns than the encoding makes")
        _require(head.classes == classes, "it has other classes")
        layout = _layout(head)
        held = sum(np.dtype(kind).itemsize * math.prod(n) for _, kind, n in layout)
        _require(len(raw) - end == held, "it is of another length than it says")
        arrays = {}
        for name, kind, shape in layout:
            found = np.frombuffer(raw, kind, math.prod(shape), end)
            arrays[name], end = found.reshape(shape), end + found.nbytes
        flags = arrays["missing_left"]
        _require((flags <= 1).all(), "a split has no side for missing values")
        arrays["missing_left"] = flags.astype(bool)
        _require(0 < head.odds < _LARGEST, "its odds are none")
        model = cls(head.link, width, classes, head.known, **arrays, odds=head.odds)
        _check(model)
        return model


class _Walk(NamedTuple):
    """Places within a tree, of all trees; leaves of the whole model."""

    starts: _Places
    depths: _Places
    feature: _Places
    threshold: npt.NDArray[np.float32]
    left: _Places
    missing_right: _Flags
    leaf: _Places
    columns: list[list[int]]


def probabilities(
    raw: _Numbers, link: Link, known: Sequence[int], classes: int
) -> _Numbers:
    """Return probabilities of raw scores, as scikit-learn makes them.

    Parameters
    ----------
    raw : numpy.ndarray of shape (n_rows, n_raw), dtype float64
        One column of two classes, else one a class.
    link : {"share", "logit", "votes"}
    known : sequence of int
        Classes that there are raw scores of.
    classes : int

    Returns
    -------
    numpy.ndarray of shape (n_rows, classes), dtype float64

    Examples
    --------
    >>> probabilities(np.array([[0.0], [2.0]]), "logit", (0, 1), 2).round(3)
    array([[0.5  , 0.5  ],
           [0.119, 0.881]])
    """
    found = np.zeros((len(raw), classes), order="F")
    known = list(known)
    if link == "share":
        found[:, -raw.shape[1] :] = raw
        if classes == 2:
            found[:, 0] = 1 - found[:, 1]
        return found
    # Of two classes scikit-learn knows one number: how far the second is ahead.
    second = raw[:, -1] if classes == 2 else raw[:, known[-1]]
    if link == "votes":
        if len(known) == 2:
            lead = second if classes == 2 else (second - raw[:, known[0]]) / 2
            mine = np.asfortranarray(np.column_stack([-lead, lead]))
        else:
            mine = np.asfortranarray(raw[:, known]) / max(1, len(known) - 1)
        found[:, known] = softmax(mine, copy=False)
    elif len(known) == 2:
        found[:, known[1]] = expit(second)
        found[:, known[0]] = 1 - found[:, known[1]]
    else:
        found[:, known] = softmax(np.asfortranarray(raw[:, known]))
    return found


def logit_columns(known: Sequence[int], classes: int) -> list[int]:
    """Return the raw scores that trees of log odds add to: one of two classes."""
    if classes == 2:
        return [0]
    return list(known if len(known) > 2 else known[-1:])


# The file -----------------------------------------------------------------------------

_LONGEST_LINE = 100_000


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    link: Link
    width: int
    classes: int
    known: tuple[int, ...]
    members: int
    trees: int
    nodes: int
    odds: float = 1.0
    format: Literal["imbtui-trees"] = "imbtui-trees"
    version: Literal[1] = 1


def _layout(head: _Head) -> list[tuple[str, str, tuple[int, ...]]]:
    """Return each array of a file: its name, its type, its shape."""
    raw = 1 if head.classes == 2 else head.classes
    counts = (head.members, head.trees, head.nodes)
    _require(1 <= head.members <= head.trees <= head.nodes, "its counts disagree")
    _require(head.nodes <= MOST_NODES, f"it has more than {MOST_NODES:,} nodes")
    # Each split of a tree makes one leaf more.
    leaves, odd = divmod(head.nodes + head.trees, 2)
    _require(not odd, "its counts disagree")
    return [
        ("base", "<f8", (raw,)),
        ("norms", "<f8", (counts[0],)),
        ("members", "<i8", (counts[0],)),
        ("sizes", "<i8", (counts[1],)),
        ("value", "<f8", (leaves, 1 if head.link == "logit" else raw)),
        ("feature", "<i4", (counts[2],)),
        ("threshold", "<f4", (counts[2] - leaves,)),
        ("missing_left", "<u1", (counts[2] - leaves,)),
    ]


def _check(model: TreeModel) -> None:
    """Refuse what could not be scored, or would give no probabilities."""
    known, whole = model.known, tuple(range(model.classes))
    fine = known == whole or (len(whole) > 2 and 0 < len(known) < len(whole))
    fine = fine and sorted({*known} & {*whole}) == [*known]
    _require(fine, "it knows other classes")
    for parts, count in (
        (model.members, len(model.sizes)),
        (model.sizes, len(model.feature)),
    ):
        fits = (parts >= 1).all() and (parts <= count).all() and parts.sum() == count
        _require(fits, "its counts disagree")
    feature = model.feature
    fits = (feature >= -1).all() and (feature < model.width).all()
    _require(fits, "a tree asks for a column that there is not")
    inner = feature >= 0
    fits = np.count_nonzero(inner) == len(model.threshold)
    _require(fits, "its counts disagree")
    _require(not np.isnan(model.threshold).any(), "a threshold is no number")
    _depths(model.sizes, inner)
    for numbers in (model.base, model.value):
        _require((np.abs(numbers) <= _LARGEST).all(), "a leaf is too large")
    norms, wanted = model.norms, np.ones(len(model.norms))
    if model.link == "share":
        shares = (model.value >= 0).all() and (model.value < 1 + 1e-9).all()
        _require(shares and not model.base.any(), "a leaf holds no share of rows")
        wanted = model.members.astype(np.float64)
    elif model.link == "votes":
        wanted = norms
    fits = (norms == wanted).all() and ((norms > 1e-20) & (norms < _LARGEST)).all()
    _require(fits, "its trees weigh nothing")


def _depths(sizes: _Places, inner: _Flags) -> _Places:
    """Return the splits on the longest way down each tree.

    Raises
    ------
    DataError
        If a tree has not as many nodes as its splits have children, or is too deep.
    """
    before = np.concatenate([[0], np.cumsum(inner)])
    starts = np.cumsum(sizes) - sizes
    reached, depths = np.ones_like(sizes), np.zeros_like(sizes)
    going = np.arange(len(sizes))
    while len(going):
        begin = starts[going]
        further = 1 + 2 * (before[begin + reached[going]] - before[begin])
        _require((further <= sizes[going]).all(), "a branch leads to no node")
        deeper = further > reached[going]
        reached[going] = further
        going = going[deeper]
        depths[going] += 1
        longer = f"a branch is longer than {MOST_DEPTH:,} splits"
        _require((depths[going] <= MOST_DEPTH).all(), longer)
    _require((reached == sizes).all(), "a tree has nodes to which no branch leads")
    return depths


def _require(holds: bool | np.bool_, what: str) -> None:
    """Refuse a model, saying what is wrong, unless something holds."""
    if not holds:
        raise malformed("tree", what)
