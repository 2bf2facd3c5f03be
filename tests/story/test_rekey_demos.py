"""The demos of re-registration: on real packets, and that each of their checks can fail."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from twopair.base import Spi, Transport
from twopair.core.sa import End, SaSet
from twopair.demo import late_response, reregister, restart_ue, single_pair
from twopair.demo.checks.check import Verdict, run
from twopair.demo.evidence import Evidence
from twopair.demo.record import CORE, Fact, Moment, Said, SetGone, SetUp
from twopair.demo.run import Wanted, play
from twopair.demo.scenario import Scenario
from twopair.nodes.facts import CallChanged, CallStage, MessageAnswered, Registered
from twopair.wire.sip import Request, Response

DEMOS = {
    s.name: s
    for s in (reregister.SCENARIO, late_response.SCENARIO, restart_ue.SCENARIO, single_pair.SCENARIO)
}
BY_TRANSPORT = pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
Spoil = Callable[[Evidence], Evidence]


@pytest.mark.lab
@BY_TRANSPORT
@pytest.mark.parametrize("scenario", DEMOS.values(), ids=lambda s: s.name)
def test_on_real_packets(scenario: Scenario, transport: Transport) -> None:
    """RRG-01..RRG-10, MSG-06, MGP-08, paper §2.1, §2.2: real sockets, real TCP, real ESP."""
    outcome = play(scenario, Wanted(transport, backend="userspace", ip=6 if transport.reliable else 4))
    assert not [f"{v.id}: {v.detail}" for v in outcome.verdicts if not v.ok]
    assert outcome.ok


@BY_TRANSPORT
def test_both_counts_are_printed(transport: Transport) -> None:
    """Paper §2.1, §2.2: what is lost with one pair, and that nothing is with two."""
    details = " ".join(v.detail for v in good("single-pair", transport)[1])
    lost = 3 if transport is Transport.TCP else 0
    assert f"one pair, {transport.value}: {lost} of 3 requests to the UE lost" in details
    assert f"two pairs, {transport.value}: 0 of 3 requests to the UE lost" in details
    assert re.search(r"one pair, after a re-registration: 3 of 3 remote parties hold a dead port", details)
    assert re.search(r"two pairs, after a re-registration: 0 of 3 remote parties hold a dead port", details)


@cache
def good(name: str, transport: Transport) -> tuple[Evidence, list[Verdict]]:
    outcome = play(DEMOS[name], Wanted(transport, backend="memory"))
    assert outcome.ok
    return outcome.evidence, outcome.verdicts


def with_moments(evidence: Evidence, moments: list[Moment]) -> Evidence:
    return replace(evidence, recording=replace(evidence.recording, moments=moments))


def changed(change: Callable[[Moment], Iterator[Moment]]) -> Spoil:
    return lambda evidence: with_moments(evidence, [n for m in evidence.recording.moments for n in change(m)])


def final_answers(moment: Moment) -> bool:
    message = moment.seen.message if isinstance(moment, Said) else None
    return isinstance(message, Response) and message.status == 200 and message.cseq.method == "INVITE"


@changed
def without_answers(moment: Moment) -> Iterator[Moment]:
    """The caller hears nothing."""
    if not (final_answers(moment) and isinstance(moment, Said) and moment.receiver.name == "ue"):
        yield moment


@changed
def answers_in_the_clear(moment: Moment) -> Iterator[Moment]:
    if final_answers(moment) and isinstance(moment, Said):
        moment = replace(moment, seen=replace(moment.seen, sa=None))
    yield moment


@changed
def answers_over_another_set(moment: Moment) -> Iterator[Moment]:
    if final_answers(moment) and isinstance(moment, Said):
        moment = replace(moment, seen=replace(moment.seen, spi=1))
    yield moment


@changed
def call_never_up(moment: Moment) -> Iterator[Moment]:
    up = (
        isinstance(moment, Fact)
        and isinstance(moment.fact, CallChanged)
        and moment.fact.stage is CallStage.UP
    )
    if not up:
        yield moment


@changed
def nothing_goes(moment: Moment) -> Iterator[Moment]:
    if not isinstance(moment, SetGone):
        yield moment


@changed
def never_registered(moment: Moment) -> Iterator[Moment]:
    if not (isinstance(moment, Fact) and isinstance(moment.fact, Registered)):
        yield moment


@changed
def answered_480(moment: Moment) -> Iterator[Moment]:
    if isinstance(moment, Fact) and isinstance(moment.fact, MessageAnswered):
        moment = replace(moment, fact=replace(moment.fact, status=480))
    yield moment


@changed
def core_answers_lost(moment: Moment) -> Iterator[Moment]:
    lost = isinstance(moment, Said) and moment.link == CORE and isinstance(moment.seen.message, Response)
    if not lost:
        yield moment


@changed
def requests_over_another_set(moment: Moment) -> Iterator[Moment]:
    if isinstance(moment, Said) and isinstance(moment.seen.message, Request) and moment.seen.sa:
        moment = replace(moment, seen=replace(moment.seen, spi=1))
    yield moment


@changed
def as_if_protected(moment: Moment) -> Iterator[Moment]:
    if isinstance(moment, Said) and moment.seen.sa is None:
        moment = replace(moment, seen=replace(moment.seen, sa="SA1-up"))
    yield moment


def another(change: Callable[[SaSet], SaSet]) -> Spoil:
    """The last set that a UE made was another."""

    def spoil(evidence: Evidence) -> Evidence:
        made = evidence.recording.sets
        last = [s for s in made if s.end is End.UE][-1]
        return replace(
            evidence,
            recording=replace(evidence.recording, sets=[change(s) if s is last else s for s in made]),
        )

    return spoil


def same_ports(evidence: Evidence) -> Evidence:
    """Every set of the UE had the first one's client ports."""
    made = evidence.recording.sets
    first = made[0].ports

    def of(sa_set: SaSet) -> SaSet:
        return sa_set._replace(ports=sa_set.ports._replace(uc=first.uc, pc=first.pc))

    moments = [
        replace(m, sa_set=of(m.sa_set)) if isinstance(m, SetUp | SetGone) else m
        for m in evidence.recording.moments
    ]
    return replace(
        evidence, recording=replace(evidence.recording, sets=[of(s) for s in made], moments=moments)
    )


