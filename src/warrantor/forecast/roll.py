"""The roll-forward of a reserve: from the opening balance to the closing one, reconciled to the last coin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from warrantor.finding import Refused
from warrantor.terms.money import PLACES, Money

SCHEMA = "warrantor.roll/1"
ROLLS = "warrantor.rolls/1"
DRIVERS = ("frequency", "severity", "delay", "volume", "terms")
"""Why an estimate changes, in the order in which one is put in place of the other."""
Amount = Decimal | int | str
Kind = Literal["guarantee", "recall"]
_LINES = ("opening", "accruals", "change", "settlements", "closing")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Roll:
    """One period of one currency: opening + accruals + change - settlements = closing, exactly.

    Attributes
    ----------
    period, currency : str
    kind : "guarantee" or "recall"
        Recalls are shown apart.
    opening : Decimal
    accruals : Decimal
        On units sold in the period.
    change : Decimal
        In the estimate for units sold before it.
    settlements : Decimal
        Paid in cash and in kind, above 0.
    closing : Decimal
    explained : mapping of str to Decimal
        `change` by driver, or empty; what no driver explains is not hidden in one of them.
    current : Decimal or None
        Of the closing balance, what is paid within a year; None where not said.
    """

    period: str
    currency: str
    kind: Kind
    opening: Decimal
    accruals: Decimal
    change: Decimal
    settlements: Decimal
    closing: Decimal
    explained: Mapping[str, Decimal]
    current: Decimal | None

    @property
    def residual(self) -> Decimal:
        """What is left unreconciled; 0 of every `Roll` there is."""
        return self.opening + self.accruals + self.change - self.settlements - self.closing

    @property
    def noncurrent(self) -> Decimal | None:
        """Of the closing balance, what is paid later than within a year."""
        return None if self.current is None else self.closing - self.current

    def to_arrow(self) -> Any:
        """Return one row; amounts exact decimals."""
        return Rolls(rows=(self,)).to_arrow()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; amounts as exact text."""
        return {"schema": SCHEMA, "period": self.period, "currency": self.currency, "kind": self.kind,
                **{name: str(getattr(self, name)) for name in _LINES}, "residual": str(self.residual),
                **{name: None if (value := getattr(self, name)) is None else str(value)
                   for name in ("current", "noncurrent")},
                "explained": {name: str(value) for name, value in self.explained.items()}}

    def __repr__(self) -> str:
        return (f"<Roll {self.period} {self.currency} {self.kind}: {self.opening:,} + {self.accruals:,} "
                f"{'-' if self.change < 0 else '+'} {abs(self.change):,} - {self.settlements:,} = {self.closing:,}>")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rolls:
    """Periods one after the other, each opening where the one before closed, per currency and kind.

    Attributes
    ----------
    rows : tuple of Roll
    """

    rows: tuple[Roll, ...]

    def to_arrow(self) -> Any:
        """Return one row a period, currency and kind; amounts exact decimals."""
        import pyarrow as pa

        names = (*_LINES, "current", "noncurrent")
        columns: dict[str, Any] = {n: [getattr(r, n) for r in self.rows] for n in ("period", "currency", "kind")}
        columns |= {n: pa.array([getattr(r, n) for r in self.rows], pa.decimal128(38, 4)) for n in names}
        columns |= {n: pa.array([r.explained.get(n) for r in self.rows], pa.decimal128(38, 4)) for n in DRIVERS}
        return pa.table(columns)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {"schema": ROLLS, "rows": [row.to_dict() for row in self.rows]}

    def __repr__(self) -> str:
        return "\n".join(repr(row) for row in self.rows)


def roll_forward(
    *, period: str, currency: str, opening: Amount, accruals: Amount, settlements: Amount,
    change: Amount | None = None, closing: Amount | None = None, explained: Mapping[str, Amount] | None = None,
    current: Amount | None = None, kind: Kind = "guarantee",
) -> Roll:
    """Roll a reserve forward over a period; of change and closing, the one left out is what balances.

    Parameters
    ----------
    period, currency : str
    opening, accruals, settlements : Decimal, int or text
        Settlements as paid, above 0: they are subtracted. A binary float is refused, for it is not the amount.
    change, closing : Decimal, int or text, optional
        At least one; with both, the period must reconcile to zero.
    explained : mapping of str to amount, optional
        `change` by the names in `DRIVERS`; it must add up to it.
    current : Decimal, int or text, optional
        Of the closing balance, what is paid within a year.
    kind : "guarantee" or "recall"

    Raises
    ------
    Refused
        Amounts that are none, a period that does not reconcile (with what is left over), or an explanation that does
        not add up.

    Source: the layout of ASC 460-10-50-8, as in the filings of data/published/README.md, section 11.

    Examples
    --------
    >>> roll_forward(period="FY2011", currency="USD", opening=5744, accruals=4232, change=1084, settlements=4750)
    <Roll FY2011 USD guarantee: 5,744 + 4,232 + 1,084 - 4,750 = 6,310>
    """
    where = f"{period} {currency} {kind}"
    first, new, paid = (exact(v, f"{where}: {n}") for v, n in ((opening, "opening"), (accruals, "accruals"),
                                                               (settlements, "settlements")))
    if paid < 0:
        raise Refused(f"{where}: settlements {paid} are negative. Give what was paid; it is subtracted here.")
    if change is None and closing is None:
        raise Refused(f"{where}: give the change in estimate, or the closing balance it follows from.")
    last = None if change is None else first + new + exact(change, f"{where}: change") - paid
    end = exact(last if closing is None else closing, f"{where}: closing")  # type: ignore[arg-type]
    if last is not None and last != end:
        raise Refused(f"{where} does not reconcile: opening {first} + accruals {new} + change {change} - settlements "
                      f"{paid} = {last}, not {end}; {end - last} is left over. Find the entry that is missing.")
    moved = end - first - new + paid
    return Roll(period=period, currency=currency, kind=_kind(kind), opening=first, accruals=new, change=moved,
                settlements=paid, closing=end, explained=_explained(explained, moved, where),
                current=None if current is None else _part(exact(current, f"{where}: current"), end, where))


