"""Several registrations of one user at the home network (RFC 5626 §6; MGU-09, PCS-18; ADR 12)."""

import pytest
from tests.unit.nodes.homenet.core_side import ALICE
from tests.unit.nodes.homenet.flow_side import OTHER_PHONE, FlowPhone, FlowSide

from twopair.base import Refusal, seconds
from twopair.core.registration.binding import Asked, granted_s
from twopair.nodes.facts import Deregistered, Registered
from twopair.wire.sip import Response


def contacts(answer: Response) -> list[str]:
    """URIs of Contact, in their order."""
    return [value.partition(">")[0].removeprefix("<") for value in answer.values("Contact")]


class TestTwoFlows:
    """MGU-09, second sentence: flows are independent."""

    def test_both_stand_and_the_200_has_both_the_own_one_first(self) -> None:
        """RFC 3261 §10.3, step 8; RFC 5626 §6."""
        side = FlowSide()
        first, second = side.flow(1), side.flow(2)
        assert contacts(side.registered(first)) == [first.contact]
        answer = side.registered(second)
        assert contacts(answer) == [second.contact, first.contact]
        assert answer.values("Require") == ["outbound"]
        assert answer.values("Path") == [second.path]
        assert [";reg-id=2;" in value for value in answer.values("Contact")] == [True, False]
        assert side.standing() == [first.flow, second.flow]

    def test_each_has_its_own_expiry(self) -> None:
        side = FlowSide(challenge_refresh=False)
        first, second = side.both()
        side.refreshed(second, expires=1000)
        side.later(seconds(100))
        answer = side.refreshed(first, expires=3000)
        assert [value.rpartition("=")[2] for value in answer.values("Contact")] == ["3000", "900"]
        side.later(seconds(900))
        assert side.facts[-1] == Deregistered(side.alice.impi, "expired", second.flow)
        assert side.standing() == [first.flow]
        assert side.reached(ALICE) == first.contact
        side.later(seconds(2100))
        assert side.standing() == []
        assert side.reached(ALICE) == ""
        assert side.refusals()[-1] is Refusal.USER_AWAY

    def test_a_readers_own_binding_is_found_among_them(self) -> None:
        """PCS-27: UE and P-CSCF ask this function."""
        side = FlowSide(challenge_refresh=False)
        first, second = side.both()
        emergency = side.flow(sos=True, address=second.address)
        side.registered(emergency)
        for phone, expires in ((first, 1000), (second, 2000), (emergency, 3000)):
            request = side.register(phone, protected="yes", expires=expires)
            assert granted_s(Asked.of(request), side.ask(request)) == expires

    def test_a_new_address_takes_the_place_of_its_own_flow(self) -> None:
        side = FlowSide()
        first, second = side.both()
        moved = side.flow(1, address="10.10.9.9")
        assert contacts(side.registered(moved)) == [moved.contact, second.contact]
        assert side.standing() == [second.flow, first.flow]
        side.later(seconds(10))
        assert not [fact for fact in side.facts if isinstance(fact, Deregistered)]

    def test_deregistration_leaves_the_other(self) -> None:
        side = FlowSide()
        first, second = side.both()
        answer = side.refreshed(second, expires=0)
        assert (answer.status, contacts(answer)) == (200, [first.contact])
        assert side.standing() == [first.flow]
        assert side.reached(ALICE) == first.contact
        assert contacts(side.refreshed(first, expires=0)) == []
        assert side.reached(ALICE) == ""

    def test_the_hss_hears_of_the_last_one_only(self) -> None:
        """24.229 §5.4.1.4: identities stay registered with the other flow."""
        side = FlowSide()
        first, second = side.both()
        side.refreshed(first, expires=0)
        side.facts.clear()
        assert side.ask(side.request("MESSAGE", "sip:nobody@x")).status == 404
        assert side.reached(ALICE) == second.contact
        side.refreshed(second, expires=0)
        assert side.ask(side.request("MESSAGE", ALICE)).status == 480

    def test_without_contact_all_are_told(self) -> None:
        """RFC 3261 §10.2.3."""
        side = FlowSide(challenge_refresh=False)
        first, second = side.both()
        side.registered(side.flow(sos=True))
        answer = side.refreshed(first, contact=None)
        assert contacts(answer)[:2] == [second.contact, first.contact]
        assert "sos" in contacts(answer)[2]

    def test_cseq_is_of_each(self) -> None:
        """RFC 3261 §10.3, step 7: one Call-ID for both, numbers in any order of the flows."""
        side = FlowSide(challenge_refresh=False)
        first, second = side.flow(1), side.flow(2)
        first.call_id = second.call_id = "one"
        first.cseq, second.cseq = 10, 100
        side.registered(first)
        side.registered(second)
        assert side.refreshed(first).status == 200
        first.cseq = 10
        assert side.refreshed(first).status == 400
        assert side.refreshed(second).status == 200

    def test_they_authenticate_at_the_same_time(self) -> None:
        """MGP-05 is of a flow: the challenge of one does not void that of the other."""
        side = FlowSide()
        first, second = side.flow(1), side.flow(2)
        challenges = [side.ask(side.register(phone)) for phone in (first, second)]
        for phone, challenge in zip((first, second), challenges, strict=True):
            given = side.register(phone, side.respond(phone, challenge), protected="yes")
            assert side.ask(given).status == 200
        assert side.standing() == [first.flow, second.flow]

    def test_an_answer_to_the_challenge_of_the_other_is_none(self) -> None:
        """INT-05: Call-ID and nonce must be those of one challenge."""
        side = FlowSide()
        first, second = side.flow(1), side.flow(2)
        challenge = side.ask(side.register(first))
        side.ask(side.register(second))
        given = side.register(second, side.respond(first, challenge), protected="yes")
        assert side.ask(given).status == 401
        assert side.standing() == []


