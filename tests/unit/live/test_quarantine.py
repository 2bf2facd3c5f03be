"""Endpoints that stay closed for a while (SA-21)."""

import asyncio
from collections.abc import Callable

import pytest
from tests.unit.live.doubles import NotingBackend, free_endpoint
from tests.unit.live.driver_bed import run

from twopair.live.quarantine import Quarantine

LOCAL = free_endpoint()
CLOSED, OPENED = ("close", LOCAL), ("reopen", LOCAL)


def played(story: Callable[[Quarantine], None], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What the back end was told in the course of a story and of a time that is longer than a quarantine."""
    monkeypatch.setattr("twopair.live.quarantine._QUARANTINE_S", 0.02)
    backend = NotingBackend()

    async def body() -> None:
        story(Quarantine(backend, asyncio.get_running_loop()))  # type: ignore[arg-type]
        await asyncio.sleep(0.06)

    run(body)
    return backend.calls


def test_it_opens_once_nobody_has_used_it_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def story(quarantine: Quarantine) -> None:
        quarantine.close(LOCAL)
        quarantine.leave(LOCAL)
        quarantine.leave(LOCAL)

    assert played(story, monkeypatch) == [CLOSED, OPENED]


def test_whoever_uses_it_again_finds_it_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def story(quarantine: Quarantine) -> None:
        for _ in range(3):
            quarantine.close(LOCAL)
            quarantine.leave(LOCAL)
        quarantine.close(LOCAL)

    assert played(story, monkeypatch) == [CLOSED]


def test_it_may_be_opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def story(quarantine: Quarantine) -> None:
        quarantine.open(LOCAL)
        quarantine.close(LOCAL)
        quarantine.leave(LOCAL)
        quarantine.open(LOCAL)
        quarantine.leave(LOCAL)

    assert played(story, monkeypatch) == [CLOSED, OPENED]


def test_after_a_stop_it_waits_for_nothing_until_all_are_left_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def story(quarantine: Quarantine) -> None:
        quarantine.close(LOCAL)
        quarantine.leave(LOCAL)
        quarantine.stop()

    def and_start(quarantine: Quarantine) -> None:
        story(quarantine)
        quarantine.leave_all()

    assert played(story, monkeypatch) == [CLOSED]
    assert played(and_start, monkeypatch) == [CLOSED, OPENED]
