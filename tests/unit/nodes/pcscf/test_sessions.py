"""The books of sessions: who may speak in one, forks, timers, bounds, a restart (PCS-15; ADR 31)."""

import pytest
from tests.unit.nodes.pcscf.bed import HOME, Bed, Ue, make_response
from tests.unit.nodes.pcscf.call_bed import FAR, SCSCF, Called, Caller, endings, requests, statuses
from tests.unit.nodes.pcscf.relay_bed import registered

from twopair.base import Endpoint, Port, Refusal
from twopair.nodes.pcscf.limits import Limits
from twopair.nodes.pcscf.relay.session import Stage
from twopair.wire.sip import Request

IN_DIALOG = pytest.mark.parametrize(
    "method", ["PRACK", "UPDATE", "INVITE", "INFO", "REFER", "MESSAGE", "BYE"]
)


def stages(bed: Bed) -> list[Stage]:
    return [session.stage for session in bed.pcscf.tables.sessions]


@IN_DIALOG
def test_the_ue_speaks_in_its_session(method: str) -> None:
    """PCS-15: along the stored route, whatever the UE writes (24.229 §5.2.6.3.4)."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(183)
    call.answer(200)
    call.says("ACK")
    assert requests(bed, core=True)[0].values("Route") == [SCSCF]
    call.says(method, Route=f"{call.own}, <sip:elsewhere.example;lr>")
    sent = bed.to_core()
    assert (sent.method, sent.values("Route")) == (method, [SCSCF])
    assert bed.sent[0][0].remote == HOME
    assert len(sent.values("Via")) == 2
    assert sent.get("Record-Route") is None


@IN_DIALOG
def test_the_far_end_speaks_in_it(method: str) -> None:
    """PCS-15, PCS-13: over the set in use."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200)
    call.hears(method)
    flow, request = bed.to_ue()
    assert flow == ue.flow(ue.terms.port_s, ue.pc)
    assert request.get("Record-Route") is None


@IN_DIALOG
def test_nobody_speaks_in_the_session_of_another(method: str) -> None:
    """FOREIGN_DIALOG. PCS-15: with the tags, Call-ID and route of a call that is not its own."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200)
    thief = Ue(2)
    bed.register(thief)
    other = Caller(bed, thief)
    other.answer(200)
    for route in (call.route, other.route):
        bed.receive(thief.uplink, thief.within(call.invite, method, "far", Route=route))
        assert bed.refusals == [Refusal.FOREIGN_DIALOG]
        assert statuses(bed, core=False) == [403]
        assert requests(bed, core=True) == []


def test_the_core_does_not_speak_in_the_session_of_another() -> None:
    """FOREIGN_DIALOG: a Route that names one UE, with the dialog of another."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200)
    other = Ue(2)
    bed.register(other)
    path = bed.pcscf.tables.subscribers.of(other.impi).path  # type: ignore[union-attr]
    call.hears("BYE", Route=path)
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]
    assert requests(bed, core=False) == []


