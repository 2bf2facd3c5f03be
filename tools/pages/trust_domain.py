"""docs/reference/trust-domain.md: header fields at the edges of the trust domain."""

from collections.abc import Iterator

from tools.pages.markdown import code, page, paragraph, table

from twopair.core.sip.trust import HOP, TRUST, Row

HEAD = ("header field", "from a UE", "towards a UE", "from networks outside", "towards them", "clause")


def trust_domain() -> str:
    """The page."""
    return page("Trust domain", _introduction(), _rows(), _others())


def _introduction() -> Iterator[str]:
    yield from paragraph(
        "What the P-CSCF does with a header field of a UE and with one for a UE,",
        "and what the home network does at its border with a network that is not in its trust domain.",
        "It is the same in requests and responses, REGISTER included.",
        "An asterisk: the clause itself was not read, the row follows what the field is for.",
    )


def _rows() -> Iterator[str]:
    yield from table(HEAD, map(_row, TRUST))


def _row(row: Row) -> list[str]:
    passing = [kind.value for kind in (row.from_ue, row.to_ue, row.enters, row.leaves)]
    return [code(row.name), *passing, row.clause + ("" if row.read else " *")]


def _others() -> Iterator[str]:
    hop = ", ".join(code(name.title()) for name in sorted(HOP))
    yield from paragraph(
        f"{hop} belong to one hop and never go on (RFC 3329 §2).",
        "Header fields that are not in the table pass,",
        "but those whose names begin with `P-` do not reach a UE.",
        "`Privacy` itself always passes.",
    )
