"""The four tables (RFC 3261 §17, RFC 6026): every row walked, every gap judged."""

from itertools import product
from typing import Any

import pytest
from tests.unit.core.sip.bed import UDP, Bed, request

from twopair.base import IllegalStep, Micros
from twopair.core.sip.invite_client import INVITE_CLIENT
from twopair.core.sip.invite_server import INVITE_SERVER
from twopair.core.sip.keys import client_key, server_key
from twopair.core.sip.other_client import OTHER_CLIENT
from twopair.core.sip.other_server import OTHER_SERVER
from twopair.core.sip.terms import ClientOn, Machine, On, ServerOn, State
from twopair.core.sip.timers import GM
from twopair.core.sip.transaction import ClientTransaction, ServerTransaction, Transaction
from twopair.wire.sip import make_response

MACHINES = (INVITE_CLIENT, OTHER_CLIENT, INVITE_SERVER, OTHER_SERVER)
CLIENTS = (INVITE_CLIENT, OTHER_CLIENT)

# state, trigger: state after; sent; told to the user; timers started, in seconds. On UDP, timers of Gm.
# "last" is what was kept for retransmission.
EXPECTED = {
    INVITE_CLIENT.name: """
        NEW        START        CALLING     INVITE  -                     TIMER_A=2 TIMER_B=128
        CALLING    TIMER_A      CALLING     last    -                     TIMER_A=4
        CALLING    TIMER_B      TERMINATED  -       timeout,terminated    -
        CALLING    FLOW_FAILED  TERMINATED  -       timeout,terminated    -
        CALLING    FLOW_CLOSED  REOPENING    INVITE  -                     TIMER_LOST=17
        REOPENING  TIMER_A      REOPENING   last    -                     TIMER_A=4
        REOPENING  TIMER_B      TERMINATED  -       timeout,terminated    -
        REOPENING  FLOW_CLOSED  REOPENING   INVITE  -                     TIMER_LOST=17
        REOPENING  FLOW_FAILED  TERMINATED  -       timeout,terminated    -
        REOPENING  TIMER_AGAIN  REOPENING   INVITE  -                     -
        REOPENING  GIVEN_UP     TERMINATED  -       timeout,terminated    -
        REOPENING  TIMER_LOST   TERMINATED  -       timeout,terminated    -
        REOPENING  PROVISIONAL  PROCEEDING  -       response              -
        REOPENING  SUCCESS      ACCEPTED    -       response              TIMER_M=128
        REOPENING  FAILURE      COMPLETED   ACK     response              TIMER_D=128
        CALLING    PROVISIONAL  PROCEEDING  -       response              -
        CALLING    SUCCESS      ACCEPTED    -       response              TIMER_M=128
        CALLING    FAILURE      COMPLETED   ACK     response              TIMER_D=128
        PROCEEDING PROVISIONAL  PROCEEDING  -       response              -
        PROCEEDING SUCCESS      ACCEPTED    -       response              TIMER_M=128
        PROCEEDING FAILURE      COMPLETED   ACK     response              TIMER_D=128
        PROCEEDING FLOW_FAILED  TERMINATED  -       timeout,terminated    -
        COMPLETED  FAILURE      COMPLETED   last    -                     -
        COMPLETED  TIMER_D      TERMINATED  -       terminated            -
        ACCEPTED   SUCCESS      ACCEPTED    -       response              -
        ACCEPTED   TIMER_M      TERMINATED  -       terminated            -
    """,
    OTHER_CLIENT.name: """
        NEW        START        TRYING      MESSAGE -                     TIMER_E=2 TIMER_F=128
        TRYING     TIMER_E      TRYING      last    -                     TIMER_E=4
        TRYING     TIMER_F      TERMINATED  -       timeout,terminated    -
        TRYING     FLOW_FAILED  TERMINATED  -       timeout,terminated    -
        TRYING     FLOW_CLOSED  REOPENING    MESSAGE -                     TIMER_LOST=17
        REOPENING  TIMER_E      REOPENING   last    -                     TIMER_E=4
        REOPENING  TIMER_F      TERMINATED  -       timeout,terminated    -
        REOPENING  FLOW_CLOSED  REOPENING   MESSAGE -                     TIMER_LOST=17
        REOPENING  FLOW_FAILED  TERMINATED  -       timeout,terminated    -
        REOPENING  TIMER_AGAIN  REOPENING   MESSAGE -                     -
        REOPENING  GIVEN_UP     TERMINATED  -       timeout,terminated    -
        REOPENING  TIMER_LOST   TERMINATED  -       timeout,terminated    -
        REOPENING  PROVISIONAL  PROCEEDING  -       response              -
        REOPENING  SUCCESS      COMPLETED   -       response              TIMER_K=17
        REOPENING  FAILURE      COMPLETED   -       response              TIMER_K=17
        TRYING     PROVISIONAL  PROCEEDING  -       response              -
        TRYING     SUCCESS      COMPLETED   -       response              TIMER_K=17
        TRYING     FAILURE      COMPLETED   -       response              TIMER_K=17
        PROCEEDING TIMER_E      PROCEEDING  last    -                     TIMER_E=16
        PROCEEDING TIMER_F      TERMINATED  -       timeout,terminated    -
        PROCEEDING FLOW_FAILED  TERMINATED  -       timeout,terminated    -
        PROCEEDING PROVISIONAL  PROCEEDING  -       response              -
        PROCEEDING SUCCESS      COMPLETED   -       response              TIMER_K=17
        PROCEEDING FAILURE      COMPLETED   -       response              TIMER_K=17
        COMPLETED  TIMER_K      TERMINATED  -       terminated            -
    """,
    INVITE_SERVER.name: """
        NEW        REQUEST      PROCEEDING  -       request               TIMER_TRYING=0.2
        PROCEEDING REQUEST      PROCEEDING  last    -                     -
        PROCEEDING TIMER_TRYING PROCEEDING  -       -                     -
        PROCEEDING PROVISIONAL  PROCEEDING  180     -                     -
        PROCEEDING SUCCESS      ACCEPTED    200     -                     TIMER_L=128
        PROCEEDING FAILURE      COMPLETED   486     -                     TIMER_G=2 TIMER_H=128
        PROCEEDING ABANDONED    TERMINATED  -       terminated            -
        COMPLETED  REQUEST      COMPLETED   last    -                     -
        COMPLETED  TIMER_G      COMPLETED   last    -                     TIMER_G=4
        COMPLETED  TIMER_H      TERMINATED  -       terminated            -
        COMPLETED  ACK          CONFIRMED   -       -                     TIMER_I=17
        CONFIRMED  TIMER_I      TERMINATED  -       terminated            -
        ACCEPTED   SUCCESS      ACCEPTED    200     -                     -
        ACCEPTED   ACK          ACCEPTED    -       ack                   -
        ACCEPTED   TIMER_L      TERMINATED  -       terminated            -
    """,
    OTHER_SERVER.name: """
        NEW        REQUEST      TRYING      -       request               -
        TRYING     PROVISIONAL  PROCEEDING  180     -                     -
        TRYING     SUCCESS      COMPLETED   200     -                     TIMER_J=128
        TRYING     FAILURE      COMPLETED   486     -                     TIMER_J=128
        PROCEEDING REQUEST      PROCEEDING  last    -                     -
        PROCEEDING PROVISIONAL  PROCEEDING  180     -                     -
        PROCEEDING SUCCESS      COMPLETED   200     -                     TIMER_J=128
        PROCEEDING FAILURE      COMPLETED   486     -                     TIMER_J=128
        TRYING     ABANDONED    TERMINATED  -       terminated            -
        PROCEEDING ABANDONED    TERMINATED  -       terminated            -
        COMPLETED  REQUEST      COMPLETED   last    -                     -
        COMPLETED  TIMER_J      TERMINATED  -       terminated            -
    """,
}