def test_a_session_that_nobody_knows() -> None:
    """FOREIGN_DIALOG. PCS-15: no session has these tags (24.229 §5.2.6.3.4, 1 a)."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200)
    call.says("INVITE", tag="another")
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]


def test_a_foreign_route_within_a_session() -> None:
    """FOREIGN_ROUTE. PCS-15: 400 instead of another Route, where that is configured."""
    bed, ue = registered(foreign_route="reject")
    call = Caller(bed, ue)
    call.answer(200)
    call.says("INFO", Route=f"{call.own}, <sip:elsewhere.example;lr>")
    assert bed.refusals == [Refusal.FOREIGN_ROUTE]
    call.says("INFO")
    assert bed.refusals == []


def test_each_fork_is_a_session() -> None:
    """RFC 3261 §12.1, §13.2.2.4: provisional and final responses of each; late ones too."""
    bed, ue = registered()
    call = Caller(bed, ue)
    assert stages(bed) == [Stage.PENDING]
    for tag in "abc":
        call.answer(183, tag)
        call.says("PRACK", tag)
        assert requests(bed, core=True)[0].method == "PRACK"
    assert stages(bed) == [Stage.EARLY] * 3
    call.answer(200, "b")
    call.answer(200, "d")  # a late one, of a fork that did not ring
    assert stages(bed) == [Stage.EARLY, Stage.CONFIRMED, Stage.EARLY, Stage.CONFIRMED]
    for tag in "bd":
        call.says("ACK", tag)
        assert requests(bed, core=True)[0].method == "ACK"
    bed.wait(200)
    assert stages(bed) == [Stage.CONFIRMED] * 2
    call.says("BYE", "d")
    assert stages(bed) == [Stage.CONFIRMED]


def test_a_refused_call_leaves_nothing() -> None:
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(183)
    call.answer(486)
    assert stages(bed) == []
    assert endings(bed) == ["its INVITE was not accepted"]
    called = Called(bed, ue)
    called.answer(180)
    called.answer(603)
    assert stages(bed) == []


def test_an_unanswered_call_leaves_nothing() -> None:
    bed, ue = registered()
    Caller(bed, ue)
    Called(bed, ue)
    bed.wait(130)
    assert stages(bed) == []
    bed.wait(300)
    assert bed.pcscf.tables.sessions.kept == 0


def test_byes_that_cross() -> None:
    """RFC 3261 §15: the second one goes through as well, and all is forgotten later."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200)
    call.says("BYE")
    call.hears("BYE")
    assert requests(bed, core=False)[0].method == "BYE"
    assert endings(bed) == ["BYE"]
    bed.wait(130)
    assert bed.pcscf.tables.sessions.kept == 0
    call.says("BYE")
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]


def test_a_called_ue_speaks_in_its_session() -> None:
    """PCS-14, PCS-15: the route is the Record-Route that the INVITE came with."""
    bed, ue = registered()
    call = Called(bed, ue, Record_Route=f"{SCSCF}, <sip:as.example;lr>")
    call.answer(180)
    call.says("UPDATE")
    assert bed.to_core().values("Route") == [SCSCF, "<sip:as.example;lr>"]
    call.answer(200)
    call.hears("ACK")
    assert requests(bed, core=False)[0].method == "ACK"
    call.says("BYE", Route=call.invite.values("Record-Route")[0])
    assert bed.to_core().values("Route") == [SCSCF, "<sip:as.example;lr>"]
    assert stages(bed) == []


# session timers


def test_a_session_that_nobody_refreshes() -> None:
    """RFC 4028 §8.3, §10: it leaves the books when its interval is over; each refresh begins another."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200, "far", ("Session-Expires", "90;refresher=uac"))
    for method in ("UPDATE", "INVITE"):
        bed.wait(80)
        call.says(method)
        bed.core(bed.to_core(), 200, [("Session-Expires", "90")])
    bed.wait(89)
    assert stages(bed) == [Stage.CONFIRMED]
    bed.wait(2)
    assert (stages(bed), endings(bed)) == ([], ["the session was not refreshed in time"])


def test_a_refresh_without_an_interval_ends_the_watch() -> None:
    """RFC 4028 §8.2: a 2xx without Session-Expires."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200, "far", ("Session-Expires", "90"))
    call.hears("UPDATE", Session_Expires="90")
    update = bed.to_ue()[1]
    assert isinstance(update, Request)
    bed.receive(ue.uplink, make_response(update, 200).to_bytes())
    bed.wait(500)
    assert stages(bed) == [Stage.CONFIRMED]


