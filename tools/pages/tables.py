"""docs/reference/tables.md: every table that decides something, and the diagrams that follow from it."""

from collections.abc import Iterator

from tools.pages import decisions, machines, rules
from tools.pages.markdown import code, page, paragraph, table
from tools.pages.words import heading

from twopair.base import STATUS, suite
from twopair.core.registration import pcscf, pcscf_checks, ue
from twopair.core.sa import ARROWS, figure1
from twopair.core.sip import invite_client, invite_server, other_client, other_server
from twopair.nodes.pcscf.gm import access
from twopair.nodes.pcscf.relay import checks
from twopair.nodes.ue import access as ue_access


def tables() -> str:
    """The page."""
    return page(
        "Tables",
        _introduction(),
        _figure_1(),
        _suites(),
        machines.life_of_a_set(),
        machines.set_events(),
        machines.registrations(),
        machines.attempt("An authentication at the P-CSCF", pcscf, "Forwarded", "Ended"),
        machines.attempt("An authentication at the UE", ue, "Registering", "Idle"),
        decisions.clear(),
        decisions.protected(),
        rules.checks("Checks of SM1", pcscf_checks, pcscf_checks.PROPOSED_CHECKS),
        rules.checks("Checks of SM7", pcscf_checks, pcscf_checks.ANSWERED_CHECKS),
        rules.checks("Checks of every protected message", access, access.ARRIVAL_CHECKS),
        rules.checks("Checks of a request other than REGISTER", checks, checks.REQUEST_CHECKS),
        rules.own_spis(),
        rules.checks("Checks of every message at the UE", ue_access, ue_access.ARRIVAL_CHECKS),
        rules.server_terms(),
        decisions.integrity(),
        decisions.outcomes(),
        decisions.onward(),
        decisions.home(),
        machines.calls(),
        machines.sessions(),
        machines.subscriptions(),
        machines.transaction(invite_client, invite_client.INVITE_CLIENT),
        machines.transaction(invite_server, invite_server.INVITE_SERVER),
        machines.transaction(other_client, other_client.OTHER_CLIENT),
        machines.transaction(other_server, other_server.OTHER_SERVER),
    )


def _introduction() -> Iterator[str]:
    yield from paragraph(
        "What happens next stands in these tables of the code, each row with its clause.",
        "A pair of state and trigger without a row is a mistake of the program itself (`IllegalStep`):",
        "a peer's mistake is [refused](refusals.md) before it becomes a trigger.",
    )


def _figure_1() -> Iterator[str]:
    yield from heading("The four SAs of a set", figure1)
    yield from table(
        ("SA", "from", "to", "SPI, chosen by the receiver"),
        ((a.name, a.ports.src.value, a.ports.dst.value, f"spi_{a.spi_of.name.lower()}") for a in ARROWS),
    )


def _suites() -> Iterator[str]:
    yield from heading("Algorithms", suite)
    yield from table(("suite, best first", "status"), ((code(s), status) for s, status in STATUS.items()))
