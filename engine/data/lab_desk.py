"""Answers what the app asks about remedies; a part of the desk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from engine.client import lab
from engine.errors import ArmError
from engine.resample import tuning

if TYPE_CHECKING:
    from engine.client.messages import Load
    from engine.data.load import Progress, Table
    from engine.resample.preview import Previewer
    from engine.spec import Arm


MOST_SECONDS = 600.0
"""An arm that takes longer is not tried on all rows: nothing else is answered then."""

Asked: TypeAlias = lab.Treat | lab.Judge | lab.Balance | lab.LeakDemo
Answer: TypeAlias = lab.TreatedRows | lab.Judged | lab.Balanced | lab.LeakShown


class LabDesk:
    """Answers about the loaded table; keeps its encoded rows and what became of them.

    They belong to one table under one set of choices: with others, all is made anew.
    """

    def __init__(self) -> None:
        self._table: Table | None = None
        self._choices = b""
        self._previewer: Previewer | None = None

    def answer(
        self, request: Asked, table: Table, choices: Load, tell: Progress
    ) -> Answer:
        """Return the answer.

        Parameters
        ----------
        request : Treat, Judge, Balance or LeakDemo
        table : Table
            The one that is loaded.
        choices : Load
            What was chosen about it.
        tell : callable
            Told where a long one is.

        Raises
        ------
        EngineError
            If it cannot be answered.
        """
        match request:
            case lab.Treat():
                return self._at(table, choices).preview(request)
            case lab.Judge():
                from engine.resample.bench import judge

                return judge(self._at(table, choices).bench, request)
        # What is muted changes no row; the arm is that which was seen.
        data = msgspec.structs.replace(choices.data, mute=())
        arm = tuning.settled(request.arm, tuning.first(request.arm))
        self._be_patient(arm, table, choices)
        if isinstance(request, lab.LeakDemo):
            from engine.resample.leak import demonstrate

            way, seed = choices.split, request.seed
            leak = demonstrate(
                data, arm, table=table, way=way, seed=seed, progress=tell
            )
            return msgspec.structs.replace(leak, id=request.id, arm=request.arm)
        from engine.resample.balance import balance

        found = balance(
            data,
            arm,
            Path(request.path),
            table=table,
            way=choices.split if request.split else None,
            seed=choices.seed,
            flag=request.flag,
            overwrite=request.overwrite,
            progress=tell,
        )
        return msgspec.structs.replace(found, id=request.id)

    def forget(self) -> None:
        """Keep nothing: another table needs the memory."""
        self._table = self._previewer = None

    def _at(self, table: Table, choices: Load) -> Previewer:
        """Return what treats the rows of a table, made anew if anything changed."""
        from engine.resample.bench import lay
        from engine.resample.preview import Previewer

        # What is muted changes what is said, and no row.
        plain = msgspec.structs.replace(choices, id=0, mute=())
        key = msgspec.json.encode(plain, order="deterministic")
        if self._previewer is None or self._table is not table or self._choices != key:
            self._previewer = None  # its memory is free while another is made
            self._previewer = Previewer(lay(table, choices))
            self._table, self._choices = table, key
        return self._previewer

    def _be_patient(self, arm: Arm, table: Table, choices: Load) -> None:
        """Refuse what would keep all other answers waiting for long.

        Raises
        ------
        ArmError
            If treating all rows may take longer than anybody waits for.
        """
        from engine.resample import cost

        seconds = self._at(table, choices).bench.seconds(arm)
        if seconds > MOST_SECONDS:
            raise ArmError(
                f"{arm.name} takes about {cost.spoken(seconds).lstrip('~ ')} on all "
                "training rows",
                "use a quicker arm, or the command line, which waits",
                code="too-slow",
            )
