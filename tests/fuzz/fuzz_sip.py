"""Coverage-guided fuzzing of all that reads SIP octets; `make fuzz` runs a million inputs.

    python tests/fuzz/fuzz_sip.py -runs=1000000 -max_len=2048

Takes the options of libFuzzer. The torture messages of RFC 4475 and a REGISTER are what it starts from;
an input that finds something is kept in build/.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))

with atheris.instrument_imports(include=["twopair.wire"]):
    from tests.fuzz.touch import touch
from benchmarks.sip_parse import REGISTER
from tests.vectors.wire.sip.torture import MESSAGES


def main() -> None:
    """Seed a corpus that goes with the run, then fuzz."""
    with TemporaryDirectory() as corpus:
        for name, data in [("register", REGISTER), *((m.name, m.data) for m in MESSAGES)]:
            (Path(corpus) / name).write_bytes(data)
        found = Path("build")
        found.mkdir(exist_ok=True)
        atheris.Setup([sys.argv[0], f"-artifact_prefix={found}/", *sys.argv[1:], corpus], touch)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
