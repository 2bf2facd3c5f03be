"""What every Diameter application has in common: names of AVPs, commands and result codes (RFC 6733)."""

from typing import Any, Final

from diameter.message import constants as known

from twopair.live.diameter.local import Application, Local
from twopair.live.diameter.message import Message, Name, avp, first, group, number, number_of

SESSION_ID: Final[Name] = (known.AVP_SESSION_ID, 0)
ORIGIN_HOST: Final[Name] = (known.AVP_ORIGIN_HOST, 0)
ORIGIN_REALM: Final[Name] = (known.AVP_ORIGIN_REALM, 0)
ORIGIN_STATE_ID: Final[Name] = (known.AVP_ORIGIN_STATE_ID, 0)
DESTINATION_HOST: Final[Name] = (known.AVP_DESTINATION_HOST, 0)
DESTINATION_REALM: Final[Name] = (known.AVP_DESTINATION_REALM, 0)
HOST_IP_ADDRESS: Final[Name] = (known.AVP_HOST_IP_ADDRESS, 0)
VENDOR_ID: Final[Name] = (known.AVP_VENDOR_ID, 0)
PRODUCT_NAME: Final[Name] = (known.AVP_PRODUCT_NAME, 0)
SUPPORTED_VENDOR_ID: Final[Name] = (known.AVP_SUPPORTED_VENDOR_ID, 0)
AUTH_APPLICATION_ID: Final[Name] = (known.AVP_AUTH_APPLICATION_ID, 0)
VENDOR_SPECIFIC_APPLICATION_ID: Final[Name] = (known.AVP_VENDOR_SPECIFIC_APPLICATION_ID, 0)
AUTH_SESSION_STATE: Final[Name] = (known.AVP_AUTH_SESSION_STATE, 0)
RESULT_CODE: Final[Name] = (known.AVP_RESULT_CODE, 0)
EXPERIMENTAL_RESULT: Final[Name] = (known.AVP_EXPERIMENTAL_RESULT, 0)
EXPERIMENTAL_RESULT_CODE: Final[Name] = (known.AVP_EXPERIMENTAL_RESULT_CODE, 0)
PROXY_INFO: Final[Name] = (known.AVP_PROXY_INFO, 0)
ROUTE_RECORD: Final[Name] = (known.AVP_ROUTE_RECORD, 0)
DISCONNECT_CAUSE: Final[Name] = (known.AVP_DISCONNECT_CAUSE, 0)
USER_NAME: Final[Name] = (known.AVP_USER_NAME, 0)

CAPABILITIES_EXCHANGE: Final[int] = known.CMD_CAPABILITIES_EXCHANGE
DEVICE_WATCHDOG: Final[int] = known.CMD_DEVICE_WATCHDOG
DISCONNECT_PEER: Final[int] = known.CMD_DISCONNECT_PEER

SUCCESS: Final = 2001
COMMAND_UNSUPPORTED: Final = 3001
UNABLE_TO_DELIVER: Final = 3002
TOO_BUSY: Final = 3004
APPLICATION_UNSUPPORTED: Final = 3007
UNKNOWN_PEER: Final = 3010
ELECTION_LOST: Final = 4003
AVP_UNSUPPORTED: Final = 5001
MISSING_AVP: Final = 5005
NO_COMMON_APPLICATION: Final = 5010
UNABLE_TO_COMPLY: Final = 5012
INVALID_AVP_LENGTH: Final = 5014

NO_STATE_MAINTAINED: Final = 1
RELAY: Final = 0xFFFFFFFF
"""The Application-Id of agents, which carry every application."""


def named(application: Application) -> Any:
    """Vendor-Specific-Application-Id (RFC 6733 §6.11)."""
    inner = [avp(VENDOR_ID, application.vendor), avp(AUTH_APPLICATION_ID, application.id)]
    return avp(VENDOR_SPECIFIC_APPLICATION_ID, inner)


def origin(local: Local) -> list[Any]:
    """Origin-Host and Origin-Realm."""
    host, realm = local.host.encode(), local.realm.encode()
    return [avp(ORIGIN_HOST, host), avp(ORIGIN_REALM, realm)]


def is_protocol_error(code: int) -> bool:
    """Whether a result sets the E bit (RFC 6733 §7.1.3)."""
    return 3000 <= code < 4000


def result_of(answer: Message) -> tuple[int, bool]:
    """The result of an answer, and whether it is experimental. Raises WireError where there is none."""
    found = first(answer.avps, EXPERIMENTAL_RESULT)
    if found is not None and first(answer.avps, RESULT_CODE) is None:
        return number_of(group(found), EXPERIMENTAL_RESULT_CODE), True
    return number_of(answer.avps, RESULT_CODE), False


def applications_of(avps: Any) -> frozenset[int]:
    """The applications that a CER or CEA names. Raises WireError."""
    ids = [number(one) for one in avps if (one.code, one.vendor_id) == AUTH_APPLICATION_ID]
    for one in avps:
        if (one.code, one.vendor_id) == VENDOR_SPECIFIC_APPLICATION_ID:
            inner = first(group(one), AUTH_APPLICATION_ID)
            if inner is not None:
                ids.append(number(inner))
    return frozenset(ids)
