"""The child processes that work for a front end, and the light side that asks them."""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "client": "* Child LONG Service",
        "client.in_process": "*",
        "client.runs": "*",
        "handlers": "* ExplainHandler",
        "tables": "preview_file answer_suite",
        "protocol": "*",
        "request_handler": "RequestHandler",
        "run_process": "* Lease execute",
    },
)
