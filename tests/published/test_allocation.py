"""The allocation rule: worked serials, typed from the method notes' check values (salts, shares, digits, arms)."""

from fractions import Fraction

import pytest

from warrantor.terms.allocation import allotted, digits, threshold

CASES = [
    ("redmi-note-7", "490154203237518", Fraction(1, 2), "8846a220e4222", "8000000000000", 0),
    ("redmi-note-7", "490154203237526", Fraction(1, 2), "dbdf436162f3c", "8000000000000", 0),
    ("redmi-note-7", "SN-0001", Fraction(1, 3), "0184e59920f5f", "5555555555556", 1),
    ("秋季-2019", "SN-0001", Fraction(1, 3), "9dfb66394ec65", "5555555555556", 0),
    ("a b", "356938035643809", Fraction(1, 10), "ec3df6eeabdf3", "199999999999a", 0),
]


@pytest.mark.parametrize(("salt", "serial", "share", "first", "below", "arm"), CASES)
def test_worked_serials(salt, serial, share, first, below, arm):
    assert digits(salt, serial) == first
    assert threshold(share) == below
    assert allotted(salt, serial, share) == arm


@pytest.mark.parametrize("share", [Fraction(0), Fraction(1), Fraction(3, 2), 1 - Fraction(1, 16**14)])
def test_a_share_that_allots_nothing_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        threshold(share)


@pytest.mark.parametrize("share", [Fraction(1, 2), Fraction(1, 10)])
def test_the_share_comes_out(share):
    n = 20_000
    found = sum(allotted("salt", f"SN-{i:06d}", share) for i in range(n))
    assert abs(found - n * share) < 5 * float(n * share * (1 - share)) ** 0.5
