"""Floats of a CSV file as they were written, with every pandas."""

import pandas as pd

OLD = tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1)
EXACT = {"float_precision": "round_trip"} if OLD else {}
"""For ``pandas.read_csv``, which rounded the last digit; 3.1 warns of the option."""
