"""`twopair pcscf`."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from twopair.live.log_lines import LogFormat
from twopair.live.program import log_to_stderr
from twopair.live.workers.program import run_pcscf
from twopair.live.workers.worker import Given, work

ConfigFile = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="Configuration file, TOML.")]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        help="Log facts and a line for each message; twice: whole messages.",
    ),
]
"""How often -v was given."""

LogForm = Annotated[
    LogFormat, typer.Option("--log-format", help="Lines of the log: words, or one JSON object each.")
]


def _given(text: str) -> Given:
    try:
        return Given.parse(text)
    except ValueError:
        raise typer.BadParameter("is for the workers that a P-CSCF starts itself") from None


def pcscf(
    config: ConfigFile,
    verbose: Verbose = 0,
    log_format: LogForm = LogFormat.TEXT,
    worker: Annotated[Given | None, typer.Option(parser=_given, hidden=True)] = None,
) -> None:
    """Run a P-CSCF until SIGTERM.

    Prints one line beginning with ``ready`` when it serves; logs to stderr. SIGHUP has it read FILE again.
    """
    level = logging.DEBUG if verbose else logging.INFO
    if worker is not None:
        log_to_stderr(level, log_format, worker.part.number)
        asyncio.run(work(config, verbose, worker))
        return
    log_to_stderr(level, log_format)
    status = asyncio.run(run_pcscf(config, verbose, (*_this_command(), "--worker")))
    if status:
        raise typer.Exit(status)


def _this_command() -> list[str]:
    """What has started this process, as it can be started again."""
    return [sys.executable, *sys.orig_argv[1:]]
