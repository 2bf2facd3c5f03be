"""Every limit of [limits] at its boundary; 503 with Retry-After; what is established is served (UNP-05)."""

from collections.abc import Sequence

import pytest
from tests.unit.nodes.pcscf.bed import GM, TCP, Bed, Ue

from twopair.base import (
    CloseStream,
    Limit,
    OpenStream,
    Port,
    Refusal,
    Refused,
    Send,
    Spi,
    StreamOpened,
    seconds,
)
from twopair.core.registration.kept import Recalled
from twopair.core.sa import Stage
from twopair.core.secagree import Terms
from twopair.nodes.pcscf import Limits, Pcscf
from twopair.nodes.pcscf.gm.load import RETRY_AFTER_S, SPREAD_S, TIME_TO_ANSWER
from twopair.wire.sip import Request, Response

MANY = 1_000_000


def limits(**changes: int) -> Limits:
    """Nothing is limited but what a test names."""
    wide = {"register_rate": MANY, "register_burst": MANY}
    wide |= {f"{name}_per_source": value for name, value in wide.items()}
    return Limits(**{**wide, **changes})


def details(bed: Bed) -> list[str]:
    """Limits that were named last."""
    return [fact.detail for fact in bed.facts(Refused)]


def turned_away(bed: Bed, limit: Limit) -> Response:
    """The 503 that has just gone to a UE, the one thing that was sent."""
    assert bed.refusals == [Refusal.OVERLOADED]
    assert details(bed)[-1] == limit.word
    [(_, response)] = bed.sent
    assert isinstance(response, Response)
    assert response.status == 503
    assert response.get("Retry-After")
    return response


def asked(bed: Bed, ues: Sequence[Ue]) -> int:
    """How many of these get as far as the core."""
    found = 0
    for ue in ues:
        bed.receive(ue.clear, ue.register())
        found += any(isinstance(a, Send) and a.flow.remote.address == "10.20.0.2" for a in bed.fresh)
    return found


def ues(count: int, first: int = 1, address: str = "") -> list[Ue]:
    return [Ue(number, address=address) for number in range(first, first + count)]


def together(count: int) -> list[Ue]:
    """UEs at one address, with ports of their own."""
    here = ues(count, address="10.10.9.9")
    for ue in here:
        spi_c, spi_s, *_ = ue.terms
        ue.renew(Terms(spi_c, spi_s, Port(7000 + 20 * ue.number), Port(7001 + 20 * ue.number)))
    return here


# rates


def test_rate_of_all() -> None:
    """OVERLOADED, Limit.REGISTER_RATE: the burst is let in, one more is told when to come again."""
    bed = Bed(limits=limits(register_rate=2, register_burst=5))
    assert asked(bed, ues(5)) == 5
    bed.receive(Ue(6).clear, Ue(6).register())
    turned_away(bed, Limit.REGISTER_RATE)
    assert bed.pcscf.transactions == 10  # nothing was begun for it
    bed.wait(0.5)
    assert asked(bed, ues(2, 7)) == 1


def test_rate_of_one_source_leaves_the_others_theirs() -> None:
    """Limit.REGISTER_RATE_PER_SOURCE: what is too much of one is not taken from all."""
    bed = Bed(
        limits=limits(
            register_rate=1, register_burst=4, register_rate_per_source=1, register_burst_per_source=2
        )
    )
    noisy = ues(50, address="10.10.9.9")
    assert asked(bed, noisy) == 2
    assert set(details(bed)) == {Limit.REGISTER_RATE_PER_SOURCE.word}
    assert asked(bed, ues(2, 100)) == 2


def test_a_source_is_a_whole_64() -> None:
    """23.401 §5.3.1.2.2: addresses within a /64 are one UE's."""
    bed = Bed(
        gm_addresses=(GM, "2001:db8::1"),
        limits=limits(register_rate_per_source=1, register_burst_per_source=2),
    )
    found = []
    for number in range(1, 6):
        ue = Ue(number, address=f"2001:db8:0:1::{number:x}")
        flow = ue.clear._replace(local=ue.clear.local._replace(address="2001:db8::1"))
        bed.receive(flow, ue.register(Via=f"SIP/2.0/UDP [{ue.address}]:5060;branch=z9hG4bK{number};rport"))
        found.append(bed.refusals)
    assert found == [[], [], *[[Refusal.OVERLOADED]] * 3]


