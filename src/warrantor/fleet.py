"""The one object that asks the engine: a fleet folder, as of a day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from warrantor.finding import Refused
from warrantor.records.folder import known_day, manifest_of

if TYPE_CHECKING:
    from fractions import Fraction

    import pyarrow as pa

    from warrantor.engine import Engine
    from warrantor.exposure import Scope, Settled
    from warrantor.forecast.backtest import Backtest
    from warrantor.forecast.opened import Known
    from warrantor.ledger import Ledger
    from warrantor.repeats import Repeats
    from warrantor.tally import Brackets, Cohorts, Heard, Tally
    from warrantor.terms import Answer, Guarantees
    from warrantor.trial.outcomes import Outcomes
    from warrantor.trial.plan import Trial


def open(  # noqa: A001  `warrantor.open` reads as what it does
    path: str | Path, as_of: str | date | None = None, engine: str | Engine = "duckdb"
) -> Fleet:
    """Open a fleet folder that `warrantor load` wrote.

    Parameters
    ----------
    path : str or Path
        The folder.
    as_of : date or ISO text, optional
        The day up to which claims are known; by default the day the records reach to. It only selects.
    engine : str or Engine
        "duckdb", "spark", "spark://host:port", or an engine that is open already.

    Returns
    -------
    Fleet

    Raises
    ------
    Refused
        No fleet folder there, or `as_of` after the day the records reach to.
    """
    from warrantor import terms
    from warrantor.exposure.opened import open_scope

    folder = Path(path).expanduser()
    manifest = manifest_of(folder)
    day = known_day(as_of, date.fromisoformat(manifest["data_until"]))
    guarantees = terms.load_guarantees(folder / "guarantees.toml")
    scope = open_scope(folder, day, manifest.get("currency"), guarantees, engine)
    return Fleet(folder=folder, as_of=day, manifest=manifest, guarantees=guarantees, _scope=scope,
                 _lent=not isinstance(engine, str))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fleet:
    """All units answered for, as of a day; its methods ask the engine, everything after is arithmetic.

    Attributes
    ----------
    folder : Path
        Where the records lie.
    as_of : date
        The day up to which claims are known.
    manifest : mapping
        Counts, hashes and versions written when the records were loaded.
    guarantees : Guarantees
        The promises, versioned.
    """

    folder: Path
    as_of: date
    manifest: Mapping[str, Any]
    guarantees: Guarantees
    _scope: Scope = field(repr=False)
    _lent: bool = False

    def tally(self, by: str | Iterable[str] = (), *, faults: Sequence[str] | None = None) -> Tally:
        """Entries, first claims, exits and all claims by age in days; the one heavy question.

        Parameters
        ----------
        by : str or iterable of str
            Columns of units: product, lot, market, channel and others. The guarantee version and the origin
            (sold or exchange) are always strata; add over them with `.over("guarantee", "origin")`.
        faults : sequence of str, optional
            Count only claims of these faults ("": without a code); another first claim takes its unit away that day.

        Returns
        -------
        Tally

        Raises
        ------
        Refused
            Columns the units do not have.
        """
        from warrantor.exposure import tally_of

        return tally_of(self._scope, by, faults=faults)

    def brackets(self, by: str | Iterable[str] = (), *, faults: Sequence[str] | None = None) -> Brackets:
        """Return the tally of the same question as (entry, lower, upper, count)."""
        return self.tally(by, faults=faults).brackets()

    def cohorts(self, by: str | Iterable[str] = ()) -> Cohorts:
        """Units by stratum, guarantee version and start day; their claims by age month and report lag.

        Parameters
        ----------
        by : str or iterable of str
            Columns of units; the origin is added.

        Returns
        -------
        Cohorts
        """
        from warrantor.exposure import cohorts_of

        return cohorts_of(self._scope, by)

    def heard(self, by: str | Iterable[str] = (), *, within: int = 30) -> Heard:
        """Unclaimed units by age and by how long they have been silent, on the day the records reach to.

        Parameters
        ----------
        by : str or iterable of str
            Columns of units; the guarantee version and the origin are added, as in `tally`.
        within : int
            Days; a unit is heard where it reported home in so many days up to that day.

        Returns
        -------
        Heard

        Raises
        ------
        Refused
            No heartbeats, an `as_of` before units were last seen, or columns the units do not have.
        """
        from warrantor.exposure import heard_of

        return heard_of(self._scope, by, within=within)

    def repeats(self, by: str | Iterable[str] = ()) -> Repeats:
        """All claims under cover with the units they came from, and everybody's time under cover.

        Parameters
        ----------
        by : str or iterable of str
            Columns of units; the guarantee version and the origin are added, as in `tally`.

        Returns
        -------
        Repeats

        Raises
        ------
        Refused
            Columns the units do not have.
        """
        from warrantor.exposure import repeats_of

        return repeats_of(self._scope, by)

    def begun(self, by: str | Iterable[str] = (), *, begun_by: str | date) -> Tally:
        """Return the claims by age of units whose cover had begun by a day, as known on `as_of`; no exits.

        Parameters
        ----------
        by : str or iterable of str
            Columns of units; the guarantee version and the origin are added, as in `tally`.
        begun_by : date or ISO text

        Raises
        ------
        Refused
            Columns the units do not have, or a day after `as_of`.
        """
        from warrantor.exposure import begun_of

        return begun_of(self._scope, by, known_day(begun_by, self.as_of))

    def settled(self, since: str | date) -> Settled:
        """Sum the claims that became known after a day, of units sold by it and of those sold later.

        Parameters
        ----------
        since : date or ISO text
            Before `as_of`.

        Raises
        ------
        Refused
            No such day, no costs, or a claim without one.
        """
        from warrantor.exposure import settled_of

        return settled_of(self._scope, known_day(since, self.as_of))

    def allotted(self, salt: str, share: Fraction) -> pa.Table:
        """Allot every unit to an arm of a trial by its serial: unit, serial, arm (1 extended, 0 conventional)."""
        from warrantor.exposure.arms import arms_of

        return arms_of(self._scope, salt, share)

    def ledger(self, trial: Trial) -> Ledger:
        """Sum what the units of a trial cost and claimed, as known on each of its looks by `as_of`.

        Parameters
        ----------
        trial : Trial
            A plan; the promises of both arms must be among the fleet's guarantees.

        Returns
        -------
        Ledger

        Raises
        ------
        Refused
            A design without arms, a promise the fleet does not hold, no unit yet, no costs.
        """
        from warrantor.exposure.ledger import ledger_of
        from warrantor.trial.asked import asked_of

        if surveyed := (self.folder / "surveys.parquet").exists():
            self._scope.engine.add("surveys", self.folder / "surveys.parquet")
        return ledger_of(self._scope, asked_of(trial, self.guarantees, self.as_of), surveys=surveyed)

    def outcomes(self) -> Outcomes:
        """Return what was measured of each product, market and period.

        Raises
        ------
        Refused
            No outcomes were loaded.
        """
        from warrantor.trial.outcomes import Outcomes

        if not (path := self.folder / "outcomes.parquet").exists():
            raise Refused(f"{self.folder} holds no outcomes: load them with `warrantor load --outcomes FILE`.")
        self._scope.engine.add("outcomes", path)
        return Outcomes.of(self.sql("SELECT * FROM outcomes").to_pylist())

    def at(self, day: str | date) -> Fleet:
        """Return the fleet as it was known on an earlier day; the engine stays this one's.

        Raises
        ------
        Refused
            A day after the one the records reach to.
        """
        known = known_day(day, date.fromisoformat(self.manifest["data_until"]))
        return replace(self, as_of=known, _scope=replace(self._scope, as_of=known), _lent=True)

    def backtest(
        self, by: str | Iterable[str] = (), *, freezes: Sequence[str | date] = (), every: int = 3, months: int = 6,
        soft: Sequence[str] = (), lots: str | None = None, level: float = 0.9, seed: int = 0, draws: int = 2000,
    ) -> Backtest:
        """Forecast from what was known on earlier days, and compare with what came by `as_of`.

        Parameters
        ----------
        by : str or iterable of str
            Columns of units; the guarantee version is added.
        freezes : sequence of date or ISO text
            Days to forecast from; by default month ends, each `every` months, that `months` months follow.
        every, months : int
            Months from one default freeze to the next, and foretold from each.
        soft : sequence of str
            Faults that customers live with for a while; see `warrantor.forecast`.
        lots : str, optional
            Column of units whose cells share a law up to a factor.
        level, seed, draws
            As `warrantor.forecast` takes them.

        Returns
        -------
        Backtest

        Raises
        ------
        Refused
            No day that so many months follow by `as_of`, or none on which a forecast could be made.
        """
        from warrantor.forecast.opened import freezes as month_ends
        from warrantor.forecast.opened import open_up

        strata = [*([by] if isinstance(by, str) else by), *([lots] if lots else [])]
        known = _known(self, strata, soft)
        days = [known_day(day, self.as_of) for day in freezes] or month_ends(
            int(known.cohorts(self.as_of).start_day.min(initial=_number(self.as_of))), self.as_of, months, every)
        asked: dict[str, Any] = {"lots": lots, "level": level, "seed": seed, "draws": draws}
        found = open_up(known, days, self.as_of, months=months, **asked)
        return replace(found, made=_made(self.manifest) | asked | {"months": months, "soft": list(soft)})

    def entitle(
        self, serial: str, *, on: str | date | None = None, component: str = "host", fault: str = "performance"
    ) -> Answer:
        """Answer whether a unit is covered on a day, for a component and a fault, and why.

        Its own guarantee is asked, and the statutory and seller's layers of its market; see `warrantor.terms`.

        Parameters
        ----------
        serial : str
            The unit.
        on : date or ISO text, optional
            The day of the claim; by default the day the fleet is known to.
        component, fault : str
            What failed, and how, by the words of the guarantee.
        """
        from warrantor import terms
        from warrantor.records.unit import Asked, request_of

        day = self.as_of if on is None else date.fromisoformat(on) if isinstance(on, str) else on
        request = request_of(self._scope.engine, self.folder, serial, Asked(day, component, fault),
                             self.manifest.get("columns", {}))
        return terms.entitle(request, terms.beside(self.guarantees, request.granted))

    @property
    def start_unknown(self) -> int:
        """Units whose start is not known: they have no age and are in no tally."""
        return int(self._scope.ask("unknown").column("units")[0].as_py())

    def sql(self, text: str) -> pa.Table:
        """Ask a question of your own of the tables `units`, `claims` and `calendar`.

        Days are integers since 1970-01-01; `as_of` selects nothing here.
        """
        return self._scope.engine.sql(text)

    def close(self) -> None:
        """Let go of the engine, unless it was lent."""
        if not self._lent:
            self._scope.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        counts = self.manifest.get("counts", {})
        told = " and ".join(f"{counts[name]:,} {name}" for name in ("units", "claims") if name in counts)
        return f"<Fleet {self.folder.name}: {told or 'records'}, as of {self.as_of}, on {self._scope.engine.name}>"


def _known(fleet: Fleet, by: Sequence[str], soft: Sequence[str]) -> Known:
    """The fleet's claims and cohorts on any day, each asked once."""
    from functools import cache

    from warrantor.exposure.faults import hard_of
    from warrantor.forecast.opened import Known

    hard = hard_of(fleet.sql, soft) if soft else []

    def claims(day: date) -> tuple[Tally, Tally | None]:
        then = fleet.at(day)
        mild = then.tally(by, faults=soft).over("origin") if soft else None
        return then.tally(by, faults=hard if soft else None).over("origin"), mild

    return Known(claims, cache(lambda day: fleet.at(day).cohorts(by)))


def _number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _made(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Which version was asked, and of which records."""
    from hashlib import sha256

    import warrantor

    inputs = sha256(json.dumps(manifest.get("outputs", {}), sort_keys=True).encode()).hexdigest()
    return {"version": warrantor.__version__, "inputs": inputs}
