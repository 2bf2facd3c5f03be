"""Which back end a service gets, and what is said where it gets none."""

import asyncio
import logging
import os
from contextlib import ExitStack
from errno import EACCES, EINVAL, ENODEV, ENOENT, EPERM, EUSERS
from socket import socketpair

import pytest

from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.guard import refuse_loopback
from twopair.backends.kernel.probe import Lack, Probe
from twopair.backends.kernel.reconcile import Reconciled
from twopair.live import ipsec
from twopair.live.config import BackendName
from twopair.live.prerequisite import PrerequisiteMissing


def started(name: BackendName) -> ipsec.Ipsec:
    loop = asyncio.new_event_loop()
    try:
        got = ipsec.start_ipsec(name, mtu=1500, loop=loop)
    except BaseException:
        loop.close()
        raise
    closing = ExitStack()
    closing.callback(loop.close)
    closing.callback(got.close)
    return got._replace(close=closing.close)


class RefusesNothing:
    """A raw wire without any device."""

    guard = None

    def readers(self) -> dict[int, object]:
        return {}

    def shut_down(self) -> None:
        """Nothing to do."""


class FakeKernel:
    """A kernel back end that finds orphans."""

    def __init__(self) -> None:
        self.shut = False
        here, self._there = socketpair()
        self.events = here

    def reconcile(self, known: object) -> Reconciled:
        return Reconciled(states=4, policies=6)

    def shut_down(self) -> None:
        self.shut = True
        self.events.close()
        self._there.close()


def test_memory_says_loudly_that_nothing_is_protected(caplog: pytest.LogCaptureFixture) -> None:
    got = started("memory")
    assert not got.backend.features.encrypts
    assert "NOTHING IS PROTECTED" in caplog.text
    got.close()


NO_ESP = Probe((Lack("kernel has no ESP: CONFIG_INET_ESP is not set"),))


@pytest.fixture
def _kernel_without_esp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipsec, "probe", lambda: NO_ESP)


@pytest.mark.usefixtures("_kernel_without_esp")
def test_a_kernel_that_cannot_is_not_taken(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the probe's own words; where nothing certain was asked for, user space takes its place."""
    with pytest.raises(PrerequisiteMissing, match="kernel has no ESP: CONFIG_INET_ESP is not set"):
        started("kernel")
    wire = RefusesNothing()
    monkeypatch.setattr(ipsec, "RawWire", lambda *_, **__: wire)
    with caplog.at_level(logging.INFO, "twopair"):
        started("auto").close()
    assert "ipsec: userspace (kernel has no ESP: CONFIG_INET_ESP is not set)" in caplog.text


def test_the_kernel_is_taken_where_it_can(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once with what a predecessor left behind, which is told."""
    kernel = FakeKernel()
    monkeypatch.setattr(ipsec, "probe", lambda: Probe(()))
    monkeypatch.setattr(ipsec, "KernelBackend", lambda _suites, **_: kernel)
    with caplog.at_level(logging.INFO, "twopair"):
        got = started("auto")
    assert id(got.backend) == id(kernel)
    assert got.guard is refuse_loopback
    assert "ipsec: kernel" in caplog.text
    assert "removed orphans: 4 states, 6 policies" in caplog.text
    got.close()
    assert kernel.shut


def test_a_kernel_that_fails_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_suites: object, **_: object) -> KernelBackend:
        raise OSError(EUSERS, "all numbers are taken")

    monkeypatch.setattr(ipsec, "probe", lambda: Probe(()))
    monkeypatch.setattr(ipsec, "KernelBackend", refuse)
    with pytest.raises(PrerequisiteMissing, match="all numbers are taken"):
        started("kernel")


@pytest.mark.usefixtures("_kernel_without_esp")
@pytest.mark.parametrize("name", ["auto", "userspace"])
@pytest.mark.parametrize(
    ("code", "file", "words"),
    [
        (EACCES, "/dev/net/tun", "/dev/net/tun may not be opened: run as root"),
        (ENOENT, "/dev/net/tun", "/dev/net/tun is missing"),
        (ENODEV, "/dev/net/tun", "/dev/net/tun is missing"),
        (EPERM, None, "needs CAP_NET_ADMIN and CAP_NET_RAW"),
        (EINVAL, None, "cannot start"),
    ],
)
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, name: BackendName, code: int, file: str | None, words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), file)

    monkeypatch.setattr(ipsec, "RawWire", refuse)
    with pytest.raises(PrerequisiteMissing, match=words):
        started(name)
