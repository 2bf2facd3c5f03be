"""What a run leaves for other tools: a capture of Gm, and the keys to read it."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from twopair.base import Micros
from twopair.demo.record import Recording
from twopair.live.clock import monotonic
from twopair.live.key_log import lines_of
from twopair.wire import pcap


def capture(recordings: Iterable[Recording]) -> bytes:
    """A pcap file (link type raw IP) of everything that crossed Gm, ESP as it was on the wire."""
    since_1970 = time.time_ns() // 1000 - monotonic()
    records = (
        pcap.record(Micros(moment + since_1970), packet)
        for recording in recordings
        for moment, packet in recording.wire
    )
    return pcap.file_header() + b"".join(records)


def key_lines(recordings: Iterable[Recording]) -> str:
    """Lines of Wireshark's ``esp_sa`` table for every SA, each once though both ends know it."""
    lines = dict.fromkeys(
        line for recording in recordings for sa_set in recording.sets for line in lines_of(sa_set)
    )
    return "".join(f"{line}\n" for line in lines)


def write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read: it holds keys, or what they protect. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - from a descriptor, for its mode
        os.fchmod(descriptor, 0o600)
        file.write(content)
