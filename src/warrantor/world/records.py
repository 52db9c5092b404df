"""A simulated fleet in the records' own columns, as tables or as CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from warrantor.tally import Ints
from warrantor.world.simulate import World
from warrantor.world.spec import guarantees_text, market


def units_table(world: World) -> pa.Table:
    """Return one row a unit: serial, product, lot, days of its life, market; the guarantee is left to the terms."""
    names = [p.name for p in world.spec.products]
    month = world.made.astype("datetime64[D]").astype("datetime64[M]").astype(str)
    product = np.array(names)[world.product]
    return pa.table({
        "serial": serials(world),
        "product": product,
        "lot": np.char.add(np.char.add(product, "-"), month),
        "made_on": _days(world.made),
        "sold_on": _days(world.sold),
        "returned_on": pc.if_else(pa.array(world.returned <= _last(world)), _days(np.minimum(world.returned, 40000)),
                                  None),
        "market": pa.array(np.full(len(world.sold), market())),
        "channel": pa.array(np.full(len(world.sold), "shop")),
    })


def claims_table(world: World, last: int | None = None) -> pa.Table:
    """Return one row a claim known by a day number, the world's last day by default, numbered in that order."""
    seen = np.flatnonzero(world.claim_known <= (_last(world) if last is None else last))
    seen = seen[np.argsort(world.claim_known[seen], kind="stable")]
    faults = np.array([*world.spec.hard, *world.spec.soft])
    number = np.arange(1, len(seen) + 1)
    return pa.table({
        "claim": np.char.add("C", np.char.zfill(number.astype(str), 7)),
        "serial": serials(world)[world.claim_unit[seen]],
        "component": pa.array(np.full(len(seen), "host")),
        "fault": faults[world.claim_fault[seen]],
        "opened_on": _days(world.claim_day[seen]),
        "reported_on": _days(world.claim_known[seen]),
        "remedy": pa.array(np.full(len(seen), "repair")),
        "payer": pa.array(np.full(len(seen), "maker")),
        "cost": world.claim_cost[seen],
        "currency": pa.array(np.full(len(seen), "CNY")),
    })


def write(world: World, folder: str | Path) -> tuple[Path, Path, Path]:
    """Write units.csv, claims.csv and guarantees.toml; return their paths."""
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    units, claims, promises = home / "units.csv", home / "claims.csv", home / "guarantees.toml"
    csv.write_csv(units_table(world), units)
    csv.write_csv(claims_table(world), claims)
    promises.write_text(guarantees_text())
    return units, claims, promises


def serials(world: World) -> Any:
    """Text serials (N,), two letters of the product and eight digits."""
    letters = np.array([p.name[:2].upper() for p in world.spec.products])[world.product]
    return np.char.add(letters, np.char.zfill(np.arange(len(world.sold)).astype(str), 8))


def _days(day: Ints) -> pa.Array:
    return pa.array(day.astype("datetime64[D]"), pa.date32())


def _last(world: World) -> int:
    return world.spec.as_of.toordinal() - 719163