def test_a_retransmission_of_what_was_let_in_is_no_further_one() -> None:
    bed, ue = Bed(limits=limits(register_rate=1, register_burst=1)), Ue()
    data = ue.register()
    for _ in range(10):
        bed.receive(ue.clear, data)
    assert bed.facts(Refused) == []
    sm2 = next(a for a in bed.actions if isinstance(a, Send))
    assert [a for a in bed.actions if isinstance(a, Send)] == [sm2]


def test_retry_after() -> None:
    """RFC 3261 §20.33: at least ten seconds, by lot up to twenty more, and the time until a token comes."""
    bed = Bed(limits=limits(register_rate_per_source=1, register_burst_per_source=1))
    said = set()
    for number, ue in enumerate(ues(400, address="10.10.9.9")):
        bed.receive(ue.clear, ue.register())
        if number:
            _, response = bed.to_ue()
            said.add(int(response.get("Retry-After") or "x"))
    assert said == set(range(RETRY_AFTER_S + 1, RETRY_AFTER_S + 1 + SPREAD_S + 1))


def test_what_a_refusal_looks_like() -> None:
    """RFC 3261 §8.2.6, RFC 3581 §4: it can be matched, has a To tag, and goes back."""
    bed, ue = Bed(limits=limits(register_rate=1, register_burst=2)), Ue(3)
    asked(bed, ues(2))
    data = ue.register()
    bed.receive(ue.clear, data)
    response = turned_away(bed, Limit.REGISTER_RATE)
    flow, _ = bed.to_ue()
    assert flow == ue.clear
    assert response.top_via.branch == "z9hG4bKr3.1"
    assert response.top_via.params["rport"] == "5060"
    assert ";tag=" in (response.get("To") or "")
    assert (response.cseq.number, response.call_id) == (1, ue.call_id)
    bed.wait(0.5)
    bed.receive(ue.clear, data)
    [(_, again)] = bed.sent
    assert again.get("To") == response.get("To")  # without state (RFC 3261 §8.2.7)


def test_answers_are_no_more_than_what_is_let_in() -> None:
    """FLOODED: beyond that they are dropped, and counted under the name of the limit."""
    bed = Bed(limits=limits(register_rate=1, register_burst=3))
    for ue in ues(20):
        bed.receive(ue.clear, ue.register())
    refusals = [fact.refusal for fact in bed.facts(Refused)]
    assert refusals == [Refusal.OVERLOADED] * 3 + [Refusal.FLOODED] * 14
    assert set(details(bed)) == {Limit.REGISTER_RATE.word}
    answers = [a for a in bed.actions if isinstance(a, Send) and a.flow.local.address == GM]
    assert len(answers) == 3


def test_no_answer_is_larger_than_what_it_answers() -> None:
    """FLOODED: who writes another's address into a packet has no more sent to it than came."""
    bed = Bed(limits=limits(register_rate=1, register_burst=1))
    asked(bed, ues(1))
    bed.wait(5)
    asked(bed, ues(1, 2))
    small = "\r\n".join(
        [
            "REGISTER sip:a SIP/2.0", "v: SIP/2.0/UDP a;branch=z9hG4bK1;rport", "f: <sip:a@b>;tag=1",
            "t: <sip:a@b>", "i: 1", "CSeq: 1 REGISTER", "l: 0", "", "",
        ]
    ).encode()  # fmt: skip
    bed.receive(Ue(3).clear, small)
    assert bed.refusals == [Refusal.FLOODED]
    assert bed.nothing_sent()


def test_other_refusals_in_the_clear_are_answered_as_rarely() -> None:
    """UNP-01: 403 to what is no REGISTER, as often as there are answers; all are counted."""
    bed, ue = Bed(limits=limits(register_rate=1, register_burst=2)), Ue()
    for _ in range(6):
        bed.receive(ue.clear, ue.request("OPTIONS"))
    assert [fact.refusal for fact in bed.facts(Refused)] == [Refusal.CLEAR_NON_REGISTER] * 6
    assert len([a for a in bed.actions if isinstance(a, Send)]) == 2


