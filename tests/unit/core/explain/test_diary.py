"""Diaries are bounded in every direction, and found by every name."""

from twopair.base import Limit, Micros, Refusal, seconds
from twopair.core.explain import By, Diaries, Diary, Dismissed, Entry, Left
from twopair.core.explain.diary import A_DAY, LINES

NOW = Micros(10 * A_DAY)


def line(at: int = NOW) -> Entry:
    return Entry(Micros(at), Left(By.USER, "by the user"))


def write(diaries: Diaries, name: str, at: int = NOW, *, confirmed: bool = False) -> None:
    diaries.of_ue(name, Micros(at), confirmed=confirmed).write(line(at))


def names(diaries: Diaries, who: str, address: str = "") -> list[str]:
    return [diary.name for diary in diaries.find(who, address)]


def test_a_diary_has_the_last_lines() -> None:
    diaries = Diaries()
    for number in range(LINES + 7):
        write(diaries, "a@h", NOW + number)
    lines = diaries.find("a@h")[0].since(NOW)
    assert [entry.at - NOW for entry in lines] == list(range(7, LINES + 7))
    assert len(diaries.find("a@h")[0].since(Micros(NOW + LINES))) == 7


def test_a_day_later_it_is_gone() -> None:
    diaries = Diaries()
    write(diaries, "a@h", confirmed=True)
    write(diaries, "b@h")
    diaries.of_address("10.0.0.1", NOW).write(line())
    write(diaries, "c@h", NOW + A_DAY)
    assert len(diaries) == 4
    write(diaries, "c@h", NOW + A_DAY + seconds(1))
    assert len(diaries) == 1


def test_strangers_drive_out_strangers_alone() -> None:
    diaries = Diaries(most=lambda: 3)
    write(diaries, "known@h")
    write(diaries, "known@h", confirmed=True)
    for number in range(50):
        write(diaries, f"{number}@h")
        diaries.of_address(f"10.0.0.{number}", NOW).write(line())
    assert len(diaries) == 1 + 3 + 3
    assert len(diaries.find("known@h")[0].lines) == 2
    assert names(diaries, "0@h") == []
    assert names(diaries, "49@h") == ["49@h"]
    write(diaries, "known@h")
    assert len(diaries) == 7


def test_found_by_every_name() -> None:
    diaries = Diaries()
    for name, address in (("a@h", "10.0.0.1"), ("b@h", "10.0.0.1"), ("c@h", "10.0.0.2")):
        at = Micros(NOW + ord(name[0]))
        diaries.of_ue(name, at).know(address=address, impus=(f"sip:{name}", "tel:+1"))
    diaries.of_address("10.0.0.1", NOW).write(line())
    assert names(diaries, "sip:a@H") == ["a@h"]
    assert names(diaries, "tel:+1") == ["c@h", "b@h", "a@h"]
    assert names(diaries, "", "10.0.0.1") == ["b@h", "a@h", "10.0.0.1"]
    assert names(diaries, "", "10.0.0.3") == []
    assert names(diaries, "d@h") == []


def test_names_of_one_ue_are_bounded() -> None:
    diaries = Diaries()
    for number in range(100):
        diaries.of_ue("a@h", NOW).know(address=f"10.0.0.{number}", impus=(f"sip:{number}@h",))
    (diary,) = diaries.find("a@h")
    assert len(diary.addresses) == len(diary.impus) == 8
    assert list(diary.addresses)[-1] == "10.0.0.99"


def test_a_flood_of_one_kind_is_one_line_with_its_number() -> None:
    """What stood there before stays, and so does the other kind."""
    diary = Diary("10.0.0.1", NOW)
    diary.write(line())
    too_much = Dismissed(Refusal.FLOODED, "10.0.0.1", Limit.REGISTER_RATE.word)
    for number in range(500):
        diary.write(Entry(Micros(NOW + number), too_much))
    diary.write(Entry(NOW, Dismissed(Refusal.OVERLOADED, "10.0.0.1", Limit.REGISTER_RATE.word)))
    diary.write(Entry(NOW, too_much))
    assert [getattr(entry.what, "times", 0) for entry in diary.lines] == [0, 500, 1, 1]
    assert diary.lines[1].at == NOW + 499


def test_how_many_are_kept_may_change() -> None:
    """Limit of diaries: after a SIGHUP the next one that is opened drives the others out."""
    most = 5
    diaries = Diaries(lambda: most)
    for number in range(5):
        write(diaries, f"{number}@h")
    most = 2
    write(diaries, "5@h")
    assert len(diaries) == 2
    assert names(diaries, "4@h") == ["4@h"]
