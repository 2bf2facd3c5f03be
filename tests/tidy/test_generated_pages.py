"""Pages that are made from the code are what `make docs` would write now."""

import pytest
from tools.pages.every import PAGES, path
from tools.pages.markdown import drawn


@pytest.mark.parametrize("page", PAGES)
def test_page_is_current(page: str) -> None:
    """To write them anew: ``make docs``, then read the diff."""
    assert path(page).read_text() == PAGES[page](), f"{page} is not current: run make docs"


def test_an_old_drawing_is_noticed() -> None:
    """What stands between the marks comes from the code alone."""
    page = "<!-- drawn: figure -->\n{}<!-- end -->\nSA9-up"
    assert drawn(page.format("SA9-up\n"), figure=["SA1-up"]) == page.format("SA1-up\n")
