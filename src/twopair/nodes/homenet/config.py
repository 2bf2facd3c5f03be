"""What a home network is told at its start: plain values, as in home.toml."""

from dataclasses import dataclass
from typing import Final

from twopair.base import Endpoint, Impu, Port, canonical_address
from twopair.core.aka import ALGORITHMS
from twopair.core.service import FilterCriterion

SIP_PORT: Final = Port(5060)
LONGEST_S: Final = 600_000
"""Expiry a UE asks for, in seconds (UEP-04)."""

MOST_FLOWS: Final = 32
"""Registrations that a user can be allowed."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where requests for users of another network go.

    Args:
        next: the next hop.
        domain: host part of their identities; or
        prefix: how their numbers begin, ``+49``.

    Raises:
        ValueError: neither of the two, or both.
    """

    next: Endpoint
    domain: str = ""
    prefix: str = ""

    def __post_init__(self) -> None:
        if bool(self.domain) == bool(self.prefix):
            raise ValueError("needs domain, or prefix")


@dataclass(frozen=True, slots=True)
class HomeConfig:
    """Configuration of one home network: I-CSCF, S-CSCF and HSS behind one core address.

    Args:
        domain: home network domain, also the digest realm.
        address: core address of all roles, in canonical form.
        port: core port.
        algorithm: digest algorithm of the challenges (AKA-01, AKA-42).
        qop: ``auth``, or ``none`` for challenges without qop (AKA-05).
        challenge_refresh: whether a protected re-REGISTER is authenticated anew; otherwise it is taken as
            it is (INT-05).
        min_expires_s: shorter registrations are refused with 423.
        max_expires_s: longer ones are shortened.
        echo_user: user part of the public identity that answers MESSAGE and OPTIONS itself.
        network_user: user part of the identity from which the network itself sends.
        outbound: whether a user may have several flows (RFC 5626, MGU-09).
        flows_per_impi: registrations of one user beside each other, emergency apart.
        max_registrations: bound of the users registered; a further one gets 503.
        max_subscriptions: bound of the subscriptions to registrations; a further one gets 503.
        watchers: URIs of application servers that may watch any user (24.229 §5.4.2.1.1).
        routes: other networks; the first that fits is taken.
        trusted: addresses of the trust domain; if none is given, all but the next hops of `routes`.
        services: what subscribers may have, each name with its criteria.

    Raises:
        ValueError: a value that cannot be used; the text begins with its name.
    """

    domain: str
    address: str
    port: Port = SIP_PORT
    algorithm: str = "AKAv1-MD5"
    qop: str = "auth"
    challenge_refresh: bool = True
    min_expires_s: int = 60
    max_expires_s: int = LONGEST_S
    echo_user: str = "echo"
    network_user: str = "network"
    outbound: bool = True
    flows_per_impi: int = 4
    max_registrations: int = 1_000_000
    max_subscriptions: int = 1_000_000
    watchers: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    trusted: tuple[str, ...] = ()
    services: tuple[tuple[str, tuple[FilterCriterion, ...]], ...] = ()

    def __post_init__(self) -> None:
        faults = (
            (not self.domain, "domain: missing"),
            (canonical_address(self.address) != self.address, "address: not in canonical form"),
            (not 0 < self.port < 65536, "port: 1 to 65535"),
            (self.algorithm.lower() not in ALGORITHMS, f"algorithm: one of {', '.join(ALGORITHMS)}"),
            (self.qop not in {"auth", "none"}, "qop: auth or none"),
            (not 0 < self.flows_per_impi <= MOST_FLOWS, f"flows_per_impi: 1 to {MOST_FLOWS}"),
            (not 0 < self.min_expires_s <= self.max_expires_s, "min_expires_s: 1 to max_expires_s"),
        )
        for found, words in faults:
            if found:
                raise ValueError(words)

    @property
    def core(self) -> Endpoint:
        """Where the home network is reached."""
        return Endpoint(self.address, self.port)

    @property
    def scscf_name(self) -> str:
        """Name under which the HSS knows the S-CSCF."""
        return f"sip:scscf.{self.domain}"

    @property
    def service_route(self) -> str:
        """Route of originating requests; its user part tells them from all others (24.229 §5.4.1.2.2F)."""
        return f"<sip:orig@{self.core};lr>"

    @property
    def record_route(self) -> str:
        """Route of requests inside a dialog."""
        return f"<sip:{self.core};lr>"

    @property
    def echo(self) -> Impu:
        """Public identity that answers MESSAGE and OPTIONS itself."""
        return Impu(f"sip:{self.echo_user}@{self.domain}")

    @property
    def network(self) -> Impu:
        """Public identity from which the network itself sends."""
        return Impu(f"sip:{self.network_user}@{self.domain}")
