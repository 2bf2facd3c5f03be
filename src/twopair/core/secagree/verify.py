"""Whether what came back is what was sent: the guard against bidding down (33.203 §7.2; AGR-31, AGR-32)."""

from collections.abc import Sequence

from twopair.base import WireError
from twopair.core.secagree.lists import SecurityList
from twopair.core.secagree.mechanism import Mechanism, parse_mechanisms


def same_agreement(sent: SecurityList, echoed: Sequence[str]) -> bool:
    """Whether a header field says all that was sent, and nothing else.

    Every SPI, every port, every algorithm and every unknown parameter counts, and so does the order of the
    elements. White space, letter case, the order of parameters, the splitting into lines, and a default that
    is left unsaid do not (AGR-05, AGR-32, AGR-38, Q-03). Text that cannot be read is not the same.

    Args:
        sent: the list sent in SM6 (for Security-Verify), or received in SM1 (for Security-Client).
        echoed: one text per header line, as received in SM7.
    """
    if tuple(echoed) == sent.lines:
        return bool(sent.lines)
    try:
        mechanisms = parse_mechanisms(echoed)
    except WireError:
        return False
    return bool(mechanisms) and _meanings(mechanisms) == _meanings(sent.mechanisms)


def _meanings(mechanisms: tuple[Mechanism, ...]) -> list[tuple[str, dict[str, str | None]]]:
    return [mechanism.meaning() for mechanism in mechanisms]
