"""Configuration of the P-CSCF."""

from typing import Any

import pytest
from tests.unit.nodes.pcscf.bed import CORE, GM, HOME, config

from twopair.base import Endpoint, Port, Suite
from twopair.core.secagree import Confidentiality
from twopair.nodes.pcscf import PcscfConfig


def test_what_need_not_be_said() -> None:
    plain = PcscfConfig("p", "v", (GM,), CORE, HOME)
    assert (plain.gm_port, plain.port_ps, len(plain.port_pc)) == (5060, 5062, 3)
    assert plain.policy.confidentiality is Confidentiality.PREFERRED


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"gm_addresses": ()}, "gm_addresses"),
        ({"gm_addresses": ("2001:DB8::1",)}, "canonical"),
        ({"port_pc": (Port(5064), Port(5066))}, "RRG-03"),
        ({"port_pc": (Port(5064), Port(5066), Port(5066))}, "different"),
        ({"port_pc": (Port(5064), Port(5066), Port(5062))}, "different"),
        ({"port_ps": Port(5061)}, "SA-20"),
        ({"gm_port": Port(6060), "port_ps": Port(6060)}, "SA-20"),
        ({"core": Endpoint(GM, Port(5060))}, "core"),
        ({"algorithms": ()}, "algorithms"),
        ({"algorithms": (Suite("hmac-sha-1-96", "null"),), "confidentiality": "required"}, "algorithms"),
        ({"response_after_rekey": "never"}, "response_after_rekey"),
        ({"missing_security_verify": "perhaps"}, "missing_security_verify"),
        ({"foreign_route": "keep"}, "foreign_route"),
        ({"confidentiality": "maybe"}, "maybe"),
    ],
)
def test_what_cannot_be(changes: dict[str, Any], word: str) -> None:
    """RRG-03, SA-20, AGR-23: a wrong value is named."""
    with pytest.raises(ValueError, match=word):
        config(**changes)
