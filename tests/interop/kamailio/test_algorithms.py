"""Our UE at Kamailio's P-CSCF with every algorithm that it has, the ESP ours or the kernel's."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from tests.interop.ear import heard
from tests.interop.kamailio.bed import Bed, kamailio, network, ue_file
from tests.interop.programs import DOMAIN

pytestmark = pytest.mark.guest

SUITES = [f"{alg}/{ealg}" for alg, ealg in product(("hmac-sha-1-96", "hmac-md5-96"), ("null", "aes-cbc"))]
WITH_3DES = ["hmac-sha-1-96/des-ede3-cbc", "hmac-md5-96/des-ede3-cbc"]
BACKENDS = ("kernel", "userspace")
CASES = list(product(BACKENDS, SUITES))


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    directory = tmp_path_factory.mktemp("kamailio")
    with network(directory, subscribers=len(CASES)) as bed:
        kamailio(bed, pairs=len(CASES))
        yield bed


def tried(bed: Bed, number: int, backend: str, suite: str, within_s: int = 40) -> dict[str, object]:
    """What came of a MESSAGE of one user, from an address of that user's own."""
    address = f"10.10.3.{number + 1}"
    bed.programs.add_address("ue1", f"{address}/16")
    file = ue_file(bed, number, address, backend=backend, suite=suite)
    heard(bed.ear)
    words = ("message", "--json", "--timeout", str(within_s), f"sip:echo@{DOMAIN}", "hello")
    ue = bed.programs.start("ue1", "ue", "-c", str(file), *words)
    outcome: dict[str, object] = ue.result(within_s + 20)
    ue.end()
    assert heard(bed.ear).beside_5060 == []
    return outcome


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda case: " ".join(CASES[case]))
def test_registration_and_message(bed: Bed, case: int) -> None:
    """SA-02, KEY-01, KEY-03, KEY-07, AGR-07."""
    assert tried(bed, case, *CASES[case])["status"] == 200


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("suite", WITH_3DES)
def test_3des_with_a_kamailio_just_started(tmp_path: Path, suite: str, backend: str) -> None:
    """KEY-06: its key is what CK1 || CK2 || CK1 should be."""
    with network(tmp_path) as bed:
        kamailio(bed)
        assert tried(bed, 0, backend, suite)["status"] == 200


def test_3des_ends_a_kamailio_that_has_worked(tmp_path: Path) -> None:
    """AGR-07: the key is put together in memory that is not empty any more, and the whole P-CSCF dies.

    One UE's choice of algorithm ends everybody's registration.
    """
    with network(tmp_path, subscribers=3) as bed:
        log = kamailio(bed)
        for number, suite in enumerate(SUITES[:2]):
            assert tried(bed, number, "kernel", suite)["status"] == 200
        assert not tried(bed, 2, "kernel", WITH_3DES[0], within_s=8)["ok"]
    assert "end overwritten" in log.read_text()
    assert "exited by a signal" in log.read_text()
