"""REGISTER at the home network: SM2 to SM11 (INT-05, UNP-03, AKA-30, AKA-05, TMR-01)."""

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, BOB, DOMAIN, IMSI_1, TEL_BOB, CoreSide, subscriber

from twopair.base import Impu, seconds
from twopair.core.aka import Subscriber
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.homenet import HomeConfig, MemoryStore
from twopair.wire.sip import Challenge


def config(**changed: object) -> HomeConfig:
    return HomeConfig(DOMAIN, "10.20.0.2", **changed)  # type: ignore[arg-type]


def test_sm4_carries_challenge_and_keys() -> None:
    """AKA-30: the 401 has realm, nonce, algorithm, ck and ik, each key as 32 hexadecimal digits."""
    core = CoreSide()
    sm4 = core.ask(core.register(core.alice))
    assert sm4.status == 401
    fields = Challenge.parse(sm4.get("WWW-Authenticate") or "")
    assert (fields.get("realm"), fields.get("algorithm"), fields.get("qop")) == (DOMAIN, "AKAv1-MD5", "auth")
    for name in ("ck", "ik"):
        key = fields.get(name) or ""
        assert len(key) == 32
        assert bytes.fromhex(key)
        assert dict(fields.parts)[name].strip() == f'{name}="{key}"'
    assert ";tag=" in (sm4.get("To") or "")
    assert core.facts == []


def test_sm10_tells_all_the_p_cscf_and_the_ue_need() -> None:
    """24.229 §5.4.1.2.2F: Contact with expires, Path, Service-Route, P-Associated-URI, charging."""
    core = CoreSide()
    sm10 = core.registered(core.bob)
    assert sm10.values("Contact") == [f"<{core.bob.contact}>;+g.3gpp.smsip;expires=600000"]
    assert sm10.values("Path") == [core.bob.path]
    assert sm10.values("Service-Route") == ["<sip:orig@10.20.0.2:5060;lr>"]
    assert sm10.values("P-Associated-URI") == [f"<{BOB}>", f"<{TEL_BOB}>"]
    assert sm10.get("P-Charging-Vector") == f'icid-value=abc;term-ioi="{DOMAIN}"'
    assert core.facts == [Registered(core.bob.impi, BOB, 600000, (BOB, TEL_BOB))]


def test_without_aliases_the_temporary_identity_is_associated() -> None:
    """UEP-02."""
    core = CoreSide(store=MemoryStore([subscriber(IMSI_1)]))
    assert core.registered(core.alice).values("P-Associated-URI") == [f"<sip:{IMSI_1}@{DOMAIN}>"]


@pytest.mark.parametrize("qop", ["auth", "none"])
def test_both_forms_of_digest_are_taken(qop: str) -> None:
    """AKA-05."""
    core = CoreSide(config(qop=qop))
    challenge = core.ask(core.register(core.alice))
    assert ("qop" in (challenge.get("WWW-Authenticate") or "")) is (qop == "auth")
    answer = core.ask(core.register(core.alice, core.respond(core.alice, challenge), protected="yes"))
    assert answer.status == 200


def test_an_answer_without_qop_to_a_challenge_with_it_is_taken() -> None:
    """AKA-05: RFC 2617 §3.2.2 keeps the old form valid."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge, qop=False)
    assert core.ask(core.register(core.alice, fields, protected="yes")).status == 200


@pytest.mark.parametrize("algorithm", ["AKAv1-MD5", "AKAv2-MD5", "AKAv2-SHA-256"])
def test_every_digest_algorithm(algorithm: str) -> None:
    """AKA-01, AKA-40, AKA-42."""
    core = CoreSide(config(algorithm=algorithm))
    core.registered(core.alice)


def test_an_unprotected_register_is_always_challenged() -> None:
    """UNP-03: even with a right response, and even where the user is registered."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge)
    assert core.ask(core.register(core.alice, fields, protected="no")).status == 401
    core.registered(core.bob)
    assert core.ask(core.register(core.bob)).status == 401
    assert [type(fact).__name__ for fact in core.facts] == ["Registered"]


