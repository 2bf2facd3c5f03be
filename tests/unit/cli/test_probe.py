"""`twopair probe`: what it prints, and its exit code."""

import json

import pytest

from twopair.backends.kernel import probe as kernel
from twopair.backends.kernel.probe import Lack, Probe
from twopair.base import STATUS, Suite
from twopair.cli.main import status_of

NO_ESP = Probe((Lack("kernel has no ESP: CONFIG_INET_ESP is not set"),))
NO_MD5 = Probe((Lack("IPv4: no hmac-md5-96/null: …", 4, Suite("hmac-md5-96", "null")),))


def found(monkeypatch: pytest.MonkeyPatch, result: Probe) -> None:
    monkeypatch.setattr(kernel, "probe", lambda: result)


def test_a_kernel_that_can(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A legacy algorithm that is missing is told, and hinders nobody."""
    found(monkeypatch, NO_MD5)
    assert status_of(["probe"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["null/aes-gcm", "preferred", "IPv4", "IPv6"]
    assert ["hmac-md5-96/null", "legacy", "IPv6"] in [line.split() for line in lines]
    assert lines[-1] == "the kernel back end can be used"


def test_a_kernel_that_cannot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found(monkeypatch, NO_ESP)
    assert status_of(["probe"]) == 3
    assert capsys.readouterr().err == (
        "twopair: no kernel back end: kernel has no ESP: CONFIG_INET_ESP is not set\n"
    )


@pytest.mark.parametrize(("result", "status"), [(NO_MD5, 0), (NO_ESP, 3)])
def test_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], result: Probe, status: int
) -> None:
    found(monkeypatch, result)
    assert status_of(["probe", "--json"]) == status
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is (status == 0)
    assert told["lacks"] == [lack.words for lack in result.lacks]
    assert len(told["ipv6"]) == (len(STATUS) if status == 0 else 0)