# what is established


def test_those_who_have_a_set_are_served_above_every_limit() -> None:
    """Re-registration, requests in both directions: nothing of it is counted with what comes in the clear."""
    bed, ue = Bed(limits=limits(register_rate=1, register_burst=1)), Ue()
    bed.register(ue)
    for other in ues(50, 100):
        bed.receive(other.clear, other.register())
    for _ in range(5):
        bed.reregister(ue)
        bed.receive(ue.uplink, ue.request())
        assert bed.to_core().method == "MESSAGE"
        bed.from_core(ue)
        assert bed.to_ue()[1].method == "MESSAGE"  # type: ignore[union-attr]
    assert bed.stages(ue)[-1] is Stage.IN_USE


def test_those_who_have_a_set_are_not_held_up_by_others_that_wait() -> None:
    """Limit.PENDING_REGISTERS, Limit.TEMPORARY_SETS: of those in the clear alone."""
    bed, ue = Bed(limits=limits(pending_registers=3, temporary_sets=2)), Ue()
    bed.register(ue)
    for other in ues(2, 100):
        bed.sm6(other, bed.sm1(other))
    assert asked(bed, ues(3, 200)) == 0
    bed.reregister(ue)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]


def test_a_set_on_the_way_counts_nothing_once_it_is_confirmed() -> None:
    bed = Bed(limits=limits(temporary_sets=1, temporary_sets_per_source=1))
    for ue in ues(5):
        bed.register(ue)
        assert len(bed.pcscf.tables.load.begun) == 0


# what is kept


def test_pending_registers() -> None:
    """Limit.PENDING_REGISTERS."""
    bed = Bed(limits=limits(pending_registers=2))
    assert asked(bed, ues(2)) == 2
    bed.receive(Ue(3).clear, Ue(3).register())
    turned_away(bed, Limit.PENDING_REGISTERS)
    bed.wait(40)  # nothing comes from the core
    assert (bed.pcscf.tables.pending, bed.pcscf.tables.load.waiting) == (0, 0)
    assert asked(bed, ues(3, 10)) == 2


def test_those_over_a_set_do_not_count_among_the_pending() -> None:
    bed = Bed(limits=limits(pending_registers=1))
    here = ues(3)
    for ue in here:
        bed.register(ue)
    waiting = [bed.sm1_over(ue) for ue in here]
    assert (bed.pcscf.tables.pending, bed.pcscf.tables.load.waiting) == (3, 0)
    assert asked(bed, ues(2, 10)) == 1
    for sm2 in waiting:
        bed.core(sm2, 403)
    assert (bed.pcscf.tables.pending, bed.pcscf.tables.load.waiting) == (1, 1)


def test_temporary_sets_in_all() -> None:
    """Limit.TEMPORARY_SETS: refused while the others may still be answered, then the oldest gives way."""
    bed = Bed(limits=limits(temporary_sets=2))
    old, young, late = ues(3)
    bed.sm6(old, bed.sm1(old))
    bed.wait(1)
    bed.sm6(young, bed.sm1(young))
    bed.receive(late.clear, late.register())
    turned_away(bed, Limit.TEMPORARY_SETS)
    bed.wait(TIME_TO_ANSWER / seconds(1) - 1)
    bed.sm6(late, bed.sm1(late))
    assert (bed.stages(old), bed.stages(young), bed.stages(late)) == (
        [],
        [Stage.TEMPORARY],
        [Stage.TEMPORARY],
    )
    assert len(bed.installed) == 2
    bed.ok(bed.sm7(late), late)
    assert bed.stages(late) == [Stage.IN_USE]


def test_a_challenge_whose_answer_is_with_the_core_does_not_give_way() -> None:
    bed = Bed(limits=limits(temporary_sets=1))
    first, second = ues(2)
    bed.sm6(first, bed.sm1(first))
    sm8 = bed.sm7(first)
    bed.wait(15)
    bed.receive(second.clear, second.register())
    assert Refusal.OVERLOADED in bed.refusals
    bed.ok(sm8, first)
    assert bed.stages(first) == [Stage.IN_USE]


