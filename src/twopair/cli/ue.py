"""`twopair ue`: one UE, one action, or a shell for many."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated

import typer

from twopair.cli.services import ConfigFile, LogForm, Verbose
from twopair.live.log_lines import LogFormat
from twopair.live.program import LEAVE_WITHIN_S, log_to_stderr, until_told_to_end
from twopair.live.ue import verbs
from twopair.live.ue.lines import Lines, Source
from twopair.live.ue.printer import Printer, events_told
from twopair.live.ue.shell import Shell
from twopair.live.ue.told import registration, told
from twopair.live.ue.ue import PATIENCE_S, Ue, recipient
from twopair.live.ue.unsuccessful import Unsuccessful
from twopair.live.ue.verbs import Outcome, failed
from twopair.nodes.facts import CallChanged, CallStage, MessageReceived, Registered

app = typer.Typer(
    no_args_is_help=True, help="One UE: register, send a message, call, wait for messages and calls, shell."
)

Json = Annotated[bool, typer.Option("--json", help="Print results as JSON, one object a line.")]
Timeout = Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How long to wait for an outcome.")]
Stay = Annotated[bool, typer.Option("--stay-registered", help="Do not de-register at the end.")]
To = Annotated[str, typer.Argument(metavar="TO", help="Public identity of the recipient, sip:… or tel:…")]


@app.callback()
def options(
    context: typer.Context,
    config: ConfigFile,
    verbose: Verbose = 0,
    log_format: LogForm = LogFormat.TEXT,
) -> None:
    """One UE: register, send a message, call, wait for messages and calls, shell."""
    log_to_stderr(logging.DEBUG if verbose else logging.WARNING, log_format)
    context.obj = partial(Ue.from_file, config, verbose=verbose)


@app.command()
def register(context: typer.Context, as_json: Json = False, timeout: Timeout = PATIENCE_S) -> None:
    """Register, say what came of it, and leave the network believing that the UE is there."""

    async def action(ue: Ue, registered: Registered) -> Outcome:
        values, words = registration(ue, registered)
        sas = [{"name": sa.name, "spi": sa.spi} for sa in sorted(ue.sas(), key=lambda sa: sa.name)]
        return Outcome(True, values | {"sas": sas}, words)

    _run(context, action, as_json=as_json, timeout=timeout, stay=True)


@app.command()
def message(
    context: typer.Context,
    to: To,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to send.")],
    as_json: Json = False,
    timeout: Timeout = PATIENCE_S,
    stay_registered: Stay = False,
) -> None:
    """Register, send a MESSAGE, and say how it was answered."""
    _check(to)

    async def action(ue: Ue, _registered: Registered) -> Outcome:
        return await verbs.message(ue, timeout, to, text)

    _run(context, action, as_json=as_json, timeout=timeout, stay=stay_registered)


@app.command()
def call(
    context: typer.Context,
    to: To,
    hold: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to stay in the call once it is up.")
    ] = 1.0,
    as_json: Json = False,
    timeout: Timeout = PATIENCE_S,
    stay_registered: Stay = False,
) -> None:
    """Register, call somebody (signalling only), print each stage, hold the call, hang up.

    Success is an answer 2xx to the INVITE, whoever hangs up first, unless the call is lost.
    """
    _check(to)

    async def action(ue: Ue, _registered: Registered) -> Outcome:
        async with events_told(ue, Printer(as_json=as_json)):
            ok, values, words = await verbs.call(ue, timeout, to)
            if not ok:
                return Outcome(ok, values, words)
            if stayed := await ue.hold(hold):
                await ue.hang_up(timeout)
        if ue.lost is not None:
            reason = f"the call was lost: {ue.lost.why}"
            return Outcome(False, values | {"ended_by": "none", "reason": reason}, f"{words}; {reason}")
        who = "we" if stayed else "the other side"
        return Outcome(True, values | {"ended_by": "us" if stayed else "them"}, f"{words}; {who} hung up")

    _run(context, action, as_json=as_json, timeout=timeout, stay=stay_registered)


@app.command()
def wait(
    context: typer.Context,
    count: Annotated[int, typer.Option(min=0, help="End when that many messages have come.")] = 0,
    calls: Annotated[int, typer.Option(min=0, help="End when that many calls have come and ended.")] = 0,
    answer: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="SECONDS", help="Take a call when it has rung so long; else it rings on."
        ),
    ] = None,
    as_json: Json = False,
    timeout: Timeout = PATIENCE_S,
    stay_registered: Stay = False,
) -> None:
    """Register, print a line beginning with `ready`, and print each message and each stage of a call.

    It ends when all that is counted has come; where nothing is counted, at SIGTERM.
    """

    async def action(ue: Ue, registered: Registered) -> Outcome | None:
        print(f"ready {registered.impu}", flush=True)
        tell, messages, ended = Printer(as_json=as_json), 0, 0
        while not ((count or calls) and messages >= count and ended >= calls):
            happening = await ue.events.get()
            tell(*told(happening))
            messages += isinstance(happening, MessageReceived)
            ended += isinstance(happening, CallChanged) and happening.stage is CallStage.ENDED
        return None

    _run(
        context,
        action,
        as_json=as_json,
        timeout=timeout,
        stay=stay_registered,
        answer_after_s=answer,
        endless=True,
    )


@app.command()
def shell(
    context: typer.Context,
    as_json: Json = False,
    timeout: Timeout = PATIENCE_S,
    stay_registered: Stay = False,
) -> None:
    """Obey commands from standard input, one a line; print results, and what happens.

    Prints a line beginning with `ready` first. `help` lists the commands. Each has one result, and the next
    waits for it, unless the line ends with ` &`. At the end of the input, at `quit` and at SIGTERM the UE
    hangs up and de-registers. Exit code 1 if a command failed.
    """
    typed = sys.stdin.isatty() and sys.stdout.isatty() and not as_json

    async def body() -> bool:
        async with context.obj() as ue, AsyncExitStack() as screen:
            print(f"ready {ue.impu}", flush=True)
            obeyed = Shell(ue, Printer(as_json=as_json), timeout)
            lines = _typed_lines(ue, screen) if typed else Lines(sys.stdin.fileno())
            return await obeyed.run(lines, stay_registered=stay_registered)

    if not asyncio.run(body()):
        raise typer.Exit(1)


def _typed_lines(ue: Ue, screen: AsyncExitStack) -> Source:
    """The terminal; what is told meanwhile stands above the line that is being typed."""
    from prompt_toolkit.patch_stdout import patch_stdout  # noqa: PLC0415 - for people only

    from twopair.live.ue.typed import TypedLines, history_file  # noqa: PLC0415

    screen.enter_context(patch_stdout())
    return TypedLines(history_file(), (str(ue.impu),))


Action = Callable[[Ue, Registered], Awaitable[Outcome | None]]
"""What is done while registered; None if there is no result to tell."""


def _run(
    context: typer.Context,
    action: Action,
    *,
    as_json: bool,
    timeout: float,
    stay: bool,
    answer_after_s: float | None = None,
    endless: bool = False,
) -> None:
    """Register, do the action, hang up, de-register unless asked not to; exit code 1 if any of it failed.

    Told to end, it takes leave of the network within seconds, and says what could not be done. Only what is
    `endless` has done well by then.
    """
    tell = Printer(as_json=as_json)

    def result(outcome: Outcome) -> bool:
        tell({"ok": outcome.ok, **outcome.values}, outcome.words)
        return outcome.ok

    async def work(ue: Ue) -> bool:
        try:
            async with events_told(ue, tell):
                registered = await ue.register(timeout)
            outcome = await action(ue, registered)
        except (Unsuccessful, TimeoutError) as error:
            outcome = failed(error, timeout)
        return outcome is None or result(outcome)

    async def body() -> bool:
        async with until_told_to_end() as end, context.obj(answer_after_s=answer_after_s) as ue:
            working, ending = asyncio.create_task(work(ue)), asyncio.create_task(end.wait())
            await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
            ending.cancel()
            if working.done():
                ok = working.result()
            else:
                working.cancel()
                await asyncio.wait({working})
                ok = (endless and ue.registered is not None) or result(verbs.no("told to end"))
            undone = await verbs.leave(ue, LEAVE_WITHIN_S if end.is_set() else timeout, stay_registered=stay)
            return (undone is None or result(undone)) and ok

    if not asyncio.run(body()):
        raise typer.Exit(1)


def _check(to: str) -> None:
    try:
        recipient(to)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="TO") from None
