"""What changed an estimate between two closes: exact to the coin, each driver where it belongs; locked periods."""

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

import warrantor as wr
from warrantor.cli.app import run
from warrantor.forecast.close import Close, close_of, estimate
from warrantor.forecast.locked import lock, locked
from warrantor.forecast.roll import DRIVERS
from warrantor.records import load
from warrantor.world import claims_table, load_world, simulate, units_table
from warrantor.world.spec import guarantees_text

SINCE, UNTIL = date(2019, 9, 30), date(2019, 12, 31)
HELD = Close(as_of=SINCE, currency="CNY", best=2100.0, current=2000.0, frequency=0.002, severity=60.0, delay=25.0,
             volume=1000.0, terms=5.0)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Simulated records: Alder and Birch promised 12 months, Cedar 18; 6,000 units each."""
    home = tmp_path_factory.mktemp("close")
    spec = load_world()
    spec = replace(spec, products=tuple(replace(p, units=6000) for p in spec.products))
    world = simulate(spec, 3)
    (home / "guarantees.toml").write_text(guarantees_text())
    return home, units_table(world), claims_table(world), spec.as_of


def fleet_of(world, name, units=None, claims=None):
    home, own_units, own_claims, until = world
    load(own_units if units is None else units, own_claims if claims is None else claims, home / name,
         guarantees=home / "guarantees.toml", data_until=until)
    return home / name


@pytest.fixture(scope="module")
def folder(world):
    return fleet_of(world, "fleet")


def told(capsys, *words):
    code = run(["reserve", *map(str, words), "--by", "product", "--draws", "400", "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out) if code == 0 else out.err


def roll_of(document):
    row = document["rolls"][0]
    return {n: Decimal(row[n]) for n in ("opening", "accruals", "change", "settlements", "closing")}, {
        n: Decimal(v) for n, v in row["explained"].items()}


def test_the_settlements_are_the_claims_reported_between_the_closes(folder):
    """Counted by hand, a claim at a time, from the fleet's own tables."""
    with wr.open(folder) as fleet:
        found = fleet.settled(SINCE)
        rows = fleet.sql("SELECT c.*, k.end_day FROM claims AS c JOIN calendar AS k ON k.guarantee = c.guarantee "
                         "AND k.start_day = c.start_day").to_pylist()
    first, last = ((d - date(1970, 1, 1)).days for d in (SINCE, UNTIL))
    good = [r for r in rows if r["start_day"] <= r["opened_day"] <= r["end_day"] + r["end_shift"]
            and r["reported_day"] <= last and (r["returned_day"] is None or r["opened_day"] <= r["returned_day"])]
    late = [r for r in good if r["reported_day"] > first]
    before = {r["unit"] for r in good if r["reported_day"] <= first}
    old = [r for r in late if r["start_day"] <= first]
    opened = {}
    for r in old:
        opened[r["unit"]] = min(r["opened_day"], opened.get(r["unit"], last))
    fresh = {u: d for u, d in opened.items() if u not in before}
    assert found.cost == pytest.approx(sum(r["cost"] for r in old))
    assert found.cost_new == pytest.approx(sum(r["cost"] for r in late if r["start_day"] > first))
    assert found.cost_again == pytest.approx(sum(r["cost"] for r in old if r["unit"] in before))
    assert found.come == sum(d <= first for d in fresh.values()) > 0
    assert found.fresh == sum(d > first for d in fresh.values()) > 0


def test_the_product_of_the_drivers_is_the_estimate(folder):
    with wr.open(folder) as fleet:
        cohorts = fleet.cohorts(["product"])
        found = wr.reserve(fleet.tally(["product"]).over("origin"), cohorts, draws=400)
    close = close_of(found, cohorts)
    assert estimate(**close.drivers) == pytest.approx(close.best, rel=1e-12)
    assert close.volume == found.covered.sum()
    assert 0 < close.terms < 18
    assert Close.of_dict(close.to_dict()) == close
    with pytest.raises(wr.Refused, match="discounted reserve also changes"):
        close_of(replace(found, rate=0.04), cohorts)