STATUS = {"PROVISIONAL": 180, "SUCCESS": 200, "FAILURE": 486}


def expected(machine: Machine) -> dict[tuple[str, str], list[str]]:
    lines = [line.split(maxsplit=5) for line in EXPECTED[machine.name].strip().splitlines()]
    return {(state, on): rest for state, on, *rest in lines}


def triggers(machine: Machine) -> tuple[On, ...]:
    return tuple(ClientOn) if machine in CLIENTS else tuple(ServerOn)


def place(bed: Bed, machine: Machine, state: State) -> Transaction:
    """A transaction that stands in that state, on UDP, with something to retransmit."""
    sip = request("INVITE" if machine in (INVITE_CLIENT, INVITE_SERVER) else "MESSAGE")
    ground = bed.layer._ground
    txn: Transaction
    if machine in CLIENTS:
        txn = client = ClientTransaction(ground, machine, client_key(sip), sip, UDP, GM)
        ground.clients[txn.key] = client
        client.again = 0
    else:
        flow = UDP.mirrored()
        txn = server = ServerTransaction(ground, machine, server_key(sip, flow, sip.method), sip, flow, GM)
        ground.servers[txn.key] = server
        server.answer_flow = UDP
    txn.state, txn.rows = state, machine.rows[state]
    txn.interval = GM.t1
    txn.wire = b"" if state is State.NEW else b"last "
    return txn