@pytest.mark.parametrize("value", ["no", "YES", "ip-assoc-yes", "tls-connected", "auth-done", ""])
def test_only_yes_is_protection(value: str) -> None:
    """INT-04, INT-05."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge)
    assert core.ask(core.register(core.alice, fields, protected=value)).status == 401


def test_a_register_without_authorization_is_challenged_by_its_identity() -> None:
    """VAR-02: the IMPI is then the IMPU without its scheme."""
    core = CoreSide()
    assert core.ask(core.register(core.alice, None)).status == 401


def test_the_answer_must_have_the_call_id_of_the_challenge() -> None:
    """INT-05."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge)
    other = core.register(core.alice, fields, protected="yes", Call_ID="another")
    assert core.ask(other).status == 401
    assert core.facts == []


def test_the_answer_must_have_the_nonce_of_the_challenge() -> None:
    """INT-05: an older challenge was replaced by a younger one."""
    core = CoreSide()
    old = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, old)
    core.ask(core.register(core.alice))
    assert core.ask(core.register(core.alice, fields, protected="yes")).status == 401


def test_reg_await_auth_ends_after_four_minutes() -> None:
    """TMR-01."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge)
    core.later(seconds(240))
    assert core.ask(core.register(core.alice, fields, protected="yes")).status == 401


def test_just_before_four_minutes_the_answer_counts() -> None:
    """TMR-01."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge)
    core.later(seconds(240) - 1)
    assert core.ask(core.register(core.alice, fields, protected="yes")).status == 200


def test_a_challenge_is_used_up_by_its_answer() -> None:
    """INT-05: the same answer again is a new REGISTER, not a second success."""
    core = CoreSide()
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge)
    assert core.ask(core.register(core.alice, fields, protected="yes")).status == 200
    assert core.ask(core.register(core.alice, fields, protected="yes")).status == 401


@pytest.mark.parametrize(("challenge_refresh", "status"), [(True, 401), (False, 200)])
def test_a_protected_refresh_is_challenged_or_believed(challenge_refresh: bool, status: int) -> None:
    """INT-05, AKA-08: its response is the last one repeated."""
    core = CoreSide(config(challenge_refresh=challenge_refresh))
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge)
    core.ask(core.register(core.alice, fields, protected="yes"))
    core.later(seconds(1000))
    assert core.ask(core.register(core.alice, fields, protected="yes")).status == status


def test_a_protected_register_of_a_user_we_do_not_know_is_challenged() -> None:
    """INT-05: the home network was restarted."""
    core = CoreSide(config(challenge_refresh=False))
    assert core.ask(core.register(core.alice, protected="yes")).status == 401


def test_a_refresh_extends_the_registration() -> None:
    core = CoreSide(config(challenge_refresh=False))
    core.registered(core.alice)
    core.later(seconds(599_000))
    again = core.ask(core.register(core.alice, protected="yes"))
    assert (again.status, (again.get("Contact") or "")[-6:]) == (200, "600000")
    core.later(seconds(599_999))
    assert not [fact for fact in core.facts if isinstance(fact, Deregistered)]
    core.later(seconds(1))
    assert core.facts[-1] == Deregistered(core.alice.impi, "expired")


def test_expiry_ends_the_registration_at_the_hss_too() -> None:
    core = CoreSide()
    core.registered(core.alice)
    core.later(seconds(600_000))
    assert core.facts[-1] == Deregistered(core.alice.impi, "expired")
    assert core.ask(core.request("MESSAGE", ALICE)).status == 480


def test_longer_expiry_is_shortened() -> None:
    core = CoreSide(config(max_expires_s=3600))
    assert (core.registered(core.alice).get("Contact") or "").endswith(";expires=3600")


def test_deregistration_over_an_sa_set() -> None:
    """INT-05, MGP-10: Contact with expires 0, or * with Expires 0."""
    for contact in ("", "*"):
        core = CoreSide()
        core.registered(core.alice)
        given = core.register(core.alice, protected="yes", expires=0, contact=contact)
        given.add("Expires", "0")
        answer = core.ask(given)
        assert answer.status == 200
        assert answer.get("Contact") is None
        assert core.facts[-1] == Deregistered(core.alice.impi, "de-registered by the user")
        assert core.ask(core.request("MESSAGE", ALICE)).status == 480


def test_another_contact_is_not_deregistered_by_mistake() -> None:
    """RFC 3261 §10.3: what is not bound cannot be removed."""
    core = CoreSide()
    core.registered(core.alice)
    given = core.register(core.alice, protected="yes", contact="<sip:alice@10.10.9.9:7000>;expires=0")
    answer = core.ask(given)
    assert (answer.status, answer.get("Contact") is None) == (200, False)
    assert not [fact for fact in core.facts if isinstance(fact, Deregistered)]


