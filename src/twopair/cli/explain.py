"""`twopair explain`: why a UE is not registered, as a running P-CSCF knows it."""

import json
from typing import Annotated, Final

import typer

from twopair.cli.sas import Json, PcscfToml, SocketPath, console, socket_of
from twopair.live.admin import ask
from twopair.live.admin.shown_explain import shown

_NOT_REGISTERED: Final = 1
_NOTHING_KNOWN: Final = 2


def explain(
    who: Annotated[str, typer.Argument(metavar="WHO", help="IMPI, public identity or address of a UE.")],
    as_json: Json = False,
    socket: SocketPath = None,
    config: PcscfToml = None,
) -> None:
    """Say why a UE is not registered, what to do, and what proves it; ask a running P-CSCF.

    Exit codes: 0 registered, 1 not, 2 nothing is known of it, 3 no P-CSCF answers.
    """
    told = ask(socket_of(socket, config), "explain", who)
    if as_json:
        print(json.dumps(told))
    else:
        screen = console()
        for part in shown(told):
            screen.print(part)
    if not told["registered"]:
        raise typer.Exit(_NOT_REGISTERED if told["evidence"] else _NOTHING_KNOWN)
