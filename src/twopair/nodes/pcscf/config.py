"""What a P-CSCF is told at its start: plain values, as in pcscf.toml."""

from dataclasses import dataclass, field
from typing import Final

from twopair.base import DEFAULT_SUITES, Endpoint, Micros, Port, Suite, canonical_address, seconds
from twopair.core.locate import Hop
from twopair.core.secagree import ALL, Confidentiality, Policy, Share
from twopair.nodes.pcscf.limits import Limits

CLEAR_PORTS: Final = (5060, 5061)
"""Never protected ports (SA-20)."""

WANTED: Final = frozenset({"off", "optional", "required"})

GM_PORT: Final = Port(5060)
PORT_PS: Final = Port(5062)
CORE_ASIDE: Final = seconds(30)
PORT_PC: Final = (Port(5064), Port(5066), Port(5068))


@dataclass(frozen=True, slots=True)
class PcscfConfig:
    """Configuration of one P-CSCF.

    Args:
        name: host name of the P-CSCF, for people and charging identifiers.
        visited_network: value of P-Visited-Network-ID and of orig-ioi (PCS-02, PCS-03).
        gm_addresses: addresses towards UEs, IPv4 and IPv6.
        core: address and port towards the home network.
        registrar: where REGISTER goes: the I-CSCF (PCS-06), and requests whose next hop cannot be resolved;
            None: REGISTER goes to the domain of its Request-URI.
        gm_port: unprotected port.
        port_ps: protected server port, the same for all UEs for ever (RRG-01).
        port_pc: protected client ports, at least three (RRG-03).
        algorithms: supported combinations in our own order (AGR-22).
        confidentiality: ``off``, ``preferred`` or ``required`` (AGR-23).
        legacy: whether MD5 and 3DES may be used (AGR-07).
        response_after_rekey: ``old`` is the paper's solution 1, ``new`` its solution 2 (RRG-07, RRG-08).
        missing_security_verify: ``reject`` or ``tolerate`` (AGR-35).
        foreign_route: ``replace`` or ``reject`` a Route that is not the Service-Route (PCS-08).
        hide_topology: whether Via and Record-Route of the core are kept from UEs (PCS-20).
        reuse: ``reject`` or ``replace`` when a challenge finds the ports or SPIs of live sets offered again
            (RRG-02).
        pass_on: option tags in Proxy-Require that are left for the next hop; others are refused (PCS-23).
        reg_event: whether it subscribes to what becomes of registrations (24.229 §5.2.3, PCS-16).
        limits: bounds of the state.
        anchoring: whether media run over a relay: ``off``, ``optional`` or ``required`` (24.229 §6.7).
        bearers: whether policy control is asked for bearers, likewise (24.229 §5.2.7).
        signalling_path: whether policy control is to tell of signalling paths that are lost (PCS-19).
        share: of the SPIs, where other nodes have SAs in the same SAD (SA-16).
        core_too: a second address towards the home network, of the other family.
        core_mtu: path MTU towards the home network, in octets (RFC 3261 §18.1.1).
        core_aside: for how long a server of the core that has failed is spared, where there are others.

    Attributes:
        place: who and where it is, which stays as long as it serves.
        policy: the static list of Security-Server and the rule of choice (AGR-21, AGR-22).

    Raises:
        ValueError: ports clash or are too few, a choice is unknown, or no algorithm is left.
    """

    name: str
    visited_network: str
    gm_addresses: tuple[str, ...]
    core: Endpoint
    registrar: Hop | None = None
    gm_port: Port = GM_PORT
    port_ps: Port = PORT_PS
    port_pc: tuple[Port, ...] = PORT_PC
    algorithms: tuple[Suite, ...] = DEFAULT_SUITES
    confidentiality: str = "preferred"
    legacy: bool = False
    response_after_rekey: str = "old"
    missing_security_verify: str = "reject"
    foreign_route: str = "replace"
    hide_topology: bool = False
    reuse: str = "reject"
    pass_on: tuple[str, ...] = ("privacy",)
    reg_event: bool = False
    limits: Limits = field(default_factory=Limits)
    anchoring: str = "off"
    bearers: str = "off"
    signalling_path: bool = False
    share: Share = ALL
    core_too: Endpoint | None = None
    core_mtu: int = 1500
    core_aside: Micros = CORE_ASIDE
    policy: Policy = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        policy = Policy(self.algorithms, Confidentiality(self.confidentiality), self.legacy)
        object.__setattr__(self, "policy", policy)
        protected = (self.port_ps, *self.port_pc)
        faults = (
            (not self.gm_addresses, "gm_addresses: at least one"),
            (
                any(canonical_address(a) != a for a in self.gm_addresses),
                "gm_addresses: not in canonical form",
            ),
            (len(self.port_pc) < 3, "port_pc: at least three (RRG-03)"),
            (len(set(protected)) != len(protected), "port_ps, port_pc: all different (SA-20)"),
            (
                any(port in (*CLEAR_PORTS, self.gm_port) for port in protected),
                "port_ps, port_pc: not 5060, 5061 or the unprotected port (SA-20)",
            ),
            (
                any(Endpoint(a, self.gm_port) in self.cores for a in self.gm_addresses),
                "core: not the unprotected endpoint",
            ),
            (
                self.core_too is not None and (":" in self.core_too.address) is (":" in self.core.address),
                "core_too: of the other address family than core",
            ),
            (not self.policy.priority, "algorithms: none is left for this confidentiality"),
            (self.response_after_rekey not in {"old", "new"}, "response_after_rekey: old or new"),
            (
                self.missing_security_verify not in {"reject", "tolerate"},
                "missing_security_verify: reject or tolerate",
            ),
            (self.reuse not in {"reject", "replace"}, "reuse: reject or replace"),
            (self.anchoring not in WANTED, "anchoring: off, optional or required"),
            (self.bearers not in WANTED, "bearers: off, optional or required"),
            (self.foreign_route not in {"replace", "reject"}, "foreign_route: replace or reject"),
        )
        for found, words in faults:
            if found:
                raise ValueError(words)

    def gm_address_like(self, address: str) -> str:
        """Our address of the same family as a UE's; the first of all, if there is none."""
        alike = (own for own in self.gm_addresses if (":" in own) == (":" in address))
        return next(alike, self.gm_addresses[0])

    @property
    def cores(self) -> tuple[Endpoint, ...]:
        """Its endpoints towards the home network, the first one preferred."""
        return (self.core,) if self.core_too is None else (self.core, self.core_too)

    @property
    def place(self) -> tuple[object, ...]:
        """All that SA sets, tokens and charging identifiers of a running P-CSCF were made with."""
        fixed = (self.name, self.visited_network, self.gm_addresses, *self.cores)
        media = (self.anchoring, self.bearers, self.signalling_path)
        return (*fixed, self.gm_port, self.port_ps, self.port_pc, *media, self.share)
