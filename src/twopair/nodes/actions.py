"""Everything a node can ask for; with `events.py` beside it, this is the architecture."""

from twopair.base.io import Bind, CloseStream, OpenStream, Send, Unbind
from twopair.base.report import Report
from twopair.core.locate import Resolve
from twopair.core.registration.kept import Forget, Keep
from twopair.core.sa.actions import InstallSas, RemoveSas
from twopair.nodes.cx import AskHss
from twopair.nodes.media import AnchorMedia, LetMediaGo
from twopair.nodes.policy import AskPolicy, EndPolicy

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
    | AnchorMedia
    | LetMediaGo
    | AskPolicy
    | EndPolicy
    | Report
)

__all__ = [
    "Action",
    "AnchorMedia",
    "AskHss",
    "AskPolicy",
    "Bind",
    "CloseStream",
    "EndPolicy",
    "Forget",
    "InstallSas",
    "Keep",
    "LetMediaGo",
    "OpenStream",
    "RemoveSas",
    "Report",
    "Resolve",
    "Send",
    "Unbind",
]
