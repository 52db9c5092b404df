"""The sums of a trial against the same sums unit by unit, with corrections, exchanges, goodwill and late reports."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

import warrantor as wr
from warrantor.finding import Refused
from warrantor.ledger import Ledger
from warrantor.terms import load_guarantees
from warrantor.terms.allocation import allotted
from warrantor.trial.overspend import stakes_above
from warrantor.trial.plan import Baseline, Guardrail, Trial

PROMISES = "\n".join(f'[[guarantee]]\nname = "{name}"\nversion = "1"\n[guarantee.terms.host]\nmonths = {months}\n'
                     for name, months in (("conventional", 12), ("extended", 18)))
LOOKS = tuple(date(2021, month, 28) for month in range(1, 13, 2))
TRIAL = Trial(
    name="t", design="unit", products=("P",), conventional="conventional@1", extended="extended@1", salt="salt",
    share=Fraction(1, 3), key="serial", strata=("market",), windows=(12, 18), lag_days=60, currency="CNY", cap=300.0,
    limit=5.0, level=0.025, alarm_levels={"cost": 0.015, "claim rate": 0.01}, sizes_level=0.01, maturity=0.8,
    stakes=(0.0005, 0.001, 0.003), guardrails=(
        Guardrail(name="safety", source="claims", margin=1.5, level=0.02, faults=("battery",)),
        Guardrail(name="returns", source="returns", margin=1.2, level=0.0025),
        Guardrail(name="satisfaction", source="surveys", margin=1.2, level=0.0025, poor=3)),
    baseline=Baseline(rates=(0.01,) * 18, history=500, lots=10, lot_variation=0.2, report_lag=(0.7, 0.3),
                      counted="all claims", mean_cost=80.0, overspend=1.3),
    expected=None, first_on=date(2019, 3, 1), last_on=date(2019, 8, 31), looks=LOOKS, stop_on=date(2021, 12, 28),
    forecast="", roll_back={}, fairness="", donors=())
END = date(2021, 12, 28)


def made(seed=3, size=400):
    """Records with everything that can happen to a unit of a trial; units of other products and months beside them."""
    rng = np.random.default_rng(seed)
    sold = [date(2019, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 300, size)]
    units = [{"serial": f"S{i}", "product": "P" if i % 10 else "Q", "market": "EN"[i % 3 == 0], "sold_on": day,
              "guarantee": None, "replaces": None,
              "returned_on": day + timedelta(days=int(rng.integers(1, 500))) if rng.random() < 0.1 else None}
             for i, day in enumerate(sold)]
    for unit in units:
        arm = allotted("salt", unit["serial"], Fraction(1, 3))
        unit["guarantee"] = ("conventional@1", "extended@1")[arm]
    claims, spare = [], []
    for unit in units:
        serial, start = unit["serial"], unit["sold_on"]
        for _ in range(rng.poisson(1.2)):
            if rng.random() < 0.2:
                spare.append(unit | {"serial": f"{serial}-{len(spare)}", "sold_on": start + timedelta(days=90),
                                     "replaces": serial, "returned_on": None})
                serial = spare[-1]["serial"]
            opened = start + timedelta(days=int(rng.integers(0 if serial == unit["serial"] else 90, 700)))
            reported = opened + timedelta(days=int(rng.exponential(40)))
            one = {"claim": f"C{len(claims)}", "serial": serial, "opened_on": opened, "reported_on": reported,
                   "known_on": None, "fault": ["battery", "screen", None][rng.integers(3)], "currency": "CNY",
                   "payer": ["maker", "goodwill", "customer", "statutory"][rng.integers(4)], "remedy": "repair",
                   "cost": round(float(rng.exponential(90)), 2)}
            claims.append(one)
            if rng.random() < 0.3:
                claims.append(one | {"known_on": reported + timedelta(days=int(rng.integers(1, 400))),
                                     "cost": round(float(rng.exponential(60)), 2)})
    claims = [c for c in claims if max(c["reported_on"], c["known_on"] or c["reported_on"]) <= END]
    surveys = [{"claim": c["claim"], "sent_on": c["reported_on"], "score": float(rng.integers(1, 11))}
               for c in claims if c["known_on"] is None and rng.random() < 0.5]
    return units + spare, claims, surveys


def csv(path, rows):
    columns = {n: pa.array([None if r[n] is None else str(r[n]) for r in rows], pa.string()) for n in rows[0]}
    from pyarrow import csv as writer
    writer.write_csv(pa.table(columns), path)
    return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("ledger")
    units, claims, surveys = made()
    wr.load(csv(home / "units.csv", units), csv(home / "claims.csv", claims), home / "fleet", data_until=END,
            surveys=csv(home / "surveys.csv", surveys), guarantees=load_guarantees(PROMISES))
    return home / "fleet", units, claims, surveys


def plus(day, months):
    """The last covered day of so many months, in the head: the same day of the month, less one; no month end here."""
    return load_guarantees(PROMISES)[{12: "conventional@1", 18: "extended@1"}[months]].end_day(day, "host")


class ByHand:
    """The same sums with loops over units, claims and versions."""

    def __init__(self, world, trial, on):
        _, self.units, self.claims, self.surveys = world
        self.trial, self.on = trial, on
        self.roots = {u["serial"]: u["replaces"] for u in self.units if u["replaces"]}
        self.looks = [*(day for day in trial.looks if day < on), on]
        self.mine = {u["serial"]: u for u in self.units if u["product"] == "P" and not u["replaces"]
                     and trial.first_on <= u["sold_on"] <= min(trial.last_on, on)}
        self.arm = {s: allotted(trial.salt, s, trial.share) for s in self.mine}
        self.months = [date(2019, m, 1) for m in range(3, 9)]
        self.matures = [plus(date(2019, m + 1, 1) - timedelta(days=1), 18) + timedelta(days=trial.lag_days)
                        for m in range(3, 9)]

    def unit(self, serial):
        while serial in self.roots:
            serial = self.roots[serial]
        return self.mine.get(serial)

    def then(self, day):
        """Every claim's latest version known on a day, with its unit and arm."""
        latest = {}
        for c in sorted(self.claims, key=lambda c: c["known_on"] or c["reported_on"]):
            if (c["known_on"] or c["reported_on"]) <= day:
                latest[c["claim"]] = c
        found = [(c, self.unit(c["serial"])) for c in latest.values() if c["payer"] != "customer"]
        return [(c, u, self.arm[u["serial"]]) for c, u in found
                if u and u["sold_on"] <= c["opened_on"] <= plus(u["sold_on"], 18)]

    def units_of(self, out):
        for serial, unit in self.mine.items():
            out["units"][self.arm[serial], self.months.index(unit["sold_on"].replace(day=1))] += 1

    def matured(self, out):
        totals = [[{} for _ in self.months] for _ in range(2)]
        for k, month in enumerate(self.months):
            known = self.then(self.matures[k]) if self.matures[k] <= self.on else []
            for c, unit, a in known:
                if unit["sold_on"].replace(day=1) == month:
                    out["claims"][a, k] += 1
                    totals[a][k][unit["serial"]] = totals[a][k].get(unit["serial"], 0) + round(c["cost"] * 100)
            for a in range(2):
                out["claimed"][a, k] = len(totals[a][k])
                out["cents"][a, k] = sum(totals[a][k].values())
                out["over"][a, k] = sum(y > 100 * self.trial.cap for y in totals[a][k].values())
        return totals

    def at_looks(self, out):
        for k, day in enumerate(self.looks):
            seen = set()
            for c, unit, a in self.then(day):
                late = c["opened_on"] > plus(unit["sold_on"], 12)
                asked = [s for s in self.surveys if s["claim"] == c["claim"] and s["sent_on"] <= day and not late]
                seen.add((a, unit["serial"]))
                for name, n in (("known", 1), ("late", late), ("goodwill", c["payer"] == "goodwill"),
                                ("spent", round(c["cost"] * 100)), ("answers", len(asked)),
                                ("poor", sum(s["score"] <= 3 for s in asked)),
                                ("safety", c["fault"] == "battery" and not late)):
                    out[name][a, k] += n
            for a in range(2):
                out["claimants"][a, k] = sum(x == a for x, _ in seen)

    def staked(self):
        """Sums of ln(1 + l x) over the costs of the claims known at each look."""
        grid, out = stakes_above(TRIAL.baseline.mean_cost), np.zeros((2, len(self.looks), 12))
        for k, day in enumerate(self.looks):
            for c, _, a in self.then(day):
                out[a, k] += np.log1p(grid * round(c["cost"], 2))
        return out

    def returns(self, out):
        for k, day in enumerate(self.looks):
            for serial, unit in self.mine.items():
                back = unit["returned_on"]
                out["returns"][self.arm[serial], k] += back is not None and back <= min(day, plus(unit["sold_on"], 12))

    def all(self):
        out = {n: np.zeros((2, len(self.months))) for n in ("units", "claimed", "claims", "cents", "over")}
        out |= {n: np.zeros((2, len(self.looks))) for n in ("known", "claimants", "late", "goodwill", "spent",
                                                            "safety", "returns", "answers", "poor")}
        self.units_of(out)
        self.at_looks(out)
        self.returns(out)
        return out, self.matured(out)


