"""Table [limits] of pcscf.toml."""

from typing import Annotated, Final

from pydantic import Field

from twopair.live.config.fields import Section
from twopair.nodes.pcscf import Limits

_USUAL: Final = Limits()

PerSecond = Annotated[int, Field(ge=1, le=1_000_000)]
Count = Annotated[int, Field(ge=1, le=100_000_000)]
Octets = Annotated[int, Field(ge=2_048, le=16_777_216)]


class LimitsTable(Section):
    """What peers can make a P-CSCF do and keep; see `twopair.nodes.pcscf.limits.Limits`."""

    register_rate: PerSecond = _USUAL.register_rate
    register_burst: Count = _USUAL.register_burst
    register_rate_per_source: PerSecond = _USUAL.register_rate_per_source
    register_burst_per_source: Count = _USUAL.register_burst_per_source
    sources: Count = _USUAL.sources
    pending_registers: Count = _USUAL.pending_registers
    temporary_sets: Count = _USUAL.temporary_sets
    temporary_sets_per_source: Count = _USUAL.temporary_sets_per_source
    registrations_per_source: Count = _USUAL.registrations_per_source
    connections: Count = _USUAL.connections
    connections_per_source: Count = _USUAL.connections_per_source
    transactions: Annotated[int, Field(ge=100, le=100_000_000)] = _USUAL.transactions
    sessions: Count = _USUAL.sessions
    sessions_per_ue: Annotated[int, Field(ge=2, le=1_000)] = _USUAL.sessions_per_ue
    resolving: Count = _USUAL.resolving
    clear_message_octets: Octets = _USUAL.clear_message_octets
    message_octets: Octets = _USUAL.message_octets
    diaries: Count = _USUAL.diaries

    def limits(self, flows_per_impi: int) -> Limits:
        """The value that a node is told."""
        return Limits(flows_per_impi=flows_per_impi, **self.model_dump())
