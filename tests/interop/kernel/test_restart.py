"""Killed in the middle, and started again: no orphan, no half set, nothing of others touched."""

import os
import re
import subprocess
from collections.abc import Iterator
from signal import SIGKILL

import pytest
from tests.contract.kernel_hosts import KernelHost
from tests.figure1_sets import SPIS, sa_set

from twopair.backends.contract import InstallError
from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.events import Acquired
from twopair.backends.kernel.netlink import Batch, Netlink, Refused
from twopair.backends.kernel.reconcile import Reconciled
from twopair.base import Port, Spi, Transport
from twopair.core.sa import End, PortName, Ports, SaSet, Spis
from twopair.live.lab.namespace import Namespace

pytestmark = pytest.mark.guest

FIRST = sa_set(End.PCSCF)
SECOND = FIRST._replace(
    set_id=2,
    ports=Ports(uc=Port(6200), us=Port(6201), pc=Port(5066), ps=Port(5062)),
    spis=Spis(*(Spi(spi + 1000) for spi in SPIS)),
)
ALGORITHMS = f"auth-trunc hmac(sha1) 0x{bytes(20).hex()} 96 enc cbc(aes) 0x{bytes(16).hex()}"
FOREIGN = f"""
ip xfrm state add src 10.0.0.1 dst 10.0.1.1 proto esp spi 0x7001 reqid 7 mode transport {ALGORITHMS}
ip xfrm state add src 10.0.0.1 dst 10.0.1.1 proto esp spi 0x7002 reqid 0x540761f1 mode transport {ALGORITHMS}
ip xfrm policy add src 10.0.0.1/32 dst 10.0.1.1/32 dir out priority 21504 \
  tmpl src 10.0.0.1 dst 10.0.1.1 proto esp reqid 7 mode transport
ip xfrm policy add src 10.9.0.0/16 dst 10.0.0.1/32 dir in action block priority 21632
"""
"""Of somebody who had the bad luck to choose our reqid, or our priorities."""


class Dying(Netlink):
    """Lets so many requests through, one by one, then the process dies as by ``kill -9``."""

    lives: int

    def ask(self, batch: Batch) -> list[Refused]:
        for request in batch.requests():
            if Dying.lives == 0:
                os.kill(os.getpid(), SIGKILL)
            Dying.lives -= 1
            super().ask(Batch.of([request]))
        return []

    def tell(self, batch: Batch) -> None:
        self.ask(batch)


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace()
    yield made
    made.close()


def begin(namespace: Namespace, netlink: type[Netlink] = Netlink) -> KernelBackend:
    with namespace.entered():
        return KernelBackend(netlink=netlink)


def reconcile(namespace: Namespace, backend: KernelBackend, *known: SaSet) -> Reconciled:
    with namespace.entered():
        return backend.reconcile(known)


def standing(namespace: Namespace) -> tuple[int, int]:
    """Number of states and of policies, as iproute2 counts them, without those of `left`."""
    states, policies = (listed(namespace, what) for what in ("state", "policy"))
    return len(states), len(policies) - left(namespace)


def left(namespace: Namespace) -> int:
    """Number of policies that keep closed what its owner has left; the kernel takes them out (SA-21)."""
    return sum("action block priority 21648" in policy for policy in listed(namespace, "policy"))


