"""What a scenario left behind, in the form in which checks ask for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from twopair.backends.contract import SaCounters
from twopair.base import Suite, Transport
from twopair.core.sa import Ports, Spis
from twopair.core.secagree import Offer, SecurityList, ServerList
from twopair.demo.record import GM, Host, Recording, Said, SetUp
from twopair.inspect import SeenMessage
from twopair.wire.sip import Request, Response


@dataclass(frozen=True, slots=True)
class Agreed:
    """What UE and P-CSCF told each other in SM1 and SM6: ports and SPIs of their set."""

    ports: Ports
    spis: Spis


@dataclass(frozen=True)
class Procedure:
    """The registration of one UE, as it crossed Gm; where it began anew, the last attempt counts."""

    ue: Host
    messages: tuple[Said, ...]

    @cached_property
    def sm1(self) -> Said | None:
        """The unprotected REGISTER that was challenged."""
        return self._last(lambda seen: isinstance(seen.message, Request) and seen.sa is None)

    @cached_property
    def sm6(self) -> Said | None:
        """The challenge."""
        return self._last(lambda seen: isinstance(seen.message, Response) and seen.message.status == 401)

    @cached_property
    def sm7(self) -> Said | None:
        """The protected REGISTER."""
        return self._last(lambda seen: isinstance(seen.message, Request) and seen.sa is not None)

    @cached_property
    def offer(self) -> SecurityList | None:
        """Security-Client of SM1."""
        return _list(self.sm1, "Security-Client", Offer)

    @cached_property
    def server_list(self) -> SecurityList | None:
        """Security-Server of SM6."""
        return _list(self.sm6, "Security-Server", ServerList)

    def question(self, answer: Said) -> Said | None:
        """The request that a response answers, by its CSeq number."""
        number = answer.seen.message.cseq.number
        asked = (s for s in self.messages if isinstance(s.seen.message, Request))
        return next((s for s in asked if s.seen.message.cseq.number == number), None)

    def _last(self, wanted: Callable[[SeenMessage], bool]) -> Said | None:
        return next((said for said in reversed(self.messages) if wanted(said.seen)), None)

    @cached_property
    def agreed(self) -> Agreed | None:
        """Ports and SPIs by name; None where one of the two lists is missing."""
        ours = self.offer.terms if self.offer else None
        theirs = self.server_list.terms if self.server_list else None
        if ours is None or theirs is None:
            return None
        return Agreed(
            Ports(uc=ours.port_c, us=ours.port_s, pc=theirs.port_c, ps=theirs.port_s),
            Spis(uc=ours.spi_c, us=ours.spi_s, pc=theirs.spi_c, ps=theirs.spi_s),
        )


def _list(said: Said | None, header: str, kind: type[SecurityList]) -> SecurityList | None:
    lines = said.seen.message.get_all(header) if said else []
    return kind.parse(lines) if lines else None


@dataclass(frozen=True)
class Evidence:
    """Everything checks may look at.

    Args:
        recording: what was seen and reported.
        transport: what the UEs register over.
        suite: the algorithms that both ends prefer.
        encrypted: whether packets were real ESP, or marked in a simulated world.
        sas: installed SAs by host, at the end.
        drops: silent drops by host and reason, at the end.
        own_ivs: whether IVs are made by us, and not by the kernel.
    """

    recording: Recording
    transport: Transport
    suite: Suite
    encrypted: bool
    sas: Mapping[str, Sequence[SaCounters]]
    drops: Mapping[str, Mapping[str, int]]
    own_ivs: bool = True

    @cached_property
    def gm(self) -> tuple[Said, ...]:
        """Messages on Gm."""
        return tuple(self.recording.said(GM))

    @cached_property
    def ues(self) -> tuple[Host, ...]:
        """UEs that said something."""
        speaking = {host.name: host for said in self.gm for host in (said.sender, said.receiver)}
        return tuple(host for host in speaking.values() if host.is_ue)

    @cached_property
    def negotiated(self) -> tuple[Suite, ...]:
        """Suites of the sets that a UE and the P-CSCF both installed, in order of time; may be none."""
        made = [m for m in self.recording.moments if isinstance(m, SetUp)]
        of_pcscf = {m.sa_set.suite for m in made if not m.host.is_ue}
        return tuple(
            dict.fromkeys(m.sa_set.suite for m in made if m.host.is_ue and m.sa_set.suite in of_pcscf)
        )

    @cached_property
    def procedures(self) -> dict[str, Procedure]:
        """The registration procedure of each UE, by its name."""
        return {
            ue.name: Procedure(ue, tuple(s for s in self.gm if s.seen.step and ue in (s.sender, s.receiver)))
            for ue in self.ues
        }


def ue_of(said: Said) -> Host:
    """The UE that sent or received a message on Gm."""
    return said.sender if said.sender.is_ue else said.receiver