def message_for(machine: Machine, on: On, txn: Transaction) -> Any:
    if on.name in STATUS:
        return make_response(request(txn.method), STATUS[on.name], to_tag="x")
    if on is ServerOn.ACK:
        return request(txn.method, CSeq="1 ACK")
    return request(txn.method) if on is ServerOn.REQUEST else None


@pytest.mark.parametrize(
    ("machine", "state", "on"),
    [(m, *row) for m in MACHINES for row in m.table],
    ids=lambda value: value.name,
)
def test_row(machine: Machine, state: State, on: On) -> None:
    """Each row does what RFC 3261 §17 and RFC 6026 say; TMR-04 gives the durations."""
    to, sent, told, timers = expected(machine)[state.name, on.name]
    bed = Bed()
    txn = place(bed, machine, state)
    txn.feed(on, message_for(machine, on, txn), UDP, Micros(0), bed.out)
    bed.collect()
    assert txn.state.name == to
    assert [line for _, line in bed.sent] == ([] if sent == "-" else [sent])
    assert [line.split()[0] for line in bed.told] == ([] if told == "-" else told.split(","))
    started = {
        f"{lane.on.name}={lane.duration / 1_000_000:g}"
        for lane in bed.layer._ground.lanes._lanes
        if lane.waiting
    }
    assert started == (set() if timers == "-" else set(timers.split()))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_the_table_has_exactly_these_rows(machine: Machine) -> None:
    assert {(state.name, on.name) for state, on in machine.table} == expected(machine).keys()


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_what_has_no_row_is_ignored_with_a_reason_or_a_mistake(machine: Machine) -> None:
    """Either the reason is written down and nothing changes, or it is IllegalStep."""
    for state, on in product(State, triggers(machine)):
        if (state, on) in machine.table:
            assert (state, on) not in machine.ignored
            continue
        bed = Bed()
        txn = place(bed, machine, state)
        message = message_for(machine, on, txn)
        if (state, on) in machine.ignored:
            assert machine.ignored[state, on]
            txn.feed(on, message, UDP, Micros(0), bed.out)
        else:
            with pytest.raises(IllegalStep, match=on.name):
                txn.feed(on, message, UDP, Micros(0), bed.out)
        assert (txn.state, bed.out, bed.told) == (state, [], [])


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_state_is_reached_and_terminated_has_no_way_out(machine: Machine) -> None:
    reached = {State.NEW}
    for _ in State:
        reached |= {row.to for (state, _), row in machine.table.items() if state in reached}
    assert reached == {state for state, _ in machine.table} | {State.TERMINATED}
    assert State.TERMINATED not in {state for state, _ in machine.table}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_timer_started_can_come_in_every_state_that_follows(machine: Machine) -> None:
    """Timers are never cancelled, so wherever one may still arrive there is a row or a reason."""
    timers = {on for on in triggers(machine) if on.name.startswith("TIMER")}
    for timer in timers:
        states = {state for state, on in machine.table if on is timer}
        for _ in State:
            states |= {row.to for (state, _), row in machine.table.items() if state in states}
        for state in states:
            assert (state, timer) in machine.table or (state, timer) in machine.ignored, (state, timer)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_row_names_its_clause(machine: Machine) -> None:
    assert all(
        row.clause.startswith(("RFC 3261 §17", "RFC 3261 §18.2.2", "RFC 6026 §", "RFC 4320 §4.2"))
        for row in machine.table.values()
    )
