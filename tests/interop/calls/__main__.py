"""`make calls`: the whole matrix, 200 calls or as many as are asked for."""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.interop.calls.matrix import whole


def main() -> None:
    """Play it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        whole(asked.calls, Path(folder), lambda line: print(line, flush=True))
    sys.exit(0)


main()
