"""Who a promise was made to: what is lacking is said by name."""

from datetime import date

import pytest

from warrantor.terms import Guarantee, Term
from warrantor.terms.eligible import eligible

YEAR = {"host": Term(12, "months")}
DAY = date(2019, 6, 1)


def one(**keys):
    return Guarantee("a", "1", YEAR, **keys)


def test_what_is_not_known_does_not_fit_and_is_said_to_be_unknown():
    strict = one(products=("Alder",), sold_in=("CN",), channels=("shop",), activated_in=("MY",), territories=("DE",))
    assert eligible(strict, DAY) == (
        ("eligibility", {"product": None, "asked": ("Alder",)}),
        ("eligibility", {"sold_in": None, "asked": ("CN",)}),
        ("eligibility", {"channel": None, "asked": ("shop",)}),
        ("eligibility", {"activated_in": None, "asked": ("MY",)}),
        ("territory", {"sold_in": None, "asked": ("DE",)}),
        ("territory", {"claim_in": None, "asked": ("DE",)}))
    assert eligible(one(), DAY) == eligible(one(), None) == ()


def test_what_is_known_fits_or_is_said_as_it_is():
    strict = one(products=("Alder",), sold_in=("CN", "DE"), channels=("shop",), activated_in=("MY",),
                 territories=("DE",))
    shown = {"product": "Alder", "sold_in": "DE", "channel": "shop", "activated_in": "MY"}
    assert eligible(strict, DAY, **shown) == ()
    assert eligible(strict, DAY, **shown, claim_in="FR") == (("territory", {"claim_in": "FR", "asked": ("DE",)}),)
    assert eligible(strict, DAY, **shown | {"channel": "web"}) == (
        ("eligibility", {"channel": "web", "asked": ("shop",)}),)
    assert eligible(strict, DAY, **shown | {"sold_in": "CN"}) == (
        ("territory", {"sold_in": "CN", "asked": ("DE",)}), ("territory", {"claim_in": "CN", "asked": ("DE",)}))


def test_where_it_is_served_is_asked_only_of_a_known_place():
    assert eligible(one(served_in=("AE",)), DAY) == eligible(one(served_in=("AE",)), DAY, claim_in="AE") == ()
    assert eligible(one(served_in=("AE",)), DAY, claim_in="SA") == (
        ("territory", {"claim_in": "SA", "asked": ("AE",)}),)
    assert eligible(one(served_in=("AE", "*")), DAY, claim_in="SA") == ()


@pytest.mark.parametrize(("window", "sold", "fits"), [
    ({"sold_from": DAY}, DAY, True), ({"sold_from": DAY}, date(2019, 5, 31), False), ({"sold_from": DAY}, None, False),
    ({"sold_to": DAY}, DAY, True), ({"sold_to": DAY}, date(2019, 6, 2), False), ({"sold_to": DAY}, None, False),
    ({"sold_from": DAY, "sold_to": DAY}, None, False), ({}, None, True),
])
def test_the_sale_window_has_both_its_days(window, sold, fits):
    told = (("version", {"sold": sold, "from": window.get("sold_from"), "to": window.get("sold_to")}),)
    assert eligible(one(**window), sold) == (() if fits else told)
