"""What commands do in their own process: use a name as an attribute to load it then.

``in_process.export(request, progress)`` loads pandas; importing this module does not.
"""

from typing import TYPE_CHECKING

from engine.core.lazy import public

if TYPE_CHECKING:
    from engine.bundle.scoring import predict as predict
    from engine.data.readers.open import spool as spool
    from engine.resample.balance import balance as balance
    from engine.service.handlers import answer as answer
    from engine.service.part_check import check_part as check_part
    from engine.train.leak import demonstrate as demonstrate
    from engine.validation.rows import validate as validate

__all__, __getattr__, __dir__ = public(
    "engine",
    {
        "bundle.archive": "bundle_read_spec=read_spec",
        "bundle.scoring": "predict",
        "service.handlers": "answer",
        "service.part_check": "check_part",
        "data.readers.open": "spool",
        "data.synthetic": "write_made=write",
        "export.write": "plan_export=plan export=write",
        "resample.balance": "balance",
        "train.leak": "demonstrate",
        "validation.rows": "validate",
    },
)
