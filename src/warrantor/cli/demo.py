"""warrantor demo: the main job on a real table, and on a simulated fleet whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from warrantor.cli.out import emit, progress

if TYPE_CHECKING:
    from warrantor.forecast.drift import Drift
    from warrantor.forecast.longer import Longer
    from warrantor.tally import Tally
    from warrantor.world import World, WorldSpec

SCHEMA = "warrantor.demo/1"
SHORT, LONG = 12, 18
MISSED = "*"


def demo(*, out: Path = Path("demo"), seed: int | None = None, json: bool = False,
         serve: Annotated[bool, Parameter(negative="")] = False, port: int = 8000) -> None:
    """Run the main job on a real table and on a simulated fleet whose truth is known.

    Parameters
    ----------
    out
        Folder for the simulated records, the fleet and the report.
    seed
        Seed of the simulated world; the world's own by default.
    json
        Print one JSON document instead of the block.
    serve
        Serve a desk over the simulated fleet afterwards, until it is told to stop.
    port
        Its port; 0 takes any that is free.
    """
    with progress("real table"):
        near, far = _real()
    with progress("simulated fleet"):
        fleet = _fleet(out, seed)
    with progress("report"):
        page = _page(fleet, near, far, out).save(out / "report.html")
    document = {"schema": SCHEMA, "real": {"near": near.to_dict(), "far": far.to_dict()},
                "simulated": fleet.to_dict(), "report": str(page)}
    if json:
        emit(document, json=True)
    else:
        print(block(document))
    if serve:
        from warrantor.cli.demo_desk import served

        served(out, fleet.world.spec.as_of, port)


def _real() -> tuple[Drift, Drift]:
    """Device-N: months 13-18, and everything up to month 36."""
    from warrantor.forecast.drift import drift
    from warrantor.world.device_n import device_n

    return drift(device_n(), start=SHORT, end=LONG), drift(device_n(), start=0, end=36)


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """The simulated fleet, asked: two conventional products lengthened, one extended product as it stands."""

    world: World
    units: int
    claims: int
    longer: Longer
    tally: Tally
    extended: dict[str, list[float]]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, the truth beside each answer."""
        names = [p.name for p in self.world.spec.products]
        own = {12: self.world.per_thousand(SHORT, SHORT), 18: self.world.per_thousand(LONG, LONG)}
        early = self.world.per_thousand(LONG, SHORT)
        found: dict[str, Any] = {}
        for s, (name,) in enumerate(self.longer.strata):
            i = names.index(name)
            answer = self.longer.to_dict()["strata"][s]
            truth = {"at_start": float(own[12][i]), "at_end": float(own[18][i])}
            truth["extra"] = truth["at_end"] - truth["at_start"]
            found[name] = {"promise": SHORT, "truth": truth, **{k: answer[k] for k in (*truth, "cost", "currency")}}
        for name, rows in self.extended.items():
            i = names.index(name)
            truth = {"at_start": float(early[i]), "at_end": float(own[18][i])}
            found[name] = {"promise": LONG, "truth": truth, **{
                key: dict(zip(("mean", "lower", "upper"), rows[3 * n:3 * n + 3], strict=True))
                for n, key in enumerate(truth)}}
        return {"as_of": self.world.spec.as_of.isoformat(), "units": self.units, "claims": self.claims,
                "level": self.longer.level, "how": list(self.longer.how),
                "products": {name: found[name] for name in names}}


def _fleet(out: Path, seed: int | None) -> Simulated:
    """Simulate, write as the trade writes, load, open, ask."""
    import warrantor
    from warrantor.forecast.cohorts import extend_cohorts
    from warrantor.records import load
    from warrantor.world import load_world, simulate, write

    spec = load_world()
    world = simulate(spec, seed)
    units, claims, promises = write(world, out / "records")
    loaded = load(units, claims, out / "fleet", guarantees=promises, data_until=spec.as_of)
    by = ["product", "lot"]
    with warrantor.open(out / "fleet") as fleet:
        hard, soft = fleet.tally(by, faults=spec.hard), fleet.tally(by, faults=spec.soft)
        whole, cohorts = fleet.tally(by), fleet.cohorts(by)
    short = of_promise(hard, "conventional@1")
    longer = extend_cohorts(short, cohorts, soft=of_promise(soft, "conventional@1"), lots="lot", start=SHORT, end=LONG)
    counts = loaded.counts
    return Simulated(world, counts["units"], counts["claims"], longer, whole.over("guarantee", "origin", "lot"),
                     _lived(of_promise(whole, "extended@1"), cohorts))


def of_promise(tally: Tally, guarantee: str) -> Tally:
    """The strata of one promise, its column added over."""
    import numpy as np

    column = tally.by.index("guarantee")
    return tally.only(np.array([s[column] == guarantee for s in tally.strata])).over("guarantee", "origin")