def test_temporary_sets_that_fill_up_while_the_core_is_asked() -> None:
    """Limit.TEMPORARY_SETS, MGP-05: no more stand than may, though more were asked for."""
    bed = Bed(limits=limits(temporary_sets=2))
    waiting = [(ue, bed.sm1(ue)) for ue in ues(4)]
    for _, sm2 in waiting:
        bed.challenge(sm2)
    turned_away(bed, Limit.TEMPORARY_SETS)
    assert [bed.stages(ue) for ue, _ in waiting] == [[Stage.TEMPORARY]] * 2 + [[]] * 2
    assert len(bed.installed) == 2


def test_temporary_sets_of_one_source() -> None:
    """Limit.TEMPORARY_SETS_PER_SOURCE: one more is refused; one that takes its own one's place is not."""
    bed = Bed(limits=limits(temporary_sets_per_source=2))
    here = together(3)
    for ue in here[:2]:
        bed.sm6(ue, bed.sm1(ue))
    bed.receive(here[2].clear, here[2].register())
    turned_away(bed, Limit.TEMPORARY_SETS_PER_SOURCE)
    bed.sm6(here[0], bed.sm1(here[0]))  # SM1 again, in another transaction
    assert asked(bed, ues(1, 50)) == 1
    bed.wait(300)
    assert len(bed.pcscf.tables.load.begun) == 0
    bed.sm6(here[2], bed.sm1(here[2]))


def test_registrations_of_one_source() -> None:
    """Limit.REGISTRATIONS_PER_SOURCE: a further one is refused; those that are there go on, and make room."""
    bed = Bed(limits=limits(registrations_per_source=2))
    here = together(3)
    for ue in here[:2]:
        bed.register(ue)
    bed.receive(here[2].clear, here[2].register())
    turned_away(bed, Limit.REGISTRATIONS_PER_SOURCE)
    bed.reregister(here[0])
    begins_anew = here[1]
    begins_anew.renew(Terms(Spi(90_000), Spi(90_001), Port(7500), Port(7501)))
    bed.register(begins_anew)
    bed.ok(bed.sm1_over(here[0], expires="0"), here[0], 0)
    bed.wait(200)
    assert bed.stages(here[0]) == []
    bed.register(here[2])


def test_connections() -> None:
    """Limit.CONNECTIONS, Limit.CONNECTIONS_PER_SOURCE: one more is closed."""
    bed = Bed(limits=limits(connections=3, connections_per_source=2))
    flows = [Ue(1, TCP).flow(port, 5060) for port in (5001, 5002, 5003)]
    flows += [Ue(number, TCP).clear for number in (2, 3)]
    closed = [CloseStream(flow) in bed.feed(StreamOpened(flow)) for flow in flows]
    assert closed == [False, False, True, False, True]
    assert details(bed) == [Limit.CONNECTIONS_PER_SOURCE.word, Limit.CONNECTIONS.word]


def test_transactions() -> None:
    """Limit.TRANSACTIONS: what is new in the clear leaves a quarter for those who have sets."""
    bed = Bed(limits=limits(transactions=40))
    ue = Ue()
    bed.register(ue)
    bed.wait(300)
    assert bed.pcscf.transactions == 0
    assert asked(bed, ues(20, 100)) == 15  # a transaction on either side each
    turned_away(bed, Limit.TRANSACTIONS)
    for _ in range(5):
        bed.receive(ue.uplink, ue.request())
        assert bed.to_core().method == "MESSAGE"
    assert bed.pcscf.transactions == 40
    bed.receive(ue.uplink, ue.request())
    assert bed.refusals == [Refusal.OVERLOADED]


def test_answered_transactions_in_the_clear_make_room() -> None:
    bed = Bed(limits=limits(transactions=40))
    for ue in ues(100):
        sm2 = bed.sm1(ue)
        bed.core(sm2, 403)
    assert bed.facts(Refused) == []
    assert bed.pcscf.transactions == 41  # the last one to the core is ours, and always let in


