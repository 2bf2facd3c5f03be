"""The failure table of the requirements: ERR-01 to ERR-26 (33.203 §7.3; 24.229 §5.1.1, §5.2.2)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from twopair.attack import forge
from twopair.attack.attack import UDP_ONLY
from twopair.attack.by_subscribers import lies, takes_the_port
from twopair.attack.failure import AGAIN, EITHER, Failure, temporary_spis
from twopair.attack.forge import bump, sm1, sm6
from twopair.attack.moves import Change, Damage, Drop, Inject, Move
from twopair.attack.on_esp import clear_text_to_port_5060, clear_text_to_port_ps
from twopair.attack.stage import VICTIM, Stage
from twopair.attack.strange_card import Spoil, false_network, wrong_keys, wrong_res
from twopair.base import Endpoint, Impu, Port, Spi, Suite
from twopair.core.aka import RECOMMENDED
from twopair.core.secagree import Terms
from twopair.live.lab.plan import LabPlan
from twopair.wire.sip import Challenge, Request, Response, parse

Day = Callable[[Stage], Awaitable[None]]

_TWICE: Final = "REGISTER 401 (REGISTER) (494) REGISTER 401 (REGISTER) (494)"
_LOST: Final = "REGISTER 401 (REGISTER)"
_GOOD: Final = "REGISTER 401 (REGISTER) (200)"
_TO_ONESELF: Final = "(MESSAGE) (MESSAGE) (200) (200)"
_STRANGER: Final = Terms(Spi(70_000), Spi(70_001), Port(40_002), Port(40_004))
_FOREIGN: Final = Impu("sip:king@example.com")


async def _registers(stage: Stage) -> None:
    await stage.register()


def _attacked(*moves: Move) -> Day:
    """The victim registers while somebody does this."""

    async def day(stage: Stage) -> None:
        stage.attacker.begin(*moves)
        await stage.register()

    return day


def _with_card(spoil: Spoil) -> Day:
    """The victim registers with a card that errs from now on."""

    async def day(stage: Stage) -> None:
        stage.cards[VICTIM].spoil = spoil
        await stage.register()

    return day


def _lying(lie: Callable[[Request], None], method: str = "REGISTER") -> Day:
    """The victim's own UE misbehaves in what it sends over SAs: SM7, and requests after it."""

    def protected_only(request: Request) -> None:
        if request.get("Security-Verify"):
            lie(request)

    async def day(stage: Stage) -> None:
        lies(stage, method, protected_only, VICTIM)
        await stage.register()

    return day


def _sm7_is(lie: Callable[[Request], None]) -> Day:
    """The same for SM7 alone, which proves knowledge of a new nonce."""

    async def day(stage: Stage) -> None:
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


def _card_ahead(plan: LabPlan) -> LabPlan:
    ue = plan.ues[0]
    return replace(plan, ues=(replace(ue, seqs=(1000,) * (1 << RECOMMENDED.ind_bits)), *plan.ues[1:]))


def _nothing_in_common(plan: LabPlan) -> LabPlan:
    ue = plan.ues[0]
    config = replace(ue.config, suites=(Suite("null", "aes-gcm"),))
    pcscf = replace(plan.pcscf, algorithms=(Suite("hmac-sha-1-96", "null"),))
    return replace(plan, ues=(replace(ue, config=config), *plan.ues[1:]), pcscf=pcscf)


# ERR-05, ERR-06, ERR-07


async def _sm7_is_lost_once(stage: Stage) -> None:
    """Every copy of SM7 is lost; when the UE has given up, the user tries again."""
    stage.attacker.begin(Drop(on=lambda s: forge.esp_up(s) and s.spi in temporary_spis(stage)))
    await stage.register()
    stage.attacker.begin()
    await stage.register()
    await stage.message(VICTIM, stage.impu(1))


async def _somebody_asks_and_goes(stage: Stage) -> None:
    """A REGISTER in the victim's name by somebody who never answers the challenge."""
    source = Endpoint(stage.plan.network.ue.format(200), _STRANGER.port_c)
    stage.put(forge.register(stage, 1, source, _STRANGER))
    await stage.wait(5)


async def _one_packet_is_damaged(stage: Stage) -> None:
    """The first copy of a MESSAGE is altered on its way; the next one passes."""
    stage.attacker.begin(Damage(on=forge.esp_up, times=1))
    await stage.message(VICTIM, stage.impu(1))


# ERR-18 .. ERR-22


