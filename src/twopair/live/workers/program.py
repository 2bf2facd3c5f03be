"""`twopair pcscf`: one process, or the one that starts the workers and speaks for them (`node.workers`)."""

import logging
import signal
from asyncio import Event, create_task, get_running_loop
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from twopair.live.admin.server import AdminSocket
from twopair.live.config import PcscfFile, read
from twopair.live.either import either
from twopair.live.http.front import Front
from twopair.live.http.fronting import fronting
from twopair.live.program import ready, until_told_to_end
from twopair.live.service.pcscf import serve_pcscf
from twopair.live.tried import beside
from twopair.live.workers.crew import Crew
from twopair.live.workers.desk import Desk
from twopair.live.workers.gate import gate_of
from twopair.live.workers.shared import Shared

_log = logging.getLogger(__name__)


async def run_pcscf(file: Path, verbose: int, command: Sequence[str]) -> int:
    """A P-CSCF, until it is told to end; the exit code, where a worker has said why it cannot serve.

    Args:
        file: its configuration.
        verbose: how often -v was given.
        command: what starts a worker, without what it is given.

    Raises:
        ConfigError: the file is wrong, or does not fit this machine.
        PrerequisiteMissing: this machine cannot run it.
    """
    settings = read(file, PcscfFile)
    if settings.workers == 1:
        await serve_pcscf(file, settings, verbose)
        return 0
    return await _lead(file, settings, command)


async def _lead(file: Path, settings: PcscfFile, command: Sequence[str]) -> int:
    async with until_told_to_end() as end:
        with ExitStack() as closing:
            gate = closing.enter_context(gate_of(file, settings))
            shared = Shared(file, settings, gate.close, gate.guard)
            closing.callback(shared.close)
            gate.settle()
            crew = Crew(command, shared.of, gate)
            get_running_loop().add_signal_handler(signal.SIGHUP, crew.tell, signal.SIGHUP)
            desk, named = Desk(crew), settings.admin.socket
            async with (
                AdminSocket(desk.answers()).open(None if named is None else beside(file, named)),
                fronting(file, settings, lambda: "begins") as front,
            ):
                started = Event()
                starting = create_task(crew.start())
                starting.add_done_callback(lambda _: started.set())
                await either(started, end)
                if end.is_set() or await starting:
                    with _shown(front, desk, settings):
                        if not end.is_set():
                            ready(_words(settings))
                        await either(end)
                starting.cancel()
                await _end(crew, end)
            _log.info("end")
    return crew.status if crew.failed.is_set() else 0


async def _end(crew: Crew, end: Event) -> None:
    """Have all end, at once with another signal (`admin.drain_s`)."""
    ended = Event()
    waiting = create_task(crew.ended())
    waiting.add_done_callback(lambda _: ended.set())
    while not ended.is_set():
        end.clear()
        crew.tell(signal.SIGTERM)
        await either(end, ended)
    await waiting


@contextmanager
def _shown(front: Front | None, desk: Desk, settings: PcscfFile) -> Iterator[None]:
    """What is seen over HTTP while it serves."""
    if front is None:
        yield
        return
    from twopair.live.http.paths import app_of  # noqa: PLC0415  loaded where there is HTTP
    from twopair.live.http.while_serving import WhileServing  # noqa: PLC0415

    with front.showing(app_of(WhileServing(desk.look, settings.node.name))):
        yield


def _words(settings: PcscfFile) -> str:
    config, last = settings.config(), settings.core.port + settings.workers - 1
    addresses = ", ".join(config.gm_addresses)
    at = f"{addresses} port {config.gm_port}, core {config.core} to {last}"
    return f"pcscf {config.name} on {at}, {settings.workers} workers"
