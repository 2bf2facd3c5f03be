"""The data of Figure 1: the paper's eight selectors and the four SAs they make."""

from twopair.base import Impi, Port, Secret, Spi, Suite, Transport
from twopair.core.sa import ARROWS, SELECTORS, End, Pair, PortName, Ports, SaSet, Spis
from twopair.core.sa.figure1 import PortSelector
from twopair.crypto.annex_i import EspKeys

NO_KEYS = EspKeys(Secret(b""), Secret(b""), Secret(b""))


def a_set(end: End) -> SaSet:
    return SaSet(
        set_id=1,
        impi=Impi("001010000000001@ims.example"),
        end=end,
        ue="10.0.1.1",
        pcscf="10.0.0.1",
        ports=Ports(uc=Port(6100), us=Port(6101), pc=Port(5063), ps=Port(5062)),
        spis=Spis(uc=Spi(4097), us=Spi(4098), pc=Spi(8193), ps=Spi(8194)),
        suite=Suite("hmac-sha-1-96", "null"),
        keys=NO_KEYS,
    )


def test_the_papers_eight_selectors() -> None:
    """Paper §3.1, word for word."""
    said = {
        "UAC": "SA1 outbound (port_uc, port_ps) inbound (port_ps, port_uc)",
        "UAS": "SA2 outbound (port_us, port_pc) inbound (port_pc, port_us)",
        "P-CSCF (server)": "SA1 outbound (port_ps, port_uc) inbound (port_uc, port_ps)",
        "P-CSCF (client)": "SA2 outbound (port_pc, port_us) inbound (port_us, port_pc)",
    }
    for side in SELECTORS:
        out, inn = side.outbound, side.inbound
        words = (
            f"{side.pair.name} outbound ({out.src.value}, {out.dst.value}) "
            f"inbound ({inn.src.value}, {inn.dst.value})"
        )
        assert words == said[side.name]
    assert len(SELECTORS) == 4


def test_arrows_are_the_selectors_seen_from_the_wire() -> None:
    """SA-01: each arrow is outbound at its sender and inbound at the other end, and nothing is left over."""
    outbound = {(side.end, side.pair): side.outbound for side in SELECTORS}
    inbound = {(side.end, side.pair): side.inbound for side in SELECTORS}
    for arrow in ARROWS:
        assert outbound[arrow.sender, arrow.pair] == arrow.ports
        assert inbound[arrow.sender.other, arrow.pair] == arrow.ports
    assert len({arrow.ports for arrow in ARROWS}) == 4


def test_every_arrow_contains_exactly_one_client_port() -> None:
    """RRG-06: so a change of client ports changes every selector."""
    clients = {PortName.UC, PortName.PC}
    assert all(len(clients & set(arrow.ports)) == 1 for arrow in ARROWS)


def test_the_receiver_chose_the_spi() -> None:
    """AGR-03, SA-18: the SPI on the wire is the one of the destination port."""
    assert all(arrow.spi_of is arrow.ports.dst for arrow in ARROWS)


def test_both_ends_hold_the_same_four_associations() -> None:
    """SA-01: what one end sends with, the other receives with."""
    ue, pcscf = a_set(End.UE), a_set(End.PCSCF)
    assert ue.outbound == pcscf.inbound
    assert ue.inbound == pcscf.outbound
    assert {sa.spi for sa in ue.outbound + ue.inbound} == {4097, 4098, 8193, 8194}


def test_pairs_are_opposite_directions_of_each_other() -> None:
    for end in End:
        for pair in Pair:
            ours, theirs = a_set(end).pair(pair)
            assert ours.selector == theirs.selector.reversed()
            assert ours in a_set(end).outbound


def test_iv_spaces_are_all_different() -> None:
    """KEY-08: four SAs share a key, so each sender and pair has a part of the IV space of its own."""
    four = a_set(End.UE).outbound + a_set(End.UE).inbound
    assert len({sa.iv_space for sa in four}) == 4


def test_a_flow_is_named_from_either_side() -> None:
    """SM7 leaves the UE on uc -> ps; the P-CSCF sees the mirrored flow."""
    sent = a_set(End.UE).flow(Transport.UDP, PortName.UC, PortName.PS)
    seen = a_set(End.PCSCF).flow(Transport.UDP, PortName.UC, PortName.PS)
    assert (sent.local.port, sent.remote.port) == (6100, 5062)
    assert seen == sent.mirrored()
    assert PortSelector(PortName.UC, PortName.PS) == ARROWS[0].ports


def test_four_sas_and_one_pair_of_keys() -> None:
    """SA-03: no SA of a set has keys of its own, at neither end."""
    both = a_set(End.UE), a_set(End.PCSCF)
    assert {id(sa.keys) for one in both for sa in (*one.inbound, *one.outbound)} == {id(NO_KEYS)}
