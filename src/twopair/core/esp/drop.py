"""Every reason for which a packet is dropped in silence (ERR-32)."""

from twopair.base import Reason


class Drop(Reason):
    """A packet was dropped below SIP, without any answer. The value is (clause, words).

    Counters carry the member's name, and a test of that name reaches it.
    """

    # what came as ESP
    UNKNOWN_SPI = ("RFC 4303 §3.4.2, UNP-07", "no SA for this destination and SPI")
    REFLECTED = ("33.203 §7.1, SA-15, SA-16", "our own ESP packet, sent back to us")
    BAD_ICV = ("RFC 4303 §3.4.4, ERR-07", "the integrity check value is wrong")
    REPLAYED = ("RFC 4303 §3.4.3, SA-06", "the sequence number was seen, or is older than the window")
    BAD_PADDING = ("RFC 4303 §2.4, KEY-09", "padding or pad length is wrong")
    DUMMY = ("33.203 §6.2, SA-04", "a dummy packet (next header 59)")
    SELECTOR = ("RFC 4301 §5.2, SA-10", "what was inside is not what this SA protects")
    MALFORMED_ESP = ("RFC 4303 §2", "too short, or not whole cipher blocks")
    # what came, or would have left, in the clear
    CLEAR_TO_PROTECTED = ("33.203 §7.1, SA-21", "clear text to a protected port")
    CLEAR_FROM_PROTECTED = ("33.203 §7.1, SA-21", "a protected port would have sent clear text")
    ICMP = ("RFC 4301 §6, UNP-06", "an unprotected ICMP message about a protected flow")
    FRAGMENT = ("RFC 4301 §7.4, SA-21", "a fragment without ports on a protected address")
    # what cannot be carried
    SEQUENCE_EXHAUSTED = ("RFC 4303 §3.3.3, SA-07", "the sequence number would wrap")
    TOO_LARGE = ("RFC 791 §3.1", "with ESP the packet would exceed 65535 octets")
    REASSEMBLY = ("RFC 5722 §4, RFC 8200 §4.5", "fragments that overlap, or are not completed in time")
    MALFORMED_IP = ("RFC 791 §3.1, RFC 8200 §3", "not an IP packet")