def test_deregistering_somebody_unregistered_changes_nothing() -> None:
    core = CoreSide()
    challenge = core.ask(core.register(core.alice, protected="yes", expires=0))
    assert challenge.status == 401
    fields = core.respond(core.alice, challenge)
    assert core.ask(core.register(core.alice, fields, protected="yes", expires=0)).status == 200
    assert core.facts == []


def test_a_register_without_contact_asks_for_the_present_state() -> None:
    """RFC 3261 §10.2.3."""
    core = CoreSide(config(challenge_refresh=False))
    core.registered(core.alice)
    core.later(seconds(1000))
    answer = core.ask(core.register(core.alice, protected="yes", contact=None))
    assert (answer.get("Contact") or "").endswith(";expires=599000")


def test_a_failed_authentication_does_not_deregister() -> None:
    """INT-06."""
    core = CoreSide()
    core.registered(core.alice)
    challenge = core.ask(core.register(core.alice))
    fields = core.respond(core.alice, challenge, res=b"wrong")
    assert core.ask(core.register(core.alice, fields, protected="yes")).status == 403
    core.registered(core.bob)
    assert core.send(core.request("MESSAGE", ALICE))[0].start_line.startswith(
        "MESSAGE sip:alice@10.10.1.1:6101"
    )


def test_an_unprotected_flood_neither_deregisters_nor_moves_the_user() -> None:
    """INT-05, INT-06; attacker table: unprotected REGISTER for a victim."""
    core = CoreSide()
    core.registered(core.alice)
    for _ in range(20):
        assert core.ask(core.register(core.alice, contact="<sip:evil@10.66.6.6:666>")).status == 401
    assert core.send(core.request("MESSAGE", ALICE))[0].start_line.startswith(
        "MESSAGE sip:alice@10.10.1.1:6101"
    )


def test_any_identity_of_the_set_may_be_registered() -> None:
    """MGP-09: the implicit set is one."""
    core = CoreSide()
    core.registered(core.bob, BOB)
    assert core.facts == [Registered(core.bob.impi, BOB, 600000, (BOB, TEL_BOB))]


def test_a_retransmitted_register_gets_the_same_answer() -> None:
    """FLOW-08: no second vector is made for it."""
    core = CoreSide()
    sm2 = core.register(core.alice)
    first = core.ask(sm2)
    assert core.ask(sm2).to_bytes() == first.to_bytes()
    assert core.store.sqn(core.alice.impi) >> 5 == 1


def test_path_by_host_name_leads_back_to_the_source() -> None:
    """PCS-01: the home network knows its P-CSCFs by address."""
    core = CoreSide()
    core.alice.path = "<sip:token@pcscf1.example;lr>"
    core.registered(core.alice)
    (message,) = core.send(core.request("MESSAGE", ALICE))
    assert message.values("Route") == ["<sip:token@pcscf1.example;lr>"]


def test_two_subscribers_cannot_share_an_identity() -> None:
    with pytest.raises(ValueError, match="two subscribers"):
        MemoryStore([subscriber(IMSI_1, ALICE), subscriber("001010000000009", ALICE)])
    with pytest.raises(ValueError, match="two subscribers"):
        MemoryStore(
            [
                subscriber(IMSI_1),
                Subscriber(subscriber(IMSI_1).impi, (Impu("sip:x@y"),), subscriber(IMSI_1).keys),
            ]
        )


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"domain": ""}, "domain"),
        ({"address": "010.20.0.2"}, "not"),
        ({"address": "2001:DB8::1"}, "address"),
        ({"port": 0}, "port"),
        ({"algorithm": "MD5"}, "algorithm"),
        ({"qop": "auth-int"}, "qop"),
        ({"flows_per_impi": 0}, "flows_per_impi"),
        ({"flows_per_impi": 33}, "flows_per_impi"),
        ({"min_expires_s": 0}, "min_expires_s"),
        ({"min_expires_s": 700_000}, "min_expires_s"),
    ],
    ids=str,
)
def test_configuration_that_cannot_be_used_is_refused(changed: dict[str, object], names: str) -> None:
    given: dict[str, object] = {"domain": DOMAIN, "address": "10.20.0.2", **changed}
    with pytest.raises(ValueError, match=names):
        HomeConfig(**given)  # type: ignore[arg-type]
