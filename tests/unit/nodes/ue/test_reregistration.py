"""Re-registration, de-registration, and the life of old sets (24.229 §5.1.1.4, §5.1.1.5.1, §5.1.1.6)."""

from typing import Any

import pytest
from tests.unit.nodes.ue.gm_bench import Bench

from twopair.base import Impu, Transport
from twopair.core.sa import PortName, Stage
from twopair.core.secagree import Offer
from twopair.nodes.facts import Deregistered, MessageReceived, Registered, RegistrationFailed, SetStage
from twopair.nodes.wishes import Deregister, Register, SendMessage

BOTH = pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
BOB = Impu("sip:bob@home")


def registered(**config: Any) -> Bench:
    bench = Bench(**config)
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    return bench


@BOTH
def test_sm1_of_a_reregistration(transport: Transport) -> None:
    """MGU-02, AGR-25, AGR-26, AKA-08, RRG-01, RRG-02, RRG-04, UEP-05: over the set in use."""
    bench = registered(transport=transport)
    sm7, _ = bench.last
    (sa_set,) = bench.sets.values()
    bench.feed(Register())
    request, flow = bench.last
    assert bench.set_of(flow) == sa_set
    assert (flow.local.port, flow.remote.port) == (sa_set.ports.uc, sa_set.ports.ps)
    assert request.call_id == sm7.call_id
    assert request.cseq.number == sm7.cseq.number + 1
    assert request.get_all("Security-Verify") == sm7.get_all("Security-Verify")
    assert request.get("Authorization") == sm7.get("Authorization")
    assert request.get("P-Access-Network-Info")
    assert request.top_via.port == sa_set.ports.us
    assert f":{sa_set.ports.us}" in (request.get("Contact") or "")
    old, new = (Offer.parse(message.get_all("Security-Client")).terms for message in (sm7, request))
    assert old is not None
    assert new is not None
    assert old.port_s == new.port_s
    assert not {old.spi_c, old.spi_s, old.port_c} & {new.spi_c, new.spi_s, new.port_c}


@BOTH
def test_two_pairs_side_by_side(transport: Transport) -> None:
    """RRG-01, RRG-02, RRG-06, MGU-03: SM7 over the new set, all else over the old one, until SM12."""
    bench = registered(transport=transport)
    (old,) = bench.sets.values()
    bench.feed(Register())
    bench.challenge()
    _, new = bench.sets.values()
    assert bench.set_of(bench.last[1]) == new
    assert (old.ports.us, old.ports.ps) == (new.ports.us, new.ports.ps)
    assert old.ports.uc != new.ports.uc
    assert old.ports.pc != new.ports.pc
    assert len({*old.spis, *new.spis}) == 8
    bench.feed(SendMessage(BOB, b"during", transport=Transport.UDP))
    assert bench.set_of(bench.last[1]) == old
    bench.answer(200)
    sm7 = next(pair for pair in reversed(bench.requests) if pair[0].method == "REGISTER")
    bench.answer(200, [("Expires", "3600")], to=sm7)
    bench.feed(SendMessage(BOB, b"after", transport=Transport.UDP))
    assert bench.set_of(bench.last[1]) == new
    assert bench.last[0].get_all("Security-Verify") == sm7[0].get_all("Security-Verify")


def test_old_set_drains() -> None:
    """MGU-05: until something other than SM12 was heard over the new set, and no transaction uses the old."""
    bench = registered()
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    assert [fact.stage for fact in bench.facts_of(SetStage)][-3:] == [
        Stage.NEWLY_ESTABLISHED,
        Stage.OLD,
        Stage.IN_USE,
    ]
    bench.pass_time(60)  # every REGISTER transaction has ended
    assert len(bench.sets) == 2
    bench.request_from_network("MESSAGE")
    assert list(bench.sets) == [2]
    assert bench.facts_of(SetStage)[-1].stage is Stage.DELETED


def test_old_set_waits_for_its_transactions() -> None:
    """MGU-05, MGU-06, RRG-07: a request over the old set is answered over it; then the set may go."""
    bench = registered()
    bench.feed(SendMessage(BOB, b"slow"))
    waiting = bench.last
    old_flow = bench.response_flow(waiting[1])
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    bench.request_from_network("MESSAGE", over=old_flow)
    assert bench.set_of(bench.responses[-1][1]) == bench.sets[1]
    bench.request_from_network("MESSAGE")
    assert len(bench.sets) == 2
    bench.answer(200, to=waiting, over=old_flow)
    bench.pass_time(127)
    assert len(bench.sets) == 2
    bench.pass_time(2)
    assert list(bench.sets) == [2]


def test_response_after_rekey_new() -> None:
    """RRG-08: the paper's solution 2, where configured: the answer goes over the newest set."""
    bench = registered(response_after_rekey="new")
    old = bench.sets[1]
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    bench.request_from_network("MESSAGE", over=old.flow(Transport.UDP, PortName.PC, PortName.US))
    assert bench.set_of(bench.responses[-1][1]) == bench.sets[2]


@BOTH
def test_unchallenged(transport: Transport) -> None:
    """RRG-05, TMR-02: 200 at once changes no set, port or SPI, only lifetimes; the offer is forgotten."""
    bench = registered(transport=transport)
    (before,) = bench.sets.values()
    bound = set(bench.bound)
    bench.pass_time(2000)
    bench.feed(Register())
    bench.accept(7200)
    assert list(bench.sets.values()) == [before]
    assert set(bench.bound) == bound
    assert [fact.expires_s for fact in bench.facts_of(Registered)] == [3600, 7200]
    bench.pass_time(6599)
    assert len(bench.requests) == 3
    bench.pass_time(2)
    assert len(bench.requests) == 4
    bench.answer(403)
    bench.pass_time(628)
    assert len(bench.sets) == 1
    bench.pass_time(2)
    assert not bench.sets


