"""`twopair home`: the service, orders to one that runs, and its subscribers."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from twopair.cli.home_subscribers import app as subscribers
from twopair.cli.sas import Json
from twopair.cli.services import LogForm, Verbose
from twopair.live.admin import ask
from twopair.live.admin.orders import EVENTS, LONGEST_S
from twopair.live.config import HomeFile, read
from twopair.live.log_lines import LogFormat
from twopair.live.program import log_to_stderr
from twopair.live.service.home import serve_home
from twopair.live.tried import beside
from twopair.wire.reginfo import ContactEvent

app = typer.Typer(invoke_without_command=True)
app.add_typer(subscribers, name="subscriber")

User = Annotated[str, typer.Argument(metavar="WHO", help="IMPI, or any public identity of the user.")]
SocketPath = Annotated[
    Path | None, typer.Option("--socket", "-s", metavar="PATH", help="Admin socket of the home network.")
]
HomeToml = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="home.toml, in which `admin.socket` names it."),
]
_EVENTS: Final = tuple(event.value for event in EVENTS)


@app.callback()
def home(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="Configuration file, TOML.")
    ] = None,
    verbose: Verbose = 0,
    log_format: LogForm = LogFormat.TEXT,
) -> None:
    """Run a home network for tests and small labs (I-CSCF, S-CSCF, HSS) until SIGTERM; or give it an order.

    Its subscribers are looked after by ``twopair home subscriber``.

    Prints one line beginning with ``ready`` when it serves; logs to stderr.
    """
    if context.invoked_subcommand is not None:
        if config is not None:
            raise typer.BadParameter("give it behind the name of the order", param_hint="-c")
        return
    if config is None:
        raise typer.BadParameter("missing", param_hint="-c")
    log_to_stderr(logging.DEBUG if verbose else logging.INFO, log_format)
    asyncio.run(serve_home(config, verbose))


def _known(text: str) -> str:
    if text not in _EVENTS:
        raise typer.BadParameter(f"one of {', '.join(_EVENTS)}")
    return text


@app.command()
def deregister(
    who: User,
    event: Annotated[
        str,
        typer.Option(
            metavar="EVENT",
            callback=_known,
            help="What the UE is told: rejected (stay off), deactivated (register anew), probation (later).",
        ),
    ] = ContactEvent.REJECTED.value,
    retry_after: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", min=1, max=LONGEST_S, help="With probation: after how long."),
    ] = None,
    as_json: Json = False,
    socket: SocketPath = None,
    config: HomeToml = None,
) -> None:
    """End the registrations of a user; their UE and its P-CSCF are told, if they have subscribed.

    Exit code 1 if nobody of that name is registered, 3 if no home network answers.
    """
    if retry_after is not None and event != ContactEvent.PROBATION.value:
        raise typer.BadParameter("goes with --event probation only", param_hint="--retry-after")
    more: dict[str, object] = {"event": event}
    if retry_after is not None:
        more["retry_after_s"] = retry_after
    _order("deregister", who, more, socket, config, as_json=as_json)


@app.command()
def reauthenticate(
    who: User,
    within: Annotated[
        int,
        typer.Option(metavar="SECONDS", min=1, max=LONGEST_S, help="What is left of the registrations."),
    ] = 60,
    as_json: Json = False,
    socket: SocketPath = None,
    config: HomeToml = None,
) -> None:
    """Have a user authenticate anew: the registrations are shortened, and the next REGISTER is challenged.

    Exit code 1 if nobody of that name is registered, 3 if no home network answers.
    """
    _order("reauthenticate", who, {"within_s": within}, socket, config, as_json=as_json)


def _order(
    name: str,
    who: str,
    more: dict[str, object],
    socket: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    done = ask(_socket_of(socket, config), name, who, more, "home network")
    print(json.dumps(done) if as_json else _sentence(done))
    if not done["registrations"]:
        raise typer.Exit(1)


def _sentence(done: dict[str, Any]) -> str:
    count, watchers = done["registrations"], done["watchers"]
    if not count:
        return f"{done['who']} is not registered"
    return f"{done['who']}: registrations {count}, subscribers that are told {watchers}"


def _socket_of(socket: Path | None, config: Path | None) -> Path:
    if (socket is None) == (config is None):
        raise typer.BadParameter("give one of -s SOCKET and -c FILE", param_hint="-s")
    if socket is not None:
        return socket
    assert config is not None, "one of the two"
    named = read(config, HomeFile).admin.socket
    if named is None:
        raise typer.BadParameter(f"{config} has no admin.socket", param_hint="-c")
    return beside(config, named)
