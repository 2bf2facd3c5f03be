"""h01 to h10: header sets of phones reach the core octet for octet, but for what is ours to change."""

import re
from collections.abc import Container

import pytest
from tests.field.bed import FILES, FieldBed
from tests.unit.nodes.pcscf.bed import CORE, TCP

from twopair.base import StreamOpened
from twopair.core.sip.trust import FROM_UE
from twopair.wire.sip import Request, parse

SETS = sorted(path.stem for path in FILES.glob("h[01]*.sip"))
OURS = {
    "via": "PCS-12",
    "record-route": "PCS-12",
    "max-forwards": "PCS-12",
    "max-breadth": "PCS-22",
    "route": "PCS-08",
    "require": "PCS-17",
    "proxy-require": "PCS-17",
    "p-preferred-identity": "PCS-10",
    "p-asserted-identity": "PCS-10",
    "p-charging-vector": "PCS-03",
}
"""What the P-CSCF takes out or says anew in any request, by requirement."""

MTU = 9000
"""Of the way to the core, so that the long ones go over UDP as well (RFC 3261 §18.1.1)."""

IN_REGISTER = {"authorization": "INT-01", "path": "PCS-01", "p-visited-network-id": "PCS-01"}
"""The same in a REGISTER."""


def at_core(name: str) -> tuple[Request, Request]:
    """A header set as it was sent, and the request that the core got."""
    if "-sm1-" in name:
        bed = FieldBed(registered=False, core_mtu=MTU)
        flow = bed.ue.flow(35000, 5060, TCP) if name.endswith("tcp") else bed.ue.clear
        data = bed.octets(name)
        if flow.transport is TCP:
            bed.feed(StreamOpened(flow))
        bed.phone(name, flow)
    else:
        bed = FieldBed(core_mtu=MTU)
        bed.restarted()  # the PRACK is without its INVITE
        data = bed.octets(name)
        bed.phone(name)
    sent = parse(data)
    assert isinstance(sent, Request)
    return sent, bed.to_core()


def kept(message: Request, changed: Container[str]) -> list[str]:
    return [line for line, name in message.lines() if name not in changed]


@pytest.mark.parametrize("name", SETS)
def test_header_lines_are_those_sent(name: str) -> None:
    """PCS-28, PCS-12: octet for octet, in order, folded lines and compact names too; the same body."""
    sent, got = at_core(name)
    changed = {*FROM_UE, *OURS, *(IN_REGISTER if sent.method == "REGISTER" else ())}
    assert kept(got, changed) == kept(sent, changed)
    assert (got.start_line, got.body) == (sent.start_line, sent.body)
    assert got.to_bytes().endswith(b"\r\n\r\n" + sent.body)


@pytest.mark.parametrize("name", SETS)
def test_what_is_ours_to_change(name: str) -> None:
    """PCS-08, PCS-10, PCS-12, PCS-17: nothing of the agreement goes on; other option tags stay in order."""
    sent, got = at_core(name)
    assert not [n for n in got.names() if n.startswith("security-")]
    assert got.top_via.sent_by == str(CORE)
    for header in ("Require", "Proxy-Require"):
        left = [tag for tag in sent.values(header) if tag.lower() != "sec-agree"]
        assert [tag for tag in got.values(header) if tag != "path"] == [tag for tag in left if tag != "path"]
    if sent.method != "REGISTER":
        inside = got.method == "PRACK"  # of a dialog, where nobody is asserted (PCS-15)
        assert len(got.values("P-Asserted-Identity")) == (not inside)
        assert got.get("P-Preferred-Identity") is None


def test_all_header_sets_are_there() -> None:
    assert len(SETS) == 10
    folded = (FILES / "h09-options-folded.sip").read_bytes()
    assert re.search(rb"\r\n[ \t]+;", folded)