def test_octets_of_a_datagram() -> None:
    """OVERSIZED, Limit.CLEAR_MESSAGE_OCTETS: in the clear alone."""
    bed, ue = Bed(limits=limits(clear_message_octets=2048)), Ue()
    fill = 2048 - len(ue.register(X_Fill="x"))
    bed.receive(ue.clear, ue.register(X_Fill="x" * (fill + 1)))
    assert bed.refusals == []
    bed.receive(ue.clear, ue.register(X_Fill="x" * (fill + 2)))
    assert bed.refusals == [Refusal.OVERSIZED]
    assert details(bed) == [Limit.CLEAR_MESSAGE_OCTETS.word]
    bed.register(ue)
    bed.receive(ue.uplink, ue.request(body="x" * 3000))
    [stream] = [action.flow for action in bed.actions if isinstance(action, OpenStream)]  # RFC 3261 §18.1.1
    [(flow, sent)] = bed.sent
    assert (flow, isinstance(sent, Request) and sent.method) == (stream, "MESSAGE")


def test_octets_on_a_connection_in_the_clear() -> None:
    bed, ue = Bed(limits=limits(clear_message_octets=2048)), Ue(transport=TCP)
    bed.feed(StreamOpened(ue.clear))
    bed.receive(ue.clear, ue.register(X_Fill="x" * 3000))
    assert bed.refusals == [Refusal.STREAM_BROKEN]
    assert CloseStream(ue.clear) in bed.fresh


@pytest.mark.parametrize("most", [1, 3])
def test_sources_known(most: int) -> None:
    bed = Bed(limits=limits(sources=most, register_rate_per_source=1, register_burst_per_source=5))
    assert asked(bed, ues(10)) == 10
    assert bed.pcscf.tables.load.sources == most


def test_what_is_counted_is_taken_up_after_a_restart() -> None:
    """MGP-14: registrations and challenges of before count as before."""
    bed, here = Bed(limits=limits(registrations_per_source=2)), together(3)
    bed.register(here[0])
    bed.sm6(here[1], bed.sm1(here[1]))
    kept = list(bed.pcscf.kept().values())
    bed.pcscf = Pcscf(bed.pcscf.tables.config, bed.dice)
    bed.feed(Recalled(kept))
    assert (len(bed.pcscf.tables.load.begun), len(bed.pcscf.tables.load.homes)) == (1, 2)
    bed.receive(here[2].clear, here[2].register())
    turned_away(bed, Limit.REGISTRATIONS_PER_SOURCE)
    bed.wait(300)
    assert (len(bed.pcscf.tables.load.begun), len(bed.pcscf.tables.load.homes)) == (0, 1)


def test_what_a_flood_can_make_the_node_keep_is_bounded() -> None:
    """UNP-05: two minutes of 50 SM1s a second, each from another address; half of them are challenged."""
    bounds = {"sources": 50, "temporary_sets": 40, "transactions": 400, "pending_registers": 30}
    bed, victim = Bed(limits=Limits(register_rate=20, register_burst=20, **bounds)), Ue()
    bed.register(victim)
    tables, most = bed.pcscf.tables, 0
    for number in range(6_000):
        ue = Ue(1_000 + number)
        bed.receive(ue.clear, ue.register())
        asked_now = [message for flow, message in bed.sent if flow.local.address == "10.20.0.1"]
        for sm2 in asked_now:
            assert isinstance(sm2, Request)
            if number % 3 == 0:
                bed.challenge(sm2)
            elif number % 3 == 1:
                bed.core(sm2, 403)
        bed.actions.clear()
        if number % 200 == 0:
            bed.reregister(victim)
            bed.receive(victim.uplink, victim.request())
            assert bed.to_core().method == "MESSAGE"
        bed.wait(0.02)
        assert len(tables.load.begun) <= 40
        assert tables.load.waiting <= 30
        assert tables.load.sources <= 50
        assert len(tables.sets) <= 40 + 3
        most = max(most, bed.pcscf.transactions)
    assert most <= 400 + 30  # what goes to the core is ours, and is always let in
    assert len(tables.load.begun) == 40
