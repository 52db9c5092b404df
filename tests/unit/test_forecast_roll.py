"""Roll-forwards: exact to the coin, nothing restated in silence, changes explained."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warrantor.finding import Refused
from warrantor.forecast.roll import DRIVERS, exact, explain, in_coins, roll_forward, rolled

BOOK = {"period": "FY2011", "currency": "USD", "opening": 5744, "accruals": 4232, "settlements": 4750}
amounts = st.decimals(-(10**9), 10**9, places=2)


@given(opening=amounts, accruals=amounts, change=amounts, paid=amounts.map(abs))
def test_whatever_is_left_out_balances_to_zero(opening, accruals, change, paid):
    row = {"period": "Q1", "currency": "CNY", "opening": opening, "accruals": accruals, "settlements": paid}
    one = roll_forward(**row, change=change)
    other = roll_forward(**row, closing=one.closing)
    assert one.residual == other.residual == 0
    assert other.change == change
    with pytest.raises(Refused, match="does not reconcile"):
        roll_forward(**row, change=change, closing=one.closing + Decimal("0.01"))


def test_cents_are_not_lost_as_floats_lose_them():
    row = roll_forward(period="Q1", currency="EUR", opening="0.10", accruals="0.20", settlements=0, closing="0.30",
                       change=0)
    assert row.closing == Decimal("0.30")
    with pytest.raises(Refused, match="binary number"):
        roll_forward(**BOOK | {"opening": 0.1}, change=0)


def test_the_change_is_explained_or_refused():
    row = roll_forward(**BOOK, change=1084, explained={"frequency": 1000, "severity": 84})
    assert list(row.explained) == list(DRIVERS)
    assert row.explained["terms"] == 0
    with pytest.raises(Refused, match="84 is left over"):
        roll_forward(**BOOK, change=1084, explained={"frequency": 1000})
    with pytest.raises(Refused, match="weather explains no change"):
        roll_forward(**BOOK, change=1084, explained={"weather": 1084})


def test_current_and_noncurrent_add_up():
    row = roll_forward(**BOOK, change=1084, current=4000)
    assert row.noncurrent == 2310
    assert roll_forward(**BOOK, change=1084).noncurrent is None
    with pytest.raises(Refused, match="no part"):
        roll_forward(**BOOK, change=1084, current=7000)


def test_no_balance_is_restated_in_silence_and_recalls_stand_apart():
    one = roll_forward(**BOOK, change=1084)
    apart = roll_forward(**BOOK | {"opening": 0, "accruals": 900, "settlements": 100}, change=0, kind="recall")
    two = roll_forward(period="FY2012", currency="USD", opening=6310, accruals=10, settlements=20, change=0)
    table = rolled([one, apart, two])
    assert [row.closing for row in table.rows] == [6310, 800, 6300]
    wrong = roll_forward(period="FY2012", currency="USD", opening=6309, accruals=10, settlements=20, change=0)
    with pytest.raises(Refused, match="difference of -1"):
        rolled([one, wrong])
    with pytest.raises(Refused, match="comes twice"):
        rolled([one, one])


def test_rows_as_plain_values_and_exact_decimals():
    table = rolled([roll_forward(**BOOK, change=1084, current="4000.5")])
    told = json.loads(json.dumps(table.to_dict()))
    assert told["schema"] == "warrantor.rolls/1"
    assert told["rows"][0]["noncurrent"] == "2309.5"
    assert told["rows"][0]["residual"] == "0"
    assert table.to_arrow()["closing"].to_pylist() == [Decimal(6310)]
    assert table.rows[0].to_arrow()["frequency"].to_pylist() == [None]
    assert "5,744 + 4,232 + 1,084 - 4,750 = 6,310" in repr(table)


def test_drivers_take_each_others_place_one_after_another():
    def cost(frequency, severity, delay, volume, terms):
        return Decimal(frequency) * severity * delay * volume * terms

    old = dict(zip(DRIVERS, (2, 50, 1, 10, 1), strict=True))
    new = dict(zip(DRIVERS, (3, 60, 2, 12, 3), strict=True))
    found = explain(cost, old, new)
    assert sum(found.values()) == cost(**new) - cost(**old)
    assert found["delay"] == 3 * 60 * 10
    with pytest.raises(Refused, match="frequency, severity"):
        explain(cost, {"frequency": 1}, new)


@given(st.lists(st.floats(-1e6, 1e6), max_size=12), st.sampled_from(["JPY", "CNY", "KWD"]))
def test_parts_in_coins_add_up_to_their_rounded_sum(values, currency):
    found = in_coins(values, currency)
    places = {"JPY": 0, "CNY": 2, "KWD": 3}[currency]
    total = sum((Decimal(str(v)) for v in values), Decimal(0))
    assert abs(sum(found, Decimal(0)) - total) <= Decimal(5).scaleb(-places - 1)
    assert all(abs(f - Decimal(str(v))) < Decimal(1).scaleb(-places) for f, v in zip(found, values, strict=True))
    assert all(f == round(f, places) for f in found)


def test_what_is_no_amount_is_refused():
    for value in ("ten", None, "NaN", "Infinity"):
        with pytest.raises(Refused, match="is no amount"):
            exact(value, "opening")
    with pytest.raises(Refused, match="negative"):
        roll_forward(**BOOK | {"settlements": -1}, change=0)
    with pytest.raises(Refused, match="give the change"):
        roll_forward(**BOOK)
    with pytest.raises(Refused, match="of a guarantee or of a recall"):
        roll_forward(**BOOK, change=0, kind="trial")
