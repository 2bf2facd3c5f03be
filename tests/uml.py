"""A Linux kernel with ESP of its own, as an ordinary process: User-mode Linux (Debian: user-mode-linux).

    python -m tests.uml MINUTES TEST…

runs tests marked `guest` in one, and prints what they print while they do.
"""

import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_PAUSE_S: Final = 0.2
_MODULES: Final = Path("/usr/lib/uml/modules")
_XSTATE: Final = Path(__file__).with_name("uml_xstate.c")

ESP_MODULES: Final = (
    "esp4 esp6 xfrm_user authenc cbc hmac sha1_generic md5 des_generic gcm ctr ghash_generic crypto_null "
    "sha512_generic drbg echainiv seqiv veth tun bridge"
)
"""What the kernel back end and the lab need of a kernel."""

_INIT: Final = """#!/bin/sh
exec >{directory}/output 2>&1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME={directory} TMPDIR={directory} TWOPAIR_GUEST=1
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={path} {environment}
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmpfs /run
modprobe -d {directory} -a {modules}
echo /bin/false >/proc/sys/kernel/modprobe
ip link set lo up
cd {root}
{command}
echo $? >{directory}/status
halt -f >/dev/null 2>&1
"""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended in the guest; `status` is None if the guest ended, or was ended, before it."""

    status: int | None
    output: str


def lacking() -> str | None:
    """Why no guest can be booted here, in one line; None if one can."""
    if shutil.which("linux.uml") is None or not _MODULES.exists():
        return "User-mode Linux is missing: apt-get install user-mode-linux"
    if not Path("/sbin/modprobe").exists():
        return "modprobe is missing: apt-get install kmod"
    if shutil.which("cc") is None:
        return "a C compiler is missing: apt-get install gcc libc6-dev"
    return None


def run_in_guest(
    command: list[str],
    directory: Path,
    *,
    timeout_s: float,
    modules: str = ESP_MODULES,
    memory: str = "1G",
    watch: Callable[[str], object] = lambda _text: None,
) -> Finished:
    """Boot, run one command in the repository's directory, halt.

    The guest sees the files of this machine, and changes them if told to; of this process's environment it
    has what begins with ``TWOPAIR_``.

    Args:
        command: what to run, as the guest's root.
        directory: of its own, empty; output and temporary files come here.
        timeout_s: after which the guest is killed.
        modules: kernel modules to load first; no others will be.
        memory: of the guest.
        watch: is given the output as it comes.
    """
    tree = directory / "lib/modules"
    tree.mkdir(parents=True)
    for version in _MODULES.iterdir():
        (tree / version.name).symlink_to(version)
    init = directory / "init"
    init.write_text(
        _INIT.format(
            directory=shlex.quote(str(directory)),
            root=shlex.quote(str(ROOT)),
            path=shlex.quote(os.pathsep.join([*_wheel(), str(ROOT)])),
            environment=shlex.join(f"{k}={v}" for k, v in os.environ.items() if k.startswith("TWOPAIR_")),
            modules=modules,
            command=shlex.join(command),
        )
    )
    init.chmod(0o755)
    kernel = ["linux.uml", f"mem={memory}", "rootfstype=hostfs", "rootflags=/", "rw"]
    console = ["con=null", "con0=fd:0,fd:1", "ssl=null"]
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", directory / "xstate.so", _XSTATE], check=True)
    with (directory / "console").open("wb") as log, _cpu() as cpu:
        guest = subprocess.Popen(
            ["taskset", "-c", str(cpu), *kernel, f"init={init}", *console],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(directory), "LD_PRELOAD": str(directory / "xstate.so")},
        )
        try:
            _wait(guest, timeout_s, directory / "output", watch)
        finally:
            _end(guest)
    return _result(directory)


def _wheel() -> list[str]:
    """What our own PYTHONPATH has, if a wheel is tested."""
    return [os.environ["PYTHONPATH"]] if "TWOPAIR_TESTED" in os.environ else []


@contextmanager
def _cpu() -> Iterator[int]:
    """The processor for a guest, which has one: where none runs yet, if there is such a one."""
    cpus = sorted(os.sched_getaffinity(0), reverse=True)
    with socket.socket(socket.AF_UNIX) as sign:
        yield next((cpu for cpu in cpus if _is_free(cpu, sign)), cpus[os.getpid() % len(cpus)])


def _is_free(cpu: int, sign: socket.socket) -> bool:
    """Whether no guest has this processor; from now on one has, while `sign` is open."""
    try:
        sign.bind(f"\0twopair-guest-{cpu}")
    except OSError:
        return False
    return True


def _wait(
    guest: "subprocess.Popen[bytes]", timeout_s: float, output: Path, watch: Callable[[str], object]
) -> None:
    """Until it has ended, or has had its time."""
    end, seen = monotonic() + timeout_s, 0
    running = True
    while running and monotonic() < end:
        try:
            guest.wait(_PAUSE_S)
            running = False
        except subprocess.TimeoutExpired:
            pass
        if output.exists():
            with output.open("rb") as grown:
                grown.seek(seen)
                text = grown.read()
            seen += len(text)
            watch(text.decode(errors="replace"))


def _end(guest: "subprocess.Popen[bytes]") -> None:
    """Kill what is left of the guest: a process group that is only its own."""
    try:
        os.killpg(guest.pid, SIGKILL)
    except ProcessLookupError:
        return
    finally:
        guest.wait()


def _result(directory: Path) -> Finished:
    status, output = directory / "status", directory / "output"
    text = output.read_text(errors="replace") if output.exists() else ""
    if not status.exists():
        console = (directory / "console").read_text(errors="replace")
        return Finished(None, f"{text}\n-- the guest did not finish; its console:\n{console[-2000:]}")
    return Finished(int(status.read_text()), text)


def pytest_in_guest(*arguments: str) -> list[str]:
    """The command that runs tests marked `guest`."""
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]


def shown_in_guest(command: list[str], *, timeout_s: float, memory: str = "1G") -> int:
    """Run a command in a guest and print what it prints; its exit code, 3 where no guest can be booted."""
    if why := lacking():
        print(f"no guest: {why}", file=sys.stderr)
        return 3
    with TemporaryDirectory() as directory:
        finished = run_in_guest(
            command,
            Path(directory),
            timeout_s=timeout_s,
            memory=memory,
            watch=lambda text: print(text, end="", flush=True),
        )
    if finished.status is None:
        print(f"the guest has not finished within {timeout_s / 60:.0f} minutes")
    return 1 if finished.status is None else finished.status


def main(minutes: str, *tests: str) -> int:
    """Run tests in a guest; the exit code is theirs, 3 where no guest can be booted."""
    return shown_in_guest(pytest_in_guest("-ra", *tests), timeout_s=60 * float(minutes))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
