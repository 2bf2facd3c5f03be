"""An outage of hours ends: every UE is back in time, and was no burden (RFC 5626 §4.5; UEP-13, MGU-10).

What keeps them at it is tried by taking it away: the checks must notice.
"""

from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.story.network import Network, facts
from tests.story.test_flows_of_a_ue import flows

from twopair.base import SECOND, Transport
from twopair.core.registration import ue_timing
from twopair.core.registration.ue import Do
from twopair.nodes.facts import Registered, RegistrationFailed
from twopair.nodes.ue import steps
from twopair.nodes.ue.probe import Probe
from twopair.nodes.wishes import Register, SendMessage
from twopair.sim import Packet

HOURS = 6
BACK_WITHIN_S = ue_timing.RETRY_MOST_S + 130
"""The longest rest, and what Timer F adds to it."""

FEW = 20
"""Attempts in those hours: seven while the rest grows, then two or three in an hour."""


def silence(net: Network, addresses: set[str] | None = None) -> Callable[[], None]:
    """Nothing of these addresses arrives any more, or nothing at all; gives what ends it."""
    carry = net.world.carrier

    def carries(packet: Packet) -> list[tuple[int, Packet]]:
        return [] if addresses is None or packet.flow.local.address in addresses else carry(packet)

    net.world.carrier = carries

    def ends() -> None:
        net.world.carrier = carry

    return ends


def attempts(net: Network) -> list[int]:
    """When the UE gave an attempt up."""
    return [time for time, fact in net.ue(1).facts if isinstance(fact, RegistrationFailed)]


def back_after_hours() -> None:
    """A UE in use; its network is gone; it writes, which fails; the network is back."""
    net = Network(Transport.UDP, ues=1, retries=True)
    net.wish(net.ue(1), Register())
    ends = silence(net)
    net.wish(net.ue(1), SendMessage(net.impu(1), b"lost"))
    net.wait(HOURS * 3600)
    assert 3 <= len(attempts(net)) <= FEW
    ends()
    assert net.until(lambda: len(facts(net.ue(1), Registered)) == 2, BACK_WITHIN_S)


def test_back_after_hours() -> None:
    """UEP-13, MGU-10."""
    back_after_hours()


def no_probe(patch: pytest.MonkeyPatch) -> None:
    """Silence over the set in use leads to nothing, until the registration is refreshed days later."""
    patch.setattr(Probe, "start", lambda *_: None)


def no_cap(patch: pytest.MonkeyPatch) -> None:
    """The rest doubles without end."""
    patch.setattr(ue_timing, "RETRY_MOST_S", 1 << 30)


def no_back_off(patch: pytest.MonkeyPatch) -> None:
    """Each rest is the first one."""
    first = ue_timing.retry_at
    patch.setattr(steps, "retry_at", lambda _failures, *rest, **more: first(1, *rest, **more))


def no_retry(patch: pytest.MonkeyPatch) -> None:
    """One attempt, and no more."""
    patch.setitem(steps.PERFORM, Do.LATER, lambda *_: None)


@pytest.mark.parametrize("mutant", [no_probe, no_cap, no_back_off, no_retry])
def test_every_mutant_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """UEP-13, MGU-10: each keeps the UE away for too long, or makes it a burden."""
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        back_after_hours()


def rests_s(*, first_stands: bool) -> list[int]:
    """The rests of a UE with two flows, of which the second or both fail."""
    net = Network(Transport.UDP, ues=1, retries=True, change=flows)
    gone = net.plan.ues[0].more[0].address if first_stands else None
    silence(net, None if gone is None else {gone})
    net.wish(net.ue(1), Register(), 3 * 3600)
    assert bool(facts(net.ue(1), Registered)) is first_stands
    told = [fact for fact in facts(net.ue(1), RegistrationFailed) if str(fact.flow) == "reg-id 2"]
    return [fact.retry_s for fact in told]


@pytest.mark.parametrize(("first_stands", "base_s"), [(False, 30), (True, 90)])
def test_who_has_another_registration_has_more_time(*, first_stands: bool, base_s: int) -> None:
    """RFC 5626 §4.5, UEP-13: base 30 s where all have failed, 90 s where one stands; both end at 30 min."""
    rests = rests_s(first_stands=first_stands)
    assert len(rests) > 6
    for number, rest_s in enumerate(rests, 1):
        most_s = min(1800, base_s << number)
        assert most_s // 2 <= rest_s <= most_s + 1, (number, rests)


def test_no_two_ues_try_at_one_moment() -> None:
    """RFC 5626 §4.5: the random half keeps them apart."""
    net = Network(Transport.UDP, ues=4, retries=True)
    silence(net)
    for number in range(1, 5):
        net.ue(number).later(Register())
    net.wait(4_000)
    last = sorted(
        [time for time, fact in net.ue(n).facts if isinstance(fact, RegistrationFailed)][-1]
        for n in (1, 2, 3, 4)
    )
    assert all(later - sooner > SECOND for sooner, later in pairwise(last))
