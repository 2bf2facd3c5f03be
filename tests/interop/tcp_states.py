"""What the kernel of a host of the lab knows of its TCP connections."""

from pathlib import Path
from typing import Final

from twopair.base import Flow
from twopair.live.lab.host import Host

ESTABLISHED, TIME_WAIT, LAST_ACK = "01", "06", "09"
_KINDS: Final = ("tcp", "tcp6")


def state(host: Host, flow: Flow) -> str | None:
    """The state of the connection between these ports, as /proc/net/tcp has it; None without one."""
    ports = f":{flow.local.port:04X}", f":{flow.remote.port:04X}"
    with host.namespace.entered():
        tables = [Path(f"/proc/thread-self/net/{kind}").read_text() for kind in _KINDS]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return next((row[3] for row in rows if (row[1][-5:], row[2][-5:]) == ports), None)
