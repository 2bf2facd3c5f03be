"""All pages that `make docs` writes."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tools.pages.attacks import attacks, every_attack
from tools.pages.causes import causes
from tools.pages.changes import changes
from tools.pages.clauses import clauses
from tools.pages.cli import cli
from tools.pages.configuration_faults import configuration_faults
from tools.pages.dashboard import dashboard
from tools.pages.events import events_and_actions
from tools.pages.figure_1 import figure, messages, selectors
from tools.pages.ladder import ladder
from tools.pages.markdown import ROOT, drawn
from tools.pages.metrics import metrics
from tools.pages.refusals import refusals
from tools.pages.tables import tables
from tools.pages.trust_domain import trust_domain

from twopair.base import Transport


def readme() -> str:
    """README.md, its ladder drawn anew."""
    text = (ROOT / "README.md").read_text()
    return drawn(text, ladder=ladder("figure1", Transport.TCP, "UE registers", "The network writes to UE"))


def tutorial() -> str:
    """The tutorial, its ladders drawn anew."""
    text = (ROOT / "docs/tutorials/first-registration.md").read_text()
    return drawn(
        text,
        registration=ladder("figure1", Transport.UDP, "UE registers"),
        network=ladder("figure1", Transport.TCP, "The network writes to UE"),
        false_network=ladder("wrong-key", Transport.UDP, "UE registers"),
    )


def figure_1_page() -> str:
    """docs/explanation/figure-1.md, its figure and tables drawn anew."""
    text = (ROOT / "docs/explanation/figure-1.md").read_text()
    return drawn(text, figure=figure(), selectors=selectors(), messages=messages())


def threat_model() -> str:
    """docs/explanation/threat-model.md, its table of attacks made anew."""
    return drawn((ROOT / "docs/explanation/threat-model.md").read_text(), attacks=attacks())


def attacks_page() -> str:
    """docs/explanation/attacks.md, its attacks written anew."""
    return drawn((ROOT / "docs/explanation/attacks.md").read_text(), attacks=every_attack())


def configuration() -> str:
    """docs/reference/configuration.md, its table of what may change made anew."""
    return drawn((ROOT / "docs/reference/configuration.md").read_text(), changes=changes())


PAGES: Final[dict[str, Callable[[], str]]] = {
    "README.md": readme,
    "docs/explanation/figure-1.md": figure_1_page,
    "docs/tutorials/first-registration.md": tutorial,
    "docs/explanation/attacks.md": attacks_page,
    "docs/explanation/threat-model.md": threat_model,
    "docs/reference/causes.md": causes,
    "docs/reference/cli.md": cli,
    "docs/reference/clauses.md": clauses,
    "docs/reference/events-and-actions.md": events_and_actions,
    "docs/reference/configuration.md": configuration,
    "docs/reference/configuration-faults.md": configuration_faults,
    "docs/reference/metrics.md": metrics,
    "docs/reference/refusals.md": refusals,
    "docs/reference/tables.md": tables,
    "docs/reference/trust-domain.md": trust_domain,
    "packaging/grafana/twopair-pcscf.json": dashboard,
}
"""Page to what makes it."""


def path(page: str) -> Path:
    """Where a page is."""
    return ROOT / page
