"""warrantor predict: claims between two ages if a law holds, with the law's own uncertainty, by the bootstrap."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, progress

if TYPE_CHECKING:
    from warrantor.forecast.predicted import Predicted
    from warrantor.forecast.running import Running
    from warrantor.forecast.transport import Transport
    from warrantor.records.lifetimes import Lifetimes

Many = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]


def predict(
    lifetimes: Path,
    /,
    *,
    age: str,
    failed: str,
    count: str | None = None,
    by: Many = None,
    until: str | None = None,
    age_unit: Literal["day", "month"] = "day",
    from_: Annotated[float, Parameter(name="--from")] = 12.0,
    to: float = 18.0,
    law: Many = None,
    method: Literal["direct", "gpq"] = "direct",
    calibrated: Annotated[bool, Parameter(negative="")] = False,
    history: Path | None = None,
    draws: int = 2000,
    level: float = 0.9,
    seed: int = 0,
    json: bool = False,
    csv: bool = False,
) -> None:
    """Predict the first claims of ages FROM to TO of units of any age, by laws refitted under fractional weights.

    Parameters
    ----------
    lifetimes
        A file with a row per age and outcome; units that did not fail run on from their age.
    age
        Column of ages at the claim, or now.
    failed
        Column that says whether the age is a claim's: 1, 0, true or false.
    count
        Column of the number of units a row stands for.
    by
        Columns of the strata, such as product; they name products in both files.
    until
        Column of the age at which a unit's watch is known to end; empty: no end is known.
    age_unit
        Unit of the ages: day (a month is 30.4375 days) or month.
    from_
        Months at which counting begins.
    to
        Months at which it ends.
    law
        Laws to fit; several are mixed by AIC, with their envelope beside. Weibull and lognormal unless said.
    method
        direct, or gpq (generalised pivotal quantities; weibull, lognormal, loglogistic).
    calibrated
        Put the bounds of one law right by its own refits.
    history
        Lifetimes of past products, uncut: each is cut at FROM and opened to TO, and the error is multiplied in.
    draws
        Refits of every law.
    level
        Level of the interval.
    seed
        Seed of the weights; the same seed gives the same answer.
    json
        Print one JSON document.
    csv
        Print the table as CSV.
    """
    names, laws = tuple(by or ()), tuple(law or ("weibull", "lognormal"))
    columns = {"age": age, "failed": failed, "count": count}
    with progress("reading"):
        from warrantor.records.lifetimes import read_lifetimes

        read = read_lifetimes(lifetimes, **columns, until=until, by=names, unit=age_unit)
        past = None if history is None else read_lifetimes(history, **columns, by=names, unit=age_unit)
    if past is not None:
        both = sorted(set(read.strata) & set(past.strata)) if names else []
        if both:
            raise UsageError(f"In both files: {', '.join(' '.join(key) for key in both[:5])}. Take a product out of "
                             "--history before asking about it.")
    with progress("refitting"):
        from warrantor.forecast.bootstrap import predict as ask

        found = ask(read.tally(), running(read), start=from_, end=to, laws=laws, method=method, calibrated=calibrated,
                    draws=draws, level=level, seed=seed)
        if past is not None:
            found = found.times(learned(past, (from_, to), laws[:1], seed), seed)
    emit(found.to_dict(), _sheet(found), json=json, csv=csv)


def running(read: Lifetimes) -> Running:
    """Units of the file that did not fail, at their ages."""
    import numpy as np

    from warrantor.forecast.running import Running

    stays = ~read.failed
    until = np.where(np.isnan(read.until), np.inf, np.maximum(read.until, read.age))
    return Running(by=read.by, strata=read.strata, stratum=read.stratum[stays], age=read.age[stays],
                   until=until[stays], units=read.count[stays])


def learned(past: Lifetimes, window: tuple[float, float], laws: tuple[str, ...], seed: int) -> Transport:
    """Cut every past product at the start of the window, foretell it, open it."""
    from warrantor.forecast.at_risk import ages, alive, came, cut
    from warrantor.forecast.bootstrap import predict as ask

    tally = past.tally()
    start, end = (ages(tally.unit, v) for v in window)
    found = ask(cut(tally, start), alive(tally, start), start=window[0], end=window[1], laws=laws, draws=200, seed=seed)
    return found.learned(came(tally, start, end))


def _sheet(found: Predicted) -> Sheet:
    """The answer for people."""
    rows = []
    for s, key in enumerate(found.strata):
        gone = found.refused[s]
        answer = [None] * 3 if gone else [float(found.expected[s]), int(found.lower[s]), int(found.upper[s])]
        alone = [None if why else f"{m:,.1f} ({lo:,} to {hi:,})" for why, m, (lo, hi) in
                 zip(found.why[s], found.plug_in[s], found.bounds[s].tolist(), strict=True)]
        rows.append([*key, float(found.claims[s]), float(found.at_risk[s]), *answer, *alone, gone or ""])
    title = f"First claims at ages {found.start:g} to {found.end:g} ({found.level:.0%} interval, {found.method})"
    return Sheet(title, [*found.by, "claims seen", "at risk", "expected", "lower", "upper",
                         *(f"{law} alone" for law in found.laws), "refused"], rows, list(found.how))
