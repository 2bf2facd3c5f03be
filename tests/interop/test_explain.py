"""`twopair explain` asks a P-CSCF that runs as a program, about UEs that are programs or texts."""

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Program, Programs, lab
from tests.interop.raw_phone import RawPhone
from tests.unit.nodes.pcscf.bed import CK, IK, Ue, nonce_of

from twopair.base import Port, Spi
from twopair.core.secagree import Terms
from twopair.nodes.pcscf import Limits
from twopair.wire.sip import Request, make_response, parse

pytestmark = [
    pytest.mark.lab,
    pytest.mark.slow,
    NEEDS_ROOT,
]

SUBSCRIBERS = range(1, 60)
NOBODY = 99
MOST_SETS = Limits().temporary_sets_per_source
OTHER_OFFER = "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=3000;spi-s=3001;port-c=6100;port-s=6101"


class Place:
    """The lab with subscribers enough for each test to have its own, and a P-CSCF that can be asked."""

    def __init__(self, network: Programs, folder: Path) -> None:
        self.network = network
        self.folder = folder
        head, first, _ = (LAB / "home.toml").read_text().partition("[[subscriber]]")
        keys = "\n".join(re.findall(r"^(?:k|opc) = .*$", (LAB / "home.toml").read_text(), re.M)[:2])
        users = "".join(f'{first}\nimsi = "00101{n:010d}"\n{keys}\n' for n in SUBSCRIBERS)
        brief = head.replace("port = 5060", "port = 5060\nmin_expires_s = 1")
        (folder / "home.toml").write_text(brief + users)
        text = (LAB / "pcscf.toml").read_text()
        (folder / "pcscf.toml").write_text(f'{text}\n[admin]\nsocket = "{folder}/sock"\n')
        self.pcscf = network.start("pcscf", "pcscf", "-c", str(folder / "pcscf.toml"))
        assert self.pcscf.line().startswith("ready ")

    def home(self) -> Program:
        home = self.network.start("home", "home", "-c", str(self.folder / "home.toml"))
        assert home.line().startswith("ready ")
        return home

    def ue(self, number: int, *words: str, **changes: str) -> Program:
        """`twopair ue` of a subscriber, at an address of its own."""
        self.network.add_address("ue1", f"10.10.2.{number}/16")
        text = (LAB / "ue1.toml").read_text().replace("10.10.1.1", f"10.10.2.{number}")
        text = text.replace("001010000000001", f"00101{number:010d}")
        for old, new in changes.items():
            text = re.sub(rf"^{old} = .*$", f"{old} = {new}", text, flags=re.M)
        file = self.folder / f"ue{number}.toml"
        file.write_text(text)
        return self.network.start("ue1", "ue", "-c", str(file), *words)

    def phone(self, number: int, impi_of: int = 0) -> RawPhone:
        return RawPhone(self.network, "ue2", number, impi_of)

    def explain(self, who: str) -> tuple[int, Any]:
        """Exit code, and what was told."""
        program = self.network.start("pcscf", "explain", who, "-s", str(self.folder / "sock"), "--json")
        code, out, err = program.end()
        assert err == ""
        return code, json.loads(out)

    def why(self, number: int, cause: str, *proofs: str, code: int = 1) -> Any:
        """It is said of a subscriber that the cause is this, and what proves it."""
        found, told = self.explain(Ue(number).impi)
        words = told["sentence"] + "".join(line["what"] for line in told["evidence"])
        assert (told["cause"], found) == (cause, code), told
        assert told["registered"] is (code == 0)
        assert told["evidence"]
        for proof in proofs:
            assert proof in words, told
        return told


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """With its home network."""
    with lab() as network:
        place = Place(network, tmp_path_factory.mktemp("lab"))
        place.home()
        yield place
        code, _, log = place.pcscf.end(signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in log


# UEs that are programs


def test_registered(place: Place) -> None:
    """By IMPI, public identity and address; then it leaves."""
    ue = place.ue(1, "shell", "--json")
    assert ue.line().startswith("ready ")
    ue.say("register")
    assert ue.told(command="register")["ok"]
    place.why(1, "registered", "200 OK", "stands, in use", code=0)
    for who in (f"sip:00101{1:010d}@{DOMAIN}", "10.10.2.1"):
        assert place.explain(who)[0] == 0
    ue.say("deregister")
    assert ue.told(command="deregister")["ok"]
    place.why(1, "deregistered", "the registration ended: by the user")


def test_expired(place: Place) -> None:
    ue = place.ue(2, "register", transport='"udp"\nexpires_s = 2')
    assert ue.end()[0] == 0
    time.sleep(2.5)
    place.why(2, "expired", "200 OK")


def test_wrong_key(place: Place) -> None:
    assert place.ue(3, "register", k='"00000000000000000000000000000000"').end()[0] == 1
    place.why(3, "wrong-key", "MAC in AUTN is wrong", "the core answered 403")


def test_unknown_subscriber(place: Place) -> None:
    assert place.ue(NOBODY, "register").end()[0] == 1
    place.why(NOBODY, "unknown-subscriber", "the core answered 403")


def test_no_common_algorithm(place: Place) -> None:
    ue = place.ue(4, "register", algorithms='["hmac-md5-96/null"]\nlegacy = true')
    assert ue.end()[0] == 1
    place.why(4, "no-common-algorithm", "offered hmac-md5-96/null; we take null/aes-gcm")


def test_address_changed_and_lost_state_and_ports_reused(place: Place) -> None:
    """A registered UE, and what then comes in the clear: from elsewhere, from its address, with its ports."""
    ue = place.ue(5, "register", "--json")
    ports = ue.result()
    assert ue.end()[0] == 0
    with place.phone(6, impi_of=5) as moved:
        assert moved.sm1().status == 401
        place.why(5, "address-changed", "REGISTER from 10.10.2.6, in the clear", code=0)
    with RawPhone(place.network, "ue1", 5, there=True) as again:
        assert again.sm1().status == 401
        place.why(5, "ue-lost-state", "REGISTER from 10.10.2.5, in the clear", code=0)
        taken = re.sub(r"port-c=\d+", f"port-c={ports['port_uc']}", again.ue.client)
        assert again.sm1(Security_Client=taken).status == 403
        place.why(5, "ports-reused", "PORT_COLLISION", code=0)


# UEs that are texts


@pytest.mark.parametrize(
    ("number", "how", "proof"),
    [
        (10, {}, "no packet at all"),
        (11, {"spoilt": True}, "failed the integrity check"),
        (12, {"port": 6199}, "for other ports or addresses"),
    ],
    ids=["nothing", "integrity", "ports"],
)
def test_sm7_never_came(place: Place, number: int, how: dict[str, Any], proof: str) -> None:
    """The counters of the temporary set say what came instead."""
    with place.phone(number) as phone:
        assert phone.sm1().status == 401
        if how:
            phone.protected(phone.sm7(), **how)
            time.sleep(0.3)
        place.why(number, "sm7-never-came", proof, "stands, temporary")


def test_sm7_never_came_and_the_set_is_gone(place: Place) -> None:
    """A second SM1 ends the first attempt; its counters were kept."""
    with place.phone(13) as phone:
        phone.sm1()
        phone.protected(phone.sm7(), spoilt=True)
        time.sleep(0.3)
        phone.sm1()
        time.sleep(2.2)  # then it counts beside what was before
        *_, removed, now = place.why(13, "sm7-never-came", "no packet at all")["evidence"]
        assert "was removed, never confirmed" in removed["what"]
        assert "1 packet failed the integrity check" in removed["what"]
        assert "stands, temporary" in now["what"]


@pytest.mark.parametrize(
    ("number", "changes", "cause", "proof"),
    [
        (14, {"Security_Client": OTHER_OFFER}, "tampered", "CLIENT_MISMATCH"),
        (15, {"Security_Verify": ""}, "tampered", "VERIFY_MISSING"),
        (16, {"Security_Client": ""}, "tampered", "SECURITY_CLIENT_MISSING"),
        (17, {"response": "0" * 32}, "wrong-key", "RES is wrong"),
        (18, {"Via": "SIP/2.0/UDP 192.168.7.7:6101;branch=z9hG4bKnat"}, "nat-between", "SOURCE_NOT_VIA"),
    ],
)  # fmt: skip
def test_sm7_that_is_refused(
    place: Place, number: int, changes: dict[str, str], cause: str, proof: str
) -> None:
    with place.phone(number) as phone:
        assert phone.sm1().status == 401
        phone.protected(phone.sm7(**changes))  # type: ignore[arg-type]
        time.sleep(0.5)
        place.why(number, cause, proof)


def test_sm7_in_the_clear(place: Place) -> None:
    with place.phone(20) as phone:
        phone.sm1()
        assert phone.asks(phone.sm7(protected=False)).status == 494
        place.why(20, "clear-on-protected-port", "ANSWER_IN_CLEAR")


def test_nat_between(place: Place) -> None:
    with place.phone(21) as phone:
        answer = phone.sm1(Via="SIP/2.0/UDP 192.168.7.7:5060;branch=z9hG4bKnat21;rport")
        assert answer.status == 401
        place.why(21, "nat-between", "its Via says 192.168.7.7")


def test_address_that_changes_between_challenges(place: Place) -> None:
    with place.phone(22) as here, place.phone(23, impi_of=22) as there:
        here.sm1()
        there.sm1()
        place.why(22, "address-changed", "REGISTER from 10.10.2.22", "REGISTER from 10.10.2.23")


@pytest.mark.parametrize(
    ("number", "offer", "proof"),
    [(24, {"Security_Client": ""}, "SECURITY_CLIENT_MISSING"), (25, {"Security_Client": ";;"}, "MALFORMED")],
)
def test_no_security_client(place: Place, number: int, offer: dict[str, str], proof: str) -> None:
    with place.phone(number) as phone:
        assert phone.sm1(**offer).status in (400, 494)
        place.why(number, "no-security-client", proof)


def test_sqn(place: Place) -> None:
    """AUTS that the home network cannot use."""
    with place.phone(26) as phone:
        phone.sm1()
        assert phone.asks(phone.ue.register(auth=f',auts="{"A" * 19}="')).status == 403
        place.why(26, "sqn", "AUTS", "the core answered 403")


def test_nobody_that_was_ever_heard(place: Place) -> None:
    assert place.explain("sip:nobody@example.org")[0] == 2
    code, told = place.explain("10.10.2.250")
    assert (code, told["cause"], told["evidence"]) == (2, "never-heard", [])


def test_an_address_that_sent_no_register(place: Place) -> None:
    with place.phone(27) as phone:
        phone.clear(phone.ue.request())
        phone.clear(b"this is not SIP\r\n\r\n")
        time.sleep(0.3)
        code, told = place.explain(phone.ue.address)
    assert (code, told["cause"]) == (1, "never-heard")
    assert [line["what"].split(": ")[1].split(",")[0] for line in told["evidence"]] == [
        "CLEAR_NON_REGISTER",
        "MALFORMED_SIP",
    ]


# home networks that are texts


class FalseHome:
    """Answers every REGISTER in one way."""

    def __init__(self, network: Programs) -> None:
        with network.namespace("home").entered():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("10.20.0.2", 5060))
        self._socket.settimeout(10)

    def answers(self, number: int, status: int, keys: str = "") -> None:
        """Answer the next REGISTER of that subscriber."""
        while True:
            data, pcscf = self._socket.recvfrom(65535)
            if Ue(number).impi.encode() in data:
                break
        request = parse(data)
        assert isinstance(request, Request)
        challenge = f'Digest realm="{DOMAIN}",nonce="{nonce_of(1)}",algorithm=AKAv1-MD5{keys}'
        headers = [("WWW-Authenticate", challenge)] if status == 401 else []
        answer = make_response(request, status, to_tag="home", headers=headers)
        self._socket.sendto(answer.to_bytes(), pcscf)

    def close(self) -> None:
        self._socket.close()


