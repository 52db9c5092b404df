"""The demo's desk: ten weeks of claims as they would have been lived, and a trial with every look so far."""

import datetime as dt
from collections import Counter

from warrantor import desk
from warrantor.cli.demo_desk import CLAIMS, seeded
from warrantor.cli.demo_trial import looked_at
from warrantor.desk import audit, people, proposals, queue, units
from warrantor.desk.due import due
from warrantor.terms import default_guarantees
from warrantor.trial.chained import read

NOW = dt.datetime(2019, 12, 31, 9, tzinfo=dt.UTC)


def test_the_seeded_desk_is_as_if_people_had_worked_there(tmp_path):
    first = dt.date(2018, 1, 1)
    days = [first + dt.timedelta(days=i) for i in range(0, 720, 2)]
    rows = "".join(f"SIM-{i:04d},Alder,CN,{day},{day}\n" for i, day in enumerate(days))
    (tmp_path / "units.csv").write_text("serial,product,market,sold_on,delivered_on\n" + rows)
    own = default_guarantees()
    with desk.open(tmp_path / "desk.sqlite", key=b"k" * 32, guarantees=own, clock=lambda: NOW) as store:
        password = seeded(store, tmp_path / "units.csv")
        everybody = {one.name: one for one in people.everybody(store)}
        assert people.sign_in(store, "owner", password) == everybody["owner"]
        lines = queue.page(store, everybody["owner"].actor, size=200).lines
        assert len(lines) == CLAIMS + 4
        buckets = Counter(line.claim.bucket for line in lines)
        assert {"review", "attention", "goods", "ending", "done"} <= set(buckets)
        assert all(line.claim.changed_at <= NOW for line in lines)
        ages = {due(store, line.claim, NOW).days for line in lines if line.claim.is_open}
        assert len(ages) > 2
        assert queue.counts(store, everybody["owner"].actor)["held"] == 1
        assert [p.kind for p in proposals.waiting(store, everybody["owner"].actor)] == ["goodwill"]
        given = [line.claim for line in lines if line.claim.remedy == "exchange"]
        assert len(units.chain(store, given[0].unit)) == 2
        assert audit.verify(store).intact
        assert store.clock() == NOW, "the desk's own clock again"
        before = [line.claim for line in lines]
        assert seeded(store, tmp_path / "units.csv") != password
        assert [line.claim for line in queue.page(store, everybody["owner"].actor, size=200).lines] == before


def test_the_demos_trial_is_looked_at_on_every_planned_day_so_far(tmp_path):
    looked_at(tmp_path / "t", NOW.date())
    looks = [record["document"] for record in read(tmp_path / "t" / "looks")]
    assert [look["on"] for look in looks] == ["2019-09-30", "2019-10-31", "2019-11-30", "2019-12-31"]
    assert all(look["planned"] and look["trial"].endswith("(simulated)") for look in looks)
    stamp = (tmp_path / "t" / "fleet" / "manifest.json").stat().st_mtime_ns
    looked_at(tmp_path / "t", NOW.date())
    assert (tmp_path / "t" / "fleet" / "manifest.json").stat().st_mtime_ns == stamp, "done once"
