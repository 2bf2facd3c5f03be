"""A request is pending while SA sets and TCP connections change (paper §3.3; RRG-07..RRG-10, MSG-06).

UE 1 calls UE 2, which rings. Meanwhile one of them re-registers, or its connections break. Then UE 2
answers: its own response is the late one if its sets changed, the P-CSCF's if those of UE 1 did.
Whatever happened, the caller has the final response, inside an SA.
"""

from itertools import product

import pytest
from tests.story.network import Network, Seen
from tests.story.rekeying import calls, close_idle, cut, in_the_clear, lives, ringing, solutions

from twopair.base import Transport
from twopair.core.sa import Stage
from twopair.nodes.facts import CallStage
from twopair.nodes.wishes import Answer, HangUp, Register, SendMessage
from twopair.nodes.wishes import Call as Dial

SOLUTIONS = pytest.mark.parametrize(("at_ues", "at_pcscf"), list(product(("old", "new"), repeat=2)))
TRANSPORTS = pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
FINALS = pytest.mark.parametrize(("wish", "status"), [(Answer(), 200), (HangUp(), 603)], ids=["200", "603"])
CALLER, CALLED = 1, 2


def final(net: Network, wish: Answer | HangUp, wait_s: float = 1) -> list[Seen]:
    """UE 2 answers; its final response and what the caller gets of it, as they crossed Gm."""
    since = net.world.agenda.now
    net.wish(net.ue(CALLED), wish, wait_s)
    seen = net.gm(since)
    assert not in_the_clear(seen)
    return [one for one in seen if one.what in {"200", "603"} and one.message.cseq.method == "INVITE"]


def use(net: Network, number: int) -> None:
    """Have a UE say something over its newest set, so that the P-CSCF takes it into use (row 3)."""
    net.wish(net.ue(number), SendMessage(net.impu(CALLER + CALLED - number), b"still here"), wait_s=1)


def assert_heard(net: Network, status: int) -> None:
    last = calls(net, CALLER)[-1]
    assert (last.stage, last.status) == (CallStage.UP if status == 200 else CallStage.ENDED, status)


def of(net: Network, number: int) -> list[int]:
    """Numbers of the sets of a UE, in the order in which they were made."""
    address = net.plan.ues[number - 1].config.address
    return [n for n, sa_set in enumerate(net.installed) if sa_set.ue == address]


@TRANSPORTS
@FINALS
@SOLUTIONS
@pytest.mark.parametrize(
    "rekeyed", [(CALLER,), (CALLED,), (CALLER, CALLED)], ids=["caller", "called", "both"]
)
def test_over_the_old_set_or_the_new(
    transport: Transport, wish: Answer, status: int, at_ues: str, at_pcscf: str, rekeyed: tuple[int, ...]
) -> None:
    """RRG-07, RRG-08, MGU-06, MGP-03: solution 1 takes the old set, solution 2 the new; both are heard.

    Over UDP the P-CSCF takes the set in use, the UE that of the request (section 13 of the requirements).
    """
    net = ringing(transport, change=solutions(at_ues, at_pcscf))
    for number in rekeyed:
        net.wish(net.ue(number), Register())
        use(net, number)
    up, down = final(net, wish)[:2]
    assert_heard(net, status)
    late = {"old": 0, "new": 1}
    asked = {number: of(net, number) for number in (CALLER, CALLED)}
    expect_up = asked[CALLED][late[at_ues] if CALLED in rekeyed else 0]
    if transport is Transport.TCP:
        expect_down = asked[CALLER][late[at_pcscf] if CALLER in rekeyed else 0]
        away = {
            "old": (("port_us", "port_pc", "SA2-up"), ("port_ps", "port_uc", "SA1-dn")),
            "new": (("port_uc", "port_ps", "SA1-up"), ("port_ps", "port_uc", "SA1-dn")),
        }
        assert up.row[1:] == away[at_ues if CALLED in rekeyed else "old"][0]
        assert down.row[1:] == away[at_pcscf if CALLER in rekeyed else "old"][1]
    else:
        expect_down = asked[CALLER][-1]
        assert (up.row[1:], down.row[1:]) == (
            ("port_uc", "port_ps", "SA1-up"),
            ("port_pc", "port_us", "SA2-dn"),
        )
    assert (up.set_number, down.set_number) == (expect_up, expect_down)