class TestWhoGivesWay:
    """The table of `core.registration.flows`, as at the P-CSCF."""

    def test_one_without_flows_takes_the_place_of_all_flows(self) -> None:
        """MGU-09, first sentence."""
        side = FlowSide()
        first, second = side.both()
        plain = side.flow(0)
        assert contacts(side.registered(plain)) == [plain.contact]
        gone = [fact for fact in side.facts if isinstance(fact, Deregistered)]
        assert [fact.flow for fact in gone] == [first.flow, second.flow]
        assert side.standing() == [plain.flow]

    def test_a_flow_takes_the_place_of_the_only_one(self) -> None:
        side = FlowSide()
        side.registered(side.flow(0))
        first = side.flow(1)
        assert contacts(side.registered(first)) == [first.contact]
        assert side.standing() == [first.flow]

    def test_two_phones_with_one_card_each_have_their_flows(self) -> None:
        side = FlowSide()
        mine, other = side.flow(1), side.flow(1, instance=OTHER_PHONE, address="10.10.3.1")
        side.registered(mine)
        assert contacts(side.registered(other)) == [other.contact, mine.contact]

    def test_a_refresh_that_forgets_its_reg_id_is_of_its_flow(self) -> None:
        """ADR 12: what asks for nothing else is of the flow whose contact it has."""
        side = FlowSide(challenge_refresh=False)
        first, second = side.both()
        answer = side.refreshed(first, contact=f"<{first.contact}>;expires=5000")
        assert contacts(answer) == [first.contact, second.contact]
        assert answer.get("Require") is None
        assert side.standing() == [second.flow, first.flow]

    def test_but_not_if_it_begins_anew(self) -> None:
        """MGU-09: the phone was started again, without `outbound`."""
        side = FlowSide()
        first, _ = side.both()
        side.supported = "path"
        first.call_id = "anew"
        answer = side.registered(first)
        assert (contacts(answer), answer.get("Require")) == ([first.contact], None)

    def test_a_deregistration_without_reg_id_is_of_the_contact(self) -> None:
        side = FlowSide()
        first, second = side.both()
        side.refreshed(first, contact=f"<{first.contact}>;expires=0")
        assert side.standing() == [second.flow]