def listed(namespace: Namespace, what: str) -> list[str]:
    with namespace.entered():
        command = ["ip", "xfrm", what, "list"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.findall(r"^src .*\n(?:\s.*\n)*", text, re.MULTILINE)


def make_foreign(namespace: Namespace) -> None:
    with namespace.entered():
        for command in FOREIGN.replace("\\\n", " ").strip().splitlines():
            subprocess.run(command.split(), check=True)


def die(namespace: Namespace, lives: int) -> bool:
    """A process closes two ports, installs two sets, removes the first; whether it died before the end."""
    child = os.fork()
    if child == 0:
        try:
            Dying.lives = lives
            backend = begin(namespace, Dying)
            for name in (PortName.PS, PortName.PC):
                backend.close(FIRST.endpoint(name))
            backend.install(FIRST)
            backend.install(SECOND)
            backend.remove(FIRST.set_id)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -SIGKILL


CLOSING = 3 + 2
MESSAGES = CLOSING + 8 + 8 + 8
"""Of that life: two ports with the silence of their address, two sets in, one out."""


@pytest.mark.parametrize("lives", range(MESSAGES + 1))
def test_killed_between_any_two_messages(namespace: Namespace, lives: int) -> None:
    """SA-01: after the restart what was known and stood whole is whole, all else is gone; others' is not."""
    make_foreign(namespace)
    assert die(namespace, lives) is (lives < MESSAGES)
    backend = begin(namespace)
    done = reconcile(namespace, backend, FIRST, SECOND)
    adopted = list(done.adopted)
    assert {c.set_id for c in backend.query()} == {s.set_id for s in adopted}
    assert len(list(backend.query())) == 4 * len(adopted)
    assert standing(namespace) == (2 + 4 * len(adopted), 2 + 4 * len(adopted))
    assert left(namespace) == min(lives, CLOSING)
    assert (FIRST in adopted) is (13 <= lives <= 21)
    assert (SECOND in adopted) is (lives >= 21)
    backend.shut_down()
    assert standing(namespace) == (2, 2)


def test_without_a_store_all_of_the_dead_goes(namespace: Namespace) -> None:
    """And the ports can be closed, the sets installed, as if nothing had been."""
    make_foreign(namespace)
    die(namespace, MESSAGES - 8)
    assert standing(namespace) == (2 + 8, 2 + 8 + 5)
    backend = begin(namespace)
    done = reconcile(namespace, backend)
    assert (done.adopted, done.states, done.policies) == ({}, 8, 13)
    assert standing(namespace) == (2, 2)
    assert left(namespace) == CLOSING
    backend.close(FIRST.endpoint(PortName.PS))
    assert left(namespace) == CLOSING - 3
    backend.install(FIRST)
    backend.shut_down()
    assert left(namespace) == CLOSING


def test_the_living_are_left_alone(namespace: Namespace) -> None:
    """Two services in one namespace: the second to start finds the first one's sets, and its own dead's."""
    first = begin(namespace)
    first.install(FIRST)
    second = begin(namespace)
    assert reconcile(namespace, second, FIRST).adopted == {}
    second.install(SECOND)
    assert standing(namespace) == (8, 8)
    first.shut_down()
    assert [c.set_id for c in second.query()] == [2] * 4
    second.shut_down()
    assert standing(namespace) == (0, 0)


def test_an_altered_set_is_not_adopted(namespace: Namespace) -> None:
    """Other keys or ports than the store has: somebody else's, or of another day."""
    die(namespace, MESSAGES)
    backend = begin(namespace)
    other_keys = sa_set(End.PCSCF, key=bytes(16), ports=SECOND.ports, spis=SECOND.spis)
    assert reconcile(namespace, backend, other_keys).adopted == {}
    assert standing(namespace) == (0, 0)
    backend.shut_down()


def test_an_adopted_set_is_a_set(namespace: Namespace) -> None:
    """It keeps its SPIs and ports from others, and can be removed."""
    die(namespace, MESSAGES)
    backend = begin(namespace)
    assert list(reconcile(namespace, backend, SECOND).adopted) == [SECOND]
    with pytest.raises(InstallError, match="SA-16"):
        backend.install(FIRST._replace(spis=SECOND.spis))
    backend.install(FIRST)
    assert standing(namespace) == (8, 8)
    backend.remove(SECOND.set_id)
    assert standing(namespace) == (4, 4)
    backend.shut_down()


def test_a_foreign_state_with_our_spi_stops_the_set_and_stays(namespace: Namespace) -> None:
    """SA-01, ERR-24: with the kernel's reason; the other three and the policies are taken out again."""
    make_foreign(namespace)
    backend = begin(namespace)
    taken = FIRST._replace(spis=SPIS._replace(us=Spi(0x7001)))
    with pytest.raises(InstallError, match="state SA2-dn: File exists"):
        backend.install(taken)
    assert standing(namespace) == (2, 2)
    backend.install(FIRST)
    backend.shut_down()
    assert standing(namespace) == (2, 2)


def test_what_others_removed_is_told() -> None:
    """SA-21: a packet that meets a policy without its state does not leave, and the kernel says so."""
    host = KernelHost(FIRST.pcscf, FIRST.ue, Transport.UDP)
    host.backend.install(FIRST)
    flow = FIRST.flow(Transport.UDP, PortName.PS, PortName.UC)
    assert len(host.send(flow)) == 1
    with host.namespace.entered():
        subprocess.run("ip xfrm state flush".split(), check=True)
    assert host.send(flow) == []
    (event,) = host.backend.events.read()
    assert isinstance(event, Acquired)
    assert event.selector.dst_port == FIRST.ports.uc
    assert list(host.backend.query()) == []
    host.backend.remove(FIRST.set_id)
    missing = [event for _ in range(4) for event in host.backend.events.read()]
    assert {str(event) for event in missing} == {
        f"the state with SPI {sa.spi} to {sa.selector.dst} could not be removed: No such process"
        for sa in (*FIRST.inbound, *FIRST.outbound)
        if sa.spi != FIRST.spis.uc  # for the one that was missed, the kernel keeps a place
    }
    assert host.backend.events.read() == []
    assert standing(host.namespace) == (0, 0)
    host.close()
