"""Who is in a lab: addresses, configurations, cards and subscribers, as values to start from and change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from twopair.base import DEFAULT_SUITES, Endpoint, Impu, Port, Secret, Suite, Transport, home_domain
from twopair.core.aka import AkaKeys, CardProfile, Subscriber
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.pcscf.config import PcscfConfig
from twopair.nodes.ue.config import UeConfig

# Test set 1 of TS 35.208: keys that everybody knows.
_K: Final = Secret.from_hex("465b5ce8b199b49faa5f0a2ee238a6bc")
_OPC: Final = Secret.from_hex("cd63cb71954a9f4e48a5994e37a02baf")
_IMSI: Final = "00101{:010d}"


@dataclass(frozen=True, slots=True)
class Network:
    """Addresses of a lab in one IP version.

    Args:
        pcscf: of the P-CSCF, towards the UEs.
        core: of the P-CSCF, towards the home network.
        home: of the home network.
        ue: pattern of the UEs' own, with their number.
        gm: the network of the first and the UEs.
        trusted: the network between P-CSCF and home network.
    """

    pcscf: str
    core: str
    home: str
    ue: str
    gm: str
    trusted: str


NETWORKS: Final[Mapping[int, Network]] = {
    4: Network("10.0.0.1", "10.20.0.1", "10.20.0.2", "10.0.1.{}", "10.0.0.0/16", "10.20.0.0/24"),
    6: Network("fd00:1::1", "fd00:20::1", "fd00:20::2", "fd00:1:1::{}", "fd00:1::/32", "fd00:20::/32"),
}
"""The addresses of the README's ladders, and their like in IPv6 (unique local ones, RFC 4193)."""


@dataclass(frozen=True, slots=True)
class UePlan:
    """One UE: its configuration, and the card in it.

    Args:
        config: of its registration, or of the first of several.
        card: what is written on the card.
        seqs: the card's array SEQ_MS, empty if new.
        more: configurations of further registrations: flows, emergency (MGU-09).
    """

    config: UeConfig
    card: CardProfile
    seqs: tuple[int, ...] = ()
    more: tuple[UeConfig, ...] = ()

    @property
    def configs(self) -> tuple[UeConfig, ...]:
        """Those of all its registrations."""
        return (self.config, *self.more)


@dataclass(frozen=True, slots=True)
class LabPlan:
    """One P-CSCF, one home network with its subscribers, and UEs. Change it with `dataclasses.replace`."""

    network: Network
    pcscf: PcscfConfig
    home: HomeConfig
    subscribers: tuple[Subscriber, ...]
    ues: tuple[UePlan, ...] = field(default=())


def usual(
    ip: int = 4,
    *,
    ues: int = 2,
    transport: Transport = Transport.UDP,
    algorithms: tuple[Suite, ...] = DEFAULT_SUITES,
    legacy: bool = False,
) -> LabPlan:
    """The lab of Figure 1 with everybody's test keys; every subscriber has the alias ``sip:ueN@domain``.

    Args:
        ip: IP version, 4 or 6.
        ues: how many, 1 to 250.
        transport: what the UEs register over.
        algorithms: what both ends use, in this order.
        legacy: whether removed algorithms among them may be used.
    """
    network = NETWORKS[ip]
    domain = home_domain(_IMSI.format(1))
    core = Endpoint(network.core, Port(5060))
    home = HomeConfig(domain=domain, address=network.home)
    pcscf = PcscfConfig(
        name=f"pcscf1.{domain}",
        visited_network=domain,
        gm_addresses=(network.pcscf,),
        core=core,
        registrar=home.core,
        algorithms=algorithms,
        legacy=legacy,
    )
    keys = AkaKeys(_K, opc=_OPC)
    numbers = range(1, ues + 1)
    return LabPlan(
        network,
        pcscf,
        home,
        tuple(
            Subscriber.from_imsi(_IMSI.format(n), keys, aliases=(Impu(f"sip:ue{n}@{domain}"),))
            for n in numbers
        ),
        tuple(
            UePlan(
                UeConfig(
                    address=network.ue.format(n),
                    pcscf=Endpoint(network.pcscf, Port(5060)),
                    transport=transport,
                    suites=algorithms,
                    legacy=legacy,
                ),
                CardProfile.from_imsi(_IMSI.format(n), keys),
            )
            for n in numbers
        ),
    )
