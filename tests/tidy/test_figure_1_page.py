"""The page on Figure 1 shows the data the program runs on, not what somebody once drew."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools/figure-1"))
PAGE = (ROOT / "docs/explanation/figure-1.md").read_text()


def test_the_page_is_current() -> None:
    """Run ``tools/figure-1`` where this fails."""
    assert TOOL["current"](PAGE) == PAGE


def test_every_drawing_is_on_the_page() -> None:
    assert all(f"<!-- drawn: {name} -->" in PAGE for name in TOOL["DRAWN"])


def test_an_old_drawing_is_noticed() -> None:
    spoiled = PAGE.replace("SA1-up", "SA9-up")
    assert TOOL["current"](spoiled) == PAGE.replace("`SA1-up`", "`SA9-up`")