class TestEmergency:
    """PCS-18."""

    @pytest.mark.parametrize("reg_id", [0, 1])
    def test_it_stands_beside(self, reg_id: int) -> None:
        side = FlowSide()
        phone, emergency = side.flow(reg_id), side.flow(sos=True)
        side.registered(phone)
        answer = side.registered(emergency)
        assert contacts(answer) == [emergency.contact, phone.contact]
        assert answer.get("Require") is None
        assert contacts(side.registered(phone)) == [phone.contact, emergency.contact]

    def test_no_ordinary_request_goes_there(self) -> None:
        """24.229 §5.4.3.3: also where it was registered last, or is the only one."""
        side = FlowSide()
        phone, emergency = side.flow(1), side.flow(sos=True)
        side.registered(phone)
        side.registered(emergency)
        assert side.reached(ALICE) == phone.contact
        side.refreshed(phone, expires=0)
        assert side.standing() == [emergency.flow]
        assert side.ask(side.request("MESSAGE", ALICE)).status == 480

    def test_star_leaves_it(self) -> None:
        """ADR 12: `Contact: *` ends all but emergency."""
        side = FlowSide()
        first, _ = side.both()
        emergency = side.flow(sos=True)
        side.registered(emergency)
        answer = side.refreshed(first, contact="*", Expires="0")
        assert contacts(answer) == [emergency.contact]
        assert side.standing() == [emergency.flow]

    def test_the_same_address_is_no_reason_to_end_it(self) -> None:
        """The two Contacts differ in `sos` alone, which RFC 3261 §19.1.4 does not look at."""
        side = FlowSide()
        phone, emergency = side.flow(0), side.flow(sos=True)
        assert emergency.contact == f"{phone.contact};sos"
        side.registered(phone)
        side.registered(emergency)
        side.refreshed(emergency, expires=0)
        assert side.standing() == [phone.flow]
        side.registered(emergency)
        side.refreshed(phone, expires=0)
        assert side.standing() == [emergency.flow]


class TestOutbound:
    """Whether a REGISTER gets a flow (RFC 5626 §6)."""

    def only_one(self, side: FlowSide, *phones: FlowPhone) -> None:
        for phone in phones:
            answer = side.registered(phone)
            assert (contacts(answer), answer.get("Require")) == ([phone.contact], None)

    def test_not_where_it_is_switched_off(self) -> None:
        """MGU-09, first sentence: the second takes the place of the first."""
        side = FlowSide(outbound=False)
        self.only_one(side, side.flow(1), side.flow(2))

    def test_not_where_the_phone_does_not_have_it(self) -> None:
        side = FlowSide(supported="path")
        self.only_one(side, side.flow(1), side.flow(2))

    def test_not_where_the_first_hop_does_not_say_ob(self) -> None:
        """RFC 5626 §5.1: of several in Path the nearest to the UE, which is the last."""
        side = FlowSide()
        first = side.flow(1, edge="")
        first.path = f"<sip:other@10.20.0.1:5090;lr;ob>, {first.path}"
        self.only_one(side, first, side.flow(2, edge=""))

    def test_an_inner_hop_need_not_say_ob(self) -> None:
        side = FlowSide()
        first = side.flow(1)
        first.path = f"<sip:other@10.20.0.1:5090;lr>, {first.path}"
        assert side.registered(first).get("Require") == "outbound"

    def test_no_path_is_no_obstacle(self) -> None:
        side = FlowSide()
        challenge = side.ask(side.register(first := side.flow(1)))
        given = side.register(first, side.respond(first, challenge), protected="yes")
        given.remove("Path")
        assert side.ask(given).get("Require") == "outbound"

    @pytest.mark.parametrize("reg_id", ["0", "x", "2147483648", "1.5"])
    def test_a_reg_id_must_be_one(self, reg_id: str) -> None:
        """RFC 5626 §11.1."""
        side = FlowSide()
        contact = side.flow(1).bound(600).replace("reg-id=1", f"reg-id={reg_id}")
        challenge = side.ask(side.register(phone := side.flow(1), contact=contact))
        fields = side.respond(phone, challenge)
        answer = side.ask(side.register(phone, fields, protected="yes", contact=contact))
        assert (answer.status, answer.get("Require")) == (200, None)

    def test_it_may_be_required(self) -> None:
        """RFC 3261 §8.2.2.3: a known extension."""
        side = FlowSide(supported="path")
        first = side.flow(1)
        challenge = side.ask(side.register(first, Require="path, Outbound"))
        fields = side.respond(first, challenge)
        answer = side.ask(side.register(first, fields, protected="yes", Require="path, Outbound"))
        assert (answer.status, answer.get("Require")) == (200, "outbound")

    def test_but_not_where_it_is_switched_off(self) -> None:
        """BAD_EXTENSION."""
        side = FlowSide(outbound=False)
        answer = side.ask(side.register(side.flow(1), Require="path, outbound"))
        assert (answer.status, answer.get("Unsupported")) == (420, "outbound")

    def test_nor_over_a_first_hop_that_does_not_have_it(self) -> None:
        """FIRST_HOP_LACKS_OUTBOUND: RFC 5626 §6."""
        side = FlowSide()
        answer = side.ask(side.register(side.flow(1, edge=""), Require="path, outbound"))
        assert answer.status == 439
        assert side.refusals() == [Refusal.FIRST_HOP_LACKS_OUTBOUND]


