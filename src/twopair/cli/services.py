"""`twopair pcscf` and `twopair home`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from twopair.live.service import log_to_stderr, serve_home, serve_pcscf

ConfigFile = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="Configuration file, TOML.")]


def pcscf(config: ConfigFile) -> None:
    """Run a P-CSCF until SIGTERM.

    Prints one line beginning with ``ready`` when it serves; logs to stderr.
    """
    log_to_stderr()
    asyncio.run(serve_pcscf(config))


def home(config: ConfigFile) -> None:
    """Run a home network for tests and small labs (I-CSCF, S-CSCF, HSS) until SIGTERM.

    Prints one line beginning with ``ready`` when it serves; logs to stderr.
    """
    log_to_stderr()
    asyncio.run(serve_home(config))
