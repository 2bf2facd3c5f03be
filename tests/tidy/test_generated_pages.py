"""Pages that are made from the code are what `make docs` would write now."""

import re

import pytest
from tools.pages.every import PAGES, path
from tools.pages.markdown import ROOT, drawn


@pytest.mark.parametrize("page", PAGES)
def test_page_is_current(page: str) -> None:
    """To write them anew: ``make docs``, then read the diff."""
    assert path(page).read_text() == PAGES[page](), f"{page} is not current: run make docs"


def test_an_old_drawing_is_noticed() -> None:
    """What stands between the marks comes from the code alone."""
    page = "<!-- drawn: figure -->\n{}<!-- end -->\nSA9-up"
    assert drawn(page.format("SA9-up\n"), figure=["SA1-up"]) == page.format("SA1-up\n")


def test_no_table_is_forgotten() -> None:
    """Every module of cores and nodes that has a table of decisions is on the page of tables."""
    shown = PAGES["docs/reference/tables.md"]()
    decides = re.compile(r"^(TABLE|EVENTS|OUTCOMES|CLEAR|\w+_CHECKS|\w+_RULES)\b", re.MULTILINE)
    for folder in ("core", "nodes"):
        for file in (ROOT / "src/twopair" / folder).rglob("*.py"):
            if decides.search(file.read_text()):
                assert f"({file.relative_to(ROOT).as_posix()})" in shown.replace("../../", ""), file
