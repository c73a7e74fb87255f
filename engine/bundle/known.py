"""Which rows of a new table are equal to training rows, by a hash per row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.bundle.archive import damaged_bundle
from engine.bundle.manifest import MOST_ROWS, ROWS, Manifest

_Flags = npt.NDArray[np.bool_]
_BYTES = 8


def hashes(X: np.ndarray, manifest: Manifest) -> npt.NDArray[np.uint64]:
    """Return a hash of each encoded row; rows that are equal to the model share it.

    Parameters
    ----------
    X : array of shape (n_rows, n_encoded), dtype float32
    manifest : Manifest
        Its run and arm are the salt, so that hashes of two bundles cannot be joined.

    Returns
    -------
    array of shape (n_rows,), dtype uint64
        The first 64 bits of BLAKE2b.
    """
    rows = np.where(np.isnan(X), np.float32(np.nan), X + np.float32(0))  # -0 is 0
    data = memoryview(np.ascontiguousarray(rows, dtype="<f4").tobytes())
    key = hashlib.sha256(f"{manifest.run}\n{manifest.arm}".encode()).digest()
    width = X.shape[1] * 4
    found = b"".join(
        hashlib.blake2b(data[at : at + width], digest_size=_BYTES, key=key).digest()
        for at in range(0, len(data), width)
    )
    return np.frombuffer(found, dtype="<u8")


def pack(X: np.ndarray, manifest: Manifest) -> tuple[bytes, int]:
    """Return the file of the training rows, and how many of them differ.

    Of more than `MOST_ROWS` those with the lowest hashes are kept. That is a sample of
    all possible rows, not of the training rows alone: whether a row with such a hash is
    equal to a training row stays exactly known.
    """
    found = np.unique(hashes(X, manifest))
    return found[:MOST_ROWS].astype("<u8").tobytes(), len(found)


@dataclass(frozen=True)
class Known:
    """The training rows of a model, as their hashes.

    Attributes
    ----------
    manifest : Manifest
    lowest : array of shape (n_hashes,), dtype uint64
        From the lowest on.
    limit : int
        Up to this hash it is known.
    """

    manifest: Manifest
    lowest: npt.NDArray[np.uint64]
    limit: int

    @classmethod
    def of(cls, manifest: Manifest, data: bytes | None) -> Known | None:
        """Return what a bundle's file holds; None where there is none.

        Raises
        ------
        DataError
            If it holds another number of rows than the manifest says.
        """
        if data is None or manifest.training is None:
            return None
        distinct = manifest.training.distinct
        if not len(data) == _BYTES * min(distinct, MOST_ROWS) > 0:
            raise damaged_bundle(
                f"{ROWS} does not hold as many rows as the manifest says"
            )
        lowest, whole = np.frombuffer(data, dtype="<u8"), distinct <= MOST_ROWS
        return cls(manifest, lowest, (1 << 64) - 1 if whole else int(lowest[-1]))

    def compare(self, X: np.ndarray) -> tuple[_Flags, _Flags]:
        """Return which rows are equal to training rows, and of which it is known."""
        found = hashes(X, self.manifest)
        place = np.searchsorted(self.lowest, found).clip(max=len(self.lowest) - 1)
        return self.lowest[place] == found, found <= np.uint64(self.limit)


def describe_known(equal: int, compared: int, rows: int) -> str:
    """Say how many rows are equal to training rows.

    Examples
    --------
    >>> describe_known(34_720, 43_400, 43_400)
    '34,720 of these 43,400 rows are equal to training rows of this model: figures on them flatter it'
    """  # noqa: E501
    of = f"these {rows:,} rows"
    if compared < rows:
        of = f"the {compared:,} rows that could be compared (of {rows:,})"
    verb = "is equal to a training row" if equal == 1 else "are equal to training rows"
    on = "a figure on it flatters" if equal == 1 else "figures on them flatter"
    return f"{equal:,} of {of} {verb} of this model: {on} it"