def test_a_refresh_that_the_other_end_does_not_know() -> None:
    """RFC 3261 §12.2.1.2: 481 ends the dialog."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200)
    call.says("UPDATE")
    bed.core(bed.to_core(), 481)
    assert stages(bed) == []


# bounds


def test_no_more_sessions_than_the_limit() -> None:
    """OVERLOADED: limits.sessions, from either side; what stands goes on."""
    bed, ue = registered(limits=Limits(sessions=2))
    call = Caller(bed, ue)
    call.answer(200)
    Called(bed, ue)
    bed.receive(ue.uplink, ue.request("INVITE"))
    assert (bed.refusals, statuses(bed, core=False)) == ([Refusal.OVERLOADED], [503])
    bed.from_core(ue, "INVITE")
    assert (bed.refusals, statuses(bed, core=True)) == ([Refusal.OVERLOADED], [503])
    call.says("INVITE")
    assert bed.to_core().method == "INVITE"
    call.says("BYE")
    bed.receive(ue.uplink, ue.request("INVITE"))
    assert bed.to_core().method == "INVITE"


def test_the_oldest_session_of_a_ue_gives_way() -> None:
    """limits.sessions_per_ue: one that rings before one that stands; of one INVITE there are few."""
    bed, ue = registered(limits=Limits(sessions_per_ue=3))
    call = Caller(bed, ue)
    call.answer(200)
    ringing = Caller(bed, ue)
    ringing.answer(180)
    Caller(bed, ue)
    Caller(bed, ue)
    assert stages(bed) == [Stage.CONFIRMED, Stage.PENDING, Stage.PENDING]
    assert endings(bed) == ["the UE has more sessions than are kept"]
    for number in range(40):
        ringing.answer(183, f"fork{number}")
    assert len(bed.pcscf.tables.sessions) == 3
    assert bed.pcscf.tables.sessions.kept <= 50


# after a restart


def test_what_was_before_a_restart_goes_on() -> None:
    """PCS-15, MGP-14: by the Route that the UE carries, where it leads home; a refresh is learned from."""
    bed, ue = registered()
    lost = Caller(bed, ue)  # whose session the books have no more
    lost.answer(200)
    lost.says("BYE")
    bed.wait(200)
    bed.restarted()
    lost.says("INFO")
    assert bed.to_core().values("Route") == [SCSCF]
    assert stages(bed) == []
    lost.says("UPDATE")
    bed.core(bed.to_core(), 200, [("Session-Expires", "90"), ("Contact", f"<{FAR}>")])
    assert stages(bed) == [Stage.CONFIRMED]
    thief = Ue(2)
    bed.register(thief)
    bed.receive(thief.uplink, thief.within(lost.invite, "BYE", "far", Route=lost.route))
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]
    bed.wait(91)
    assert stages(bed) == []


def test_a_session_is_learned_from_the_far_end() -> None:
    """PCS-15, MGP-14: its route then from the UE."""
    bed, ue = registered()
    lost = Caller(bed, ue)
    lost.answer(200)
    lost.says("BYE")
    bed.wait(200)
    bed.restarted()
    lost.hears("UPDATE")
    [session] = bed.pcscf.tables.sessions
    assert session.route is None
    lost.says("INFO")
    assert bed.to_core().values("Route") == [SCSCF]
    assert session.route == SCSCF


def test_a_route_that_leads_elsewhere_is_replaced() -> None:
    """PCS-15, PCS-08: of a dialog that is not in the books, by the Service-Route; or refused."""
    bed, ue = registered()
    bed.restarted()
    call = Caller(bed, ue)
    elsewhere = f"{call.own}, <sip:elsewhere.example;lr>"
    call.says("NOTIFY", Route=elsewhere)
    assert bed.to_core().values("Route") == [f"<sip:orig@{HOME};lr>"]
    assert bed.sent[0][0].remote == HOME
    call.says("NOTIFY", Route=call.own)  # whose Request-URI is elsewhere
    assert bed.to_core().values("Route") == [f"<sip:orig@{HOME};lr>"]
    call.says("NOTIFY", Route="")
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]
    bed, ue = registered(foreign_route="reject")
    call = Caller(bed, ue)
    call.says("NOTIFY", Route=elsewhere.replace(_token(elsewhere), _token(call.own)))
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]
    call.says("SUBSCRIBE")
    assert bed.to_core().values("Route") == [SCSCF]
    assert bed.sent[0][0].remote == Endpoint(HOME.address, Port(5060))


def _token(route: str) -> str:
    return route.partition("sip:")[2].partition("@")[0]
