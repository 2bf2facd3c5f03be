"""Every scenario of the demo: what it shows, how it is played, what is checked."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from twopair.base import Secret, Suite, Transport
from twopair.core.aka import RECOMMENDED
from twopair.demo import failures, late_response, mitm, reregister, restart_ue, single_pair
from twopair.demo.checks import headers, outcome, packets, sets, table
from twopair.demo.checks.check import Check
from twopair.demo.evidence import Evidence
from twopair.demo.play import Play
from twopair.demo.scenario import Scenario, as_usual
from twopair.live.lab import LabPlan

_COUNTER_SUITES: Final = ("aes-gcm", "aes-gmac")


async def _figure1(play: Play) -> None:
    play.scene("UE registers")
    await play.register("ue")
    play.scene("UE 2 registers")
    await play.register("ue2")
    play.scene("UE writes to UE 2")
    await play.message("ue", play.impu(2), "Two pairs are enough.")
    play.scene("UE 2 writes to UE")
    await play.message("ue2", play.impu(1), "And one is not.")
    play.scene("The network writes to UE: the P-CSCF asks, from port_pc to port_us")
    await play.message("home", play.impu(1), "Welcome.")
    await play.settle()


def _figure1_checks(evidence: Evidence) -> Iterable[Check]:
    yield from outcome.REGISTERED
    yield from table.REGISTRATION
    yield from outcome.DELIVERED
    yield from table.TRAFFIC
    yield from packets.CLEAR
    yield from _set_checks(evidence)
    if evidence.transport is Transport.TCP:
        yield from packets.STREAMS
    yield from headers.ADDRESSES
    yield from headers.TOWARDS_UE
    yield from headers.CORE_SIDE


def _set_checks(evidence: Evidence) -> Iterable[Check]:
    """What holds of every set that stands."""
    yield from sets.STANDING
    yield from headers.AGREEMENT
    yield from packets.ESP
    if evidence.encrypted:
        yield from packets.ON_THE_WIRE
        if evidence.suite.ealg in _COUNTER_SUITES or evidence.suite.alg in _COUNTER_SUITES:
            yield from packets.COUNTER_MODE


async def _one_attempt(play: Play) -> None:
    play.scene("UE registers")
    await play.register("ue")
    await play.settle()


def _wrong_key(plan: LabPlan) -> LabPlan:
    """The UE's card has another K than the HSS."""
    ue = plan.ues[0]
    keys = replace(ue.card.keys, k=Secret(bytes(16)))
    return replace(plan, ues=(replace(ue, card=replace(ue.card, keys=keys)), *plan.ues[1:]))


def _wrong_key_checks(_evidence: Evidence) -> Iterable[Check]:
    yield from outcome.FALSE_NETWORK
    yield from sets.GONE


def _card_ahead(plan: LabPlan) -> LabPlan:
    """The card has seen higher sequence numbers than the HSS remembers."""
    ue = plan.ues[0]
    return replace(plan, ues=(replace(ue, seqs=(1000,) * (1 << RECOMMENDED.ind_bits)), *plan.ues[1:]))


def _resync_checks(evidence: Evidence) -> Iterable[Check]:
    yield from outcome.RESYNCHRONISED
    yield from outcome.REGISTERED
    yield from table.REGISTRATION
    yield from _set_checks(evidence)


def _nothing_in_common(plan: LabPlan) -> LabPlan:
    """The UE offers AES-GCM and nothing else, the P-CSCF has HMAC-SHA-1 and nothing else."""
    ue = plan.ues[0]
    offer = replace(ue.config, suites=(Suite("null", "aes-gcm"),))
    ours = (Suite("hmac-sha-1-96", "aes-cbc"), Suite("hmac-sha-1-96", "null"))
    return replace(
        plan,
        ues=(replace(ue, config=offer), *plan.ues[1:]),
        pcscf=replace(plan.pcscf, algorithms=ours),
    )


def _no_common_checks(_evidence: Evidence) -> Iterable[Check]:
    yield from outcome.NOTHING_IN_COMMON
    yield from sets.NEVER
    yield from sets.GONE


SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "figure1",
            "two UEs register over two pairs of SAs each, and write to each other",
            "paper §3.1; 33.203 §6, §7.2",
            2,
            as_usual,
            _figure1,
            _figure1_checks,
        ),
        Scenario(
            "wrong-key",
            "the card has another K than the HSS: AUTN does not verify, nothing is registered",
            "33.203 §6.1.2.2; 33.102 §6.3.3",
            1,
            _wrong_key,
            _one_attempt,
            _wrong_key_checks,
        ),
        Scenario(
            "sqn-resync",
            "the card is ahead of the HSS: AUTS, a fresh challenge, registered all the same",
            "33.203 §6.1.3; 33.102 §6.3.5",
            1,
            _card_ahead,
            _one_attempt,
            _resync_checks,
        ),
        Scenario(
            "no-common-algorithm",
            "no algorithm in common: refused before the home network hears of it",
            "33.203 §7.3.2.1; RFC 3329 §2.3.1",
            1,
            _nothing_in_common,
            _one_attempt,
            _no_common_checks,
            own_algorithms=True,
        ),
        reregister.SCENARIO,
        late_response.SCENARIO,
        restart_ue.SCENARIO,
        single_pair.SCENARIO,
        mitm.SCENARIO,
        failures.SCENARIO,
    )
}
"""All scenarios by name; the first is the default."""
