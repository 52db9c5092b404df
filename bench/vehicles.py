"""Three life tables of a fleet whose starts are mostly unknown: known starts, starts from the sale lag, the naive one.

    warrantor load ... --out FLEET      (the map of the vehicles file stands in docs/examples/vehicles.toml)
    python bench/vehicles.py FLEET [--as-of 2015-12-31]

The naive table counts a unit of unknown start from the day it was made. The table of known starts is of units that are
known mostly because they claimed: it shows how far wrong that goes. The middle one spreads each unclaimed unit of
unknown start over the ages that the fitted sale lag allows.
"""

import argparse

import numpy as np

from warrantor.fleet import Fleet
from warrantor.fleet import open as open_fleet
from warrantor.life.fit import fit
from warrantor.life.lag import Lag, fit_lag
from warrantor.life.starts import spread_over_lag
from warrantor.life.table import life_table
from warrantor.tally import Floats, Tally

AGES = (90, 180, 365, 500, 600)


def asked(fleet: Fleet, text: str) -> list[Floats]:
    return [column.to_numpy().astype(float) for column in fleet.sql(text).columns]


def tables(fleet: Fleet) -> tuple[Lag, dict[str, Tally]]:
    """Sale lag, and the tally of each way of counting."""
    day = (fleet.as_of - fleet.as_of.fromordinal(719163)).days
    lags, known = asked(
        fleet,
        "SELECT start_day - made_day AS lag, count(*) AS units FROM units WHERE start_day IS NOT NULL "
        "AND made_day IS NOT NULL AND start_day >= made_day GROUP BY start_day - made_day",
    )
    waited, hidden = asked(
        fleet,
        f"SELECT {day} - made_day AS waited, count(*) AS units FROM units "
        f"WHERE start_day IS NULL AND made_day <= {day} GROUP BY made_day",
    )
    lag = fit_lag(lags, "lognormal", count=known)
    tally = fleet.tally()
    started = tally.over(*tally.by)
    at_once = fit_lag([0.0], "empirical")
    return lag, {
        "known starts only": started,
        "starts from the sale lag": started + spread_over_lag(lag, waited, count=hidden, like=started),
        "naive: from the day made": started + spread_over_lag(at_once, waited, count=hidden, like=started),
    }


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("fleet")
    words.add_argument("--as-of")
    given = words.parse_args()
    with open_fleet(given.fleet, as_of=given.as_of) as fleet:
        lag, found = tables(fleet)
    print(f"sale lag: {lag!r}")
    print(f"{'claimed per 1,000 by age (days)':<34}" + "".join(f"{a:>9}" for a in AGES) + "     Weibull beta, eta")
    for name, tally in found.items():
        table, law = life_table(tally), fit(tally)
        reached = [1000 * (1 - table.survival_at(a)[0]) for a in AGES]
        fitted = law.refused[0] or f"{law['beta'][0]:.4f}, {law['eta'][0]:,.1f}"
        units = f"{name} ({np.round(table.units[0]):,.0f})"
        print(f"{units:<34}" + "".join(f"{r:9.1f}" for r in reached) + f"     {fitted}")


if __name__ == "__main__":
    main()
