"""Figure 1 with real ESP of the kernel: alone, and with our engine at the other end."""

import asyncio
import json
import subprocess

import pytest

from twopair.base import Impu, Transport
from twopair.cli.main import status_of
from twopair.live.lab import Lab, usual
from twopair.live.lab.host import Host
from twopair.nodes.facts import MessageAnswered, MessageReceived, Registered
from twopair.nodes.wishes import Register, SendMessage

pytestmark = pytest.mark.guest

Table = list[tuple[object, ...]]


def table(capsys: pytest.CaptureFixture[str], backend: str) -> tuple[dict[str, Table], bool]:
    """Who said what to whom over which SA, per transport."""
    assert status_of(["demo", "figure1", "--backend", backend, "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)
    columns = ("step", "from", "to", "transport", "sa")
    rows = {
        run["transport"]: [
            (*(message[column] for column in columns), message["start_line"].split(" ")[0])
            for message in run["messages"]
        ]
        for run in runs
    }
    return rows, all(run["ok"] and run["backend"] == backend for run in runs)


def test_the_same_table_as_in_user_space(capsys: pytest.CaptureFixture[str]) -> None:
    """FLOW-01, SA-01: whatever does ESP, the messages are the same and go over the same SAs."""
    kernel, userspace = table(capsys, "kernel"), table(capsys, "userspace")
    assert kernel == userspace
    assert kernel[1]
    assert {row[4] for rows in kernel[0].values() for row in rows} >= {"SA1-up", "SA1-dn", "SA2-dn", "SA2-up"}


def standing(host: Host) -> tuple[int, int]:
    """States, and policies that protect, as iproute2 counts them."""
    with host.namespace.entered():
        state, policy = (
            subprocess.run(["ip", "xfrm", what, "list"], check=True, capture_output=True, text=True).stdout
            for what in ("state", "policy")
        )
    return state.count("proto esp"), policy.count("tmpl ")


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("kernel", [("pcscf",), ("ue1", "ue2"), ("pcscf", "ue1", "ue2")], ids="+".join)
@pytest.mark.parametrize("ip", [4, 6])
def test_registration_and_message(kernel: tuple[str, ...], transport: Transport, ip: int) -> None:
    """SA-01: the kernel at either end or both; four states and policies per UE, and none after the end."""
    asyncio.run(play(kernel, transport, ip))


async def play(kernel: tuple[str, ...], transport: Transport, ip: int) -> None:
    text = b"x" * 2000  # more than fits one packet
    async with Lab(usual(ip, transport=transport), kernel=kernel) as lab:
        for ue in lab.ues:
            ue.driver.feed(Register())
            await ue.until(lambda fact: isinstance(fact, Registered))
        domain = lab.plan.home.domain
        for sender, receiver, to in ((lab.ue1, lab.ue2, "ue2"), (lab.ue2, lab.ue1, "ue1")):
            sender.driver.feed(SendMessage(Impu(f"sip:{to}@{domain}"), text, "text/plain"))
            answered = await sender.until(lambda fact: isinstance(fact, MessageAnswered))
            assert isinstance(answered, MessageAnswered)
            assert answered.status == 200
            got = await receiver.until(lambda fact: isinstance(fact, MessageReceived))
            assert isinstance(got, MessageReceived)
            assert got.body == text
        for name, host, sets in (("pcscf", lab.pcscf, 2), ("ue1", lab.ue1, 1), ("ue2", lab.ue2, 1)):
            if name in kernel:
                assert standing(host) == (4 * sets, 4 * sets)
            assert len(list(host.driver.backend.query())) == 4 * sets
            for of in sorted({counters.set_id for counters in host.driver.backend.query()}):
                host.driver.backend.remove(of)
            if name in kernel:
                assert standing(host) == (0, 0)
