"""tshark reads our messages of Cx as 29.229 has them."""

import subprocess
from pathlib import Path

import pytest

from twopair.base import Impi, Impu, Secret
from twopair.core.aka import AuthVector
from twopair.live.diameter import base, cx
from twopair.live.diameter.local import CX
from twopair.live.diameter.message import REQUEST, Message, avp
from twopair.nodes.cx import Maa, Mar, Result, Resync

pytestmark = pytest.mark.peer

MAR = Mar(Impi("1@ims.example"), Impu("sip:a@ims.example"), "sip:scscf", Resync(b"r" * 16, b"s" * 14))
VECTOR = AuthVector(b"r" * 16, b"n" * 16, Secret(b"x" * 8), Secret(b"c" * 16), Secret(b"i" * 16))


def dissected(message: Message, folder: Path) -> str:
    """What tshark says of one message on TCP port 3868."""
    dump, capture = folder / "octets.txt", folder / "octets.pcap"
    octets = message.to_bytes()
    dump.write_text(
        "".join(f"{at:06x} {octets[at : at + 16].hex(' ')}\n" for at in range(0, len(octets), 16))
    )
    subprocess.run(["text2pcap", "-q", "-T", "3868,3868", str(dump), str(capture)], check=True)
    read = ["tshark", "-n", "-V", "-r", str(capture)]
    return subprocess.run(read, check=True, capture_output=True, text=True).stdout


def test_a_mar_and_its_answer(tmp_path: Path) -> None:
    """29.229 §6.1.7, §6.1.8, §6.3: names, vendors, and nothing that is malformed."""
    request = Message(303, CX.id, REQUEST, [avp(base.SESSION_ID, "s;1;2"), *cx.to_request(MAR)], 1, 1)
    answer = request.answer(cx.to_answer(MAR, Maa(Result.SUCCESS, VECTOR)))
    for message, named in (
        (request, ("Multimedia-Auth", "3GPP-SIP-Authorization", "Digest-AKAv1-MD5", "Public-Identity")),
        (answer, ("3GPP-SIP-Authenticate", "Confidentiality-Key", "Integrity-Key", "DIAMETER_SUCCESS")),
    ):
        said = dissected(message, tmp_path)
        for name in (*named, "3GPP Cx", "Vendor-Specific-Application-Id"):
            assert name in said, said
        for fault in ("Malformed", "Expert Info (Error", "Expert Info (Warn", "Unknown AVP"):
            assert fault not in said, said
