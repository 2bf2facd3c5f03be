"""The lab as a whole: nodes, real sockets, real ESP; and that nothing of it is left behind."""

import asyncio
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from twopair.base import Impu, Transport
from twopair.live.lab import Lab, usual
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.nodes.facts import Deregistered, MessageAnswered, MessageReceived, Registered
from twopair.nodes.wishes import Deregister, Register, SendMessage
from twopair.wire import ip

pytestmark = pytest.mark.lab

ESP, TCP, UDP = 50, 6, 17


@pytest.mark.parametrize("transport", list(Transport), ids=lambda t: t.value)
@pytest.mark.parametrize("version", [4, 6])
def test_ues_register_and_send_each_other_messages(version: int, transport: Transport) -> None:
    async def body() -> None:
        async with Lab(usual(version, transport=transport)) as lab:
            packets: list[bytes] = []
            lab.gm.tap(lambda _at, packet: packets.append(packet))
            for ue in lab.ues:
                ue.driver.feed(Register())
                await ue.until(lambda fact: isinstance(fact, Registered))
            clear = [ip.parse(packet) for packet in packets if ip.parse(packet).protocol in (TCP, UDP)]
            assert {header.protocol for header in clear} == {TCP if transport.reliable else UDP}
            packets.clear()
            for sender, number in ((lab.ue1, 2), (lab.ue2, 1)):
                to = Impu(f"sip:ue{number}@{lab.plan.home.domain}")
                sender.driver.feed(SendMessage(to, b"two pairs", transport=transport))
                answer = await sender.until(lambda fact: isinstance(fact, MessageAnswered))
                assert isinstance(answer, MessageAnswered)
                assert answer.status == 200
                received = await lab.ues[number - 1].until(lambda fact: isinstance(fact, MessageReceived))
                assert isinstance(received, MessageReceived)
                assert received.body == b"two pairs"
            for ue in lab.ues:
                ue.driver.feed(Deregister())
                await ue.until(lambda fact: isinstance(fact, Deregistered))
            await asyncio.sleep(0.1)
            protected = [ip.parse(packet) for packet in packets]
            allowed = {ESP, 44}  # IPv6 puts a fragment header (44) before ESP
            if transport.reliable:  # connections of SM1 are closed in order, in the clear
                protected = [h for h, p in zip(protected, packets, strict=True) if not _is_to_5060(h, p)]
            assert {header.protocol for header in protected} <= allowed
            assert not any(host.driver.counters for host in (*lab.ues, lab.pcscf, lab.home))

    asyncio.run(asyncio.wait_for(body(), 30))


def _is_to_5060(header: ip.Header, packet: bytes) -> bool:
    ports = packet[header.offset : header.offset + 4]
    return header.protocol == TCP and (5060).to_bytes(2, "big") in (ports[:2], ports[2:])


def test_a_failed_build_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with Lab():
            pass
        before = _own_files()

        def refuse(*_args: object, **_more: object) -> None:
            raise OSError("no")

        monkeypatch.setattr("twopair.live.lab.host.open_port", refuse)
        with pytest.raises(PrerequisiteMissing, match="no TUN device"):
            async with Lab():
                pass
        assert _own_files() == before

    asyncio.run(body())


def test_leaving_the_lab_gives_everything_back() -> None:
    async def body() -> None:
        async with Lab():
            pass
        before = _own_files()
        for _ in range(3):
            async with Lab(usual(6)):
                pass
        assert _own_files() == before

    asyncio.run(body())


IDLE = """
import asyncio, os
from twopair.live.lab import Lab
async def main():
    async with Lab() as lab:
        names = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")]
        print(*sorted(name for name in names if name.startswith("net:")), flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""  # noqa: E501


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_lab_leaves_nothing_behind(sign: signal.Signals) -> None:
    before = _outside()
    lab = subprocess.Popen([sys.executable, "-c", IDLE], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert lab.stdout is not None
        namespaces = set(lab.stdout.readline().decode().split())
        assert len(namespaces) == 4, "home, P-CSCF, two UEs"
        assert namespaces <= _namespaces_in_use()
        lab.send_signal(sign)
        lab.communicate(timeout=10)
    finally:
        lab.kill()
        lab.communicate()
    over = time.monotonic() + 5  # a process that was just forked beside this test may hold what it inherited
    while (left := namespaces & _namespaces_in_use()) and time.monotonic() < over:
        time.sleep(0.05)
    assert not left
    assert _outside() == before


def _outside() -> list[str]:
    """Links of this machine, and namespaces with a name."""
    places = (Path("/sys/class/net"), Path("/run/netns"))
    return sorted(str(entry) for place in places if place.exists() for entry in place.iterdir())


def _namespaces_in_use() -> set[str]:
    """Network namespaces that any process lives in or holds a file of, and those mounted somewhere."""
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        found.update(_targets(process / "ns"), _targets(process / "fd"))
    mounts = Path("/proc/self/mountinfo").read_text()
    return {name for name in found if name.startswith("net:")} | set(re.findall(r"net:\[\d+\]", mounts))


def _own_files() -> list[str]:
    return sorted(_targets(Path("/proc/self/fd")))


def _targets(place: Path) -> list[str]:
    """What the links in a folder point to; nothing where we may not look or the process is gone."""
    try:
        return [str(entry.readlink()) for entry in list(place.iterdir()) if entry.is_symlink()]
    except OSError:
        return []
