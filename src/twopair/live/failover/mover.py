"""The operator's program that moves the address of the P-CSCF between hosts."""

import logging
import sys
from asyncio import create_subprocess_exec, timeout
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from twopair.stores.tenancy import Owner

_log = logging.getLogger(__name__)

PATIENCE_S: Final = 5.0
"""How long it may take."""


async def move(program: Path, what: Literal["owner", "standby"], owner: Owner) -> bool:
    """Run ``PROGRAM owner|standby INSTANCE EPOCH``; whether it ended with success.

    Args:
        program: file that can be executed.
        what: what this host is from now on.
        owner: its name and epoch.
    """
    arguments = (what, owner.instance, str(owner.epoch))
    try:
        process = await create_subprocess_exec(program, *arguments, stdout=sys.stderr)
    except OSError as error:
        _log.error("%s: %s", program, error.strerror)
        return False
    try:
        async with timeout(PATIENCE_S):
            status = await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        _log.error("%s %s: has not ended within %.0f s, and was killed", program, what, PATIENCE_S)
        return False
    if status:
        _log.error("%s %s: ended with %d", program, what, status)
    return status == 0
