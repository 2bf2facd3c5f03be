"""The words everything else is said in: identities, ports, flows, time, secrets, refusals."""

from twopair.base.entropy import Entropy, token
from twopair.base.errors import IllegalStep, WireError
from twopair.base.flow import Endpoint, Flow, Port, Spi, Transport, canonical_address
from twopair.base.identity import Impi, Impu, home_domain, impi_from_imsi, impu_from_imsi
from twopair.base.io import (
    CONNECT_WITHIN,
    REFUSED_FOR,
    Bind,
    CloseStream,
    OpenStream,
    Received,
    Send,
    StreamClosed,
    StreamOpened,
    Unbind,
    Unreachable,
    Woke,
)
from twopair.base.limit import Limit
from twopair.base.micros import SECOND, Micros, seconds
from twopair.base.reason import Reason
from twopair.base.refusal import Refusal
from twopair.base.report import Refused, Report
from twopair.base.secret import Secret
from twopair.base.suite import DEFAULT_SUITES, STATUS, Suite

__all__ = [
    "CONNECT_WITHIN",
    "DEFAULT_SUITES",
    "REFUSED_FOR",
    "SECOND",
    "STATUS",
    "Bind",
    "CloseStream",
    "Endpoint",
    "Entropy",
    "Flow",
    "IllegalStep",
    "Impi",
    "Impu",
    "Limit",
    "Micros",
    "OpenStream",
    "Port",
    "Reason",
    "Received",
    "Refusal",
    "Refused",
    "Report",
    "Secret",
    "Send",
    "Spi",
    "StreamClosed",
    "StreamOpened",
    "Suite",
    "Transport",
    "Unbind",
    "Unreachable",
    "WireError",
    "Woke",
    "canonical_address",
    "home_domain",
    "impi_from_imsi",
    "impu_from_imsi",
    "seconds",
    "token",
]
