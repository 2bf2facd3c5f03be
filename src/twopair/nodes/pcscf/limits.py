"""Bounds of what peers can make a P-CSCF do and keep (table [limits] of pcscf.toml)."""

from dataclasses import dataclass

from twopair.nodes.pcscf.gm.rate import Rate


@dataclass(frozen=True, slots=True)
class Limits:
    """What does not fit is refused, and what was established is served first.

    A *source* is an IPv4 address, or the /64 that an IPv6 address is in (`sources`).

    Args:
        sets_per_impi: SA sets of one registration: old, established, temporary (SA-22, MGP-04).
        flows_per_impi: registrations of one IMPI beside each other (RFC 5626), emergency ones apart.
        sets_per_address: SA sets towards one UE address; policy look-up is linear in them.
        register_rate: REGISTER requests a second in the clear that are let in, over all UEs; retransmissions
            are no further ones. As many of the others are answered 503; the rest is dropped.
        register_burst: as many at once, after a while with none.
        register_rate_per_source: the same, from one source.
        register_burst_per_source: the same, from one source.
        sources: sources whose rate is known at a time; the one heard of longest ago is forgotten.
        pending_registers: REGISTER requests in the clear that the core has not answered yet. It keeps a slow
            core from being flooded in turn: 200 are 300 a second at 0.7 s each.
        temporary_sets: challenges that are open to UEs that came in the clear; beyond that the oldest gives
            way, if the UE has had time to answer it (`twopair.nodes.pcscf.gm.load.TIME_TO_ANSWER`).
        temporary_sets_per_source: the same, of one source, where none gives way.
        registrations_per_source: registrations whose SA sets are with one source.
        connections: TCP connections in the clear, over all UEs.
        connections_per_source: the same, from one source.
        transactions: SIP transactions at a time; new ones in the clear leave a quarter for all others.
        resolving: requests towards the core that wait for the DNS.
        clear_message_octets: one message in the clear.
        head_octets: start line and header fields of one message on a stream inside ESP.
        message_octets: one whole message on a stream inside ESP.
        sessions: calls in the books at a time: those that stand, and those being set up (PCS-15, PCS-19).
        sessions_per_ue: the same, of one registration; the oldest gives way, one that is not answered first.
        diaries: of UEs, for `twopair explain`, of each kind.
    """

    sets_per_impi: int = 3
    flows_per_impi: int = 4
    sets_per_address: int = 64
    register_rate: int = 300
    register_burst: int = 600
    register_rate_per_source: int = 5
    register_burst_per_source: int = 50
    sources: int = 50_000
    pending_registers: int = 200
    temporary_sets: int = 5_000
    temporary_sets_per_source: int = 32
    registrations_per_source: int = 64
    connections: int = 10_000
    connections_per_source: int = 64
    transactions: int = 100_000
    sessions: int = 100_000
    sessions_per_ue: int = 32
    resolving: int = 1_000
    clear_message_octets: int = 16_384
    head_octets: int = 65_536
    message_octets: int = 262_144
    diaries: int = 10_000

    @property
    def of_all(self) -> Rate:
        """REGISTER in the clear, over all UEs."""
        return Rate(self.register_rate, self.register_burst)

    @property
    def of_one(self) -> Rate:
        """REGISTER in the clear, from one source."""
        return Rate(self.register_rate_per_source, self.register_burst_per_source)
