"""Laws of the waist: addition, order, and one likelihood in two forms."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from warrantor.tally import COUNTS, Tally

life = st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(1, 40), st.booleans())
rows = st.lists(life, min_size=1, max_size=60)


def from_lives(lives):
    """Build a tally from (stratum, entry, time lived, claimed) one unit a row."""
    s = np.array([x[0] for x in lives])
    entry = np.array([float(x[1]) for x in lives])
    leave = entry + np.array([float(x[2]) for x in lives])
    claimed = np.array([float(x[3]) for x in lives])
    blank = np.zeros(len(lives))
    return Tally.of(by=("lot",), strata=tuple((str(i),) for i in range(4)), stratum=np.concatenate((s, s)),
                    age=np.concatenate((entry, leave)), entered=np.concatenate((blank + 1, blank)),
                    claimed=np.concatenate((blank, claimed)), open=np.concatenate((blank, 1 - claimed)))


def same(one, other):
    def cells(t):
        return {(t.strata[s], a): tuple(getattr(t, c)[i] for c in COUNTS[:5])
                for i, (s, a) in enumerate(zip(t.stratum, t.age, strict=True))}
    return cells(one) == cells(other)


@given(rows, rows)
def test_the_tally_of_a_union_is_the_sum_of_the_tallies(one, other):
    assert same(from_lives(one) + from_lives(other), from_lives(one + other))


@given(rows, st.randoms())
def test_the_order_of_units_changes_nothing(lives, random):
    shuffled = lives.copy()
    random.shuffle(shuffled)
    assert same(from_lives(lives), from_lives(shuffled))


@given(rows)
def test_the_risk_set_counts_who_was_there(lives):
    t = from_lives(lives)
    for s, age, at_risk in zip(t.stratum, t.age, t.at_risk, strict=True):
        there = sum(1 for x in lives if x[0] == s and x[1] <= age <= x[1] + x[2])
        assert at_risk == there


@given(rows, st.floats(0.2, 3.0), st.floats(5.0, 200.0))
def test_brackets_hold_the_same_likelihood_as_the_tally(lives, beta, eta):
    t = from_lives(lives)

    def cumulative(age):
        return (age / eta) ** beta

    def log_hazard(age):
        return np.log(beta / eta) + (beta - 1) * np.log(age / eta)

    lived = t.claimed > 0
    exact = (t.claimed[lived] * log_hazard(t.age[lived])).sum()
    exact -= ((t.claimed + t.left - t.entered) * cumulative(t.age)).sum()
    b = t.brackets()
    point = b.lower == b.upper
    brackets = (b.count[point] * (log_hazard(b.lower[point]) - cumulative(b.lower[point]))).sum()
    brackets -= (b.count[~point] * cumulative(b.lower[~point])).sum()
    assert np.isclose(exact, brackets, rtol=1e-9, atol=1e-9)
