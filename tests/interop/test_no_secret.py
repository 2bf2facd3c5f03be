"""No output of any program has a key in it: logs at -vv, HTTP, `sas`, `explain`, HEP3, the store (AKA-32)."""

import base64
import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.interop import test_programs_on_loopback
from tests.interop.test_programs_on_loopback import DOMAIN, OWN, line, start

from twopair.base import DEFAULT_SUITES, Secret
from twopair.core.aka.keys import AkaKeys
from twopair.core.aka.nonce import decode_nonce
from twopair.crypto.annex_i import expand

pytestmark = pytest.mark.slow

folder, cleanup = test_programs_on_loopback.folder, test_programs_on_loopback.cleanup

KEYS = AkaKeys(
    Secret.from_hex("465b5ce8b199b49faa5f0a2ee238a6bc"),
    opc=Secret.from_hex("cd63cb71954a9f4e48a5994e37a02baf"),
)
"""Of both subscribers of examples/lab."""

NONCE = re.compile(rb'nonce=\\?"([A-Za-z0-9+/=]{40,})\\?"')


def forms(octets: bytes) -> Iterator[bytes]:
    """How octets may be written: raw, hexadecimal, base64 wherever in a longer text they begin."""
    yield octets
    yield octets.hex().encode()
    yield octets.hex().upper().encode()
    for before in range(3):
        text = base64.b64encode(bytes(before) + octets)
        first = -(-before * 4 // 3)  # octets of base64 that the ones before have a part in
        last = (before + len(octets)) * 4 // 3
        yield text[first:last]
        yield text[first:last].replace(b"+", b"-").replace(b"/", b"_")


def secrets_of(nonces: set[bytes]) -> dict[str, bytes]:
    """K and OPc, and what they make of every challenge: RES, CK, IK and the keys of SAs."""
    assert KEYS.opc is not None
    found = {"K": KEYS.k.reveal(), "OPc": KEYS.opc.reveal()}
    for number, nonce in enumerate(sorted(nonces)):
        res, ck, ik, _ak = KEYS.functions().f2345(decode_nonce(nonce.decode()).rand)
        found |= {f"RES {number}": res, f"CK {number}": ck, f"IK {number}": ik}
        for suite in DEFAULT_SUITES:
            keys = expand(suite, Secret(ck), Secret(ik))
            found |= {
                f"{suite} {number}": keys.encryption.reveal(),
                f"{suite} i {number}": keys.integrity.reveal(),
            }
    return {name: octets for name, octets in found.items() if octets}


def told(outputs: dict[str, bytes], secrets: dict[str, bytes]) -> list[tuple[str, str]]:
    """Which output tells which secret."""
    return [
        (where, name)
        for name, octets in secrets.items()
        for form in set(forms(octets))
        for where, text in outputs.items()
        if form in text
    ]


@pytest.mark.parametrize("before", range(4))
def test_a_secret_is_found_however_it_is_written(before: int) -> None:
    octets = bytes(range(100, 116))
    around = b"?" * before + octets + b"??"
    for text in (around, around.hex().encode(), around.hex().upper().encode(), base64.b64encode(around)):
        assert told({"log": b"x" + text}, {"CK": octets})
    assert not told({"log": b"nothing"}, {"CK": octets})


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_output_has_a_key(folder: Path, cleanup: ExitStack, form: str) -> None:
    file, place = folder / "pcscf.toml", f"{OWN}0.1"
    more = f'\n[store]\nurl = "sqlite:///pcscf.db"\n[admin]\nsocket = "sock"\nhttp = "{place}:9464"\n'
    hep = cleanup.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
    hep.bind((place, 9060))
    file.write_text(f'{file.read_text()}{more}\n[export]\nhep = "{place}:9060"\n')
    loud = ["-vv", "--log-format", form]
    home = start(cleanup, "home", "-c", folder / "home.toml", *loud)
    assert line(home).startswith("ready home ")
    pcscf = start(cleanup, "pcscf", "-c", file, *loud)
    assert line(pcscf).startswith("ready pcscf ")
    wait = start(cleanup, "ue", "-c", folder / "ue2.toml", *loud, "wait", "--count", "1", "--stay-registered")
    assert line(wait).startswith("ready ")
    ue = start(cleanup, "ue", "-c", folder / "ue1.toml", *loud, "message", f"sip:bob@{DOMAIN}", "hello",
               "--stay-registered")  # fmt: skip
    outputs = {"ue1": both(ue), "ue2": both(wait)}
    assert (ue.returncode, wait.returncode) == (0, 0)
    for path in ("/", "/metrics", "/health", "/ready"):
        outputs[path] = page(place, path)
    for command in ("sas", "explain"):
        for words in ([], ["--json"]):
            who = [f"001010000000001@{DOMAIN}"]
            outputs[f"{command} {words}"] = both(start(cleanup, command, *who, "-c", file, *words))
    for service in (pcscf, home):
        service.send_signal(signal.SIGTERM)
    outputs |= {"pcscf": both(pcscf), "home": both(home)}
    outputs |= {str(kept): kept.read_bytes() for kept in files(folder)}
    outputs["hep"] = b"\n".join(packets(hep))
    assert "pcscf.db" in str(outputs.keys())
    nonces = {nonce for text in outputs.values() for nonce in NONCE.findall(text)}
    assert len(nonces) >= 2, "each UE was challenged"
    assert b"(hidden)" in outputs["pcscf"], "messages were logged"
    assert b"(hidden)" in outputs["hep"], "messages were exported"
    if form == "json":
        shown = [json.loads(text) for text in outputs["pcscf"].splitlines()]
        assert {"Registered", "SetStage"} <= {one.get("event") for one in shown}
    assert not told(outputs, secrets_of(nonces))


def both(program: subprocess.Popen[str]) -> bytes:
    """The rest of stdout, and stderr."""
    out, err = program.communicate(timeout=60)
    return f"{out}{err}".encode()


def packets(server: socket.socket) -> Iterator[bytes]:
    """What has been sent to a capture server."""
    with suppress(BlockingIOError):
        while True:
            yield server.recv(70_000)


def page(address: str, path: str) -> bytes:
    connection = HTTPConnection(address, 9464, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200
    return answer.read()


def files(folder: Path) -> list[Path]:
    """What the P-CSCF keeps; its key file alone opens it."""
    kept = [file for file in folder.rglob("pcscf.db*") if file.is_file()]
    return [file for file in kept if file.suffix != ".key"] + list(folder.glob("pcscf.db.journal/*"))
