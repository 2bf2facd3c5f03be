"""What a UE is told at its start: plain values, as in ue.toml."""

import re
from dataclasses import dataclass
from typing import Final

from twopair.base import DEFAULT_SUITES, SECOND, Endpoint, Micros, Port, Suite, Transport, canonical_address
from twopair.core.aka import DEFAULT_ALGORITHMS
from twopair.core.registration.flows import LARGEST_REG_ID, RegFlow
from twopair.core.registration.pcscf_sets import SIXTY_FOUR_T1
from twopair.core.registration.ue_timing import REGISTRATION_S
from twopair.core.secagree import allowed_suites
from twopair.core.sip import OF_THE_UE, Timers

UDP_REQUEST_OCTETS: Final = 1300 - 57
"""Largest request sent over UDP where the UE may choose: RFC 3261's limit less what ESP adds (MSG-08).

ESP adds at most SPI and sequence number (8), IV (16), padding and trailer (17) and ICV (16).
"""


INSTANCE: Final = r"^(urn:[a-zA-Z0-9-]+:[^\s\"<>]+)?$"
"""RFC 5626 §4.1, RFC 8141 §2; also none."""

LEAST_S: Final = 90
"""No session interval is smaller, in seconds; also Min-SE where a message has none (RFC 4028 §4, §5)."""


@dataclass(frozen=True, slots=True)
class UeConfig:
    """Configuration of one UE.

    Args:
        address: the UE's IP address, canonical text.
        pcscf: address and unprotected port of the P-CSCF (UEP-03).
        transport: of registration, and of requests that do not say otherwise.
        suites: algorithm combinations, in the UE's order of preference.
        legacy: whether removed algorithms among them may be used (AGR-07).
        digests: digest algorithms it answers (AKA-42).
        ports: where its ports are drawn from (SA-27).
        clear_port: from which a REGISTER in the clear leaves, and to which its answer comes (MSG-05); None:
            one is drawn for each attempt. Some P-CSCFs take a REGISTER for an initial one only if it is 5060.
        expires_s: registration interval asked for (UEP-04).
        timers: of transactions on Gm (TMR-04).
        response_after_rekey: ``old``: a response goes over the set of its request, the paper's solution 1;
            ``new``: over the newest set, its solution 2 (RRG-07, RRG-08).
        access_network: value of P-Access-Network-Info, for protected requests only (UEP-05); may be empty.
        contact_features: parameters of Contact, each as it is written, e.g. ``+g.3gpp.smsip`` (UEP-04).
        answer_after: how long a call rings before it is taken by itself; None: its user takes it.
        renews: whether a re-registration offers new ports and SPIs (RRG-02); False: those of the set in use
            again, as some phones do (Q-22), for tests of networks.
        retries: whether a failed registration is tried again by itself (UEP-13).
        keep_alive: how signs of life are asked for over the set in use: ``off``, ``crlf`` (TCP, RFC 5626),
            ``options``, ``register``, or ``auto``: the first on TCP, the second on UDP (ADR 14).
        keep_alive_s: how long none may have been seen, in seconds.
        session_expires_s: session interval asked for in calls (RFC 4028); 0: none is asked for, what the
            other end asks for is granted.
        min_se_s: the smallest session interval that is taken, at least 90.
        preconditions: whether calls have 100rel and preconditions, as those of phones do (RFC 3262, 3312).
        instance: ``+sip.instance``, a URN such as ``urn:gsma:imei:…``; empty: none is given (UEP-04).
        reg_id: names this registration among several of the instance, from 1 on; 0: it is the only one, or
            an emergency registration (RFC 5626 §4.2, MGU-09).
        sos: whether it is an emergency registration, beside any other (24.229 §5.1.6.2, PCS-18).
        reg_event: whether it subscribes to what becomes of its registration (24.229 §5.1.1.3, UEP-07).

    Raises:
        ValueError: a value that cannot be.
    """

    address: str
    pcscf: Endpoint
    transport: Transport = Transport.UDP
    suites: tuple[Suite, ...] = DEFAULT_SUITES
    legacy: bool = False
    digests: tuple[str, ...] = DEFAULT_ALGORITHMS
    ports: range = range(10_240, 32_768)
    clear_port: Port | None = None
    expires_s: int = REGISTRATION_S
    timers: Timers = OF_THE_UE
    response_after_rekey: str = "old"
    access_network: str = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101"
    contact_features: tuple[str, ...] = ()
    answer_after: Micros | None = None
    renews: bool = True
    retries: bool = True
    keep_alive: str = "off"
    keep_alive_s: int = 120
    session_expires_s: int = 1800
    min_se_s: int = 90
    preconditions: bool = False
    instance: str = ""
    reg_id: int = 0
    sos: bool = False
    reg_event: bool = False

    def __post_init__(self) -> None:
        faults = (
            (canonical_address(self.address) != self.address, "address: not in canonical form"),
            (
                (":" in self.address) != (":" in self.pcscf.address),
                "pcscf: of another address family (SA-08)",
            ),
            (not self.offered, "suites: none that may be offered"),
            (
                len(self.ports) < 8 or 5060 in self.ports or 5061 in self.ports,
                "ports: at least 8, not 5060, 5061",
            ),
            (
                self.clear_port is not None and not 0 < self.clear_port < 65_536,
                "clear_port: 1 to 65535",
            ),
            (
                self.clear_port is not None and self.clear_port in self.ports,  # None: each port is compared
                "clear_port: not one of ports, which are protected (SA-21)",
            ),
            (self.expires_s <= 0, "expires_s: positive"),
            (self.response_after_rekey not in {"old", "new"}, "response_after_rekey: old or new"),
            (
                self.keep_alive not in {"off", "auto", "crlf", "options", "register"},
                "keep_alive: off, auto, crlf, options or register",
            ),
            (self.keep_alive_s < 1, "keep_alive_s: at least 1"),
            (self.min_se_s < LEAST_S, f"min_se_s: at least {LEAST_S} (RFC 4028 §5)"),
            (
                0 != self.session_expires_s < self.min_se_s,
                "session_expires_s: not below min_se_s, or 0 for none",
            ),
            (not re.fullmatch(INSTANCE, self.instance), "instance: a URN, urn:…"),
            (not 0 <= self.reg_id <= LARGEST_REG_ID, f"reg_id: 1 to {LARGEST_REG_ID}, or 0 for none"),
            (self.reg_id and not self.instance, "reg_id: only with an instance (RFC 5626 §4.2)"),
            (self.reg_id and self.sos, "reg_id: not for an emergency registration (24.229 §5.1.6.2)"),
        )
        for found, words in faults:
            if found:
                raise ValueError(words)

    @property
    def flow(self) -> RegFlow:
        """The name that its REGISTER asks for (ADR 12)."""
        return RegFlow(f"<{self.instance}>" if self.instance else "", self.reg_id, self.sos)

    @property
    def offered(self) -> tuple[Suite, ...]:
        """What Security-Client lists (AGR-20)."""
        return allowed_suites(self.suites, legacy=self.legacy)


PEER_KEEPS_OLD: Final = Micros(SIXTY_FOUR_T1 - 2 * SECOND)
"""How long the P-CSCF certainly has the set before: 64 * T1, less T1 for an answer on its way (TMR-03)."""

FOREVER: Final = Micros(1 << 62)
"""Later than any deadline."""
