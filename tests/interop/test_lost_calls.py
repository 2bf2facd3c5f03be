"""A P-CSCF is killed under calls: each end says that its call is lost, why and when (RFC 4028 §10)."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.interop.programs import NEEDS_ROOT, Program, lab
from tests.interop.test_ue_programs import ALICE, BOB, Place

pytestmark = [
    pytest.mark.lab,
    pytest.mark.slow,
    NEEDS_ROOT,
]

INTERVAL_S = 90
"""The shortest session interval there is (RFC 4028 §5)."""


def in_a_call(place: Place, folder: Path) -> tuple[Program, Program]:
    """Caller (`twopair ue call`) and called (a shell), with session timers of the shortest kind."""
    for name in ("ue1", "ue2"):
        with (folder / name).open("a") as file:
            file.write(f"\n[call]\nsession_expires_s = {INTERVAL_S}\n")
    bob = place.shell(2)
    alice = place.ue(1, "call", "--hold", f"{2 * INTERVAL_S}", BOB)
    assert bob.told(event="call")["from"] == ALICE
    bob.say("answer")
    assert alice.told(event="call", stage="up")["status"] == 200
    assert bob.told(command="answer")["ok"]
    return alice, bob


def end_of_the_call(ue: Program) -> dict[str, Any]:
    """What a UE says of its end, however long that takes; what it says before is let go."""
    over = time.monotonic() + INTERVAL_S + 30
    while time.monotonic() < over:
        found: dict[str, Any] = json.loads(ue.line(over - time.monotonic()))
        if found.get("event") == "call" and found["stage"] == "ended":
            return found
    raise AssertionError("the call does not end")


def test_kill_9_of_the_pcscf_under_a_call(tmp_path: Path) -> None:
    """RFC 4028 §10: over UDP and TCP, at both ends, within the session interval, and nobody has to ask."""
    with lab() as one, lab() as other:
        ends: list[tuple[str, Program]] = []
        places = []
        for network, transport in ((one, "udp"), (other, "tcp")):
            folder = tmp_path / transport
            folder.mkdir()
            places.append(place := Place(network, folder, transport))
            ends += zip((BOB, ALICE), in_a_call(place, folder), strict=True)
        began = time.monotonic()
        for place in places:
            _home, pcscf = place.services
            pcscf.kill()
        for peer, ue in ends:
            told = end_of_the_call(ue)
            assert peer in (told.get("to"), told.get("from"))
            assert told["lost"]
            assert told["silent_s"] >= 0
            at = datetime.fromisoformat(told["at"])
            assert abs((datetime.now().astimezone() - at).total_seconds()) < INTERVAL_S
            if peer == BOB:
                result = json.loads(ue.line())
                assert (result["ok"], result["ended_by"]) == (False, "none")
                assert result["reason"] == f"the call was lost: {told['lost']}"
        assert time.monotonic() - began < INTERVAL_S


def test_a_call_that_is_only_starting_is_ended_by_the_shell(tmp_path: Path) -> None:
    """MGU-12, RFC 3261 §9.1: `hangup` cancels it, `deregister` too; the other end is told each time."""
    with lab() as network:
        place = Place(network, tmp_path, "udp")
        alice, bob = place.shell(1), place.shell(2)
        for command in ("hangup", "deregister"):
            alice.say(f"call {BOB} &")
            assert bob.told(event="call", stage="ringing")["from"] == ALICE
            alice.say(command)
            assert alice.told(command=command)["ok"]
            assert bob.told(event="call", stage="ended")["status"] == 487
        for shell in (alice, bob):
            shell.say("quit")
            shell.told(command="quit")
        place.end()
