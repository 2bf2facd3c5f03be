"""Protected ports stay closed while one P-CSCF takes the place of another (SA-21, MGP-14)."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.interop.programs import NEEDS_ROOT

from twopair.backends.userspace.ports import TunPort
from twopair.backends.userspace.routes import with_netlink
from twopair.backends.userspace.rules import PolicyRoutes
from twopair.base import Endpoint, Port
from twopair.live.lab.namespace import Namespace

NAMES = "priority table iifname dst src ip_proto dport_range sport_range".split()

pytestmark = [
    pytest.mark.lab,
    NEEDS_ROOT,
    pytest.mark.skipif(not Path("/dev/net/tun").exists(), reason="needs /dev/net/tun"),
]
SERVER, LATER = Endpoint("10.10.0.1", Port(5062)), Endpoint("10.10.0.1", Port(5064))


def rules() -> list[str]:
    """All policy rules of the namespace."""

    def read(netlink: Any) -> list[str]:
        return [
            f"{rule['family']} " + " ".join(f"{name}={rule.get(name)}" for name in NAMES)
            for rule in netlink.get_rules()
        ]

    return with_netlink(read)


@pytest.mark.parametrize("number_is_free", [True, False])
def test_a_port_is_never_open_between_two_lives(*, number_is_free: bool) -> None:
    """The dead one's rules stand until its successor has its own; then only those are left, once each."""
    with closing(Namespace()) as namespace, namespace.entered():
        with_netlink(lambda netlink: netlink.link("set", index=1, state="up"))
        before = rules()
        first = TunPort("tp%d", 0)
        routes = PolicyRoutes(first.name, 1500)
        for endpoint in (SERVER, LATER):
            routes.open(endpoint)
        left = rules()
        first.close()
        second = TunPort("tp%d", routes.index if number_is_free else 0)
        successor = PolicyRoutes(second.name, 1500, inherits=True)
        assert set(left) <= set(rules())
        successor.open(SERVER)
        assert set(left) <= set(rules())
        successor.settle()
        there = rules()
        assert len(there) == len(set(there))
        assert len([rule for rule in there if "5062" in rule]) == 4  # two ways, UDP and TCP
        assert not [rule for rule in there if "5064" in rule]
        successor.close()
        assert rules() == before
        second.close()
