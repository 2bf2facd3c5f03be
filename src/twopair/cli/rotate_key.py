"""`twopair rotate-key`: a new key for what a P-CSCF keeps."""

from pathlib import Path
from typing import Annotated

import typer

from twopair.live.config import PcscfFile, read
from twopair.live.keeping.rotation import rotate
from twopair.live.program import log_to_stderr


def rotate_key(
    config: Annotated[Path, typer.Option("-c", "--config", help="The P-CSCF's pcscf.toml.")],
) -> None:
    """Seal what a P-CSCF keeps with a new key, and forget the old one; it must not be running."""
    log_to_stderr()
    count = rotate(config, read(config, PcscfFile))
    print(f"{count} registrations are sealed with a new key")