def test_the_core_does_not_answer_refuses_sends_no_keys_and_too_many_sets(
    network: Programs, tmp_path: Path
) -> None:
    place = Place(network, tmp_path)
    with place.phone(1) as phone:
        phone.clear(phone.ue.register())
        time.sleep(0.5)
        place.why(1, "core-silent", "has not answered so far")
    home = FalseHome(network)
    with place.phone(2) as phone:
        phone.clear(phone.ue.register())
        home.answers(2, 500)
        time.sleep(0.3)
        place.why(2, "core-refused", "the core answered 500")
    with place.phone(3) as phone:
        phone.clear(phone.ue.register())
        home.answers(3, 401)
        time.sleep(0.3)
        place.why(3, "core-without-keys", "KEYS_MISSING")
    with place.phone(4) as phone:
        for number in range(4, 4 + MOST_SETS + 1):
            ue = Ue(number, address=phone.ue.address)
            spi = 9000 + 2 * number
            ue.renew(Terms(Spi(spi), Spi(spi + 1), Port(7000 + 2 * number), Port(7001 + 2 * number)))
            if number == 4 + MOST_SETS:
                time.sleep(0.3)  # the set before stands
            phone.clear(ue.register())
            if number < 4 + MOST_SETS:
                home.answers(number, 401, f',ck="{CK}",ik="{IK}"')
    time.sleep(0.3)
    place.why(4 + MOST_SETS, "limit", "limits.temporary_sets_per_source", "OVERLOADED")
    home.close()


def test_too_often(place: Place) -> None:
    """Limit.REGISTER_RATE_PER_SOURCE: what was not read is told of its address, with the key to turn."""
    burst = Limits().register_burst_per_source
    with place.phone(58, impi_of=NOBODY) as phone:
        for _ in range(2 * burst):
            phone.clear(phone.ue.register())
        over = time.monotonic() + 20  # on a busy machine not all of them have been read yet
        while (told := place.explain("10.10.2.58")[1])["cause"] != "limit" and time.monotonic() < over:
            time.sleep(0.5)
        code, told = place.explain("10.10.2.58")
    assert (code, told["cause"]) == (1, "limit"), told
    assert "limits.register_rate_per_source" in told["sentence"]
    assert "OVERLOADED" in told["evidence"][-1]["what"]
