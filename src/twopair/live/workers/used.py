"""What a process has used, as the kernel counts (proc(5))."""

import os
from pathlib import Path

_TICKS_S = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def used_by(pid: int) -> tuple[float, int]:
    """CPU time in seconds and resident octets; none of a process that has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0
    return (int(fields[11]) + int(fields[12])) / _TICKS_S, int(fields[21]) * _PAGE
