"""Fourteen things that somebody in the middle can have changed, at Kamailio's P-CSCF and at ours."""

import re
import sys
from pathlib import Path
from signal import SIGTERM

import pytest
from tests.interop.kamailio.bed import FIRST_IMSI, Bed, kamailio, network, ours, ue_file
from tests.interop.kamailio.tampering_ues import ALTERATIONS

pytestmark = pytest.mark.guest

PATIENCE_S = 20


def tried(bed: Bed) -> tuple[dict[str, str], set[str]]:
    """What each UE says came of it, and with which alterations the home network has registered it."""
    files = []
    for number, alteration in enumerate(ALTERATIONS):
        address = f"10.10.2.{number + 1}"
        bed.programs.add_address("ue1", f"{address}/16")
        files.append(f"{ue_file(bed, number, address)}={alteration}")
    program = str(Path(__file__).with_name("tampering_ues.py"))
    ues = bed.programs.run("ue1", sys.executable, program, str(PATIENCE_S), *files)
    code, out, log = ues.end(within_s=90)
    assert code == 0, log
    outcomes = dict(line.split(": ", 1) for line in out.splitlines())
    assert list(outcomes) == ALTERATIONS
    home = bed.home.end(SIGTERM)[2]
    numbers = {int(imsi) - FIRST_IMSI for imsi in re.findall(r"Registered impi=(\d+)@", home)}
    return outcomes, {ALTERATIONS[number] for number in numbers}


def test_kamailio_compares_nothing(tmp_path: Path) -> None:
    """AGR-31, AGR-32: the home network counts the user as registered, whatever was changed."""
    with network(tmp_path, subscribers=len(ALTERATIONS)) as bed:
        kamailio(bed, pairs=len(ALTERATIONS))
        outcomes, registered = tried(bed)
    assert registered == set(ALTERATIONS)
    told = {alteration for alteration, outcome in outcomes.items() if outcome == "registered"}
    assert set(ALTERATIONS) - told == {
        "Security-Client port-s",  # SM12 goes to a port that nobody has
        "Security-Client absent",
        "Security-Verify port-c",  # SM12 comes from a port without SA, and in the clear
        "Security-Verify absent",
    }


def test_ours_refuses_them_all(tmp_path: Path) -> None:
    """AGR-31, AGR-32, ERR-10, ERR-11: nothing of it reaches the home network."""
    with network(tmp_path, subscribers=len(ALTERATIONS)) as bed:
        ours(bed)
        outcomes, registered = tried(bed)
    assert registered == set()
    assert {outcome.split()[0] for outcome in outcomes.values()} == {"494"}