@pytest.mark.parametrize("on", [date(2021, 3, 28), date(2021, 4, 15), END])
def test_every_sum_is_the_sum_unit_by_unit(world, on):
    hand = ByHand(world, TRIAL, on)
    expected, totals = hand.all()
    with wr.open(world[0], as_of=on) as fleet:
        ledger = fleet.ledger(TRIAL)
    assert isinstance(ledger, Ledger)
    for name in ("units", "claimed", "claims", "cents", "over", "known", "claimants", "late", "goodwill", "spent"):
        assert getattr(ledger, name).sum(axis=0).tolist() == expected[name].tolist(), name
    for i, name in enumerate(("safety", "returns", "poor")):
        assert ledger.events[i].sum(axis=0).tolist() == expected[name].tolist(), name
    assert ledger.bases[2].sum(axis=0).tolist() == expected["answers"].tolist()
    assert np.allclose(ledger.staked.sum(axis=0), hand.staked(), rtol=0, atol=1e-9)
    n = expected["units"]
    stakes, least = np.array(TRIAL.stakes), n.min(axis=0)
    for k in range(n.shape[1]):
        down = sum(np.log1p((1, -1)[a] * stakes * least[k] / n[a, k] * min(y / 100, TRIAL.cap))
                   for a in range(2) for y in totals[a][k].values())
        up = sum(np.log1p((-1, 1)[a] * stakes * least[k] / n[a, k] * min(y / 100, TRIAL.cap))
                 for a in range(2) for y in totals[a][k].values())
        assert np.allclose(ledger.down[:, :, k].sum(axis=(0, 1)), down, rtol=0, atol=1e-9)
        assert np.allclose(ledger.up[:, :, k].sum(axis=(0, 1)), up, rtol=0, atol=1e-9)
    assert ledger.claims.sum() > 20 or on < date(2021, 4, 1)


