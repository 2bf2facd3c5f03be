"""What a P-CSCF bounds, by name: the same words in pcscf.toml, in facts, counters and explanations."""

from twopair.base.reason import Reason


class Limit(Reason):
    """A bound of what peers can make a P-CSCF do or keep. The value is (clause, words).

    `Refused` names it in its detail, by `word`; its key in pcscf.toml is `limits.` and that word.
    """

    REGISTER_RATE = ("RFC 3261 §21.5.4", "REGISTER requests a second in the clear, of all UEs")
    REGISTER_RATE_PER_SOURCE = ("RFC 3261 §21.5.4", "REGISTER requests a second in the clear, of one source")
    PENDING_REGISTERS = ("RFC 3261 §21.5.4", "REGISTER requests that the core has not answered yet")
    TEMPORARY_SETS = ("33.203 §7.3.1.4, UNP-05", "open challenges to UEs that came in the clear")
    TEMPORARY_SETS_PER_SOURCE = ("33.203 §7.3.1.4, UNP-05", "open challenges in the clear to one source")
    REGISTRATIONS_PER_SOURCE = ("33.203 §7.1, SA-22", "registrations from one source")
    CONNECTIONS = ("RFC 3261 §18", "TCP connections in the clear, of all UEs")
    CONNECTIONS_PER_SOURCE = ("RFC 3261 §18", "TCP connections in the clear from one source")
    TRANSACTIONS = ("RFC 3261 §17.2", "SIP transactions at a time")
    SESSIONS = ("24.229 §5.2.6, PCS-15", "sessions at a time, with those that are being set up")
    RESOLVING = ("RFC 3263 §4", "requests that wait for a name to be resolved")
    CLEAR_MESSAGE_OCTETS = ("RFC 3261 §21.5.7", "octets of one message in the clear")

    @property
    def word(self) -> str:
        """``register_rate``: the detail of a refusal, and what the limit is called in a metric."""
        return self.name.lower()
