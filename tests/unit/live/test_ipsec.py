"""Which back end a service gets, and what is said where it gets none."""

import asyncio
import os
from errno import EACCES, EINVAL, ENODEV, ENOENT, EPERM

import pytest

from twopair.live import ipsec
from twopair.live.config import BackendName
from twopair.live.prerequisite import PrerequisiteMissing


def started(name: BackendName) -> ipsec.Ipsec:
    loop = asyncio.new_event_loop()
    try:
        return ipsec.start_ipsec(name, mtu=1500, loop=loop)
    finally:
        loop.close()


def test_memory_says_loudly_that_nothing_is_protected(caplog: pytest.LogCaptureFixture) -> None:
    got = started("memory")
    assert not got.backend.features.encrypts
    assert "NOTHING IS PROTECTED" in caplog.text
    got.close()


def test_the_kernel_back_end_is_not_in_this_version() -> None:
    with pytest.raises(PrerequisiteMissing, match="no kernel back end"):
        started("kernel")


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
