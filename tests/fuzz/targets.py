"""What is fuzzed: a module with `SEEDS` and `touch(octets)`, and the code whose branches lead the fuzzer.

`touch` reads all that there is to read and uses it; a `WireError` is an answer, anything else is a find.
"""

from typing import Final, NamedTuple


class Target(NamedTuple):
    """One reader of foreign octets."""

    module: str
    instrumented: tuple[str, ...]


TARGETS: Final = {
    "dns": Target("tests.fuzz.touch_dns", ("twopair.core.locate", "twopair.live.resolver", "dns.message")),
    "sip": Target("tests.fuzz.touch", ("twopair.wire",)),
    "reginfo": Target("tests.fuzz.reginfo", ("twopair.wire.elements", "twopair.wire.reginfo")),
    "diameter": Target("tests.fuzz.diameter", ("twopair.live.diameter", "twopair.core.service")),
    "sdp": Target("tests.fuzz.touch_sdp", ("twopair.wire.sdp", "twopair.core.policy")),
}

if __name__ == "__main__":
    print(*TARGETS)