def test_units_sold_by_a_day_are_a_part_of_all(folder):
    with wr.open(folder) as fleet:
        ask = (fleet.tally(["product"]).over("origin"), fleet.cohorts(["product"]))
    every, old, all_old = (wr.reserve(*ask, draws=400, sold_by=day) for day in (None, SINCE, UNTIL))
    assert (old.units < every.units).all()
    assert (old.best[:, 2] < every.best[:, 2]).all()
    assert all_old.best == pytest.approx(every.best)


def test_from_a_day_the_roll_reconciles_and_nothing_moves_that_the_records_keep(folder, capsys):
    code, document = told(capsys, folder, "--since", SINCE)
    lines, why = roll_of(document)
    assert code == 0
    assert lines["opening"] + lines["accruals"] + lines["change"] - lines["settlements"] == lines["closing"]
    assert sum(why.values()) == lines["change"] != 0
    assert why["volume"] == why["terms"] == 0
    assert lines["closing"] == pytest.approx(Decimal(repr(document["total"]["best"])), abs=Decimal("0.01"))
    assert "stands under severity" in document["how"][-1]


def test_each_driver_by_hand(folder, capsys):
    """Change = cost since + still to cost - set aside; each driver has its part of their product."""
    _, document = told(capsys, folder, "--since", SINCE)
    lines, why = roll_of(document)
    with wr.open(folder) as fleet:
        known, ask = fleet.settled(SINCE), (fleet.tally(["product"]).over("origin"), fleet.cohorts(["product"]))
        then = fleet.at(SINCE)
        cohorts = then.cohorts(["product"])
        before = close_of(wr.reserve(then.tally(["product"]).over("origin"), cohorts, draws=400), cohorts)
    still = wr.reserve(*ask, draws=400, sold_by=SINCE).over("product", "guarantee")
    left, later = float(still.best[0, 2]), float(still.claims[0].sum())
    assert float(lines["change"]) == pytest.approx(known.cost + left - before.best, abs=0.02)
    every = wr.reserve(*ask, draws=400).over("product", "guarantee")
    assert float(lines["accruals"]) == pytest.approx(known.cost_new + every.best[0, 2] - left, abs=0.02)
    assert float(lines["settlements"]) == pytest.approx(known.cost + known.cost_new, abs=0.01)
    lived = before.volume * before.terms
    severity = (known.cost + left) / (known.come + known.fresh + later)
    frequency = (known.fresh + later) / lived
    assert float(why["frequency"]) == pytest.approx(before.severity * lived * (frequency - before.frequency), abs=0.02)
    assert float(why["severity"]) == pytest.approx(
        (severity - before.severity) * (before.delay + lived * frequency), abs=0.02)
    assert float(why["delay"]) == pytest.approx(severity * (known.come - before.delay), abs=0.02)


def test_dearer_claims_are_severity_and_late_sales_are_volume(world, capsys):
    """Lock a close, then load records in which every later claim costs thrice, and some sales only came in later."""
    _, units, claims, _ = world
    sold, kept = units.column("sold_on").to_pylist(), units.column("serial").to_pylist()
    hidden = {s for i, (s, d) in enumerate(zip(kept, sold, strict=True)) if i % 10 == 0 and d is not None}
    hidden -= set(claims.column("serial").to_pylist())
    first = fleet_of(world, "first", units.filter([s not in hidden for s in kept]))
    assert told(capsys, first, "--as-of", SINCE, "--lock", "2019-Q3")[0] == 0
    plain = fleet_of(world, "plain")
    dear = fleet_of(world, "dear", claims=thrice(claims))
    for folder in (plain, dear):
        (folder / "closes.json").write_text((first / "closes.json").read_text())
    _, one = told(capsys, plain, "--since", "2019-Q3")
    _, other = told(capsys, dear, "--since", "2019-Q3")
    (lines, why), (_, dearer) = roll_of(one), roll_of(other)
    opening = lines["opening"]
    assert Decimal("0.05") < why["volume"] / opening < Decimal("0.15")
    assert dearer["volume"] > why["volume"]  # put in place after severity: at the new price
    assert dearer["frequency"] == why["frequency"]
    assert dearer["severity"] - why["severity"] > opening / 4


