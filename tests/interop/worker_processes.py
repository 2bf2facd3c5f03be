"""The processes of a P-CSCF's workers, as the kernel shows them."""

import json
import time
from pathlib import Path


def workers_of(pid: int) -> dict[int, int]:
    """The process of each worker that a P-CSCF has now, by its number."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_text().split("\0")
        except OSError:  # it has ended meanwhile
            continue
        if parent == pid and "--worker" in words:
            (number, *_), *_ = json.loads(words[words.index("--worker") + 1])
            found[number] = int(entry.name)
    return found


def replaced(pid: int, number: int, before: int, within_s: float = 30) -> int:
    """The process that has taken the place of that one, once it is there."""
    over = time.monotonic() + within_s
    while time.monotonic() < over:
        if (now := workers_of(pid).get(number, before)) != before:
            return now
        time.sleep(0.05)
    raise AssertionError(f"worker {number} is not started again")