async def _a_stranger_writes(stage: Stage) -> None:
    source = Endpoint(stage.plan.network.ue.format(200), Port(5060))
    target = Endpoint(stage.plan.network.pcscf, stage.plan.pcscf.gm_port)
    stage.put(forge.message(stage, source, target, verify="ipsec-3gpp", words="hello"))
    await stage.wait(5)


def _other_impi(request: Request) -> None:
    request.set("Authorization", (request.get("Authorization") or "").replace('username="', 'username="x'))


def _other_via(request: Request) -> None:
    via = request.pop_value("Via") or ""
    request.push("Via", via.replace(via.split(" ")[1].rpartition(":")[0], "192.0.2.1"))


def _message_instead(request: Request) -> None:
    request.method = "MESSAGE"
    request.set("CSeq", f"{request.cseq.number} MESSAGE")


async def _prefers_a_foreign_name(stage: Stage) -> None:
    """A MESSAGE to oneself, with an identity of somebody else."""

    def lie(request: Request) -> None:
        request.set("P-Preferred-Identity", f"<{_FOREIGN}>")
        request.set("P-Asserted-Identity", f"<{_FOREIGN}>")

    lies(stage, "MESSAGE", lie, VICTIM)
    await stage.message(VICTIM, stage.impu(1))


# ERR-23 .. ERR-25


async def _keys_are_missing(stage: Stage) -> None:
    def says(data: bytes) -> bytes:
        message = parse(data)
        challenge = message.get("WWW-Authenticate")
        if not isinstance(message, Response) or challenge is None:
            return data
        message.set("WWW-Authenticate", str(Challenge.parse(challenge).without("ck", "ik")))
        return message.to_bytes()

    stage["home"].says = says
    await stage.register()


def _no_room_at(name: str) -> Day:
    async def day(stage: Stage) -> None:
        stage.refuse_sets_at(name)
        await stage.register()

    return day


def _without(*headers: str) -> Callable[[Request], None]:
    def lie(request: Request) -> None:
        for header in headers:
            request.remove(header)

    return lie


def _other_client(request: Request) -> None:
    request.set("Security-Client", (request.get("Security-Client") or "").replace("spi-s=", "spi-s=1"))


