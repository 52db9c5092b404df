"""Which guarantee is a unit's, and on which day it ends."""

from datetime import date

import pytest

from warrantor.terms import Guarantee, Guarantees, Holidays, PackError, Term

YEAR = {"host": Term(12, "months")}
SOLD = date(2019, 6, 1)


def test_an_error_says_file_line_and_reason():
    whole, bare = PackError("p.toml", 3, "no"), PackError("p.toml", None, "no")
    assert (str(whole), whole.file, whole.line, whole.why) == ("p.toml, line 3: no", "p.toml", 3, "no")
    assert (str(bare), bare.line) == ("p.toml: no", None)


@pytest.mark.parametrize(("keys", "fits"), [
    ({}, True),
    ({"products": ("Alder",)}, True), ({"products": ("Birch",)}, False), ({"products": ("Birch", "*")}, True),
    ({"markets": ("CN",)}, True), ({"markets": ("MY",)}, False),
    ({"sold_in": ("CN", "MY")}, True), ({"sold_in": ("MY",)}, False),
    ({"territories": ("CN",)}, True), ({"territories": ("MY",)}, False),
    ({"channels": ("shop",)}, True), ({"channels": ("web",)}, False),
    ({"activated_in": ("CN",)}, False),  # a fleet does not know where a unit was switched on
    ({"sold_from": SOLD, "sold_to": SOLD}, True),
    ({"sold_from": date(2019, 6, 2)}, False), ({"sold_to": date(2019, 5, 31)}, False),
])
def test_a_promise_is_for_the_units_it_names(keys, fits):
    one = Guarantee("a", "1", YEAR, **keys)
    assert one.is_for("Alder", "CN", SOLD, "shop") is fits
    assert Guarantees((one,)).resolve(product="Alder", market="CN", sold_on=SOLD, channel="shop") == (
        "a@1" if fits else None)


@pytest.mark.parametrize("window", [{"sold_from": SOLD}, {"sold_to": SOLD}, {"sold_from": SOLD, "sold_to": SOLD}])
def test_a_unit_of_unknown_sale_has_no_promise_with_a_sale_window(window):
    assert not Guarantee("a", "1", YEAR, **window).is_for("", "", None, "")
    assert Guarantee("a", "1", YEAR).is_for("", "", None, "")


def test_what_is_not_known_of_a_unit_fits_only_a_promise_that_asks_nothing():
    open_to_all = Guarantees((Guarantee("a", "1", YEAR),))
    assert open_to_all.resolve() == "a@1"
    for keys in ({"products": ("Alder",)}, {"markets": ("CN",)}, {"channels": ("shop",)}):
        assert Guarantees((Guarantee("a", "1", YEAR, **keys),)).resolve() is None
    nameless = Guarantees((Guarantee("a", "1", YEAR, products=("",), markets=("",), channels=("",),
                                     activated_in=("",)),))
    assert nameless.resolve() == "a@1"


def test_the_party_is_that_of_the_layer_unless_it_is_named():
    owes = {layer: Guarantee("a", "1", YEAR, layer=layer).party
            for layer in ("statutory", "commercial", "seller", "campaign")}
    assert owes == {"statutory": "seller", "commercial": "maker", "seller": "seller", "campaign": "maker"}
    assert Guarantee("a", "1", YEAR, owes="importer").party == "importer"


def test_the_last_day_is_counted_as_the_guarantee_says():
    holidays = Holidays("H", ((date(2020, 1, 15), date(2020, 1, 16)),))
    start = date(2019, 1, 15)
    assert Guarantee("a", "1", YEAR).end_day(start) == date(2020, 1, 15)
    assert Guarantee("a", "1", YEAR, counting="include_start").end_day(start) == date(2020, 1, 14)
    assert Guarantee("a", "1", YEAR, holidays=holidays).end_day(start) == date(2020, 1, 17)
    parts = Guarantee("a", "1", {**YEAR, "battery": Term(6, "months")})
    assert (parts.end_day(start, "battery"), parts.end_day(start, "charger")) == (date(2019, 7, 15), date(2020, 1, 15))
    strict = Guarantee("a", "1", YEAR, rest="none")
    assert (strict.end_day(start, "charger"), strict.end_day(start)) == (None, date(2020, 1, 15))


def test_versions_are_found_by_name_and_by_key():
    pack = Guarantees((Guarantee("a", "1", YEAR), Guarantee("a", "2", YEAR), Guarantee("b", "1", YEAR)))
    assert [g.key for g in pack.named("a")] == ["a@1", "a@2"]
    assert [g.key for g in pack.named("a@2")] == ["a@2"]
    assert pack.named("c") == ()
    assert pack["a@2"].version == "2"
    with pytest.raises(KeyError) as caught:
        pack["c@1"]
    assert caught.value.args == ("there is no guarantee 'c@1'; there are a@1, a@2, b@1",)


def test_the_calendar_has_a_row_for_each_version_and_start():
    holidays = Holidays("H", ((date(1971, 1, 2), date(1971, 1, 3)),))
    pack = Guarantees((Guarantee("a", "1", YEAR, counting="include_start"),
                       Guarantee("b", "1", {"battery": Term(6, "months")}, rest="none"),
                       Guarantee("c", "1", {"host": Term(365, "days")}, holidays=holidays)))
    assert list(pack.calendar(0, 1)) == [("a@1", 0, 364), ("a@1", 1, 365), ("c@1", 0, 365), ("c@1", 1, 368)]
    assert list(pack.calendar(-1, -1, "battery")) == [("a@1", -1, 363), ("b@1", -1, 180), ("c@1", -1, 364)]
    assert list(pack.calendar(1, 0)) == []
