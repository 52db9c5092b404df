"""warrantor reserve: money to set aside for claims to come, and its roll-forward."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, progress

if TYPE_CHECKING:
    from warrantor.forecast.reserve import Reserve
    from warrantor.forecast.roll import Roll, Rolls

Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
NEEDED = ("period", "currency", "opening", "accruals", "settlements")


def reserve(
    fleet: Path,
    /,
    *,
    by: Many = None,
    level: float = 0.95,
    discount: float | None = None,
    what_if: Annotated[bool, Parameter(negative="")] = False,
    opening: Path | None = None,
    since: str | None = None,
    lock: str | None = None,
    xlsx: Path | None = None,
    soft: Many = None,
    as_of: str | None = None,
    engine: str = "duckdb",
    seed: int = 0,
    draws: int = 2000,
    json: bool = False,
    csv: bool = False,
) -> None:
    """Work out the money to set aside for claims still to be reported of units sold so far.

    Parameters
    ----------
    fleet
        A fleet folder that `warrantor load` wrote.
    by
        Columns of the strata; the guarantee version is always one.
    level
        Of the value at risk: 0.95 is passed in one case in 20.
    discount
        Rate per year, such as 0.04; nothing is discounted where none is given.
    what_if
        Show the reserve also were the promise 6, 12, 18, 24, 30 or 36 months.
    opening
        CSV of the roll-forward: period, currency, opening, accruals, settlements; kind (guarantee or recall), change
        and closing where known. Where neither is, the closing balance is this reserve and the change balances.
    since
        Roll forward from an earlier close, and explain the change in estimate by frequency, severity, delay, volume
        and terms: a period locked before, or the day of a close, worked out from what was known then.
    lock
        Name of the period that this close ends, such as 2019-Q4: it is kept beside the fleet, and nothing restates it.
    xlsx
        Write a workbook there.
    soft
        Faults that customers live with for a while: their claims rush in before cover ends.
    as_of
        The day up to which to read the fleet.
    engine
        duckdb, spark or spark://host:port.
    seed
        Seed of the draws; the same seed gives the same answer.
    draws
        How many.
    json
        Print one JSON document.
    csv
        Print the reserve as CSV.
    """
    if not 0.0 < level < 1.0:
        raise UsageError(f"--level {level:g} is no level: give a number between 0 and 1, such as 0.95.")
    if xlsx is not None and xlsx.suffix != ".xlsx":
        raise UsageError(f"--xlsx {xlsx}: the name must end in .xlsx.")
    _may(opening, since, lock, discount)
    with progress("reading and reserving"):
        found, about = asked(fleet, tuple(by or ()), soft or [], as_of=as_of, engine=engine, level=level,
                             rate=discount, what_if=what_if, seed=seed, draws=draws)
        rolls = None if opening is None else _rolls(opening, found)
        if since is not None:
            rolls, found = _since(fleet, tuple(by or ()), soft or [], since, found, period=lock, as_of=as_of,
                                  engine=engine, level=level, seed=seed, draws=draws)
    if lock is not None:
        from warrantor.cli.close import lock as keep

        fresh = keep(fleet, tuple(by or ()), lock, found, about, engine=engine)
        note(f"{lock} is locked{'' if fresh else ' already, at the same estimate'}.")
    if xlsx is not None:
        from warrantor.report.workbook import save_workbook

        note(f"Written: {save_workbook(found, xlsx, rolls=rolls, about=about)}")
    document = found.to_dict() | {"rolls": None if rolls is None else rolls.to_dict()["rows"], "about": dict(about)}
    emit(document, *(_sheets(found, rolls) if not csv else _sheets(found, None)[:1]), json=json, csv=csv)


def _may(opening: Path | None, since: str | None, lock: str | None, discount: float | None) -> None:
    """Refuse words that do not go together."""
    if opening is not None and since is not None:
        raise UsageError("--opening and --since each tell the opening balance: give one of them.")
    if discount is not None and (since is not None or lock is not None):
        raise UsageError("A discounted reserve also changes because time passes, which none of the drivers is: give "
                         "--since and --lock without --discount.")


def _since(fleet: Path, by: tuple[str, ...], soft: list[str], earlier: str, found: Reserve, *,
           period: str | None, **said: Any) -> tuple[Rolls, Reserve]:
    """The roll-forward from an earlier close, and the reserve with what the explanation means."""
    from warrantor.cli.close import since
    from warrantor.forecast.roll import rolled

    roll, after = since(fleet, by, soft, earlier, period=period, **said)
    return rolled([roll]), replace(found, how=(*found.how, after.how[-1]))


def asked(folder: Path, by: tuple[str, ...], soft: list[str], *, as_of: str | None, engine: str, what_if: bool,
          **said: Any) -> tuple[Reserve, list[tuple[str, str]]]:
    """Return the reserve of a fleet folder, and what it was made of."""
    import warrantor
    from warrantor.cli.lengthen import told_apart
    from warrantor.forecast.kept import said as record
    from warrantor.forecast.reserve import LENGTHS
    from warrantor.forecast.reserve import reserve as ask

    with warrantor.open(folder, as_of=as_of, engine=engine) as fleet:
        cohorts = fleet.cohorts(list(by))
        hard, mild = told_apart(fleet, list(by), soft)
        until, read = fleet.manifest["data_until"], fleet.manifest.get("outputs", {})
    found = ask(hard, cohorts, soft=mild, lengths=LENGTHS if what_if else (), **said)
    about = [("Version", warrantor.__version__), ("Records reach to", until), ("Seed", str(said["seed"])),
             ("Draws", str(said["draws"])),
             *((f"SHA-256 of {name}", str(value["sha256"])) for name, value in read.items())]
    return replace(found, how=(*found.how, *record(folder))), about


def _rolls(path: Path, found: Reserve) -> Rolls:
    """Read the roll-forward; where neither change nor closing is told, the closing balance is the reserve."""
    from csv import DictReader

    from warrantor.finding import Refused
    from warrantor.forecast.roll import rolled

    if not path.is_file():
        raise Refused(f"There is no file {path} with an opening balance.")
    whole = found.over(*found.by)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return rolled([_roll(row, whole, f"{path}:{line}") for line, row in enumerate(DictReader(file), 2)])


def _roll(row: dict[str, Any], whole: Reserve, where: str) -> Roll:
    from warrantor.finding import Refused
    from warrantor.forecast.roll import DRIVERS, roll_forward

    if None in row or None in row.values():
        raise Refused(f"{where}: this row has more or fewer cells than the header.")
    if lacking := [name for name in NEEDED if not row.get(name)]:
        raise Refused(f"{where}: {', '.join(lacking)} missing.")
    given: dict[str, Any] = {name: row[name] for name in ("kind", "change", "closing", "current") if row.get(name)}
    if not {"change", "closing"} & set(given) and row.get("kind") != "recall":
        given |= _closing(whole, row["currency"], where)
    said: dict[str, Any] = {name: row[name] for name in NEEDED} | given
    return roll_forward(**said, explained={name: row[name] for name in DRIVERS if row.get(name)})


def _closing(whole: Reserve, currency: str, where: str) -> dict[str, Any]:
    """The reserve as a closing balance, in whole coins."""
    from warrantor.finding import Refused
    from warrantor.forecast.roll import in_coins

    if whole.refused[0] is not None:
        raise Refused(f"{where}: there is no closing balance. {whole.refused[0]}")
    if currency != whole.currency:
        raise Refused(f"{where}: the reserve is in {whole.currency}, not {currency}: give the change or the closing "
                      "balance of other currencies.")
    soon, later = in_coins(whole.current[0].tolist(), currency)
    return {"closing": soon + later, "current": soon}


def _sheets(found: Reserve, rolls: Rolls | None) -> list[Sheet]:
    both = [*found.to_arrow().to_pylist(), *_total(found)]
    money = ("incurred", "unexpired", "best", "value_at_risk", "tail_value_at_risk", "current", "noncurrent")
    rows = [[*(row[n] for n in found.by), row["currency"], row["units"], *(row[n] for n in money),
             *_second(found, s), row["refused"] or ""] for s, row in enumerate(both)]
    sheets = [Sheet(f"Reserve as of {found.as_of} (value at risk at {found.level:.4g})",
                    [*found.by, "currency", "units", "not reported", "unexpired", "best", "at risk", "tail",
                     "12 months", "later", "chain ladder", "its error", "refused"], rows, list(found.how))]
    if found.curve:
        wholes = [(w, one.over(*one.by)) for w, one in found.curve]
        sheets.append(Sheet("Were the promise so many months", ["months", "best", "at risk", "tail"],
                            [[w, *([None] * 3 if one.refused[0] else [float(one.best[0, 2]), *one.at_risk[0].tolist()])]
                             for w, one in wholes]))
    return sheets if rolls is None else [*sheets, *_rolled(rolls)]


def _rolled(rolls: Rolls) -> list[Sheet]:
    """The roll-forward, and why the estimate changed where that is explained."""
    from warrantor.forecast.roll import DRIVERS

    names = ("opening", "accruals", "change", "settlements", "closing", "current", "noncurrent")
    rows = [[r.period, r.currency, r.kind, *(str(v) if (v := getattr(r, n)) is not None else "" for n in names)]
            for r in rolls.rows]
    sheets = [Sheet("Roll-forward", ["period", "currency", "kind", *names], rows)]
    told = [[r.period, r.currency, str(r.change), *(str(r.explained[n]) for n in DRIVERS)]
            for r in rolls.rows if r.explained]
    if told:
        sheets.append(Sheet("Why the estimate changed", ["period", "currency", "change", *DRIVERS], told))
    return sheets


def _total(found: Reserve) -> list[dict[str, Any]]:
    if len(found.strata) < 2:
        return []
    whole = found.over(*found.by).to_arrow().to_pylist()[0]
    return [dict.fromkeys(found.by, "") | {found.by[0]: "Total"} | whole]


def _second(found: Reserve, s: int) -> list[float | None]:
    if s >= len(found.second):
        return [None, None]
    told = found.second[s].to_dict()
    return [told["total"], told["se"]]
