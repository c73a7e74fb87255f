"""The child processes that work for a front end, and the light side that asks them."""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "client": "* Child Service",
        "client.in_process": "*",
        "client.runs": "*",
        "handlers": "* ExplainHandler",
        "previews": "preview_file",
        "tables": "answer_suite",
        "protocol": "*",
        "request_handler": "RequestHandler",
        "run_process": "* Lease execute",
    },
)
