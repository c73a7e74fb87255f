"""From bytes to a table whose columns have kinds and roles.

`load` reads a file, `profile` finds the kind of each column, `roles` decides what it
is for and finds target and positive class, `levels` groups rows by a column,
`synthetic` generates tables.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "array_cache": "ArrayCache",
        "load": "Table fingerprint load_data load_table=load",
        "synthetic": "write_made=write",
        "profile": "*",
        "roles": "prepare_dataset=prepare",
        "wording": "*",
    },
)