def _lived(tally: Tally, cohorts: Any) -> dict[str, list[float]]:
    """Claims per 1000 by months 12 and 18 of a product promised 18: life table, windows shortened by the lag."""
    import numpy as np

    from warrantor.forecast.watched import shortened
    from warrantor.life.table import life_table
    from warrantor.tally import DAYS_PER_MONTH

    found = {}
    table = life_table(shortened(tally, cohorts).over("lot"))
    for s, (name,) in enumerate(table.strata):
        rows = np.flatnonzero((table.stratum == s) & (table.claims > 0))
        at = [rows[np.searchsorted(table.until[rows], m * DAYS_PER_MONTH, side="right") - 1] for m in (SHORT, LONG)]
        found[name] = [float(1000.0 * (1.0 - v[i])) for i in at for v in (table.survival, table.upper, table.lower)]
    return found


def again(spec: WorldSpec, out: Path) -> str:
    """Return Python that asks the demo's fleet the same questions.

    Examples
    --------
    >>> from warrantor.world import load_world
    >>> again(load_world(), Path("demo")).splitlines()[1]
    "fleet = wr.open('demo/fleet')"
    """
    return f"""import warrantor as wr
fleet = wr.open({str(out / 'fleet')!r})
by = ["product", "lot"]
hard = fleet.tally(by, faults={list(spec.hard)}).over("origin")
soft = fleet.tally(by, faults={list(spec.soft)}).over("origin")
longer = wr.extend(hard, fleet.cohorts(by), soft=soft, lots="lot", start={SHORT}, end={LONG})
tally = fleet.tally(["product"]).over("guarantee", "origin")
laws = [wr.fit(tally, law) for law in ("weibull", "lognormal")]
wr.report(longer, wr.life_table(tally), *laws, tally).save("again.html")
fleet.close()"""


def _page(fleet: Simulated, near: Drift, far: Drift, out: Path) -> Any:
    """The page: what lengthening brings, the life table with laws, the real table."""
    import warrantor as wr

    life = wr.life_table(fleet.tally)
    fits = [wr.fit(fleet.tally, law) for law in ("weibull", "lognormal")]
    return wr.report(
        fleet.longer, life, *fits, fleet.tally, near, far, python=again(fleet.world.spec, out),
        title="What 18 months would cost: a simulated fleet and a real table",
        how=("The fleet is simulated; its truth is known because it was made.",), command="warrantor demo")


def block(document: dict[str, Any]) -> str:
    """Write the block that the command prints.

    Parameters
    ----------
    document : dict
        Schema warrantor.demo/1.

    Returns
    -------
    str
    """
    return "\n".join([*_real_lines(document["real"]), "", *_simulated_lines(document["simulated"]), "",
                      f"The page with every figure: {document['report']}"])


def _real_lines(real: dict[str, Any]) -> list[str]:
    near, far = real["near"], real["far"]
    mixed = near["mixed"]
    low, high = (far["laws"][name]["expected"] for name in ("lognormal", "weibull"))
    alone = (near["laws"][name]["expected"] for name in ("lognormal", "weibull"))
    return [
        "REAL: Device-N, 526,298 units sold over 12 months, 7,586 claims (Meeker and Escobar 1998)",
        f"  months 13-18 would bring {_counted(mixed)}",
        "  two laws fit alike and drift apart: lognormal {:,.0f}, Weibull {:,.0f};".format(*alone),
        f"  by month 36 they say {low:,.0f} and {high:,.0f} claims, {high / low:.2f} times as many",
    ]


def _counted(answer: dict[str, float]) -> str:
    low, high = answer["lower"], answer["upper"]
    return f"about {answer['expected']:,.0f} claims (90 % interval {low:,.0f} to {high:,.0f})"


def _simulated_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        f"SIMULATED: {found['units']:,} units over 24 months, {found['claims']:,} claims known on {found['as_of']}",
        "  claims per 1000 units, 90 % interval   by month 12 (truth)    by month 18 (truth)",
    ]
    for name, product in found["products"].items():
        cells = [_beside(product, key) for key in ("at_start", "at_end")]
        lines.append(f"  {name:<8} promised {product['promise']} months   {cells[0]:<30} {cells[1]}")
    lines.append("  extending the promise from 12 to 18 months would bring, per 1000 units sold (truth)")
    lines += [f"  {name:<8} {_beside(product, 'extra')} more claims{_cost(product)}"
              for name, product in found["products"].items() if "extra" in product]
    if any(MISSED in line for line in lines):
        lines.append(f"  {MISSED} the truth lies outside the 90 % interval; of ten such intervals one should miss")
    return lines


def _beside(product: dict[str, Any], key: str) -> str:
    """An answer, the truth beside it, and a mark where the interval missed it."""
    answer, truth = product[key], product["truth"][key]
    return f"{_interval(answer)} ({truth:.1f}){'' if answer['lower'] <= truth <= answer['upper'] else MISSED}"


def _cost(product: dict[str, Any]) -> str:
    cost = product["cost"]
    return "" if cost is None else (
        f", {product['currency']} {cost['mean']:,.0f} [{cost['lower']:,.0f}, {cost['upper']:,.0f}]")


def _interval(answer: dict[str, float]) -> str:
    return f"{answer['mean']:.1f} [{answer['lower']:.1f}, {answer['upper']:.1f}]"
