"""Accruals for guarantees as companies filed them, to the thousand."""

import csv

import pytest

from warrantor.finding import Refused
from warrantor.forecast.roll import roll_forward


@pytest.mark.data
def test_fifteen_filed_periods_reconcile_to_zero(data_folder):
    """published/README.md section 11: the filings' own rows, residual 0 for each; one off by 1 is refused."""
    with (data_folder / "published" / "sec_warranty_rollforwards.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 15
    for row in rows:
        said = {"period": row["period"], "currency": "USD", "opening": row["opening"],
                "accruals": row["accruals_new_sales"], "change": row["change_preexisting"],
                "settlements": str(-int(row["settlements"]))}
        assert roll_forward(**said, closing=row["closing"]).residual == 0
        assert roll_forward(**said).closing == int(row["closing"])
        with pytest.raises(Refused, match="1 is left over"):
            roll_forward(**said, closing=str(int(row["closing"]) + 1))


def test_two_periods_of_the_method_notes():
    """Method notes 9.3: 13,196 + 4,166 - 1,518 - 2,037 = 13,807 and 5,744 + 4,232 + 1,084 - 4,750 = 6,310."""
    for opening, accruals, change, paid, closing in [(13196, 4166, -1518, 2037, 13807), (5744, 4232, 1084, 4750, 6310)]:
        row = roll_forward(period="as filed", currency="USD", opening=opening, accruals=accruals, settlements=paid,
                           closing=closing)
        assert row.change == change
