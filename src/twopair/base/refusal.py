"""Everything that is refused to a peer, by name and clause (ERR-, AGR-, SA-, UNP-)."""

from twopair.base.reason import Reason


class Refusal(Reason):
    """A peer's message was refused. The value is (SIP status or 0 for a silent drop, clause, words).

    Every member is counted under its name, and a test of that name reaches it.
    """

    # what cannot be read
    MALFORMED_SIP = (0, "RFC 3261 §18.3", "the datagram or stream is not SIP")
    BAD_REQUEST = (400, "RFC 3261 §8.2", "the request lacks or garbles a header field it needs")
    UNKNOWN_SCHEME = (416, "RFC 3261 §8.2.2.1", "a Request-URI of a scheme that is not routed here")
    VERSION_NOT_SUPPORTED = (505, "RFC 3261 §21.5.6", "another version of SIP than 2.0")
    STREAM_BROKEN = (0, "RFC 3261 §18.3", "the stream cannot be cut into messages; it is closed")
    UNMATCHED_RESPONSE = (0, "RFC 3261 §18.1.2", "a response that answers nothing we sent")
    MALFORMED_SECURITY = (400, "33.203 Annex H", "a Security-* header that cannot be read")
    # access (clear text)
    CLEAR_NON_REGISTER = (403, "33.203 §7.1, UNP-01", "only REGISTER is taken without protection")
    CLEAR_FROM_PROTECTED_UE = (0, "33.203 §7.1, UNP-01", "clear text from an address that has SAs")
    ANSWER_TO_PROTECTED_PORT = (0, "33.203 §7.1, SA-21", "clear text would go to a protected port")
    CLEAR_ANSWER_TO_PROTECTED = (0, "UNP-04", "an unprotected answer to a protected request")
    # agreement
    AGREEMENT_NOT_KNOWN = (421, "RFC 3329 §2.3.1, AGR-30", "REGISTER of a UE that does not name sec-agree")
    SECURITY_CLIENT_MISSING = (494, "24.229 §5.2.2.2, AGR-30, AGR-31", "REGISTER without Security-Client")
    OFFER_INVALID = (494, "33.203 §7.1, AGR-42", "the offer has unusable SPIs or ports")
    NO_COMMON_ALGORITHM = (494, "33.203 §7.3.2.1, ERR-08", "no algorithm in common")
    CONFIDENTIALITY_REQUIRED = (403, "33.203 §7.2, AGR-23", "policy demands encryption")
    PORT_COLLISION = (403, "33.203 §7.1, SA-22", "the UE's address and client port are in use")
    TOO_MANY_SETS = (
        403,
        "33.203 §7.1, SA-22, MGP-04",
        "a registration, or an address, has all the SA sets it may",
    )
    TOO_MANY_FLOWS = (403, "RFC 5626 §4.2, MGU-09", "more registrations of one IMPI than are kept")
    VERIFY_MISSING = (494, "24.229 §5.2.2.2, AGR-31, AGR-35", "no Security-Verify")
    VERIFY_MISMATCH = (494, "33.203 §7.3.2.3, AGR-31", "Security-Verify is not what was sent in SM6")
    CLIENT_MISMATCH = (494, "33.203 §7.2, AGR-31", "Security-Client is not what was sent in SM1")
    ANSWER_IN_CLEAR = (494, "33.203 §7.2, PCS-25", "REGISTER in the clear answers an open challenge")
    NOT_FIRST_HOP = (502, "RFC 3329 §2.3.1, AGR-37", "sec-agree required, but more than one Via")
    BAD_PROXY_EXTENSION = (420, "RFC 3261 §16.3, PCS-23", "Proxy-Require has a tag that is not known here")
    PORTS_REUSED = (403, "33.203 §7.4, RRG-02", "REGISTER with a client port or SPI of a live set")
    SERVER_PORT_CHANGED = (403, "33.203 §7.4, RRG-01", "REGISTER over a set with another server port")
    # identity on a set
    IMPI_MISMATCH = (403, "24.229 §5.2.2.2, AGR-34", "the IMPI is not the one of this SA set")
    SOURCE_NOT_VIA = (403, "33.203 §7.1, SA-24", "IP source and topmost Via differ")
    NO_SA_SET = (0, "33.203 §7.1, SA-25", "protected ports, but no SA set has them")
    SET_NOT_USABLE = (0, "33.203 §7.1, SA-25, ERR-21", "the SA set may not carry this message now")
    NOT_REGISTERED = (403, "24.229 §5.2.6.3, PCS-09", "request from a UE that is not registered")
    FOREIGN_ROUTE = (400, "24.229 §5.2.6.3, PCS-08", "the Route is not the Service-Route")
    FOREIGN_DIALOG = (403, "24.229 §5.2.6, PCS-15", "the dialog belongs to another UE")
    # from the home network
    KEYS_MISSING = (500, "AKA-31, ERR-23", "401 from the core without ck or ik")
    SA_INSTALL_FAILED = (500, "SA-01, ERR-24", "the SA set could not be installed")
    CHALLENGE_ON_TEMPORARY = (500, "33.203 §7.4, RRG-03", "a second challenge over a temporary set")
    NOT_AUTHENTICATED = (500, "33.203 §5.1.2, UNP-03", "200 from the core to what nobody authenticated")
    CORE_SILENT = (504, "24.229 §5.2.2, PCS-06", "the home network does not answer")
    NAME_UNRESOLVED = (504, "24.229 §5.2.2, RFC 3263 §4", "no server is known behind the home network's name")
    NO_PATH_TOKEN = (404, "24.229 §5.2.6.4, PCS-13", "request from the core for no UE of ours")
    FLOW_FAILED = (430, "RFC 5626 §5.3.1, MGU-09", "request from the core over a flow that is gone")
    NO_MEDIA_RELAY = (500, "24.229 §6.7", "no media relay takes the description of a call")
    # seen by the UE
    CLEAR_TO_UE = (0, "33.203 §7.1, UNP-02", "clear text to the UE that answers no REGISTER of its own")
    CLEAR_OK = (0, "33.203 §5.1.2, UNP-03, VAR-60", "an unprotected 200, which nobody authenticated")
    CHALLENGE_UNUSABLE = (0, "RFC 3310 §3.2, AKA-03", "a nonce that carries no RAND and AUTN")
    SECURITY_SERVER_MISSING = (0, "24.229 §5.1.1.5.1, AKA-25", "401 without a usable Security-Server")
    SECURITY_SERVER_UNACCEPTABLE = (0, "33.203 §7.3.2.2, AGR-40", "nothing acceptable in Security-Server")
    MAC_FAILURE = (
        0,
        "33.203 §7.3.1.2, AKA-20",
        "AUTN has a wrong MAC: K or OPc differ between card and HSS, or the network is a false one",
    )
    SQN_OUT_OF_RANGE = (0, "33.203 §7.3.1.3, AKA-21", "AUTN has a sequence number that is not fresh")
    TOO_MANY_CHALLENGES = (0, "24.229 §5.1.1.5.3, AKA-24", "a third invalid challenge in a row")
    # at the home network
    UNKNOWN_SUBSCRIBER = (403, "24.229 §5.4.1.2.1", "no such IMPI, or the IMPU is not its own")
    WRONG_RESPONSE = (
        403,
        "24.229 §5.4.1.2.3A, INT-07",
        "RES is wrong: who answered has not this card, or digests differ (algorithm, qop, uri)",
    )
    BAD_AUTS = (403, "33.102 §6.3.5, AKA-17", "AUTS does not verify: K or OPc differ between card and HSS")
    UNPROTECTED_DEREGISTER = (403, "24.229 §5.4.1.2.2, INT-05", "de-registration without protection")
    CHALLENGE_REJECTED = (
        403,
        "24.229 §5.4.1.2.3A, INT-07",
        "the UE finds a wrong MAC in AUTN: K or OPc differ between card and HSS",
    )
    NO_VECTOR = (500, "29.228 §6.3", "the HSS gives no authentication vector")
    HSS_UNABLE = (500, "29.228 §6.1.1.1", "the HSS is unable to comply: its subscriber store fails")
    HSS_UNREACHABLE = (480, "24.229 §5.3.1.3", "the HSS does not answer in time, or no peer leads to it")
    FIRST_HOP_LACKS_OUTBOUND = (
        439,
        "RFC 5626 §6, MGU-09",
        "outbound is required, and the UE's first hop does not keep flows apart",
    )
    INTERVAL_TOO_BRIEF = (423, "RFC 3261 §10.3", "the registration asked for is too short")
    BAD_EXTENSION = (420, "RFC 3261 §8.2.2.3", "an extension is required that is not known here")
    NOT_A_WATCHER = (
        403,
        "24.229 §5.4.2.1.1",
        "may not watch this user: neither the user, nor a P-CSCF in Path, nor an application server",
    )
    NO_SUBSCRIPTION = (481, "RFC 6665 §4.2.1.2", "no such subscription")
    BAD_EVENT = (489, "RFC 6665 §8.3.2", "no such event package")
    NO_SUCH_USER = (404, "24.229 §5.3.2.1", "no such public identity, or it is barred")
    USER_AWAY = (480, "24.229 §5.4.3.3", "the user is not registered")
    OUTSIDE_TRUST_DOMAIN = (403, "24.229 §4.4", "not for a peer outside the trust domain")
    METHOD_NOT_ALLOWED = (405, "RFC 3261 §8.2.1", "a method that this service does not know")
    # limits
    TOO_MANY_HOPS = (483, "RFC 3261 §16.3", "Max-Forwards reached zero")
    TOO_BROAD = (440, "RFC 5393 §5.3.3", "Max-Breadth leaves no branch to forward to")
    LOOP = (482, "RFC 3261 §16.3", "the request came back to us")
    OVERLOADED = (503, "RFC 3261 §21.5.4", "bounded state is full")
    FLOODED = (0, "RFC 3261 §21.5.4", "above a limit, and more of it than is answered")
    OVERSIZED = (0, "RFC 3261 §21.5.7", "larger than a message in the clear has to be")
    DRAINING = (503, "RFC 3261 §21.5.4", "this P-CSCF is about to end, and takes no new registrations")

    @property
    def status(self) -> int:
        """SIP status of the answer, 0 where nothing is answered."""
        return self.value[0]
