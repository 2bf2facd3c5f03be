"""Two of our UEs at Kamailio's P-CSCF: registration, MESSAGE both ways, re-registration, the end.

``make interop TIMES=20`` plays it twenty times in a row.
"""

import os
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from tests.interop.ear import heard
from tests.interop.kamailio.bed import UES, Bed, kamailio, network, ue_file
from tests.interop.programs import DOMAIN, SM1, SM6
from tests.interop.ue_shell import SPIS, UeShell

pytestmark = pytest.mark.guest

TIMES = range(1, int(os.environ.get("TWOPAIR_TIMES", "1")) + 1)
CASES = list(product(("udp", "tcp"), ("kernel", "userspace"), (4, 6)))


def shell(bed: Bed, number: int, transport: str, backend: str) -> UeShell:
    """A UE on a host of its own."""
    file = ue_file(bed, number, UES[bed.version][number], transport=transport, backend=backend)
    return UeShell(bed.programs, f"ue{number + 1}", file)


def write(sender: UeShell, number: int, receiver: UeShell, text: str) -> str:
    """A MESSAGE from one to the other, who is subscriber `number`; the flow on which it came."""
    result = sender.does(f"message sip:user{number}@{DOMAIN} {text}")
    assert result["status"] == 200
    return str(receiver.hears("message", text=text)["flow"])


def standing(bed: Bed) -> set[int]:
    """SPIs in Kamailio's kernel."""
    words = bed.xfrm("state").split()
    return {int(after, 16) for word, after in pairwise(words) if word == "spi"}


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize(
    ("transport", "backend", "version"), CASES, ids=[f"{t}-{b}-IPv{v}" for t, b, v in CASES]
)
def test_a_life_with_kamailio(tmp_path: Path, transport: str, backend: str, version: int, time: int) -> None:
    """FLOW-01..FLOW-06, MSG-01..MSG-03, RRG-01, RRG-02, MGU-03..MGU-06, MGU-12, SA-09."""
    with network(tmp_path, version) as bed:
        kamailio(bed)
        alice, bob = (shell(bed, number, transport, backend) for number in (0, 1))
        before, of_bob = alice.does("register"), bob.does("register")
        assert standing(bed) == {at[spi] for at in (before, of_bob) for spi in SPIS}
        write(alice, 1, bob, "one pair")
        flow = write(bob, 0, alice, "one more")
        assert_over(flow, before, transport)

        after = alice.does("register")
        for port in ("port_us", "port_ps"):
            assert after[port] == before[port], "server ports stay (RRG-01)"
        for name in ("port_uc", "port_pc", *SPIS):
            assert after[name] != before[name], "all else is new (RRG-02)"
        assert standing(bed) >= {after[spi] for spi in SPIS}
        flow = write(bob, 0, alice, "over the new set")
        assert_over(flow, after, transport)  # MGP-02 asks for the old one until the UE has used the new
        write(alice, 1, bob, "and back")

        for ue in (alice, bob):
            ue.does("deregister")
            ue.ends()
        crossed = heard(bed.ear)
    assert crossed.beside_5060 == []
    assert crossed.lines == [SM1, SM6] * 2


def assert_over(flow: str, registered: dict[str, Any], transport: str) -> None:
    """SA2-dn of that registration: from port_pc to port_us (MSG-01)."""
    assert flow.startswith(f"{transport} ")
    assert f":{registered['port_us']}>" in flow
    assert flow.endswith(f":{registered['port_pc']}")
