"""Values and vocabulary, which every front end may read: light."""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "execution": "EXECUTORS Place check_executor=check",
        "views.profile": "of_table",
        "result": "Result build_result=build",
    },
)
