"""A program under measurement: started, asked for its CPU time, ended."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path


class Program:
    """A child process and its descendants, and the CPU time they have used together.

    Args:
        command: the program with its arguments.
        ready: text of the line after which it serves, or None to go on at once.
        log: where its stderr goes.
    """

    def __init__(self, command: Sequence[str], log: Path, ready: str | None = None) -> None:
        self._log = log
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log.open("wb"), text=True
        )
        if ready is not None:
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            if not line.startswith(ready):
                self.end()
                raise RuntimeError(f"{command[0]} did not start: {log.read_text()[-500:]}")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def workers(self) -> list[int]:
        """Those that it has started itself, in their order."""
        return self._family()[1:]

    @staticmethod
    def pin(pid: int, core: int) -> None:
        """Have all threads of a process on one core."""
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})

    @staticmethod
    def cpu_of(pid: int) -> float:
        """Seconds of CPU used so far by one process, all threads."""
        return _runtime_ns(pid) / 1e9

    def must_run(self) -> None:
        """Raise RuntimeError if it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"it has ended: {self._log.read_text()[-500:]}")

    def cpu_s(self) -> float:
        """Seconds of CPU used so far by the process and its descendants, all threads."""
        return sum(_runtime_ns(pid) for pid in self._family()) / 1e9

    def resident_kb(self) -> int:
        """Resident memory of the process itself."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def end(self) -> None:
        """End it, and wait until it is gone."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _family(self) -> list[int]:
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    stat = (entry / "stat").read_text()
                except OSError:
                    continue
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
        family = [self._process.pid]
        for pid in family:
            family += [child for child, parent in parents.items() if parent == pid]
        return family


def _runtime_ns(pid: int) -> int:
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        total += int((thread / "schedstat").read_text().split()[0])
    return total


def pin(cpu: int) -> None:
    """Keep this process, and what it starts, off the other processors."""
    if cpu < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {cpu})


def settle(seconds: float = 0.3) -> None:
    """Let what is under way come to rest."""
    time.sleep(seconds)
