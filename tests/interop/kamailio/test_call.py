"""A call between two of our UEs through Kamailio's P-CSCF, over a re-registration."""

from itertools import product
from pathlib import Path

import pytest
from tests.interop.ear import heard
from tests.interop.kamailio.bed import kamailio, network
from tests.interop.kamailio.test_life import shell
from tests.interop.programs import DOMAIN

pytestmark = pytest.mark.guest


@pytest.mark.parametrize(("transport", "backend"), list(product(("udp", "tcp"), ("kernel", "userspace"))))
def test_a_call_over_a_registration(tmp_path: Path, transport: str, backend: str) -> None:
    """RRG-01, MSG-03, UEP-08, UEP-09: what the dialog holds are server ports, and they stay."""
    with network(tmp_path) as bed:
        kamailio(bed)
        alice, bob = (shell(bed, number, transport, backend) for number in (0, 1))
        alice.does("register")
        bob.does("register")
        alice.begins(f"call sip:user1@{DOMAIN}")
        bob.hears("call", stage="ringing")
        alice.hears("call", stage="ringing")
        bob.does("answer")
        assert alice.outcome("call")["status"] == 200
        assert alice.does("say within the call")["status"] == 200
        assert bob.hears("message")["text"] == "within the call"
        for ue in (alice, bob):
            ue.does("register")
        assert bob.does("say after both have new sets")["status"] == 200
        assert alice.hears("message")["text"] == "after both have new sets"
        bob.does("hangup")
        alice.hears("call", stage="ended")
        for ue in (alice, bob):
            ue.ends()
        assert heard(bed.ear).beside_5060 == []
