"""The limits by themselves: windows, the door and its eye on walkers, wrong passwords, where a request comes from."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from starlette.datastructures import Headers

from warrantor.web.counter import Counter
from warrantor.web.limits import HOUR, Door, block_of, network_of, place_of
from warrantor.web.tries import QUARTER, Tries
from warrantor.web.windows import Limit, Windows

IMEI = "356938035643809"


class Clock:
    def __init__(self):
        self.at = datetime(2026, 11, 23, 9, tzinfo=UTC)

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told():
    return []


@pytest.fixture
def door(clock, told):
    return Door(clock, b"k" * 32, lambda walk: told.append(walk) is None)


def missed(door, address, serial):
    """A look-up with a wrong month: whether it passed."""
    return door.asks(address, serial) is None


def hit(door, address, serial):
    """A look-up with the right month: whether it passed."""
    passed = door.asks(address, serial) is None
    if passed:
        door.hit(serial)
    return passed


def test_a_window_slides(clock):
    windows, limit = Windows(clock), Limit("a", 2, HOUR)
    assert [windows.take(limit) for _ in range(3)] == [None, None, 3600.0]
    clock.at += timedelta(hours=1, seconds=1)
    assert windows.take(limit) is None


def test_what_is_refused_by_one_limit_counts_under_none(clock):
    windows = Windows(clock)
    few, many = Limit("few", 1, HOUR), Limit("many", 9, HOUR)
    assert [windows.take(many, few) is None for _ in range(5)] == [True] + [False] * 4
    assert windows.count("many", HOUR) == 1
    assert windows.take(many, many=9) is not None, "nor a part of a batch"
    assert windows.take(many, many=8) is None


def test_what_came_close_together_is_kept_as_one_and_forgotten_no_sooner(clock):
    windows, limit = Windows(clock), Limit("a", 5000, HOUR)
    began = clock.at
    for _ in range(5000):
        clock.at += timedelta(seconds=0.36)
        assert windows.take(limit) is None
    assert len(windows._seen["a"].spells) <= 101
    clock.at = began + HOUR
    assert windows.take(limit) is not None
    assert windows.count("a", HOUR) == 5000


def test_memory_is_bounded_and_never_built_anew(clock):
    windows = Windows(clock, most_keys=1000)
    held = windows._seen
    for n in range(5000):
        assert windows.take(Limit(str(n), 1, HOUR)) is None
    assert len(windows) == 1000
    assert windows._seen is held, "no request waits while all keys are copied"
    assert windows.take(Limit("4999", 1, HOUR)) is not None
    assert windows.count("nobody", HOUR) == 0
    assert "nobody" not in held, "who only looks makes no key"
    clock.at += timedelta(hours=2)
    for n in range(1000):
        windows.take(Limit(f"later {n}", 1, HOUR))
    assert len(windows) == 1000


def test_a_network_makes_no_more_keys_than_it_has_look_ups(door):
    passed = sum(missed(door, f"2001:db8:1:{n:x}::1", f"S-{n % 500:05d}-{n:05d}") for n in range(2000))
    assert passed == 100
    assert len(door.callers) == 101
    assert len(door.serials) <= 100


def test_one_address_that_hammers_does_not_use_up_its_network(door):
    assert sum(hit(door, "192.0.2.1", f"{n:05d}-{n:05d}") for n in range(300)) == 10
    assert hit(door, "192.0.2.2", "A-00000")


def test_a_network_is_worth_a_hundred_look_ups_a_day(clock, door):
    passed = 0
    for n in range(300):
        clock.at += timedelta(minutes=1)
        passed += missed(door, f"192.0.2.{n % 200}", f"{n:05d}-{n:05d}")
    assert passed == 100


@pytest.mark.parametrize("spellings", [
    ("490154203237518", "49-015420-323751-8", "49015420323751", "4901542032375101", " 490154203237518 "),
    ("ab-12-xyz-9", "AB-12-XYZ-9", " Ab-12-xyz-9", "ab-12-XYZ-9 ", "AB-12-xyz-9")])
def test_the_second_factor_cannot_be_tried_out_however_the_serial_is_typed(door, spellings):
    passed = [missed(door, f"10.{n}.0.1", spelling) for n, spelling in enumerate(spellings)]
    assert passed == [True] * 3 + [False] * 2
    assert len({block_of(door.key, spelling) for spelling in spellings}) == 1


def test_a_try_of_the_second_factor_is_taken_before_it_is_answered(door):
    """Fifty at once: none of them is answered yet when the next one asks."""
    assert sum(door.asks(f"10.{n}.0.1", IMEI) is None for n in range(50)) == 3


def test_who_knows_the_month_asks_as_often_as_they_like(door):
    assert all(hit(door, f"10.{n}.0.1", IMEI) for n in range(50))


def test_who_knows_the_month_of_a_lot_is_seen(clock, door, told):
    """37 units one after another, each from a new address, each with its right month."""
    for n in range(37):
        clock.at += timedelta(seconds=30)
        assert hit(door, f"10.{n}.0.1", f"3569380356{n:05d}")
    assert len(told) == 1
    assert (told[0].serials, told[0].networks, told[0].addresses) == (20, 20, 20)
    assert told[0].last - told[0].first == timedelta(seconds=30 * 19)
    assert told[0].block == block_of(door.key, IMEI)
    clock.at += timedelta(hours=1)
    for n in range(37, 60):
        hit(door, f"10.{n}.0.1", f"3569380356{n:05d}")
    assert len(told) == 2, "an hour later it is told again"


def test_an_alarm_that_could_not_be_told_is_told_later(clock):
    told = []
    door = Door(clock, b"k" * 32, lambda walk: told.append(walk) is not None)
    for n in range(22):
        hit(door, f"10.{n}.0.1", f"3569380356{n:05d}")
    assert len(told) == 3


def test_a_shop_that_looks_a_few_neighbours_up_again_and_again_passes(door, told):
    for n in range(10):
        assert hit(door, "192.0.2.7", f"3569380356{n:05d}")
    for n in range(10):
        assert hit(door, "192.0.2.8", f"3569380356{n:05d}"), "asked again, a serial is no new one"
    assert told == []


def test_who_walks_is_closed_out_and_nobody_else(door, told):
    """Twenty and more misses from addresses of one network: it alone is refused, and told of."""
    passed = sum(missed(door, f"192.0.2.{n // 5}", f"3569380356{n:05d}") for n in range(40))
    assert passed == 10
    assert len(told) == 1
    assert told[0].busiest == ("192.0.2.0/24",)
    assert not missed(door, "192.0.2.99", "356938035600099")
    assert hit(door, "198.51.100.1", "356938035600099")
    assert hit(door, "192.0.2.99", "356938099900099"), "nor is another block closed to it"


def test_a_block_walked_by_many_networks_is_closed_to_all_but_who_asked_before(clock, door, told):
    passed = 0
    for n in range(10_000):
        passed += missed(door, f"10.{n // 250}.{n % 250}.7", f"3569380356{n:05d}")
    assert passed == 60
    assert len(told) == 1
    assert not hit(door, "198.51.100.1", "356938035699999")
    assert hit(door, "10.0.3.7", "356938035600003")
    clock.at += HOUR
    assert hit(door, "198.51.100.1", "356938035699999")


def test_few_networks_close_no_block_for_others(door):
    passed = sum(missed(door, f"10.0.{n % 19}.{n // 19}", f"3569380356{n:05d}") for n in range(1000))
    assert passed == 190, "ten for each of nineteen networks"
    assert hit(door, "198.51.100.1", "356938035699999")


def test_short_serials_do_not_share_one_block(door):
    for n in range(60):
        missed(door, f"10.0.{n}.1", f"A{n:04d}")
    assert not hit(door, "198.51.100.1", "A0099")
    for other in ("B0001", "C7", "X", "A00010", "TV-1"):
        assert hit(door, "198.51.100.1", other), other


def test_what_is_remembered_of_walks_is_bounded(door):
    door.walks.most = 50
    for n in range(500):
        missed(door, f"10.0.{n // 250}.{n % 250}", f"{n:05d}-00001")
    assert len(door.walks._order) <= 50
    assert len(door.walks._blocks) <= 50


def guessed(tries, address, name="ana", *, known=False):
    """A wrong password: whether it was allowed to be proved."""
    return tries.windows.take(*tries.limits(address, name, known=known)) is None


def test_a_name_is_guessed_so_often_by_strangers_and_no_more(clock):
    tries, passed, began = Tries(Windows(clock)), 0, clock.at
    for n in range(60_000):
        clock.at = began + n * HOUR / 60_000
        passed += guessed(tries, f"10.{n // 250 % 250}.{n % 250}.{n // 62_500}")
    assert passed == 400
    assert guessed(tries, "192.0.2.7", known=True), "its owner comes from where they always do"
    assert guessed(tries, "192.0.2.7", "li"), "and another name is another name"


def test_few_networks_shut_no_stranger_without_wrong_tries_out(clock):
    tries = Tries(Windows(clock))
    for _ in range(4):
        for n in range(600):
            guessed(tries, f"10.0.{n % 12}.{n // 12}")
        clock.at += QUARTER - timedelta(minutes=2)
    assert tries.windows.count("name:ana", HOUR) == 100
    assert not guessed(tries, "10.0.3.200"), "a network that tried it out waits, whatever the address"
    assert guessed(tries, "198.51.100.1"), "the first right password from a new place passes"
    assert not guessed(tries, "198.51.100.1")


def test_a_place_that_is_known_is_held_to_its_own_wrong_tries_alone(clock):
    tries = Tries(Windows(clock))
    for n in range(50):
        assert guessed(tries, "192.0.2.7", f"name {n}")
    assert not guessed(tries, "192.0.2.7", "one more")
    assert [guessed(tries, "192.0.2.7", known=True) for _ in range(11)] == [True] * 10 + [False]


def test_an_ipv6_customer_is_one_place():
    assert place_of("2001:db8:1:2::5") == place_of("2001:db8:1:2:ffff::1") != place_of("2001:db8:1:3::5")
    assert network_of("fe80::1%eth0") == "fe80::/48"


@pytest.mark.parametrize(("peer", "lines", "found"), [
    ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
    ("127.0.0.1", ["198.51.100.66, 203.0.113.9"], "203.0.113.9"),
    ("127.0.0.1", ["198.51.100.66", "203.0.113.9"], "203.0.113.9"),
    ("127.0.0.1", ["198.51.100.66", "unknown"], "127.0.0.1"),
    ("127.0.0.1", ["203.0.113.9,"], "127.0.0.1"),
    ("127.0.0.1", [], "127.0.0.1"),
    ("::ffff:192.0.2.7", [], "192.0.2.7"),
    ("::1", ["::ffff:203.0.113.9"], "203.0.113.9"),
    ("testclient", [], "testclient"),
])
def test_the_caller_is_whom_the_proxy_names_last(peer, lines, found):
    request = SimpleNamespace(client=SimpleNamespace(host=peer), headers=Headers(
        raw=[(b"x-forwarded-for", line.encode()) for line in lines]))
    behind = SimpleNamespace(settings=SimpleNamespace(trusted_proxy=True))
    assert Counter.address(behind, request) == found


def test_mapped_peers_are_in_their_own_networks():
    assert network_of("::ffff:192.0.2.7") == "192.0.2.0/24" != network_of("::ffff:198.51.100.7")
