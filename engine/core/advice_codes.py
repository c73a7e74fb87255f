"""Every code of advice: how much it matters, and why.

advice.md beside this module, of which docs/advice.md is a copy, says of each what it is
about, when it is given, why it matters and what does it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = Path(__file__).with_name("advice.md").read_text("utf-8")
_ENTRY: Final = re.compile(r"## IMB(\d+): .+\n\n.+\n\nWhy it matters: (.+)\.\n")
_WRONG: Final = (6, 12, 15, 19, 20, 21, 27, 29)
_LAST_RECORD: Final = 10


class AdviceCode(NamedTuple):
    """One kind of advice.

    `weight` is 1 for what can make a result wrong, 2 for what is worth knowing, 3
    for what was decided and is reported for the record.
    """

    weight: int
    cause: str


CODES: Final = {
    f"IMB{number}": AdviceCode(
        1 if int(number) in _WRONG else 3 if int(number) <= _LAST_RECORD else 2, cause
    )
    for number, cause in _ENTRY.findall(PAGE)
}
