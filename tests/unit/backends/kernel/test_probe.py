"""What the start-up probe says about kernels that lack something."""

import errno
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.backends.kernel.wire import FakeSocket, Verdict, on

from twopair.backends.kernel import probe, xfrm
from twopair.backends.kernel.algorithms import ALGORITHMS
from twopair.backends.kernel.netlink import Answer, Netlink
from twopair.base import STATUS, Suite

GCM = Suite("null", "aes-gcm")
MD5 = Suite("hmac-md5-96", "aes-cbc")


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[[Verdict], FakeSocket]:
    """Makes a kernel with that opinion be the one that is probed."""

    def be(verdict: Verdict) -> FakeSocket:
        fake = FakeSocket(verdict)
        monkeypatch.setattr(probe, "Netlink", lambda _protocol: on(fake))
        return fake

    monkeypatch.setattr(probe, "kernel_config", lambda _name: None)
    return be


def six(kind: int, body: bytes) -> bool:
    return kind == xfrm.NEW_STATE and xfrm.decode_state(Answer(kind, body)).family == 10


def test_every_suite_is_tried_and_taken_out_again(kernel: Callable[[Verdict], FakeSocket]) -> None:
    seen: list[int] = []
    kernel(lambda kind, _: seen.append(kind) or 0)  # type: ignore[func-returns-value]
    found = probe.probe()
    assert found.lacks == ()
    assert set(found.suites(4)) == set(found.suites(6)) == set(STATUS) == set(ALGORITHMS)
    assert seen.count(xfrm.NEW_STATE) == seen.count(xfrm.DELETE_STATE) == 2 * len(ALGORITHMS)
    assert seen.count(xfrm.NEW_POLICY) == seen.count(xfrm.DELETE_POLICY) == 1


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("", "kernel has no ESP: CONFIG_INET_ESP is not set"),
        (None, "kernel has no ESP: CONFIG_INET_ESP is not set, or its module esp4 is missing"),
        ("m", "kernel has no ESP: CONFIG_INET_ESP=m, but module esp4 cannot be loaded"),
    ],
)
def test_no_esp(
    kernel: Callable[[Verdict], FakeSocket],
    monkeypatch: pytest.MonkeyPatch,
    config: str | None,
    words: str,
) -> None:
    """An algorithm may be missing as well, and that is noticed first; ESP is the graver lack."""
    monkeypatch.setattr(probe, "kernel_config", lambda _name: config)

    def no_esp(kind: int, body: bytes) -> int:
        if kind != xfrm.NEW_STATE:
            return 0
        return errno.ENOSYS if b"gcm" in body else errno.EPROTONOSUPPORT

    kernel(no_esp)
    found = probe.probe()
    assert found.lacking() == words
    assert found.suites() == ()


def test_no_right(kernel: Callable[[Verdict], FakeSocket]) -> None:
    kernel(lambda _kind, _body: errno.EPERM)
    assert probe.probe().lacking() == "CAP_NET_ADMIN is missing: run as root"


def test_a_missing_algorithm_hinders_only_those_who_use_it(kernel: Callable[[Verdict], FakeSocket]) -> None:
    kernel(lambda kind, body: errno.ENOSYS if kind == xfrm.NEW_STATE and b"md5" in body else 0)
    found = probe.probe()
    assert found.lacking() == ""
    assert found.lacking((GCM, MD5)) == (
        "IPv4: no hmac-md5-96/aes-cbc: the kernel lacks hmac(md5) with cbc(aes)"
    )
    assert MD5 not in found.suites()
    assert GCM in found.suites()


def test_another_refusal_is_told_in_the_kernels_words(kernel: Callable[[Verdict], FakeSocket]) -> None:
    fake = kernel(lambda kind, body: errno.EINVAL if kind == xfrm.NEW_STATE and b"rfc4106" in body else 0)
    fake.words = "Invalid replay window"
    assert probe.probe().lacking((GCM,)) == (
        "IPv4: no null/aes-gcm: rfc4106(gcm(aes)): Invalid argument: Invalid replay window"
    )
    kernel(lambda kind, _: errno.ENOBUFS if kind == xfrm.NEW_STATE else 0)
    assert probe.probe().lacking().startswith("kernel takes no ESP state over IPv4: No buffer space")


def test_ipv6_off_does_not_matter_without_ipv6(
    kernel: Callable[[Verdict], FakeSocket], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(probe, "_IPV6_PRESENT", tmp_path / "if_inet6")
    kernel(lambda kind, body: errno.EAFNOSUPPORT if six(kind, body) else 0)
    found = probe.probe()
    assert found.lacking() == ""
    assert found.lacking(versions=(4, 6)).startswith("IPv6 is off")


def test_no_policies(kernel: Callable[[Verdict], FakeSocket]) -> None:
    kernel(lambda kind, _: errno.ENOPROTOOPT if kind == xfrm.NEW_POLICY else 0)
    assert probe.probe().lacking() == "kernel takes no policies: Protocol not available"
    kernel(lambda kind, _: errno.EEXIST if kind == xfrm.NEW_POLICY else 0)
    assert probe.probe().lacking() == ""


@pytest.mark.parametrize(
    ("code", "words"), [(errno.EPROTONOSUPPORT, "CONFIG_XFRM_USER is not set"), (errno.EMFILE, "netlink: ")]
)
def test_no_xfrm(monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
    def refuse(_protocol: int) -> Netlink:
        raise OSError(code, "no")

    monkeypatch.setattr(probe, "Netlink", refuse)
    assert words in probe.probe().lacking()


def test_how_the_kernel_was_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    packed, plain = tmp_path / "config.gz", tmp_path / "config"
    monkeypatch.setattr(probe, "_CONFIGS", (packed, plain))
    assert probe.kernel_config("CONFIG_INET_ESP") is None
    plain.write_text("CONFIG_INET_ESP=m\n# CONFIG_INET6_ESP is not set\n")
    assert probe.kernel_config("CONFIG_INET_ESP") == "m"
    assert probe.kernel_config("CONFIG_INET6_ESP") == ""
    packed.write_bytes(gzip.compress(b"CONFIG_INET_ESP=y\n"))
    assert probe.kernel_config("CONFIG_INET_ESP") == "y"
