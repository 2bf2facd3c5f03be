"""`twopair pcscf` and `twopair home`."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

import typer

from twopair.live.service import log_to_stderr, serve_home, serve_pcscf

ConfigFile = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="Configuration file, TOML.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every fact, also of what goes well.")]


def pcscf(config: ConfigFile, verbose: Verbose = False) -> None:
    """Run a P-CSCF until SIGTERM.

    Prints one line beginning with ``ready`` when it serves; logs to stderr.
    """
    log_to_stderr(logging.DEBUG if verbose else logging.INFO)
    asyncio.run(serve_pcscf(config))


def home(config: ConfigFile, verbose: Verbose = False) -> None:
    """Run a home network for tests and small labs (I-CSCF, S-CSCF, HSS) until SIGTERM.

    Prints one line beginning with ``ready`` when it serves; logs to stderr.
    """
    log_to_stderr(logging.DEBUG if verbose else logging.INFO)
    asyncio.run(serve_home(config))