class TestBounds:
    """ADR 12: what is established gives way to nothing; what is under way does."""

    def test_more_flows_than_are_kept(self) -> None:
        """TOO_MANY_FLOWS: 403 before a vector is spent; those that stand may be refreshed."""
        side = FlowSide(flows_per_impi=2)
        first, second = side.both()
        spent = side.store.sqn(side.alice.impi)
        assert side.ask(side.register(side.flow(3))).status == 403
        assert side.refusals() == [Refusal.TOO_MANY_FLOWS]
        assert side.store.sqn(side.alice.impi) == spent
        side.registered(first)
        assert side.standing() == [second.flow, first.flow]
        side.registered(side.flow(sos=True))
        side.refreshed(second, expires=0)
        side.registered(side.flow(3))

    def test_two_that_are_under_way_for_one_place(self) -> None:
        """TOO_MANY_FLOWS: who answers first has it."""
        side = FlowSide(flows_per_impi=2)
        stands, slow, fast = (side.flow(number) for number in (1, 2, 3))
        side.registered(stands)
        given = side.respond(slow, side.ask(side.register(slow)))
        side.registered(fast)
        assert side.ask(side.register(slow, given, protected="yes")).status == 403
        assert side.refusals() == [Refusal.TOO_MANY_FLOWS]
        assert side.standing() == [stands.flow, fast.flow]

    def test_attempts_under_new_names_void_the_oldest(self) -> None:
        """MGP-05: a flood of names keeps four challenges, and never the emergency one's place."""
        side = FlowSide()
        emergency = side.flow(sos=True)
        urgent = side.respond(emergency, side.ask(side.register(emergency)))
        flows = [side.flow(number) for number in range(1, 6)]
        given = [side.respond(flow, side.ask(side.register(flow))) for flow in flows]
        answers = [
            side.ask(side.register(flow, fields, protected="yes")).status
            for flow, fields in zip(flows[1::-1], given[1::-1], strict=True)
        ]
        assert answers == [200, 401]
        assert side.ask(side.register(emergency, urgent, protected="yes")).status == 200

    def test_a_challenge_that_is_over_is_forgotten(self) -> None:
        """TMR-01: each after its own four minutes."""
        side = FlowSide()
        first, second = side.flow(1), side.flow(2)
        early = side.respond(first, side.ask(side.register(first)))
        side.later(seconds(100))
        late = side.respond(second, side.ask(side.register(second)))
        side.later(seconds(140))
        assert side.ask(side.register(first, early, protected="yes")).status == 401
        assert side.ask(side.register(second, late, protected="yes")).status == 200

    def test_a_shortened_registration_ends_when_it_says(self) -> None:
        side = FlowSide(challenge_refresh=False)
        phone = side.flow(0)
        side.registered(phone)
        side.refreshed(phone, expires=100)
        side.later(seconds(100))
        assert side.facts[-1] == Deregistered(side.alice.impi, "expired", phone.flow)

    def test_one_registered_again_after_its_end_lives_as_long_as_it_says(self) -> None:
        side = FlowSide()
        phone = side.flow(1)
        side.registered(phone)
        side.refreshed(phone, expires=0)
        side.later(seconds(300_000))
        side.registered(phone)
        side.later(seconds(599_999))
        assert isinstance(side.facts[-1], Registered)
        side.later(seconds(1))
        assert isinstance(side.facts[-1], Deregistered)