def rolled(rows: Iterable[Roll]) -> Rolls:
    """Put periods one after the other, in the order given; each opens where the one before closed.

    Parameters
    ----------
    rows : iterable of Roll

    Raises
    ------
    Refused
        An opening balance that is not the closing one before it: that restates it in silence; or a period twice.
    """
    table = tuple(rows)
    before: dict[tuple[str, str], Roll] = {}
    seen: set[tuple[str, str, str]] = set()
    for row in table:
        last = before.get((row.currency, row.kind))
        if (row.period, row.currency, row.kind) in seen:
            raise Refused(f"{row.period} {row.currency} {row.kind} comes twice.")
        if last is not None and last.closing != row.opening:
            raise Refused(f"{row.period} {row.currency} opens with {row.opening}, but {last.period} closed with "
                          f"{last.closing}: put the difference of {row.opening - last.closing} where it belongs, as a "
                          "change in estimate.")
        before[row.currency, row.kind] = row
        seen.add((row.period, row.currency, row.kind))
    return Rolls(rows=table)


def explain(
    estimate: Callable[..., Decimal], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Decimal]:
    """Explain a change in estimate by putting new drivers for old ones, one after another in the order of `DRIVERS`.

    Parameters
    ----------
    estimate : callable
        Takes the drivers by name and returns an amount.
    before, after : mapping
        The five drivers by name, of the old estimate and of the new.

    Returns
    -------
    dict
        Change by driver; they add up to the change exactly. What two drivers do together goes to the later one.

    Raises
    ------
    Refused
        Drivers other than the five.

    Examples
    --------
    >>> cost = lambda frequency, severity, delay, volume, terms: Decimal(frequency * severity * delay * volume * terms)
    >>> old = {"frequency": 2, "severity": 50, "delay": 1, "volume": 10, "terms": 1}
    >>> found = explain(cost, old, old | {"frequency": 3, "severity": 60})
    >>> [str(found[name]) for name in DRIVERS]
    ['500', '300', '0', '0', '0']
    """
    if set(before) != set(DRIVERS) or set(after) != set(DRIVERS):
        raise Refused(f"An estimate is explained by {', '.join(DRIVERS)}, each before and after.")
    now, found = dict(before), {}
    last = estimate(**now)
    for name in DRIVERS:
        now[name] = after[name]
        value = estimate(**now)
        found[name], last = value - last, value
    return found


def exact(value: Amount, name: str) -> Decimal:
    """Return an amount exactly as it was written.

    Raises
    ------
    Refused
        A binary float, or no finite number.
    """
    if isinstance(value, float):
        raise Refused(f"{name}: {value!r} is a binary number, which is not the amount. Give a Decimal, a whole "
                      "number, or text.")
    try:
        found = Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise Refused(f"{name}: {value!r} is no amount; write it as in 999.00.") from error
    if not found.is_finite():
        raise Refused(f"{name}: {value!r} is no amount; write it as in 999.00.")
    return found


def in_coins(values: Iterable[float], currency: str) -> tuple[Decimal, ...]:
    """Round estimates to the currency's smallest coin so that they add up to their own rounded sum.

    The coins left over by rounding down go to the largest remainders, the earlier of two alike.

    Parameters
    ----------
    values : (N,) currency
    currency : str
        Three letters.

    Raises
    ------
    Refused
        A value that is no finite number.

    Examples
    --------
    >>> [str(v) for v in in_coins([0.333, 0.333, 0.334], "EUR")]
    ['0.33', '0.33', '0.34']
    """
    from decimal import ROUND_FLOOR

    coin = Decimal(1).scaleb(-PLACES.get(currency, 2))
    whole = [exact(str(float(v)), "an estimate") for v in values]
    down = [v.quantize(coin, ROUND_FLOOR) for v in whole]
    spare = int((Money(sum(whole, Decimal(0)), currency).rounded().amount - sum(down, Decimal(0))) / coin)
    order = sorted(range(len(whole)), key=lambda i: down[i] - whole[i])
    lucky = set(order[:spare])
    return tuple(v + coin if i in lucky else v for i, v in enumerate(down))


def _kind(kind: Kind) -> Kind:
    if kind not in ("guarantee", "recall"):
        raise Refused(f"{kind!r}: a reserve is of a guarantee or of a recall.")
    return kind


def _explained(given: Mapping[str, Amount] | None, moved: Decimal, where: str) -> dict[str, Decimal]:
    if not given:
        return {}
    if strange := [name for name in given if name not in DRIVERS]:
        raise Refused(f"{where}: {', '.join(strange)} explains no change; there is {', '.join(DRIVERS)}.")
    found = {name: exact(given.get(name, 0), f"{where}: {name}") for name in DRIVERS}
    if (total := sum(found.values(), Decimal(0))) != moved:
        raise Refused(f"{where}: the explanation adds up to {total}, the change in estimate is {moved}; "
                      f"{moved - total} is left over.")
    return found


def _part(current: Decimal, closing: Decimal, where: str) -> Decimal:
    if not min(closing, Decimal(0)) <= current <= max(closing, Decimal(0)):
        raise Refused(f"{where}: a current part of {current} is no part of the closing balance {closing}.")
    return current
