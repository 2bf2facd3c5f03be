"""The table of causes: why a UE is not registered, in order of precedence (`twopair explain`)."""

from typing import Final, NamedTuple

from twopair.base import Limit, Refusal
from twopair.core.explain import evidence as of
from twopair.core.explain import limited
from twopair.core.explain.evidence import Test
from twopair.core.explain.happenings import By
from twopair.core.registration.brought import Brought


class Cause(NamedTuple):
    """One row.

    Args:
        name: as programs know it; several rows may share one.
        clause: where the rule stands.
        sentence: what is the matter.
        advice: what to do.
        test: returns the lines of the diary that prove it; the first row that has some is the cause.
    """

    name: str
    clause: str
    sentence: str
    advice: str
    test: Test


_RESTART: Final = "Let the UE draw new SPIs and client ports for each registration, also after a restart."
_TWO_HSS: Final = (
    "See whether the HSS takes AUTS (a wrong K or OPc spoils it, too), and whether two HSS serve one card."
)

CAUSES: Final[tuple[Cause, ...]] = (
    Cause(
        "ports-reused",
        "33.203 §7.1, §7.4, SA-22, RRG-02",
        "The UE offered ports or SPIs that a live SA set has.",
        f"{_RESTART} The old set goes when its lifetime ends.",
        of.refused_now({Refusal.PORTS_REUSED, Refusal.PORT_COLLISION, Refusal.SERVER_PORT_CHANGED}),
    ),
    Cause(
        "address-changed",
        "33.203 §7.1, SA-08",
        "The UE comes from another address than its SA sets have; the new registration is not complete.",
        "Find out why its address changed. SAs are bound to addresses: it must register anew.",
        of.moved,
    ),
    Cause(
        "ue-lost-state",
        "24.229 §5.1.1.2.1, §5.2.2.1",
        "The UE begins anew in the clear though its SA sets stand: it has lost them.",
        "Look for a restart or a crash of the UE. Once the new registration is complete it replaces the old.",
        of.began_anew,
    ),
    Cause(
        "registered",
        "33.203 §7.2, FLOW-06",
        "The UE is registered.",
        "Nothing is to be done here. If it is not reached, look at the counters with `twopair sas`.",
        of.registered,
    ),
    Cause(
        "tampered",
        "33.203 §7.2, §7.3.2.3, AGR-31",
        "SM7 does not repeat what SM1 and SM6 said: they were changed on the way, or the UE mirrors badly.",
        "Compare Security-Client of SM1 and SM7, and Security-Server of SM6 with Security-Verify of SM7, "
        "at both ends of Gm.",
        of.tampered,
    ),
    Cause(
        "no-security-client",
        "24.229 §5.2.2.2, AGR-30",
        "The UE does not offer ipsec-3gpp, or nothing that can be used.",
        "Switch IPsec on in the UE's IMS settings. Without it this P-CSCF registers nobody.",
        of.refused(
            {
                Refusal.AGREEMENT_NOT_KNOWN,
                Refusal.SECURITY_CLIENT_MISSING,
                Refusal.MALFORMED_SECURITY,
                Refusal.OFFER_INVALID,
            }
        ),
    ),
    Cause(
        "no-common-algorithm",
        "33.203 §7.2, §7.3.2.1, ERR-08",
        "The UE and this P-CSCF have no algorithm in common.",
        "Compare the two lists; see security.algorithms, security.confidentiality and security.legacy.",
        of.refused({Refusal.NO_COMMON_ALGORITHM, Refusal.CONFIDENTIALITY_REQUIRED}),
    ),
    *(
        Cause("limit", limit.clause, limited.sentence(limit), limited.ADVICE[limit], of.limited(limit))
        for limit in Limit
    ),
    Cause(
        "limit",
        "33.203 §7.1, SA-22, MGP-04",
        "This P-CSCF can keep no more for this UE.",
        "See what the evidence names: sets and flows of one subscriber (security.flows_per_impi), "
        "or what the IPsec back end refused.",
        of.refused(
            {
                Refusal.TOO_MANY_SETS,
                Refusal.TOO_MANY_FLOWS,
                Refusal.OVERLOADED,
                Refusal.SA_INSTALL_FAILED,
            }
        ),
    ),
    Cause(
        "core-without-keys",
        "24.229 §5.4.1.2.1A, AKA-31, ERR-23",
        "The core's challenge came without CK and IK.",
        "Have the S-CSCF send ck and ik in WWW-Authenticate: it must take this P-CSCF for one of its own.",
        of.refused({Refusal.KEYS_MISSING}),
    ),
    Cause(
        "core-silent",
        "24.229 §5.2.2, PCS-06",
        "The core did not answer the REGISTER.",
        "Check core.registrar of pcscf.toml, and whether the I-CSCF runs and has a way back to core.address. "
        "Where its name has several servers, none of them answered.",
        of.refused({Refusal.CORE_SILENT}),
    ),
    Cause(
        "core-not-found",
        "24.229 §5.2.2, RFC 3263 §4",
        "No server is known behind the name of the core.",
        "The evidence has the name and what the DNS said of it. Ask the name servers yourself "
        "(core.nameservers, else /etc/resolv.conf), or give core.registrar an address.",
        of.refused({Refusal.NAME_UNRESOLVED}),
    ),
    Cause(
        "clear-on-protected-port",
        "33.203 §7.2, UNP-03, PCS-25",
        "The UE answered the challenge in the clear; the answer must come over the SA set.",
        "The UE has no working IPsec, or its policies are missing: look at its kernel and its log.",
        of.refused({Refusal.ANSWER_IN_CLEAR}),
    ),
    Cause(
        "nat-between",
        "33.203 §7.1, SA-24",
        "Source address and Via differ under protection: something between rewrites addresses.",
        "Take the NAT out of the way of Gm; UDP encapsulation of ESP (33.203 Annex M) is not spoken here.",
        of.refused({Refusal.SOURCE_NOT_VIA}),
    ),
    Cause(
        "core-refused",
        "33.203 §6.1.5, INT-03, RRG-03",
        "The core gave an answer that does not fit.",
        "The evidence says which. Look at the S-CSCF: whom it challenges, and what it accepts.",
        of.refused({Refusal.NOT_AUTHENTICATED, Refusal.CHALLENGE_ON_TEMPORARY}),
    ),
    Cause(
        "wrong-key",
        "33.203 §6.1.1, 24.229 §5.4.1.2.3A, INT-07",
        "The core refused the UE's answer to the challenge: RES is wrong.",
        "Compare K and OP or OPc of card and HSS.",
        of.core_said(Brought.RESPONSE, {401, 403}),
    ),
    Cause(
        "wrong-key",
        "33.203 §6.1.1, §7.3.1.2, AKA-20",
        "The UE says that the challenge is no use: MAC in AUTN is wrong.",
        "Compare K and OP or OPc of card and HSS; if they agree, the network that challenges is a false one.",
        of.core_said(Brought.DENIAL),
    ),
    Cause(
        "sqn",
        "33.203 §6.1.3, §7.3.1.3, AKA-21",
        "The UE says that the sequence number is not fresh, and resynchronisation did not help.",
        _TWO_HSS,
        of.core_said(Brought.AUTS),
    ),
    Cause(
        "unknown-subscriber",
        "24.229 §5.3.1.2, §5.4.1.2.1",
        "The core does not know this identity, or does not let it register here.",
        "Look at the HSS: is the IMPI there, has it this IMPU, and may it use this visited network?",
        of.core_said(Brought.NOTHING, {403, 404}),
    ),
    Cause(
        "core-refused",
        "33.203 §7.3.1, FLOW-07, MGP-06",
        "The core refused the REGISTER.",
        "The status is in the evidence; the log of the I-CSCF or S-CSCF has the reason.",
        of.core_ended,
    ),
    Cause(
        "wrong-key",
        "33.203 §6.1.1, §7.3.1.2, AKA-20",
        "The UE said that a challenge is no use (MAC in AUTN is wrong), and did not answer the next one.",
        "Compare K and OP or OPc of card and HSS; if they agree, the network that challenges is a false one.",
        of.silence_after(Brought.DENIAL),
    ),
    Cause(
        "sqn",
        "33.203 §6.1.3, §7.3.1.3, AKA-21",
        "The UE said that the sequence number is not fresh, and did not answer the next challenge.",
        _TWO_HSS,
        of.silence_after(Brought.AUTS),
    ),
    Cause(
        "nat-between",
        "33.203 §7.1, SA-24, PCS-05",
        "The challenge was not answered, and the UE names another address than it comes from: a NAT.",
        "Take the NAT out of the way of Gm; UDP encapsulation of ESP (33.203 Annex M) is not spoken here.",
        of.behind_nat,
    ),
    Cause(
        "clear-on-protected-port",
        "33.203 §7.1, SA-21, SA-25",
        "The challenge was not answered under protection; the UE sent without it.",
        "The UE has no working IPsec, or its policies are missing: look at its kernel and its log.",
        of.turned_away_meanwhile,
    ),
    Cause(
        "sm7-never-came",
        "33.203 §7.3.1.4, RFC 4303 §3.4.4, ERR-07",
        "SM7 never came: packets came over the new SA set, and failed the integrity check.",
        "The two ends have different keys. Compare the algorithm, CK and IK; K and OPc give both.",
        of.silence(lambda counts: counts.bad_icv > 0),
    ),
    Cause(
        "sm7-never-came",
        "33.203 §7.3.1.4, RFC 4301 §5.2, SA-10",
        "SM7 never came: packets came over the new SA set, for other ports or addresses than were agreed.",
        "Compare the ports of Security-Client and Security-Server with those that the UE uses.",
        of.silence(lambda counts: counts.mismatched > 0),
    ),
    Cause(
        "sm7-never-came",
        "33.203 §7.3.1.4, MGP-07",
        "SM7 never came: packets came out of the new SA set, and no SIP message among them could be taken.",
        "Other ports than were agreed (the kernel does not count them apart), or a TCP connection that "
        "does not come about. Capture at both ends.",
        of.silence(lambda counts: counts.packets > 0),
    ),
    Cause(
        "address-changed",
        "33.203 §7.1, SA-08",
        "The challenge went to one address, and the UE asked again from another.",
        "Find out why its address changes: SAs are bound to addresses.",
        of.came_from_elsewhere,
    ),
    Cause(
        "clear-on-protected-port",
        "33.203 §7.1, SA-21",
        "SM7 never came over the new SA set; packets in the clear to protected ports were dropped meanwhile.",
        "The UE has no working IPsec, or its policies are missing: look at its kernel and its log.",
        of.silence(lambda counts: counts.clear > 0),
    ),
    Cause(
        "sm7-never-came",
        "33.203 §7.3.1.4, MGP-07",
        "SM7 never came: no packet at all came over the new SA set.",
        "Did SM6 reach the UE? Is ESP (IP protocol 50) let through? Clear text to protected ports "
        "is not counted by every back end: capture at this P-CSCF.",
        of.silence(),
    ),
    Cause(
        "deregistered",
        "24.229 §5.1.1.6, MGP-10",
        "The UE is not registered any more: it de-registered.",
        "Nothing is wrong. It registers again when it is switched on.",
        of.left(By.USER),
    ),
    Cause(
        "deregistered-by-network",
        "24.229 §5.2.5.2, MGP-11",
        "The UE is not registered any more: the home network ended the registration.",
        "The reason is in the evidence: after rejected the UE stays off until its user wants it, after "
        "deactivated or probation it registers again. Ask the operator of the home network why.",
        of.left(By.NETWORK),
    ),
    Cause(
        "expired",
        "24.229 §5.2.2.2, TMR-05, MGP-12",
        "The registration expired: the UE did not renew it in time.",
        "Look for the UE: no coverage, switched off without a word, or no way to this P-CSCF.",
        of.left(By.TIME),
    ),
    Cause(
        "core-silent",
        "24.229 §5.2.2, PCS-06",
        "A REGISTER is with the core, which has not answered so far.",
        "Wait, and ask again. If it stays so, check core.registrar of pcscf.toml and the I-CSCF.",
        of.core_is_asked,
    ),
    Cause(
        "expired",
        "24.229 §5.2.2.2, TMR-05, MGP-12",
        "The registration expired: the UE did not renew it in time.",
        "Look for the UE: no coverage, switched off without a word, or no way to this P-CSCF.",
        of.ran_out,
    ),
    Cause(
        "clear-on-protected-port",
        "33.203 §7.1, SA-21, UNP-01",
        "What came from there came without the protection that it needs.",
        "The UE uses ports of SA sets that are not here, or has no working IPsec. It must register first.",
        of.dismissed,
    ),
    Cause(
        "refused-otherwise",
        "RFC 3261 §8.2",
        "This P-CSCF refused the REGISTER.",
        "The evidence names the refusal; docs/reference/refusals.md has each with its clause.",
        of.refused_otherwise,
    ),
    Cause(
        "never-heard",
        "24.229 §5.2.2.1",
        "No REGISTER of this UE that can be read has come.",
        "Does the UE know the address of this P-CSCF, and is the way free? See what came instead.",
        of.always,
    ),
)
"""Each with its test; the last one is what is left."""
