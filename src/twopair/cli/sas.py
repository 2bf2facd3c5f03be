"""`twopair sas`: registered UEs and their SAs, as a running P-CSCF has them."""

import json
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live

from twopair.live.admin import ask
from twopair.live.admin.shown_sas import shown
from twopair.live.config import PcscfFile, read
from twopair.live.tried import beside

_EVERY_S = 1.0
_WIDTH = 110

Who = Annotated[str, typer.Argument(metavar="WHO", help="IMPI, public identity or address of a UE.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, in one line.")]
SocketPath = Annotated[
    Path | None, typer.Option("--socket", "-s", metavar="PATH", help="Admin socket of the P-CSCF.")
]
PcscfToml = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="pcscf.toml, in which `admin.socket` names it."),
]


def sas(
    who: Who = "",
    as_json: Json = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every second, until it is told to end.")
    ] = False,
    socket: SocketPath = None,
    config: PcscfToml = None,
) -> None:
    """Show registered and registering UEs of a running P-CSCF, with their SA sets and counters.

    Exit code 3 if no P-CSCF answers.
    """
    path = socket_of(socket, config)
    if not watch:
        _show(ask(path, "sas", who), as_json=as_json)
        return
    with suppress(KeyboardInterrupt):  # that is how a watch ends
        _watch(path, who, as_json=as_json)


def _watch(path: Path, who: str, *, as_json: bool) -> None:
    with ExitStack() as closing:
        live = None
        if not as_json:
            live = closing.enter_context(Live(console=console(), auto_refresh=False))
        while True:
            found = ask(path, "sas", who)
            if live is None:
                _show(found, as_json=True)
            else:
                live.update(Group(*shown(found)), refresh=True)
            time.sleep(_EVERY_S)


def _show(found: Any, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found), flush=True)
        return
    screen = console()
    for part in shown(found):
        screen.print(part)


def console() -> Console:
    """Standard output; wide enough for a table where it is no terminal."""
    screen = Console(highlight=False, soft_wrap=False)
    return screen if screen.is_terminal else Console(highlight=False, width=_WIDTH)


def socket_of(socket: Path | None, config: Path | None) -> Path:
    """Where to ask.

    Raises:
        BadParameter: it is not said, or twice.
        ConfigError: the file is wrong.
    """
    if (socket is None) == (config is None):
        raise typer.BadParameter("give one of -s SOCKET and -c FILE", param_hint="-s")
    if socket is not None:
        return socket
    assert config is not None, "one of the two"
    named = read(config, PcscfFile).admin.socket
    if named is None:
        raise typer.BadParameter(f"{config} has no admin.socket", param_hint="-c")
    return beside(config, named)
