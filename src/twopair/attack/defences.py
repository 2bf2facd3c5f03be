"""What can be switched off in a network made for a test: one defence each, by requirement.

The rows of the nodes' own tables are here by their names; what is no row has a careless part. A service
never comes near this: it makes its nodes with all rules, and no configuration says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from twopair.attack import careless
from twopair.core.esp import Drop
from twopair.live.lab.plan import LabPlan
from twopair.nodes.homenet import decisions
from twopair.nodes.homenet.rules import RULES as HOME_RULES
from twopair.nodes.homenet.rules import Rules as HomeRules
from twopair.nodes.pcscf import Limits
from twopair.nodes.pcscf.rules import RULES as PCSCF_RULES
from twopair.nodes.pcscf.rules import Rules as PcscfRules
from twopair.nodes.ue.rules import RULES as UE_RULES
from twopair.nodes.ue.rules import Rules as UeRules


@dataclass(frozen=True)
class Build:
    """How the nodes of a test network are made.

    Args:
        plan: who takes part.
        pcscf: checks of the P-CSCF.
        ue: checks of the UEs.
        home: decisions of the home network.
        forgiven: what back ends deliver though they ought to drop it.
        any_spi: whether back ends install SPIs that are in use.
        mac: whether cards check the MAC of AUTN.
        sqn: whether cards check its sequence number.
        agreement: whether both ends insist on a security agreement.
    """

    plan: LabPlan
    pcscf: PcscfRules = PCSCF_RULES
    ue: UeRules = UE_RULES
    home: HomeRules = HOME_RULES
    forgiven: frozenset[Drop] = field(default_factory=frozenset)
    any_spi: bool = False
    mac: bool = True
    sqn: bool = True
    agreement: bool = True

    def without(self, *names: str) -> "Build":
        """The same without these defences. Raises KeyError for one that is not known."""
        build = self
        for name in names:
            build = DEFENCES[name].remove(build)
        return build


class Defence(NamedTuple):
    """One defence: its name, which begins with the requirement, what it is, and how it is taken away."""

    name: str
    words: str
    remove: Callable[[Build], Build]


def _pcscf_row(name: str, words: str) -> Defence:
    return Defence(name, words, lambda build: replace(build, pcscf=build.pcscf.without(name)))


def _pcscf(name: str, words: str, **rules: object) -> Defence:
    return Defence(name, words, lambda build: replace(build, pcscf=build.pcscf._replace(**rules)))  # type: ignore[arg-type]


def _ue_row(name: str, words: str) -> Defence:
    return Defence(name, words, lambda build: replace(build, ue=build.ue.without(name)))


def _drop(name: str, words: str, reason: Drop) -> Defence:
    return Defence(name, words, lambda build: replace(build, forgiven=build.forgiven | {reason}))


def _unbounded(build: Build) -> Build:
    """No limit of sets per IMPI or address."""
    limits = Limits(sets_per_impi=10_000, sets_per_address=10_000)
    plan = replace(build.plan, pcscf=replace(build.plan.pcscf, limits=limits))
    return replace(build, plan=plan, pcscf=build.pcscf.without("MGP-04"))


def _any_spi(build: Build) -> Build:
    return replace(build, any_spi=True, ue=build.ue.without("SA-15"))


def _trusting(build: Build) -> Build:
    """A REGISTER that nobody vouches for is treated like one over an SA."""
    table = {key: decisions.TABLE[True, key[1], key[2]] for key in decisions.TABLE}
    return replace(build, home=build.home._replace(decisions=table))


DEFENCES: Final[dict[str, Defence]] = {
    defence.name: defence
    for defence in (
        # agreement
        _pcscf_row("AGR-31 Security-Client", "Security-Client of SM7 is compared with that of SM1"),
        _pcscf_row(
            "AGR-31 Security-Verify", "Security-Verify of SM7 is compared with Security-Server of SM6"
        ),
        Defence(
            "VAR-60",
            "both ends insist on a security agreement (AGR-30, AKA-25)",
            lambda build: replace(build, agreement=False),
        ),
        # identities
        _pcscf_row("AGR-34", "the IMPI is that of the SA set"),
        _pcscf_row("RRG-01", "a re-registration keeps port_us"),
        _pcscf_row("SA-24", "the address in Via is the IP source"),
        _pcscf("PCS-10", "only identities of the subscriber are asserted", asserts=careless.assert_anything),
        _pcscf(
            "INT-02", "an SA set vouches for its own registration alone", vouches=careless.any_set_vouches
        ),
        _pcscf("INT-01", "integrity-protected is the P-CSCF's word", vouch=careless.believe_integrity),
        Defence("UNP-03", "a REGISTER without protection is always challenged", _trusting),
        # what may come in the clear
        _drop("SA-21", "protected ports are closed to clear text", Drop.CLEAR_TO_PROTECTED),
        _pcscf("UNP-01", "only REGISTER is taken without protection", clear=careless.CLEAR),
        _pcscf("SA-25", "the SA set is found by both ports", table=careless.AddressTable),
        _ue_row("UNP-02", "a UE takes no request in the clear"),
        _ue_row("UNP-04", "what answers a protected request comes protected"),
        # ESP
        _drop("SA-02", "every packet has an ICV that is checked", Drop.BAD_ICV),
        _drop("SA-06", "sequence numbers are taken once", Drop.REPLAYED),
        Defence("SA-15", "SPIs of a set differ from all others", _any_spi),
        # AKA
        Defence("AKA-11", "the card checks the MAC of AUTN", lambda build: replace(build, mac=False)),
        Defence("AKA-14", "the card takes a sequence number once", lambda build: replace(build, sqn=False)),
        Defence(
            "AKA-17",
            "the HSS checks MAC-S of AUTS",
            lambda build: replace(build, home=build.home._replace(resynchronise=careless.believe_auts)),
        ),
        _pcscf("AKA-31", "ck and ik never leave towards a UE", secrets=()),
        # bounds
        Defence("MGP-04", "at most three sets per IMPI, a limit per address", _unbounded),
        _pcscf("MGP-05", "a new challenge removes what is unfinished", gives_way=careless.keep_all),
        _pcscf("TMR-03", "an old set lives 64 * T1 at most", life=careless.ImmortalLife),
        Defence(
            "ERR-09",
            "after a collision the UE tries other ports",
            lambda build: replace(build, ue=build.ue._replace(collided=careless.never)),
        ),
    )
}
"""Every defence by name."""