def test_lifetime_is_never_shortened() -> None:
    """TMR-02: the longer of the old set's lifetime and the new registration's."""
    bench = registered()
    bench.feed(Register())
    bench.challenge()
    bench.accept(60)
    bench.pass_time(30)
    bench.answer(403)
    bench.pass_time(3500)
    assert 2 in bench.sets


@BOTH
def test_deregistration_unchallenged(transport: Transport) -> None:
    """MGU-12: protected REGISTER with Expires 0; after the 200 all sets and ports are gone but port_us."""
    bench = registered(transport=transport)
    bench.feed(Deregister())
    request, flow = bench.last
    assert request.get("Expires") == "0"
    assert bench.set_of(flow)
    bench.answer(200)
    assert bench.facts_of(Deregistered)[-1].reason == "on request"
    assert not bench.sets
    assert not bench.streams
    assert [endpoint.port for endpoint in bench.bound] == [bench.ue.profile.port_us]
    bench.pass_time(1_000_000)
    assert bench.ue.next_deadline() is None


def test_deregistration_challenged() -> None:
    """MGU-12, Q-18: the challenge is answered over a new set, and all sets go."""
    bench = registered()
    bench.feed(Deregister())
    bench.challenge()
    assert bench.last[0].get("Expires") == "0"
    assert bench.set_of(bench.last[1]) == bench.sets[2]
    bench.answer(200)
    assert not bench.sets
    assert bench.facts_of(Deregistered)


def test_deregistration_refused() -> None:
    """ERR-30: what stood still stands."""
    bench = registered()
    bench.feed(Deregister())
    bench.answer(403)
    assert len(bench.sets) == 1
    assert bench.facts_of(RegistrationFailed)
    bench.feed(SendMessage(BOB, b"still here"))
    assert bench.last[0].method == "MESSAGE"


def test_deregistration_of_nothing() -> None:
    """MGU-12: nothing is sent."""
    bench = Bench()
    bench.feed(Deregister())
    assert not bench.requests
    assert bench.facts_of(Deregistered)


def test_wish_during_an_attempt() -> None:
    """FLOW-05, MGU-12: de-registration waits until the registration stands."""
    bench = Bench()
    bench.feed(Register())
    bench.feed(Deregister())
    bench.challenge()
    bench.accept()
    assert bench.last[0].get("Expires") == "0"


@BOTH
def test_silence_over_the_set_in_use(transport: Transport) -> None:
    """MGU-10: the set is taken for dead, and registration begins anew in the clear."""
    bench = registered(transport=transport)
    bench.feed(Register())
    old_call = bench.last[0].call_id
    bench.pass_time(129)
    request, flow = bench.last
    assert not bench.sets
    assert flow.remote.port == 5060
    assert request.call_id != old_call
    assert request.get("Security-Verify") is None
    assert bench.facts_of(Deregistered)
    bench.challenge()
    bench.accept()
    assert len(bench.facts_of(Registered)) == 2


def test_initial_authentication_replaces_all_sets() -> None:
    """MGU-09, UEP-16: 494 outside registration makes the UE begin anew; the old set carries on until SM12."""
    bench = registered()
    bench.feed(SendMessage(BOB, b"hello"))
    bench.answer(494)
    assert bench.last[1].remote.port == 5060
    bench.challenge()
    assert len(bench.sets) == 2
    bench.request_from_network(
        "MESSAGE", over=bench.sets[1].flow(Transport.UDP, PortName.PC, PortName.US), body=b"meanwhile"
    )
    assert bench.facts_of(MessageReceived)[-1].body == b"meanwhile"
    bench.accept()
    assert list(bench.sets) == [2]


def test_three_rekeyings() -> None:
    """RRG-02, RRG-03, MGU-05: ports and SPIs of live sets are always different; old ones go in turn."""
    bench = registered()
    for round_ in (2, 3, 4):
        bench.feed(Register())
        bench.challenge()
        bench.accept()
        sets = list(bench.sets.values())
        assert len({sa_set.ports.uc for sa_set in sets}) == len(sets)
        assert len({sa_set.ports.pc for sa_set in sets}) == len(sets)
        assert {sa_set.ports.us for sa_set in sets} == {bench.ue.profile.port_us}
        bench.request_from_network("MESSAGE")
        bench.pass_time(129)
        assert list(bench.sets) == [round_]


def test_port_pc_of_an_old_set_comes_back() -> None:
    """RRG-03, MGP-04: the P-CSCF has let the old set go; so does the UE, before it installs the new one."""
    bench = registered()
    bench.feed(SendMessage(BOB, b"slow"))  # keeps set 1 from draining
    for _ in range(2):
        bench.feed(Register())
        bench.challenge()
        bench.accept()
    assert list(bench.sets) == [1, 2, 3]
    bench.feed(Register())
    bench.challenge(terms=bench.fresh_terms()._replace(port_c=bench.sets[1].ports.pc))
    assert list(bench.sets) == [2, 3, 4]
    bench.accept()
    assert bench.facts_of(RegistrationFailed) == []
