"""`twopair takeover`: this host is to serve, in the place of another."""

import json
import time
from typing import Annotated, Any, Final

import typer

from twopair.cli.sas import Json, PcscfToml, SocketPath, socket_of
from twopair.live.admin import ask
from twopair.live.prerequisite import PrerequisiteMissing

_LOOKS_EVERY_S: Final = 0.1


def takeover(
    as_json: Json = False,
    patience: Annotated[
        float, typer.Option("--patience", metavar="SECONDS", help="How long to wait for it.", min=0)
    ] = 30.0,
    socket: SocketPath = None,
    config: PcscfToml = None,
) -> None:
    """Have the P-CSCF of this host serve; the one that does hands over, or is dead when its lease runs out.

    Exit code 0 once it serves, also if it did before; 1 if it does not in time; 3 if no P-CSCF answers.
    """
    path = socket_of(socket, config)
    state = ask(path, "takeover")
    given_up = time.monotonic() + patience
    while not state["serves"] and time.monotonic() < given_up:
        time.sleep(_LOOKS_EVERY_S)
        try:
            state = ask(path, "owner")
        except PrerequisiteMissing:
            continue  # between the two sockets of a host that stands by and one that serves
    print(json.dumps(state) if as_json else _sentence(state))
    if not state["serves"]:
        raise typer.Exit(1)


def _sentence(state: dict[str, Any]) -> str:
    if state["serves"]:
        return f"{state['instance']} serves, epoch {state['epoch']}"
    return f"{state['instance']} does not serve yet: {state['waits_for']}"
