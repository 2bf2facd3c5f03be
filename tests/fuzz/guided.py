"""Coverage-guided fuzzing of all that reads octets of others; `make fuzz` gives each target a million inputs.

    python -m tests.fuzz.guided TARGET -runs=1000000 -max_len=2048

Takes the options of libFuzzer behind the name of a target. An input that finds something is kept in build/.
"""

import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris
from tests.fuzz.targets import TARGETS


def main() -> None:
    """Seed a corpus that goes with the run, then fuzz."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]
    with atheris.instrument_imports(include=list(target.instrumented)):
        module = import_module(target.module)
    with TemporaryDirectory() as corpus:
        for number, data in enumerate(module.SEEDS):
            (Path(corpus) / str(number)).write_bytes(data)
        found = Path("build")
        found.mkdir(exist_ok=True)
        atheris.Setup([name, f"-artifact_prefix={found}/", *options, corpus], module.touch)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
