"""Export a run in the forms that users and their systems read.

`engine.core.exports` lists the forms, and holds the request and its result. A `Case`
(`case`) is a stored run opened for an export; each part is read when it is first used.
Each exporter is one module in here, or another package's: a function from a case to
`Parts`, files that are listed before they are made. `write` is the only place that puts
them on a disk, all of them or none.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "engine.core.exports": "Kind Parts Piece of_bytes of_text",
        "case": "Case open_case=case",
        "report": "page_html=html page_layout=layout",
        "script": "script_pieces=script",
        "write": "plan_export=plan write_export=write",
    },
)
