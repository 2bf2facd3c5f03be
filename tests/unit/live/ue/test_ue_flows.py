"""The Python API with several registrations of one card (MGU-09, PCS-18; RFC 5626)."""

from typing import Any

from tests.unit.live.loopback import Loopback, on_loopback

from twopair.core.registration.flows import RegFlow
from twopair.live.ue.ue import Ue
from twopair.nodes.facts import Deregistered, Registered, RegistrationFailed
from twopair.nodes.ue.device import NO_OUTBOUND

INSTANCE = "urn:gsma:imei:35209900-176148-0"


def with_flows(net: Loopback, *flows: dict[str, Any]) -> Ue:
    """A UE with a first flow, and these registrations beside it."""
    return net.ue(1, instance=INSTANCE, reg_id=1, flow=flows)


def told(ue: Ue) -> list[tuple[type, str]]:
    """Kind and flow of the events so far."""
    found = []
    while not ue.events.empty():
        event = ue.events.get_nowait()
        assert isinstance(event, Registered | RegistrationFailed | Deregistered)
        found.append((type(event), str(event.flow)))
    return found


def test_what_became_of_each_is_told() -> None:
    """MGU-09: the result is that of the first; sets and events say of which flow they are."""

    async def body(net: Loopback) -> None:
        async with with_flows(net, {"sos": True}, {"reg_id": 2}) as ue:
            registered = await ue.register()
            assert str(registered.flow) == "reg-id 1"
            assert told(ue) == [(Registered, "reg-id 1"), (Registered, "sos"), (Registered, "reg-id 2")]
            assert sorted(str(ue.flow_of(sa_set.set_id)) for sa_set, _ in ue.sets()) == [
                "reg-id 1",
                "reg-id 2",
                "sos",
            ]
            in_use = [ue.set_in_use(flow) for flow in ue.registrations]
            assert len({sa_set.set_id for sa_set in in_use if sa_set is not None}) == 3
            await ue.deregister()
            assert ue.registered is None
            assert sorted(told(ue), key=str) == [
                (Deregistered, "reg-id 1"),
                (Deregistered, "reg-id 2"),
                (Deregistered, "sos"),
            ]

    on_loopback(body)


def test_that_the_second_is_not_tried_is_told() -> None:
    """RFC 5626 §4.2.1: the home network keeps one registration, and the user hears why there are not two."""

    async def body(net: Loopback) -> None:
        async with with_flows(net, {"reg_id": 2}) as ue:
            registered = await ue.register()
            assert registered.flow == RegFlow(f"<{INSTANCE}>")
            first, second = ue.events.get_nowait(), ue.events.get_nowait()
            assert first == registered
            assert isinstance(second, RegistrationFailed)
            assert (second.reason, str(second.flow)) == (NO_OUTBOUND, "reg-id 2")
            assert list(ue.registrations.values()) == [registered]

    on_loopback(body, outbound=False)
