"""UE and P-CSCF understand every 200 to REGISTER alike (PCS-27)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.nodes.pcscf.bed import Bed, Ue
from tests.unit.nodes.ue.gm_bench import Bench

from twopair.core.sa import Stage
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.wishes import Deregister, Register

ASKED_S = 600_000
EXPIRIES = st.sampled_from(
    ["", ";expires=0", ";expires=60", ';expires="7200"', ";expires=soon", ";expires", ";q=1"]
)
URIS = st.sampled_from(
    [
        "<{own}>",
        "{own}",
        '"Anna, <home>" <{own}>',
        "<{own};ob>",
        "<{upper}>",
        "<sip:rewritten@192.0.2.1:1024>",
        "<sip:another@10.9.9.9:5060>",
        "<sip:another@10.9.9.9:5061>",
        "<tel:+15550100001>",
        "*",
        "<broken",
        "",
    ]
)
CONTACTS = st.lists(st.tuples(URIS, EXPIRIES).map("".join), max_size=4)
HEADERS = st.tuples(CONTACTS, st.sampled_from(["", "0", "60", "3600", "soon", "99999999999"]), st.booleans())
Said = tuple[list[str], str, bool]


def headers(said: Said, own: str) -> list[tuple[str, str]]:
    """Contact, one line each or all in one, and Expires."""
    contacts, expires, in_one = said
    upper = own.replace("sip:", "SIP:")
    texts = [text.replace("{own}", own).replace("{upper}", upper) for text in contacts]
    lines = [", ".join(texts)] if in_one and texts else texts
    return [*(("Contact", line) for line in lines), *([("Expires", expires)] if expires else [])]


def last(facts: list[Any]) -> int:
    """Seconds for which a node says that the registration stands."""
    told = [fact for fact in facts if isinstance(fact, Registered | Deregistered)]
    return told[-1].expires_s if isinstance(told[-1], Registered) else 0


def at_the_ue(said: Said, *, refresh: bool) -> int:
    bench = Bench(expires_s=ASKED_S)
    bench.feed(Register())
    bench.challenge()
    own = (bench.last[0].get("Contact") or "").partition("<")[2].partition(">")[0]
    if refresh:
        bench.accept(ASKED_S)
        bench.feed(Register())
    bench.answer(200, headers(said, own))
    expires_s = last(bench.facts)
    assert bool(bench.sets) is bool(expires_s)
    return expires_s


def at_the_pcscf(said: Said, *, refresh: bool) -> int:
    bed, ue = Bed(), Ue()
    own = f"sip:{ue.address}:{ue.terms.port_s}"
    if refresh:
        bed.register(ue, ASKED_S)
        sm8 = bed.sm1_over(ue)
    else:
        bed.sm6(ue, bed.sm1(ue))
        sm8 = bed.sm7(ue)
    bed.core(sm8, 200, headers(said, own))
    assert bed.to_ue()[1].status == 200  # type: ignore[union-attr]
    facts = bed.facts(Registered | Deregistered)  # type: ignore[arg-type]
    expires_s = last(facts)
    bed.wait(min(expires_s, 300) or 300)
    assert bed.stages(ue) == ([Stage.IN_USE] if expires_s else [])
    return expires_s


@pytest.mark.parametrize("refresh", [False, True])
@settings(max_examples=80)
@given(said=HEADERS)
def test_both_understand_alike(refresh: bool, said: Said) -> None:
    """A 200 that is relayed is a registration kept, unless it says outright that there is none (PCS-27)."""
    expires_s = at_the_pcscf(said, refresh=refresh)
    assert at_the_ue(said, refresh=refresh) == expires_s
    ended = any("expires=0" in text for text in said[0]) or said[1] == "0"
    assert expires_s or ended


@settings(max_examples=30)
@given(said=HEADERS)
def test_a_deregistration_always_ends_it(said: Said) -> None:
    """MGP-10, MGU-12, PCS-27: at both ends, whatever the 200 still lists."""
    bench = Bench(expires_s=ASKED_S)
    bench.feed(Register())
    bench.challenge()
    bench.accept(ASKED_S)
    bench.feed(Deregister())
    own = (bench.last[0].get("Contact") or "").partition("<")[2].partition(">")[0]
    bench.answer(200, headers(said, own))
    assert not bench.sets
    bed, ue = Bed(), Ue()
    bed.register(ue, ASKED_S)
    asked = bed.sm1_over(ue, expires="0")
    bed.core(asked, 200, headers(said, f"sip:{ue.address}:{ue.terms.port_s}"))
    assert len(bed.facts(Deregistered)) == 1
    bed.wait(129)
    assert bed.stages(ue) == []
