"""The front of a cluster as the documents have it: marks by the source prefix and nothing else (ADR 22)."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/explanation/to-a-hundred-million.md"
SERVER = "fd00:1::1"
PREFIXES, ENDS = ("2001:db8:0:1:", "2001:db8:0:2:", "2001:db8:0:3:"), (":1", ":2", "1:2:3:4")
SEEN = """
  set seen { type ipv6_addr . mark; flags dynamic; size 1000; }
  chain after {
    type filter hook prerouting priority filter;
    ip6 daddr fd00:1::1 add @seen { ip6 saddr . meta mark }
  }
"""
SENDS = """
import socket, subprocess, sys
run = lambda line: subprocess.run(line.split(), check=True)
run("ip link set lo up")
run("ip -6 addr add fd00:1::1/128 dev lo nodad")
for address in sys.argv[2:]:
    run(f"ip -6 addr add {address}/128 dev lo nodad")
subprocess.run(["nft", "-f", "-"], input=sys.argv[1].encode(), check=True)
for address in sys.argv[2:]:
    for kind, port in ((socket.SOCK_DGRAM, 5060), (socket.SOCK_DGRAM, 6000), (socket.SOCK_STREAM, 5060)):
        with socket.socket(socket.AF_INET6, kind) as sender:
            sender.bind((address, 0))
            sender.connect_ex(("fd00:1::1", port))
            if kind is socket.SOCK_DGRAM:
                sender.send(b"x")
run("nft list set inet front seen")
"""


def test_all_addresses_of_a_prefix_have_one_mark() -> None:
    """RFC 8981: whatever ports and transports, and whatever the rest of the address is."""
    if shutil.which("nft") is None:
        pytest.skip("nftables is not installed")
    rules = re.search(r"^(table inet front \{\n.*?)^\}$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert rules is not None
    addresses = [prefix + end for prefix in PREFIXES for end in ENDS]
    command = ["unshare", "-rn", sys.executable, "-c", SENDS, rules[1] + SEEN + "}", *addresses]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        pytest.skip(f"no network namespace, or no hash in this kernel's nftables: {done.stderr[-200:]}")
    seen = re.findall(r"(2001:db8:[0-9a-f:]+) \. (0x[0-9a-f]+)", done.stdout)
    assert len(seen) == len(addresses)
    marks = {prefix: {mark for address, mark in seen if address.startswith(prefix)} for prefix in PREFIXES}
    assert [len(found) for found in marks.values()] == [1, 1, 1]
    assert len(set.union(*marks.values())) == 3
