"""`twopair pcscf` and `twopair home`."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

import typer

from twopair.live.log_lines import LogFormat
from twopair.live.program import log_to_stderr
from twopair.live.service.home import serve_home
from twopair.live.service.pcscf import serve_pcscf

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


def pcscf(config: ConfigFile, verbose: Verbose = 0, log_format: LogForm = LogFormat.TEXT) -> None:
    """Run a P-CSCF until SIGTERM.

    Prints one line beginning with ``ready`` when it serves; logs to stderr. SIGHUP has it read FILE again.
    """
    log_to_stderr(logging.DEBUG if verbose else logging.INFO, log_format)
    asyncio.run(serve_pcscf(config, verbose))


def home(config: ConfigFile, verbose: Verbose = 0, log_format: LogForm = LogFormat.TEXT) -> None:
    """Run a home network for tests and small labs (I-CSCF, S-CSCF, HSS) until SIGTERM.

    Prints one line beginning with ``ready`` when it serves; logs to stderr.
    """
    log_to_stderr(logging.DEBUG if verbose else logging.INFO, log_format)
    asyncio.run(serve_home(config, verbose))
