"""What a home network decides by, put together, so that a test can leave a defence out.

A service has `RULES`; no configuration leads to any other.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from twopair.core.aka import SqnHome, resynchronise
from twopair.crypto import AkaFunctions
from twopair.nodes.homenet import decisions
from twopair.nodes.homenet.decisions import Content, Relation, Row


class Rules(NamedTuple):
    """Decisions of S-CSCF and HSS.

    Args:
        decisions: what is done with a REGISTER (INT-05, UNP-03).
        resynchronise: follows a genuine AUTS and says whether it was (AKA-17).
    """

    decisions: Mapping[tuple[bool, Relation, Content], Row] = decisions.TABLE
    resynchronise: Callable[[AkaFunctions, SqnHome, bytes, bytes], bool] = resynchronise


RULES: Final = Rules()
"""All of them."""
