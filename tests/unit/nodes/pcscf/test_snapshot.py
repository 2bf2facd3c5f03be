"""What a P-CSCF shows of itself."""

from tests.unit.nodes.pcscf.bed import CK, IK, Bed, Ue

from twopair.base import Micros
from twopair.core.sa import Stage
from twopair.nodes.pcscf.snapshot import RegistrationView


def views(bed: Bed) -> list[RegistrationView]:
    return list(bed.pcscf.snapshot(bed.now))


def test_a_registered_ue_and_one_that_is_registering() -> None:
    """SA-23: identities, address, sets with stage, ports, SPIs and lifetimes."""
    bed, ue, other = Bed(), Ue(), Ue(2)
    assert views(bed) == []
    bed.register(ue, expires=3600)
    bed.sm6(other, bed.sm1(other))
    first, second = views(bed)
    assert (first.impi, first.address, first.registered) == (ue.impi, ue.address, True)
    assert first.impus == (ue.impu, f"tel:+{ue.number}")
    assert first.expires_at == bed.now + 3600 * 1_000_000
    (of,) = first.sets
    assert (of.stage, of.ue) == (Stage.IN_USE, ue.address)
    assert (of.ports.uc, of.ports.us, of.ports.ps) == (ue.terms.port_c, ue.terms.port_s, 5062)
    assert (of.spis.uc, of.spis.us) == (ue.terms.spi_c, ue.terms.spi_s)
    assert of.expires_at == bed.now + 3630 * 1_000_000
    assert (second.impi, second.registered, second.expires_at) == (other.impi, False, Micros(0))
    assert [one.stage for one in second.sets] == [Stage.TEMPORARY]


def test_keys_are_not_among_it() -> None:
    bed, ue = Bed(), Ue()
    bed.register(ue)
    text = repr(views(bed)).lower()
    assert CK not in text
    assert IK not in text
    assert "keys" not in text


def test_what_ends_while_it_is_read_is_left_out() -> None:
    bed, ues = Bed(), [Ue(number) for number in (1, 2, 3)]
    for ue in ues:
        bed.register(ue, expires=3600)
    reading = bed.pcscf.snapshot(bed.now)
    assert next(reading).impi == ues[0].impi
    bed.wait(4000)
    assert list(reading) == []