@TRANSPORTS
@FINALS
@SOLUTIONS
@pytest.mark.parametrize("times", [1, 2, 3, 4])
@pytest.mark.parametrize("rekeyed", [CALLER, CALLED])
def test_when_the_old_set_is_gone(
    transport: Transport, wish: Answer, status: int, at_ues: str, at_pcscf: str, times: int, rekeyed: int
) -> None:
    """RRG-09, TMR-03, row 5: 150 s of ringing outlive the P-CSCF's old set; the newest carries the answer."""
    net = ringing(transport, change=solutions(at_ues, at_pcscf))
    first = of(net, rekeyed)[0]
    since = net.world.agenda.now
    for _ in range(times):
        net.wish(net.ue(rekeyed), Register(), wait_s=1)
    use(net, rekeyed)
    net.wait(150)
    assert first not in lives(net, rekeyed)
    assert not in_the_clear(net.gm(since))
    seen = final(net, wish)
    late = seen[0] if rekeyed == CALLED else seen[1]
    assert_heard(net, status)
    assert late.set_number == of(net, rekeyed)[-1]
    if transport is Transport.TCP:
        taken = ("port_uc", "port_ps", "SA1-up") if rekeyed == CALLED else ("port_pc", "port_us", "SA2-dn")
        solution_2 = rekeyed == CALLER and late.row[1:] == ("port_ps", "port_uc", "SA1-dn")
        assert late.row[1:] == taken or solution_2


@FINALS
@SOLUTIONS
@pytest.mark.parametrize("how", [cut, close_idle])
@pytest.mark.parametrize("times", [0, 1])
def test_when_the_connection_is_gone(
    wish: Answer, status: int, at_ues: str, at_pcscf: str, how: object, times: int
) -> None:
    """MSG-06 (Kamailio's issue 4138): with no re-registration at all the answer stays inside the SAs.

    The P-CSCF opens a connection from port_pc to port_us, the UE one from port_uc to port_ps.
    """
    net = ringing(Transport.TCP, change=solutions(at_ues, at_pcscf))
    for number in (CALLER, CALLED) * times:
        net.wish(net.ue(number), Register())
    for number in (CALLER, CALLED):
        how(net, net.ue(number))  # type: ignore[operator]
    up, down = final(net, wish)[:2]
    assert_heard(net, status)
    assert up.row[1:] == ("port_uc", "port_ps", "SA1-up")
    assert down.row[1:] == ("port_pc", "port_us", "SA2-dn")
    assert set(lives(net, CALLER).values()) <= {Stage.IN_USE, Stage.OLD, Stage.NEWLY_ESTABLISHED}


@pytest.mark.parametrize("number", [CALLER, CALLED])
@pytest.mark.parametrize("blind", ["ue", "pcscf"])
def test_when_only_one_end_knows_that_the_connection_is_gone(number: int, blind: str) -> None:
    """RFC 3261 §13.3.1.4: what is sent into a dead connection is lost, but the 200 comes again."""
    net = ringing(Transport.TCP)
    for flow in net.ue(number).tcp.open_flows():
        if blind == "ue":
            net.pcscf.tcp.abort(flow.mirrored(), "connection timed out")
        else:
            net.ue(number).tcp.abort(flow, "connection timed out")
    net.wait(0.1)
    final(net, Answer(), wait_s=10)
    assert_heard(net, 200)


@pytest.mark.parametrize("seed", range(20))
@TRANSPORTS
def test_in_every_run(transport: Transport, seed: int) -> None:
    """Ports, SPIs and tokens differ from run to run; the final response does not fail to come in any."""
    net = ringing(transport, seed=seed)
    for _ in range(2):
        for number in (CALLER, CALLED):
            net.wish(net.ue(number), Register(), wait_s=1)
    if seed % 2:
        net.wait(130)
    if seed % 3 == 0:
        cut(net, net.ue(CALLER))
        cut(net, net.ue(CALLED))
    final(net, Answer())
    assert_heard(net, 200)


def test_a_second_call_finds_the_way_too() -> None:
    """RRG-10: after a late answer over an old set, what begins anew begins on the newest."""
    net = ringing(Transport.TCP)
    net.wish(net.ue(CALLED), Register())
    final(net, HangUp())
    since = net.world.agenda.now
    net.wish(net.ue(CALLED), Dial(net.impu(CALLER), transport=Transport.TCP))
    assert [one.set_number for one in net.gm(since) if one.what == "INVITE"] == [2, 0]