def test_what_comes_later_changes_nothing_that_was_said(world):
    """The ledger of a day, asked of records that reach to it and of records that reach nine months further."""
    on = date(2021, 4, 28)
    with wr.open(world[0], as_of=on) as fleet:
        then = fleet.ledger(replace(TRIAL, looks=(on,)))
    with wr.open(world[0]) as fleet:
        later = fleet.at(on).ledger(replace(TRIAL, looks=(on,)))
        today = fleet.ledger(TRIAL)
    assert then.hash == later.hash
    assert then.down.tolist() == later.down.tolist()
    done = int(then.matured[-1])
    assert done > 0
    assert today.cents[:, :, :done].tolist() == then.cents[:, :, :done].tolist()
    assert today.hash != then.hash


def test_a_trial_that_cannot_be_asked_says_why(world):
    with wr.open(world[0]) as fleet:
        for changed, why in (({"design": "product"}, "Nothing is drawn by lot"),
                             ({"extended": "extended@9"}, "hold no extended@9"),
                             ({"conventional": "extended@1", "extended": "conventional@1"}, "does not outlast"),
                             ({"products": ("Z",)}, "has no units yet"),
                             ({"strata": ("colour",)}, "cannot be split by 'colour'"),
                             ({"key": "household"}, "no such column"),
                             ({"first_on": date(2022, 1, 1), "last_on": date(2022, 2, 1)}, "begins on")):
            with pytest.raises(Refused, match=why):
                fleet.ledger(replace(TRIAL, **changed))
