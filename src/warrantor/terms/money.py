"""An amount of money: exact decimals, one currency, one rounding rule."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

PLACES = {  # decimals of the smallest coin, by ISO 4217; two where a currency is not named
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
                     "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in a currency.

    Attributes
    ----------
    amount : Decimal
        Exact; rounded only by `rounded`.
    currency : str
        Three letters.

    Examples
    --------
    >>> str((Money.of("999", "CNY") - Money.of("449.55", "CNY")).rounded())
    '549.45 CNY'
    """

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, amount: str | float | Decimal, currency: str) -> Money:
        """Return an amount read from text or number; a float is read as it is written.

        Raises
        ------
        ValueError
            It is no finite number.
        """
        try:
            exact = Decimal(str(amount))
        except InvalidOperation as error:
            raise ValueError(f"{amount!r} is no amount of money; write it as in 999.00") from error
        if not exact.is_finite():
            raise ValueError(f"{amount!r} is no amount of money; write it as in 999.00")
        return cls(exact, currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, by: Decimal | int) -> Money:
        return Money(self.amount * by, self.currency)

    def rounded(self) -> Money:
        """Return the amount in whole smallest coins of its currency, half a coin up (away from zero)."""
        coin = Decimal(1).scaleb(-PLACES.get(self.currency, 2))
        return Money(self.amount.quantize(coin, ROUND_HALF_UP), self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}".strip()

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added; convert one first")