def thrice(claims):
    import pyarrow as pa

    cost = [c if c is None or d is None or str(d) <= str(SINCE) else 3 * float(c) for c, d in
            zip(claims.column("cost").to_pylist(), claims.column("reported_on").to_pylist(), strict=True)]
    return claims.set_column(claims.schema.get_field_index("cost"), "cost", pa.array(cost, pa.float64()))


def test_a_longer_promise_for_units_sold_is_terms(world, capsys):
    """The conventional promise of the same units becomes 15 months after the close was locked."""
    folder = fleet_of(world, "terms")
    assert told(capsys, folder, "--as-of", SINCE, "--lock", "2019-Q3")[0] == 0
    path = folder / "guarantees.toml"
    path.write_text(path.read_text().replace("months = 12", "months = 15"))
    _, document = told(capsys, folder, "--since", "2019-Q3")
    _, why = roll_of(document)
    assert why["terms"] > 0
    assert why["volume"] > 0  # units whose cover had ended are covered again


def test_a_locked_period_is_not_restated(tmp_path):
    assert lock(tmp_path, "2019-Q3", HELD, {"seed": "0"})
    assert not lock(tmp_path, "2019-Q3", HELD, {"seed": "1"})
    with pytest.raises(wr.Refused, match="Nothing is restated"):
        lock(tmp_path, "2019-Q3", replace(HELD, best=2200.0), {})
    with pytest.raises(wr.Refused, match="cannot be locked after it"):
        lock(tmp_path, "2019-Q2", replace(HELD, as_of=SINCE - timedelta(days=92)), {})
    with pytest.raises(wr.Refused, match="needs a name"):
        lock(tmp_path, " ", HELD, {})
    lock(tmp_path, "2019-Q4", replace(HELD, as_of=UNTIL), {})
    assert list(locked(tmp_path)) == ["2019-Q3", "2019-Q4"]
    path = tmp_path / "closes.json"
    path.write_text(path.read_text().replace("2100.0", "2000.0", 1))
    with pytest.raises(wr.Refused, match="is not as it was"):
        locked(tmp_path)


@pytest.mark.parametrize(("words", "why"), [
    (("--since", "2019-Q1"), "no locked period; locked: none"), (("--since", "2020-06-30"), "is after 2019-12-31"),
    (("--since", "2019-12-31"), "is not before 2019-12-31"), (("--since", SINCE, "--discount", "0.04"), "time passes"),
    (("--since", SINCE, "--opening", "x.csv"), "give one of them"),
    (("--lock", "a", "--discount", "0.1"), "time passes"),
])
def test_questions_that_cannot_be_are_refused(folder, capsys, words, why):
    code, said = told(capsys, folder, *words)
    assert code in (1, 2)
    assert why in said


def test_a_claim_without_a_cost_is_not_settled_for_nothing(world):
    import pyarrow as pa

    _, _, claims, _ = world
    cost = claims.column("cost").to_pylist()
    cost[-1] = None
    bare = claims.set_column(claims.schema.get_field_index("cost"), "cost", pa.array(cost, pa.float64()))
    folder = fleet_of(world, "bare", claims=bare)
    with wr.open(folder) as fleet, pytest.raises(wr.Refused, match="have no cost"):
        fleet.settled(date(2017, 1, 1))


def test_the_drivers_reach_the_workbook_and_the_table(folder, capsys, tmp_path):
    code = run(["reserve", str(folder), "--by", "product", "--draws", "400", "--since", str(SINCE), "--xlsx",
                str(tmp_path / "r.xlsx")])
    out = capsys.readouterr().out
    assert code == 0
    assert "Why the estimate changed" in out
    import zipfile

    with zipfile.ZipFile(tmp_path / "r.xlsx") as book:
        shared = book.read("xl/sharedStrings.xml").decode()
    assert all(name in shared for name in DRIVERS)
    assert "{'sha256'" not in shared


def test_csv_prints_the_reserve_alone(folder, capsys):
    assert run(["reserve", str(folder), "--by", "product", "--draws", "400", "--since", str(SINCE), "--csv"]) == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert rows[0][0] == "product"
    assert len(rows) == 5
