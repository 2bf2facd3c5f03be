"""A P-CSCF is killed under calls: each end says that its call is lost, why and when (RFC 4028 §10)."""

import json
import signal
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.interop.programs import LAB, NEEDS_ROOT, Program, lab
from tests.interop.test_ue_notices import until
from tests.interop.test_ue_programs import ALICE, BOB, TRANSPORTS, Place

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


WHO_SPEAKS_KNOWS_WITHIN_S = 30
"""4 s until the question, 20 s for its answer, and a little (MGU-10)."""


@TRANSPORTS
def test_kill_9_of_the_pcscf_under_a_call_in_which_somebody_speaks(tmp_path: Path, transport: str) -> None:
    """MGU-10, RFC 4028 §10: who speaks knows long before the session interval is over; who is silent by it.

    The P-CSCF that has come back knows neither, and serves who registers again.
    """
    with lab() as network:
        place = Place(network, tmp_path, transport)
        alice, bob = in_a_call(place, tmp_path)
        home, pcscf = place.services
        pcscf.kill()
        pcscf = network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml"))
        assert pcscf.line().startswith("ready ")
        began = time.monotonic()
        bob.say("say are you there &")
        told, after_s = until(bob, 10, event="waiting", what="MESSAGE")
        assert (told["silent_s"], after_s < 6) == (4, True)
        until(bob, WHO_SPEAKS_KNOWS_WITHIN_S, event="deregistered", reason="no answer over the SA set")
        ended, _ = until(bob, 5, event="call", stage="ended")
        assert ended["lost"] == "de-registered: no answer over the SA set"
        said, _ = until(bob, 5, command="say")
        assert (said["ok"], said["status"]) == (False, 408)
        until(bob, WHO_SPEAKS_KNOWS_WITHIN_S, event="registered")
        assert time.monotonic() - began < 2 * WHO_SPEAKS_KNOWS_WITHIN_S
        ended = end_of_the_call(alice)
        assert ended["lost"]
        assert time.monotonic() - began < INTERVAL_S
        for service in (home, pcscf):
            code, _, log = service.end(signal.SIGTERM)
            assert code == 0
            assert "Traceback" not in log


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
