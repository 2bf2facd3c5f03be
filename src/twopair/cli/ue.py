"""`twopair ue`: one UE, one action."""

import asyncio
import json
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from twopair.cli.services import ConfigFile
from twopair.live.service import log_to_stderr, until_told_to_end
from twopair.live.ue import PATIENCE_S, NotRegistered, Ue
from twopair.nodes.facts import MessageReceived, Registered

app = typer.Typer(no_args_is_help=True, help="One UE: register, send a message, wait for messages.")

Json = Annotated[bool, typer.Option("--json", help="Print results as JSON, one object a line.")]
Timeout = Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How long to wait for an outcome.")]
Stay = Annotated[bool, typer.Option("--stay-registered", help="Do not de-register at the end.")]


@app.callback()
def options(
    context: typer.Context,
    config: ConfigFile,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every step to stderr.")] = False,
) -> None:
    """One UE: register, send a message, wait for messages."""
    log_to_stderr(logging.DEBUG if verbose else logging.WARNING)
    context.obj = config


@app.command()
def register(context: typer.Context, as_json: Json = False, timeout: Timeout = PATIENCE_S) -> None:
    """Register, say what came of it, and leave the network believing that the UE is there."""

    async def action(ue: Ue, registered: Registered) -> bool:
        _tell_registered(ue, registered, as_json=as_json)
        return True

    _run(context, action, as_json=as_json, timeout=timeout, stay=True)


@app.command()
def message(
    context: typer.Context,
    to: Annotated[str, typer.Argument(metavar="TO", help="Public identity of the recipient, sip:… or tel:…")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to send.")],
    as_json: Json = False,
    timeout: Timeout = PATIENCE_S,
    stay_registered: Stay = False,
) -> None:
    """Register, send a MESSAGE, and say how it was answered."""
    if not to.lower().startswith(("sip:", "sips:", "tel:")):
        raise typer.BadParameter(f"{to!r} is no sip: or tel: URI", param_hint="TO")

    async def action(ue: Ue, _registered: Registered) -> bool:
        status = await ue.message(to, text, timeout)
        ok = 200 <= status < 300
        _tell({"ok": ok, "to": to, "status": status}, f"message to {to}: {status}", as_json=as_json)
        return ok

    _run(context, action, as_json=as_json, timeout=timeout, stay=stay_registered)


@app.command()
def wait(
    context: typer.Context,
    count: Annotated[int, typer.Option(min=0, help="End after that many messages; 0: at SIGTERM.")] = 0,
    as_json: Json = False,
    timeout: Timeout = PATIENCE_S,
    stay_registered: Stay = False,
) -> None:
    """Register, print a line beginning with `ready`, and print each message that comes."""

    async def action(ue: Ue, registered: Registered) -> bool:
        print(f"ready {registered.impu}", flush=True)
        async with until_told_to_end() as end:
            ended = asyncio.create_task(end.wait())
            received = 0
            while not (ended.done() or (count and received >= count)):
                coming = asyncio.create_task(ue.inbox.get())
                await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    received += 1
                    _tell_message(coming.result(), as_json=as_json)
                else:
                    coming.cancel()
            ended.cancel()
        return True

    _run(context, action, as_json=as_json, timeout=timeout, stay=stay_registered)


Action = Callable[[Ue, Registered], Awaitable[bool]]


def _run(context: typer.Context, action: Action, *, as_json: bool, timeout: float, stay: bool) -> None:
    """Register, do the action, de-register unless asked not to; exit code 1 if any of it failed."""

    async def body() -> bool:
        this = asyncio.current_task()
        assert this is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
        async with Ue.from_file(context.obj, retries=False) as ue:
            registered = await ue.register(timeout)
            try:
                return await action(ue, registered)
            finally:
                if not stay:
                    await ue.deregister(timeout)

    try:
        ok = asyncio.run(body())
    except NotRegistered as failure:
        ok = False
        _tell({"ok": False, "reason": str(failure)}, f"not registered: {failure}", as_json=as_json)
    except asyncio.CancelledError:
        ok = False
    except TimeoutError:
        ok = False
        words = f"no outcome within {timeout:g} s"
        _tell({"ok": False, "reason": words}, words, as_json=as_json)
    if not ok:
        raise typer.Exit(1)


def _tell(values: dict[str, Any], words: str, *, as_json: bool) -> None:
    print(json.dumps(values, ensure_ascii=False) if as_json else words, flush=True)


def _tell_registered(ue: Ue, registered: Registered, *, as_json: bool) -> None:
    sas = [{"name": sa.name, "spi": sa.spi} for sa in sorted(ue.sas(), key=lambda sa: sa.name)]
    values = {
        "ok": True,
        "impi": registered.impi,
        "impu": registered.impu,
        "expires_s": registered.expires_s,
        "associated": list(registered.associated),
        "sas": sas,
    }
    names = ", ".join(f"{sa['name']} 0x{sa['spi']:08x}" for sa in sas)
    words = f"registered {registered.impu} for {registered.expires_s} s; SAs {names}"
    _tell(values, words, as_json=as_json)


def _tell_message(received: MessageReceived, *, as_json: bool) -> None:
    text = received.body.decode("utf-8", "replace")
    values = {"from": received.sender, "text": text, "flow": str(received.flow)}
    _tell(values, f"message from {received.sender}: {text}", as_json=as_json)
