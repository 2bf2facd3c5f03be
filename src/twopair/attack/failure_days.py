"""What happens in each row of the failure table: whose fault it is, and what the users do meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from twopair.attack import forge
from twopair.attack.by_subscribers import lies
from twopair.attack.failure import temporary_spis
from twopair.attack.in_world import WorldStage
from twopair.attack.moves import Damage, Drop, Move
from twopair.attack.stage import VICTIM
from twopair.attack.strange_card import Spoil
from twopair.base import Endpoint, Impu, Port, Spi, Suite
from twopair.core.aka import RECOMMENDED
from twopair.core.secagree import Terms
from twopair.live.lab.plan import LabPlan
from twopair.wire.sip import Challenge, Request, Response, parse

Day = Callable[[WorldStage], Awaitable[None]]

_STRANGER: Final = Terms(Spi(70_000), Spi(70_001), Port(40_002), Port(40_004))
_FOREIGN: Final = Impu("sip:king@example.com")


async def registers(stage: WorldStage) -> None:
    """The victim registers."""
    await stage.register()


def attacked(*moves: Move) -> Day:
    """The victim registers while somebody does this."""

    async def day(stage: WorldStage) -> None:
        stage.attacker.begin(*moves)
        await stage.register()

    return day


def with_card(spoil: Spoil) -> Day:
    """The victim registers with a card that errs from now on."""

    async def day(stage: WorldStage) -> None:
        stage.cards[VICTIM].spoil = spoil
        await stage.register()

    return day


def lying(lie: Callable[[Request], None], method: str = "REGISTER") -> Day:
    """The victim's own UE misbehaves in what it sends over SAs: SM7, and requests after it."""

    def protected_only(request: Request) -> None:
        if request.get("Security-Verify"):
            lie(request)

    async def day(stage: WorldStage) -> None:
        lies(stage, method, protected_only, VICTIM)
        await stage.register()

    return day


def sm7_is(lie: Callable[[Request], None]) -> Day:
    """The same for SM7 alone, which proves knowledge of a new nonce."""

    async def day(stage: WorldStage) -> None:
        known = {_nonce(said.data) for said in stage.spoken}

        def lie_in_sm7(request: Request) -> None:
            if request.get("Security-Verify") and _nonce(request.to_bytes()) not in known:
                lie(request)

        lies(stage, "REGISTER", lie_in_sm7, VICTIM)
        await stage.register()

    return day


def _nonce(data: bytes) -> str:
    message = parse(data)
    value = message.get("Authorization")
    return (Challenge.parse(value).get("nonce") or "") if value else ""


# ERR-04, ERR-08


def card_ahead(plan: LabPlan) -> LabPlan:
    """The card has seen higher sequence numbers than the HSS remembers (ERR-04)."""
    ue = plan.ues[0]
    return replace(plan, ues=(replace(ue, seqs=(1000,) * (1 << RECOMMENDED.ind_bits)), *plan.ues[1:]))


def nothing_in_common(plan: LabPlan) -> LabPlan:
    """The UE has AES-GCM and nothing else, the P-CSCF HMAC-SHA-1 and nothing else (ERR-08)."""
    ue = plan.ues[0]
    config = replace(ue.config, suites=(Suite("null", "aes-gcm"),))
    pcscf = replace(plan.pcscf, algorithms=(Suite("hmac-sha-1-96", "null"),))
    return replace(plan, ues=(replace(ue, config=config), *plan.ues[1:]), pcscf=pcscf)


# ERR-05, ERR-06, ERR-07


async def sm7_is_lost_once(stage: WorldStage) -> None:
    """Every copy of SM7 is lost; when the UE has given up, the user tries again."""
    stage.attacker.begin(Drop(on=lambda s: forge.esp_up(s) and s.spi in temporary_spis(stage)))
    await stage.register()
    stage.attacker.begin()
    await stage.register()
    await stage.message(VICTIM, stage.impu(1))


async def somebody_asks_and_goes(stage: WorldStage) -> None:
    """A REGISTER in the victim's name by somebody who never answers the challenge."""
    source = Endpoint(stage.plan.network.ue.format(200), _STRANGER.port_c)
    stage.put(forge.register(stage, 1, source, _STRANGER))
    await stage.wait(5)


async def one_packet_is_damaged(stage: WorldStage) -> None:
    """The first copy of a MESSAGE is altered on its way; the next one passes."""
    stage.attacker.begin(Damage(on=forge.esp_up, times=1))
    await stage.message(VICTIM, stage.impu(1))


# ERR-18 .. ERR-22


async def a_stranger_writes(stage: WorldStage) -> None:
    """A MESSAGE in the clear from an address without SAs (ERR-18)."""
    source = Endpoint(stage.plan.network.ue.format(200), Port(5060))
    target = Endpoint(stage.plan.network.pcscf, stage.plan.pcscf.gm_port)
    stage.put(forge.message(stage, source, target, verify="ipsec-3gpp", words="hello"))
    await stage.wait(5)


def other_impi(request: Request) -> None:
    """Say that one is somebody else (ERR-19)."""
    request.set("Authorization", (request.get("Authorization") or "").replace('username="', 'username="x'))


def other_via(request: Request) -> None:
    """Say that one is somewhere else (ERR-22)."""
    via = request.pop_value("Via") or ""
    request.push("Via", via.replace(via.split(" ")[1].rpartition(":")[0], "192.0.2.1"))


def message_instead(request: Request) -> None:
    """Send MESSAGE where REGISTER is due (ERR-21)."""
    request.method = "MESSAGE"
    request.set("CSeq", f"{request.cseq.number} MESSAGE")


async def prefers_a_foreign_name(stage: WorldStage) -> None:
    """A MESSAGE to oneself, with an identity of somebody else."""

    def lie(request: Request) -> None:
        request.set("P-Preferred-Identity", f"<{_FOREIGN}>")
        request.set("P-Asserted-Identity", f"<{_FOREIGN}>")

    lies(stage, "MESSAGE", lie, VICTIM)
    await stage.message(VICTIM, stage.impu(1))


# ERR-23 .. ERR-25


async def keys_are_missing(stage: WorldStage) -> None:
    """The home network forgets ck and ik (ERR-23)."""

    def says(data: bytes) -> bytes:
        message = parse(data)
        challenge = message.get("WWW-Authenticate")
        if not isinstance(message, Response) or challenge is None:
            return data
        message.set("WWW-Authenticate", str(Challenge.parse(challenge).without("ck", "ik")))
        return message.to_bytes()

    stage["home"].says = says
    await stage.register()


def no_room_at(name: str) -> Day:
    """A host's back end refuses the set (ERR-24)."""

    async def day(stage: WorldStage) -> None:
        stage.refuse_sets_at(name)
        await stage.register()

    return day


def without(*headers: str) -> Callable[[Request], None]:
    """Leave header fields out (ERR-11)."""

    def lie(request: Request) -> None:
        for header in headers:
            request.remove(header)

    return lie


def other_client(request: Request) -> None:
    """Offer something else than in SM1 (ERR-26)."""
    request.set("Security-Client", (request.get("Security-Client") or "").replace("spi-s=", "spi-s=1"))
