"""The app: it puts the features together and shows them."""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "help": "Help manual offered",
        "start": "Start",
        "workbench": "WORKBENCH Workbench pane_types",
    },
)
