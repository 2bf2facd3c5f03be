"""An S-CSCF that has lost a registration asks for it, through the P-CSCF (24.229 §5.1.2A; UEP-15, PCS-28)."""

import pytest
from tests.story.network import Network, facts
from tests.story.test_session_timers import rewrite

from twopair.base import Transport
from twopair.nodes.facts import Deregistered, MessageAnswered, Registered
from twopair.nodes.wishes import Register, SendMessage
from twopair.sim import Host
from twopair.wire.ims_xml import CONTENT_TYPE
from twopair.wire.sip import Message, NameAddr, Response

BODY = (
    b'<ims-3gpp version="1"><alternative-service><type>restoration</type>'
    b"<action>initial-registration</action></alternative-service></ims-3gpp>"
)


def asks(net: Network, who: str) -> None:
    """The home network answers each MESSAGE so, under that name."""

    def edit(message: Message) -> None:
        if isinstance(message, Response) and message.cseq.method == "MESSAGE" and message.status >= 200:
            message.status, message.reason, message.body = 504, "Server Time-out", BODY
            for name, value in (
                ("P-Asserted-Identity", f"<{who}>"),
                ("Content-Type", CONTENT_TYPE),
                ("Content-Length", str(len(BODY))),
            ):
                message.set(name, value)

    rewrite(net, net.plan.network.home, edit)


def served_by(ue: Host) -> str:
    """The first URI of its Service-Route."""
    standing = ue.node._registrar.registration  # type: ignore[attr-defined]
    return NameAddr.parse(standing.service_route[0]).uri


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
@pytest.mark.parametrize("known", [True, False])
def test_restoration(transport: Transport, *, known: bool) -> None:
    """UEP-15, PCS-28: what it says reaches the UE, which registers anew; a stranger is not heard."""
    net = Network(transport, ues=1)
    net.wish(net.ue(1), Register())
    before = list(net.installed)
    asks(net, served_by(net.ue(1)) if known else "sip:stranger@elsewhere.invalid")
    net.wish(net.ue(1), SendMessage(net.impu(1), b"hello"))
    assert [fact.status for fact in facts(net.ue(1), MessageAnswered)] == [504]
    assert len(facts(net.ue(1), Registered)) == (2 if known else 1)
    assert not facts(net.ue(1), Deregistered)
    anew = [seen for seen in net.gm() if seen.what == "REGISTER" and seen.sa is None]
    assert len(anew) == (2 if known else 1)
    assert len(net.installed) - len(before) == (1 if known else 0)
    assert len(net.ue(1).sets) == 1
