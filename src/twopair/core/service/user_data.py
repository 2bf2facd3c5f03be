"""User-Data: a subscription as an XML document, by the schema CxDataType (29.228 Annex E; 29.229 §6.3.7).

Elements that are not known are passed over, as the schema's extensions want it. What makes no sense is a
WireError: a profile that is half understood would serve a user wrongly.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial
from typing import Final, TypeVar

from twopair.base import Impi, Impu, WireError
from twopair.core.service.criteria import (
    ApplicationServer,
    DefaultHandling,
    FilterCriterion,
    Part,
    Point,
    Trigger,
)
from twopair.core.service.points import (
    AnyOf,
    CaseIs,
    HeaderLike,
    MethodIs,
    Registration,
    SessionCase,
    SessionLineLike,
    UriLike,
)
from twopair.core.service.subscription import (
    PublicIdentity,
    ServiceProfile,
    Subscription,
    check_wildcard,
    is_wildcarded,
)
from twopair.wire.elements import Element, read

_CLAUSE: Final = "29.228 Annex E"
_Value = TypeVar("_Value", bound=Enum)
_BOOLEAN: Final = {"0": False, "false": False, "1": True, "true": True}
_WILDCARDS: Final = ("WildcardedPSI", "WildcardedIMPU")
_OF_A_SERVICE: Final = ("1", "2")
"""Identity types DISTINCT_PSI and WILDCARDED_PSI; 0 is a user's, 3 a user's with a wildcard."""


def from_user_data(document: bytes) -> Subscription:
    """Read the value of the AVP User-Data.

    Raises:
        WireError: no XML, another document, or values that the schema does not have.
    """
    root = read(document, _CLAUSE)
    if root.name != "IMSSubscription":
        raise WireError("not an IMSSubscription", 0, _CLAUSE)
    profiles = tuple(map(_profile, _all(root, "ServiceProfile")))
    if not profiles:
        raise WireError("no ServiceProfile", 0, _CLAUSE)
    return Subscription(Impi(_text(root, "PrivateID")), profiles)


def to_user_data(subscription: Subscription) -> bytes:
    """The value of the AVP User-Data."""
    root = _made("IMSSubscription", [_leaf("PrivateID", subscription.impi)])
    for profile in subscription.profiles:
        identities = map(_identity_element, profile.identities)
        criteria = map(_criterion_element, profile.in_order)
        root.children.append(_made("ServiceProfile", [*identities, *criteria]))
    return root.to_bytes()


# reading


def _profile(element: Element) -> ServiceProfile:
    identities = tuple(map(_identity, _all(element, "PublicIdentity")))
    if not identities:
        raise WireError("a ServiceProfile without PublicIdentity", 0, _CLAUSE)
    return ServiceProfile(identities, tuple(map(_criterion, _all(element, "InitialFilterCriteria"))))


def _identity(element: Element) -> PublicIdentity:
    extensions = list(_extensions(element))
    wildcards = [text for one in extensions for name in _WILDCARDS if (text := _text(one, name))]
    kind = next((text for one in extensions if (text := _text(one, "IdentityType"))), "0")
    impu = wildcards[0] if wildcards else _text(element, "Identity")
    if not impu:
        raise WireError("a PublicIdentity without Identity", 0, _CLAUSE)
    _sense(lambda: check_wildcard(impu))
    return PublicIdentity(Impu(impu), _is(element, "BarringIndication"), kind in _OF_A_SERVICE)


def _criterion(element: Element) -> FilterCriterion:
    trigger = _one(element, "TriggerPoint")
    server = _one(element, "ApplicationServer")
    part = _text(element, "ProfilePartIndicator")
    if server is None:
        raise WireError("InitialFilterCriteria without ApplicationServer", 0, _CLAUSE)
    return FilterCriterion(
        _number(_text(element, "Priority")),
        _server(server),
        None if trigger is None else _trigger(trigger),
        _member(Part, part) if part else None,
    )


def _server(element: Element) -> ApplicationServer:
    uri = _text(element, "ServerName")
    if not uri:
        raise WireError("an ApplicationServer without ServerName", 0, _CLAUSE)
    inside = {child.name for one in _extensions(element) for child in one.children}
    return ApplicationServer(
        uri,
        _member(DefaultHandling, _text(element, "DefaultHandling") or "0"),
        _text(element, "ServiceInfo"),
        "IncludeRegisterRequest" in inside,
        "IncludeRegisterResponse" in inside,
    )


def _trigger(element: Element) -> Trigger:
    points = tuple(map(_point, _all(element, "SPT")))
    return _sense(lambda: Trigger(points, _is(element, "ConditionTypeCNF")))


def _point(element: Element) -> Point:
    groups = tuple(_number(group.text.strip()) for group in _all(element, "Group"))
    return Point(_test(element), groups, _is(element, "ConditionNegated"))


def _test(element: Element) -> AnyOf:
    for child in element.children:
        reader = _TESTS.get(child.name)
        if reader is not None:
            return _sense(partial(reader, child, element))
    raise WireError("an SPT that asks for nothing known", 0, _CLAUSE)


def _method(child: Element, spt: Element) -> AnyOf:
    kinds = [kind for one in _extensions(spt) for kind in _all(one, "RegistrationType")]
    return MethodIs(child.text.strip(), tuple(_member(Registration, kind.text.strip()) for kind in kinds))


_TESTS: Final[dict[str, Callable[[Element, Element], AnyOf]]] = {
    "RequestURI": lambda child, _spt: UriLike(child.text.strip()),
    "Method": _method,
    "SIPHeader": lambda child, _spt: HeaderLike(_text(child, "Header"), _content(child)),
    "SessionCase": lambda child, _spt: CaseIs(_member(SessionCase, child.text.strip())),
    "SessionDescription": lambda child, _spt: SessionLineLike(_text(child, "Line"), _content(child)),
}
"""What a service point asks for, by the element that says it."""


def _content(element: Element) -> str | None:
    return None if _one(element, "Content") is None else _text(element, "Content")


def _all(element: Element, name: str) -> list[Element]:
    return [child for child in element.children if child.name == name]


def _one(element: Element, name: str) -> Element | None:
    return next(iter(_all(element, name)), None)


def _text(element: Element, name: str) -> str:
    found = _one(element, name)
    return "" if found is None else found.text.strip()


def _extensions(element: Element) -> Iterable[Element]:
    """The elements `Extension`, which later releases put into each other."""
    for one in _all(element, "Extension"):
        yield one
        yield from _extensions(one)


def _is(element: Element, name: str) -> bool:
    said = _text(element, name) or "0"
    if said not in _BOOLEAN:
        raise WireError(f"{name} is neither true nor false", 0, _CLAUSE)
    return _BOOLEAN[said]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise WireError("a number is expected", 0, _CLAUSE)
    return int(text)


def _member(kind: type[_Value], text: str) -> _Value:
    return _sense(lambda: kind(_number(text)))


_Read = TypeVar("_Read")


def _sense(make: Callable[[], _Read]) -> _Read:
    """What is made of a document, where that can be."""
    try:
        return make()
    except ValueError as error:
        raise WireError(str(error), 0, _CLAUSE) from None


# writing


def _made(name: str, children: list[Element]) -> Element:
    return Element("", name, children=children)


def _leaf(name: str, text: object) -> Element:
    return Element("", name, text=str(text))


def _flag(name: str, *, yes: bool) -> Element:
    return _leaf(name, int(yes))


def _identity_element(one: PublicIdentity) -> Element:
    wildcarded = is_wildcarded(one.impu)
    kind = {(False, True): 1, (True, True): 2, (True, False): 3}.get((wildcarded, one.service))
    inside = [_flag("BarringIndication", yes=one.barred), _leaf("Identity", one.impu)]
    if kind is not None:
        more = [_leaf("IdentityType", kind)]
        if kind == 2:
            more.append(_leaf("WildcardedPSI", one.impu))
        if kind == 3:
            further = _made("Extension", [_leaf("WildcardedIMPU", one.impu)])
            more.append(_made("Extension", [further]))
        inside.append(_made("Extension", more))
    return _made("PublicIdentity", inside)


def _criterion_element(criterion: FilterCriterion) -> Element:
    server = criterion.server
    children = [_leaf("Priority", criterion.priority)]
    if criterion.trigger is not None:
        points = map(_point_element, criterion.trigger.points)
        children.append(
            _made("TriggerPoint", [_flag("ConditionTypeCNF", yes=criterion.trigger.cnf), *points])
        )
    inside = [_leaf("ServerName", server.uri), _leaf("DefaultHandling", server.handling.value)]
    if server.service_info:
        inside.append(_leaf("ServiceInfo", server.service_info))
    flags = (
        ("IncludeRegisterRequest", server.with_request),
        ("IncludeRegisterResponse", server.with_response),
    )
    if told := [_leaf(name, "") for name, yes in flags if yes]:
        inside.append(_made("Extension", told))
    children.append(_made("ApplicationServer", inside))
    if criterion.part is not None:
        children.append(_leaf("ProfilePartIndicator", criterion.part.value))
    return _made("InitialFilterCriteria", children)


def _point_element(point: Point) -> Element:
    children = [_flag("ConditionNegated", yes=point.negated)]
    children += [_leaf("Group", number) for number in point.groups]
    return _made("SPT", children + _test_elements(point.test))


def _test_elements(test: AnyOf) -> list[Element]:
    match test:
        case MethodIs(method, registrations):
            kinds = [_leaf("RegistrationType", kind.value) for kind in registrations]
            return [_leaf("Method", method), *([_made("Extension", kinds)] if kinds else [])]
        case UriLike(pattern):
            return [_leaf("RequestURI", pattern)]
        case HeaderLike(name, content):
            return [_made("SIPHeader", [_leaf("Header", name), *_content_element(content)])]
        case CaseIs(case):
            return [_leaf("SessionCase", case.value)]
        case SessionLineLike(line, content):
            return [_made("SessionDescription", [_leaf("Line", line), *_content_element(content)])]


def _content_element(content: str | None) -> list[Element]:
    return [] if content is None else [_leaf("Content", content)]
