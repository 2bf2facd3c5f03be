"""[[service]] of home.toml (29.228 Annex B)."""

from pathlib import Path

import pytest

from twopair.core.service import (
    ApplicationServer,
    CaseIs,
    DefaultHandling,
    FilterCriterion,
    HeaderLike,
    MethodIs,
    Part,
    Point,
    Registration,
    SessionCase,
    SessionLineLike,
    Trigger,
    UriLike,
)
from twopair.live.config import ConfigError, HomeFile, read

LAB = Path(__file__).parents[4] / "examples/lab"
SERVICE = """
[[service]]
name = "mmtel"
server = "sip:10.20.0.9:5070"
priority = 10
default_handling = "terminated"
service_info = "for all"
include = ["request", "response"]
form = "dnf"
part = "registered"
[[service.point]]
method = "REGISTER"
registration = ["initial", "ends"]
[[service.point]]
groups = [1]
case = "terminating_registered"
[[service.point]]
groups = [1, 2]
negated = true
uri = "^tel:"
[[service.point]]
groups = [2]
header = "Event"
content = "presence"
[[service.point]]
groups = [2]
line = "m"
[[service]]
name = "mmtel"
server = "sip:10.20.0.9:5070"
priority = 11
"""


def home(folder: Path, more: str) -> HomeFile:
    file = folder / "home.toml"
    file.write_text((LAB / "home.toml").read_text() + more)
    return read(file, HomeFile)


def test_all_of_it_is_told_to_the_node(tmp_path: Path) -> None:
    server = ApplicationServer("sip:10.20.0.9:5070", DefaultHandling.TERMINATED, "for all", True, True)
    points = (
        Point(MethodIs("REGISTER", (Registration.INITIAL, Registration.ENDS))),
        Point(CaseIs(SessionCase.TERMINATING_REGISTERED), (1,)),
        Point(UriLike("^tel:"), (1, 2), negated=True),
        Point(HeaderLike("Event", "presence"), (2,)),
        Point(SessionLineLike("m"), (2,)),
    )
    first = FilterCriterion(10, server, Trigger(points, cnf=False), Part.REGISTERED)
    second = FilterCriterion(11, ApplicationServer("sip:10.20.0.9:5070"))
    assert home(tmp_path, SERVICE).config().services == (("mmtel", (first, second)),)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('server = "sip:as.example"', 'service[1].server = "sip:as.example": is no SIP URI with an address'),
        ('server = "10.0.0.9"', "is no SIP URI with an address; give one such as sip:10.20.0.9:5070"),
        ('server = "sip:10.0.0.9"\n[[service.point]]', "asks for 0 things; give one of method, uri"),
        (
            'server = "sip:10.0.0.9"\n[[service.point]]\nmethod = "INVITE"\nuri = "a"',
            "asks for 2 things; give one of method, uri, header, case, line",
        ),
        (
            'server = "sip:10.0.0.9"\n[[service.point]]\nmethod = "INVITE"\ncontent = "a"',
            "has content; give it beside header or line",
        ),
        (
            'server = "sip:10.0.0.9"\n[[service.point]]\nmethod = "INVITE"\nregistration = ["ends"]',
            'has registration; give it beside method = "REGISTER"',
        ),
        ('server = "sip:10.0.0.9"\n[[service.point]]\nuri = "("', "is no regular expression"),
    ],
)
def test_what_is_wrong_with_it(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        home(tmp_path, f'[[service]]\nname = "a"\n{more}\n')
    (line,) = error.value.lines
    assert words in line


SUBSCRIBER = """
[[subscriber]]
imsi = "001010000000077"
k = "465b5ce8b199b49faa5f0a2ee238a6bc"
opc = "cd63cb71954a9f4e48a5994e37a02baf"
aliases = ["sip:x@home", "tel:+49301"]
"""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('services = ["poc"]', 'services[1] = "poc": is no service; give the name of a [[service]]'),
        ('barred = ["sip:y@home"]', "sip:y@home is barred, and none of its identities; give one of those"),
        ('barred = ["sip:x@home", "tel:+49301"]', "at least one IMPU that is not barred"),
    ],
)
def test_what_is_wrong_with_who_has_it(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        home(tmp_path, SUBSCRIBER + more + "\n")
    (line,) = error.value.lines
    assert words in line


def test_a_subscription_shares_identities(tmp_path: Path) -> None:
    """23.228 §4.3.3.4."""
    other = SUBSCRIBER.replace("077", "078")
    with pytest.raises(ConfigError, match="belongs to two subscribers"):
        home(tmp_path, SUBSCRIBER + other)
    shared = 'subscription = "smith"\n'
    one, two = home(tmp_path, SUBSCRIBER + shared + other + shared).subscribers()[-2:]
    assert one.associated == two.associated
