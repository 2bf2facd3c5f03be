"""Gives this process the C module that TWOPAIR_TEST_LINES names; to be imported before twopair.

For pytest: ``python -m pytest -p tests.fuzz.with_lines …``, in the environment of `lines_module.environment`.
"""

import os
from pathlib import Path

from tests.fuzz.lines_module import load

LINES = load(Path(os.environ["TWOPAIR_TEST_LINES"]))
