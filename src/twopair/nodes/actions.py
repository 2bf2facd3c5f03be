"""Everything a node can ask for; with `events.py` beside it, this is the architecture."""

from twopair.base.io import Bind, CloseStream, OpenStream, Send, Unbind
from twopair.base.report import Report
from twopair.core.locate import Resolve
from twopair.core.registration.kept import Forget, Keep
from twopair.core.sa.actions import InstallSas, RemoveSas
from twopair.nodes.cx import AskHss

Action = (
    Send
    | OpenStream
    | CloseStream
    | Bind
    | Unbind
    | InstallSas
    | RemoveSas
    | Keep
    | Forget
    | Resolve
    | AskHss
    | Report
)

__all__ = [
    "Action",
    "AskHss",
    "Bind",
    "CloseStream",
    "Forget",
    "InstallSas",
    "Keep",
    "OpenStream",
    "RemoveSas",
    "Report",
    "Resolve",
    "Send",
    "Unbind",
]
