"""From bytes to a table whose columns have kinds and roles.

`load` reads a file, `profile` finds the kind of each column, `roles` decides what it
is for and finds target and positive class, `synthetic` generates tables and
`catalogue` lists the samples.
"""

from engine._public import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "catalogue": "* SAMPLES",
        "request_handler": "RequestHandler",
        "table_handler": "answer_suite",
        "handlers": "ExplainHandler",
        "load": "Table fingerprint load_data load_table=load",
        "make_spec": "KINDS Make is_made make_table=make parse_made=parse",
        "synthetic": "write_made=write",
        "profile": "*",
        "roles": "prepare_dataset=prepare",
    },
)
