"""Any octets as ``application/reginfo+xml`` (RFC 3680 §5); `make fuzz` has it as a target, led by branches.

    python -m tests.fuzz.reginfo 1000000 --seed 1

Inputs are real documents after cuts, splices, changed octets and moved pieces, and octets by chance. Each is
read, written and read again; another exception than `WireError`, or another value, ends the run.
"""

import argparse
import sys
from random import Random
from typing import Final

from tests.unit.wire.test_reginfo import FULL, KNOWN

from twopair.base import WireError
from twopair.core.registration.reg_state import RegWatch
from twopair.wire.reginfo import RegInfo

SEEDS: Final = (FULL, KNOWN.to_bytes(), FULL.replace(b'"full"', b'"partial"').replace(b'"0"', b'"1"'))
PIECES: Final = (
    *(bytes([octet]) for octet in b"<>&'\"/=!?-[] \r\n\t\x00\x7f\x80\xff09a"),
    *(
        b"<!DOCTYPE a>",
        b"<!ENTITY a 'b'>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<?x ?>",
        b"&lt;",
        b"&#0;",
    ),
    *(
        b"&a;",
        b"<contact ",
        b"</contact>",
        b"<uri>",
        b"</uri>",
        b'xmlns="urn:x"',
        b"xmlns:gr=''",
        b"\xef\xbb\xbf",
    ),
    *(
        b'state="terminated"',
        b'event="rejected"',
        b'version="99999999999999999999"',
        b"<a>" * 20,
        b"<b/>" * 5000,
    ),
)


def mutated(random: Random) -> bytes:
    """A document after some changes."""
    data = random.choice(SEEDS)
    for _ in range(1 + int(random.expovariate(0.5))):
        at = int(random.random() * (len(data) + 1))
        move = random.random()
        if move < 0.4:
            piece = random.choice(PIECES)
            data = data[:at] + (piece if len(piece) < 100 or random.random() < 0.01 else b"<") + data[at:]
        elif move < 0.6:
            data = data[:at] + data[at + 1 + int(random.random() * 30) :]
        elif move < 0.8:
            data = data[:at] + bytes([int(random.random() * 256)]) + data[at + 1 :]
        else:
            start = int(random.random() * len(FULL))
            data = data[:at] + FULL[start : start + int(random.random() * 80)] + data[at:]
    return data


def touch(data: bytes) -> bool:
    """Whether it is a document; if so, writing and reading it again gives the same."""
    try:
        info = RegInfo.parse(data)
    except WireError:
        return False
    assert RegInfo.parse(info.to_bytes()) == info
    watch = RegWatch()
    watch.apply(KNOWN)
    watch.apply(info)
    return True


def run(inputs: int, seed: int) -> int:
    """How many of these inputs are documents."""
    random = Random(seed)
    return sum(
        touch(mutated(random) if random.random() < 0.95 else random.randbytes(60)) for _ in range(inputs)
    )


def main() -> int:
    """Run them."""
    parser = argparse.ArgumentParser(prog="reginfo")
    parser.add_argument("inputs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    documents = run(options.inputs, options.seed)
    print(f"{options.inputs} inputs of seed {options.seed}, {documents} documents, nothing unexpected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