def other_server_port(sa_set: SaSet) -> SaSet:
    return sa_set._replace(ports=sa_set.ports._replace(us=sa_set.ports.uc))


def same_keys(evidence: Evidence) -> Evidence:
    made = evidence.recording.sets
    return replace(
        evidence, recording=replace(evidence.recording, sets=[s._replace(keys=made[0].keys) for s in made])
    )


def sets_left(evidence: Evidence) -> Evidence:
    """At the end the P-CSCF still has the UE's first set."""
    first = evidence.recording.sets[0]
    sas = [replace(evidence.sas["pcscf"][0], spi=Spi(spi)) for spi in first.spis]
    return replace(evidence, sas={**evidence.sas, "pcscf": (*evidence.sas["pcscf"], *sas)})


@pytest.mark.parametrize(
    ("name", "requirement", "spoil"),
    [
        ("late-response", "RRG-09", without_answers),
        ("late-response", "RRG-09", answers_in_the_clear),
        ("late-response", "RRG-09", call_never_up),
        ("late-response", "RRG-07", answers_over_another_set),
        ("late-response", "RRG-08", answers_over_another_set),
        ("late-response", "MSG-06", answers_over_another_set),
        ("late-response", "MGU-05", sets_left),
        ("reregister", "RRG-01", another(other_server_port)),
        ("reregister", "RRG-02", same_ports),
        ("reregister", "RRG-03", same_ports),
        ("reregister", "FLOW-06", requests_over_another_set),
        ("reregister", "MGP-02", requests_over_another_set),
        ("reregister", "TMR-03", nothing_goes),
        ("reregister", "UEP-06", never_registered),
        ("reregister", "UEP-08", answered_480),
        ("restart-ue", "UNP-03", as_if_protected),
        ("restart-ue", "MGP-08", nothing_goes),
        ("restart-ue", "MGP-08", sets_left),
        ("restart-ue", "AKA-18", same_keys),
        ("restart-ue", "MGP-03", requests_over_another_set),
        ("single-pair", "paper §2.1", core_answers_lost),
        ("single-pair", "paper §2.2", core_answers_lost),
        ("single-pair", "paper §2.2", nothing_goes),
    ],
)
def test_a_spoiled_run_is_noticed(name: str, requirement: str, spoil: Spoil) -> None:
    evidence, _ = good(name, Transport.TCP)
    spoiled = spoil(evidence)
    wrong = {v.id for v in run(DEMOS[name].checks(spoiled), spoiled) if not v.ok}
    assert requirement in wrong
