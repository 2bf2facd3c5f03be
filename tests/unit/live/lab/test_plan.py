import pytest

from twopair.base import Suite, Transport
from twopair.live.lab.plan import usual


@pytest.mark.parametrize("version", [4, 6])
def test_addresses_are_of_one_version_and_all_different(version: int) -> None:
    plan = usual(version, ues=3)
    addresses = [
        *plan.pcscf.gm_addresses,
        plan.pcscf.core.address,
        plan.home.address,
        *(ue.config.address for ue in plan.ues),
    ]
    assert len(set(addresses)) == 6
    assert {":" in address for address in addresses} == {version == 6}


def test_cards_and_subscribers_belong_together() -> None:
    plan = usual(ues=3, transport=Transport.TCP, algorithms=(Suite("aes-gmac", "null"),))
    assert [ue.card.impi for ue in plan.ues] == [subscriber.impi for subscriber in plan.subscribers]
    assert all(ue.card.domain == plan.home.domain for ue in plan.ues)
    assert [subscriber.associated for subscriber in plan.subscribers] == [
        (f"sip:ue{n}@{plan.home.domain}",) for n in (1, 2, 3)
    ]
    assert {ue.config.offered for ue in plan.ues} == {plan.pcscf.policy.priority}
    assert {ue.config.transport for ue in plan.ues} == {Transport.TCP}
