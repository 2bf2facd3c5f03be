"""Kamailio as P-CSCF, with pcscf.cfg, in a namespace."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import AF_INET, AF_INET6, SOCK_STREAM
from typing import Final

from twopair.live.lab.namespace import Namespace

CONFIGURATION: Final = Path(__file__).with_name("pcscf.cfg")
FIRST_SPI: Final = 4096
PAIRS: Final = 10
CLIENT_PORT, SERVER_PORT = 5100, 6100
"""Its protected ports, as pcscf.cfg has them: so many from each on."""

_CLONE_NEWNET: Final = 0x40000000
_PR_SET_PDEATHSIG: Final = 1
_PATIENCE_S: Final = 30
_libc = ctypes.CDLL(None, use_errno=True)


def configuration(gm: str, core: str, home: str, domain: str, *, first_spi: int, pairs: int) -> str:
    """The text of pcscf.cfg for these addresses.

    Args:
        gm: address towards the UEs, IPv4 or IPv6.
        core: address towards the home network.
        home: address of the home network.
        domain: its domain.
        first_spi: where its SPIs begin; the module's own default is 100.
        pairs: how many pairs of protected ports it has; each takes four processes.
    """
    six = ":" in gm
    values = {
        "GM": f"[{gm}]" if six else gm,
        "ADDRESS": gm,
        "LISTEN": "ipsec_listen_addr6" if six else "ipsec_listen_addr",
        "CORE": core,
        "HOME": home,
        "DOMAIN": domain,
        "FIRST_SPI": str(first_spi),
        "PAIRS": str(pairs),
    }
    text = CONFIGURATION.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


@contextmanager
def running(
    namespace: Namespace, directory: Path, text: str, gm: str, defines: Sequence[str] = ()
) -> Iterator[Path]:
    """Kamailio from when it takes connections on until it has ended; gives its log.

    Args:
        namespace: where it runs.
        directory: for its files.
        text: its configuration.
        gm: its address towards the UEs.
        defines: names that the configuration asks for.
    """

    def enter() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if _libc.setns(namespace.fd, _CLONE_NEWNET):
            os._exit(97)

    file, log = directory / "pcscf.cfg", directory / "pcscf.log"
    file.write_text(text)
    here = str(directory)
    command = ["/usr/sbin/kamailio", "-f", str(file), "-DD", "-E", "-Y", here, "-w", here, "-m", "64"]
    command += [word for name in defines for word in ("-A", name)]
    with log.open("wb") as output:
        program = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=enter,  # noqa: PLW1509 - the tests have no threads
            start_new_session=True,
        )
    try:
        _await_listening(namespace, gm, program, log)
        yield log
    finally:
        program.terminate()
        try:
            program.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def _await_listening(namespace: Namespace, gm: str, program: "subprocess.Popen[bytes]", log: Path) -> None:
    """TCP comes last of what it opens."""
    begin = time.monotonic()
    while time.monotonic() < begin + _PATIENCE_S:
        assert program.poll() is None, log.read_text()
        with namespace.socket(AF_INET6 if ":" in gm else AF_INET, SOCK_STREAM) as probe:
            if not probe.connect_ex((gm, 5060)):
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
