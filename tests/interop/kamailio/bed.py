"""The network around a P-CSCF: UE hosts on a bridge, a home network of ours, an ear on Gm."""

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Final

from tests.interop.kamailio import pcscf
from tests.interop.programs import DOMAIN, Program, Programs

CORE, HOME = "10.20.0.1", "10.20.0.2"
PCSCF: Final = {4: "10.10.0.1", 6: "fd00::1"}
UES: Final = {4: ("10.10.1.1", "10.10.1.2"), 6: ("fd00::1:1", "fd00::1:2")}
FIRST_IMSI: Final = 1_010_000_000_001
CREDENTIALS: Final = 'k = "465b5ce8b199b49faa5f0a2ee238a6bc"\nopc = "cd63cb71954a9f4e48a5994e37a02baf"'
_BITS: Final = {4: 16, 6: 64}


@dataclass
class Bed:
    """What the tests look at.

    Args:
        programs: hosts ``pcscf``, ``home``, ``ue1``, ``ue2``.
        directory: for files.
        version: of IP on Gm.
        home: the home network.
        ear: hears every packet on Gm.
    """

    programs: Programs
    directory: Path
    version: int
    home: Program
    ear: socket

    @property
    def pcscf(self) -> str:
        """The P-CSCF's address on Gm."""
        return PCSCF[self.version]

    def xfrm(self, what: str, host: str = "pcscf") -> str:
        """What iproute2 says of states or policies of a host."""
        with self.programs.namespace(host).entered():
            command = ["ip", "xfrm", what, "list"]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def network(directory: Path, version: int = 4, *, subscribers: int = 2) -> Iterator[Bed]:
    """Hosts and home network; the subscribers' IMSIs count up from `FIRST_IMSI`."""
    with Programs() as programs:
        for name in ("pcscf", "home", "ue1", "ue2"):
            programs.host(name)
            with programs.namespace(name).entered():
                Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
        bits = _BITS[version]
        programs.on_bridge("pcscf", f"{PCSCF[version]}/{bits}")
        for name, address in zip(("ue1", "ue2"), UES[version], strict=True):
            programs.on_bridge(name, f"{address}/{bits}")
        programs.cable("pcscf", f"{CORE}/24", "home", f"{HOME}/24")
        imsis = range(FIRST_IMSI, FIRST_IMSI + subscribers)
        home = programs.start("home", "home", "-v", "-c", str(_home_file(directory, imsis)))
        home.line()
        yield Bed(programs, directory, version, home, programs.ear())


def kamailio(bed: Bed, *defines: str, first_spi: int = pcscf.FIRST_SPI, pairs: int = pcscf.PAIRS) -> Path:
    """Have Kamailio as P-CSCF, with these names defined in pcscf.cfg; gives its log."""
    values = pcscf.values(bed.pcscf, CORE, HOME, DOMAIN, first_spi=first_spi, pairs=pairs)
    return pcscf.start(bed.programs, bed.directory, values, defines)


def ours(bed: Bed) -> None:
    """Have our own P-CSCF in its place, with the kernel back end."""
    file = bed.directory / "pcscf.toml"
    file.write_text(f"""
[node]
name = "pcscf1.{DOMAIN}"
visited_network = "{DOMAIN}"

[gm]
addresses = ["{bed.pcscf}"]
port_ps = 5062
port_pc = [5064, 5066, 5068]

[core]
address = "{CORE}"
registrar = "sip:{HOME}:5060"

[ipsec]
backend = "kernel"
""")
    bed.programs.start("pcscf", "pcscf", "-c", str(file)).line()


def ue_file(
    bed: Bed,
    number: int,
    address: str,
    *,
    transport: str = "udp",
    backend: str = "kernel",
    suite: str = "hmac-sha-1-96/aes-cbc",
) -> Path:
    """Configuration of a UE with one algorithm; its first REGISTER leaves from 5060 (MSG-05).

    Args:
        bed: the network.
        number: of the subscriber, from 0.
        address: its own.
        transport: udp or tcp.
        backend: kernel or userspace.
        suite: the only algorithm that it offers.
    """
    server = f"[{bed.pcscf}]" if ":" in bed.pcscf else bed.pcscf
    file = bed.directory / f"ue-{number}.toml"
    file.write_text(f"""
[identity]
imsi = "{FIRST_IMSI + number:015}"
{CREDENTIALS}

[gm]
address = "{address}"
pcscf = "{server}:5060"
port = 5060
transport = "{transport}"
algorithms = ["{suite}"]
legacy = true

[ipsec]
backend = "{backend}"
""")
    return file


def _home_file(directory: Path, imsis: Iterable[int]) -> Path:
    text = f'[node]\ndomain = "{DOMAIN}"\n\n[sip]\naddress = "{HOME}"\n'
    for number, imsi in enumerate(imsis):
        alias = f"sip:user{number}@{DOMAIN}"
        text += f'\n[[subscriber]]\nimsi = "{imsi:015}"\n{CREDENTIALS}\naliases = ["{alias}"]\n'
    file = directory / "home.toml"
    file.write_text(text)
    return file