FAILURES: Final = (
    Failure(
        "ERR-01",
        "the UE has another K: SM7 has a wrong ICV",
        _with_card(wrong_keys),
        _LOST,
        ("pcscf", "BAD_ICV"),
        registered=EITHER,
    ),
    Failure(
        "ERR-02",
        "IK is right, RES is wrong",
        _with_card(wrong_res),
        "REGISTER 401 (REGISTER) (403)",
        ("home", "WRONG_RESPONSE"),
        registered=EITHER,
    ),
    Failure(
        "ERR-03",
        "AUTN has a wrong MAC",
        _with_card(false_network),
        "REGISTER 401 REGISTER 403",
        (VICTIM, "MAC_FAILURE"),
        registered=EITHER,
    ),
    Failure(
        "ERR-04",
        "the sequence number is out of range",
        _registers,
        "REGISTER 401 REGISTER 401 (REGISTER) (200)",
        (VICTIM, "SQN_OUT_OF_RANGE"),
        ends_well=True,
        change=_card_ahead,
    ),
    Failure(
        "ERR-05",
        "SM7 is answered by nothing",
        _sm7_is_lost_once,
        f"{_LOST} {_GOOD} {_TO_ONESELF}",
        ("", ""),
        ends_well=True,
        registered=EITHER,
    ),
    Failure(
        "ERR-06", "somebody never answers the 401", _somebody_asks_and_goes, "", ("", ""), registered=EITHER
    ),
    Failure(
        "ERR-07",
        "an ESP packet is damaged",
        _one_packet_is_damaged,
        _TO_ONESELF,
        ("pcscf", "BAD_ICV"),
        registered=AGAIN,
        transports=UDP_ONLY,
    ),
    Failure(
        "ERR-08",
        "no algorithm in common",
        _registers,
        "REGISTER 494",
        ("pcscf", "NO_COMMON_ALGORITHM"),
        change=_nothing_in_common,
    ),
    Failure(
        "ERR-09",
        "somebody at the same address has the client port",
        _attacked(Inject(on=sm1, times=1, forge=takes_the_port, for_s=0.5)),
        f"REGISTER 401 403 {_GOOD}",
        ("pcscf", "PORT_COLLISION"),
        ends_well=True,
    ),
    Failure(
        "ERR-10",
        "Security-Server changed on its way",
        _attacked(Change(on=sm6, edit=bump("spi-c"))),
        _TWICE,
        ("pcscf", "VERIFY_MISMATCH"),
    ),
    Failure(
        "ERR-11",
        "no Security-Verify, no Security-Client in SM7",
        _sm7_is(_without("Security-Verify", "Security-Client")),
        _TWICE,
        ("pcscf", "VERIFY_MISSING"),
        registered=EITHER,
    ),
    Failure(
        "ERR-12",
        "no Security-Server in SM6",
        _attacked(Change(on=sm6, edit=forge.without("Security-Server"))),
        "REGISTER 401 REGISTER 401",
        (VICTIM, "SECURITY_SERVER_MISSING"),
    ),
    Failure(
        "ERR-13",
        "port_uc changed in SM1",
        _attacked(Change(on=sm1, edit=bump("port-c"))),
        _LOST,
        ("pcscf", "SELECTOR"),
    ),
    Failure(
        "ERR-14",
        "spi_us changed in SM1",
        _attacked(Change(on=sm1, edit=bump("spi-s"))),
        "REGISTER 401 (REGISTER) (494)",
        ("pcscf", "CLIENT_MISMATCH"),
        wire_tcp=_TWICE,
    ),
    Failure(
        "ERR-15",
        "spi_ps changed in SM6",
        _attacked(Change(on=sm6, edit=bump("spi-s"))),
        _LOST,
        ("pcscf", "UNKNOWN_SPI"),
    ),
    Failure(
        "ERR-16",
        "port_pc changed in SM6",
        _attacked(Change(on=sm6, edit=bump("port-c"))),
        "REGISTER 401 (REGISTER) (494)",
        ("pcscf", "VERIFY_MISMATCH"),
        wire_tcp=_TWICE,
    ),
    Failure(
        "ERR-17",
        "clear text to a protected port",
        clear_text_to_port_ps,
        "",
        ("pcscf", "CLEAR_TO_PROTECTED"),
        registered=AGAIN,
    ),
    Failure(
        "ERR-18",
        "a MESSAGE in the clear",
        _a_stranger_writes,
        "",
        ("pcscf", "CLEAR_NON_REGISTER"),
        registered=EITHER,
    ),
    Failure(
        "ERR-18",
        "a MESSAGE in the clear, from an address that has SAs",
        clear_text_to_port_5060,
        "",
        ("pcscf", "CLEAR_FROM_PROTECTED_UE"),
        registered=AGAIN,
    ),
    Failure(
        "ERR-19",
        "REGISTER over SAs with another IMPI",
        _lying(_other_impi),
        "(REGISTER) (403)",
        ("pcscf", "IMPI_MISMATCH"),
        registered=AGAIN,
    ),
    Failure(
        "ERR-20",
        "a foreign identity preferred",
        _prefers_a_foreign_name,
        _TO_ONESELF,
        ("", ""),
        registered=AGAIN,
    ),
    Failure(
        "ERR-21",
        "a MESSAGE over the temporary set",
        _sm7_is(_message_instead),
        "REGISTER 401 (MESSAGE)",
        ("pcscf", "SET_NOT_USABLE"),
        registered=EITHER,
    ),
    Failure(
        "ERR-22",
        "REGISTER over SAs whose Via is not its source",
        _lying(_other_via),
        "(REGISTER) (403)",
        ("pcscf", "SOURCE_NOT_VIA"),
        registered=AGAIN,
    ),
    Failure(
        "ERR-23",
        "401 from the core without ck and ik",
        _keys_are_missing,
        "REGISTER 500",
        ("pcscf", "KEYS_MISSING"),
        registered=EITHER,
    ),
    Failure(
        "ERR-24",
        "the P-CSCF cannot install the set",
        _no_room_at("pcscf"),
        "REGISTER 500",
        ("pcscf", "SA_INSTALL_FAILED"),
        registered=EITHER,
    ),
    Failure(
        "ERR-24",
        "the UE cannot install the set",
        _no_room_at(VICTIM),
        "REGISTER 401",
        ("", ""),
        registered=EITHER,
    ),
    Failure(
        "ERR-25", "no answer to SM1", _attacked(Drop(on=lambda s: s.sender == VICTIM)), "REGISTER", ("", "")
    ),
    Failure(
        "ERR-26",
        "Security-Client of SM7 differs, in a re-registration",
        _sm7_is(_other_client),
        _TWICE,
        ("pcscf", "CLIENT_MISMATCH"),
        registered=AGAIN,
    ),
)
"""ERR-01 to ERR-26."""
