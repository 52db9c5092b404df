"""English and Chinese: which one is spoken, and how words, days, numbers and money are written in it."""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_currency, format_decimal, get_territory_currencies
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warrantor.terms.money import PLACES

LANGUAGES = {"en": "English", "zh_Hans_CN": "中文"}
COOKIE = "language"
_ALIAS = {"zh": "zh_Hans_CN", "en": "en"}
_AMERICAN = ("", "us")  # who write the month before the day; all other English does not


@cache
def catalog(locale: str) -> gettext.NullTranslations:
    """Return the compiled words of a locale."""
    folder = files("warrantor.web") / "i18n" / locale / "LC_MESSAGES" / "web.mo"
    with folder.open("rb") as words:
        return gettext.GNUTranslations(words)


@dataclass(frozen=True, slots=True)
class Voice:
    """One language, speaking.

    Attributes
    ----------
    locale : str
        en or zh_Hans_CN.
    british : bool
        Whether days and numbers of English are written as in Britain: words are the same.
    """

    locale: str = "en"
    british: bool = False

    @property
    def writes(self) -> Locale:
        """How days, numbers and money are written."""
        return Locale.parse("en_GB" if self.british and self.locale == "en" else self.locale)

    @property
    def short(self) -> Literal["en", "zh"]:
        """The language as terms calls it."""
        return "zh" if self.locale.startswith("zh") else "en"

    @property
    def tag(self) -> str:
        """The language as HTML and HTTP write it."""
        return self.locale.replace("_", "-")

    def __call__(self, text: str, **named: Any) -> str:
        """Say a text in this language, its `{names}` filled."""
        said = catalog(self.locale).gettext(text)
        return said.format(**named) if named else said

    def many(self, one: str, more: str, count: int) -> str:
        """Say a text that depends on a count; `{n}` is the count, grouped."""
        return catalog(self.locale).ngettext(one, more, count).format(n=self.number(count))

    def day(self, value: date | str | None) -> str:
        """Write a civil day; the empty text where there is none.

        Examples
        --------
        >>> Voice("zh_Hans_CN").day(date(2026, 11, 23))
        '2026年11月23日'
        """
        if not value:
            return ""
        found = date.fromisoformat(value[:10]) if isinstance(value, str) else value
        return str(format_date(found, "long", locale=self.writes))

    def days_in(self, text: str) -> str:
        """Write the days within a sentence as pages write them.

        Examples
        --------
        >>> Voice().days_in("Covered on 2026-11-23: until 2027-11-23.")
        'Covered on November 23, 2026: until November 23, 2027.'
        """
        return re.sub(r"\b\d{4}-\d{2}-\d{2}\b", lambda found: self.day(found[0]), text)

    def month(self, value: date | str) -> str:
        """Write a month of a year.

        Examples
        --------
        >>> Voice().month("2026-11-01"), Voice("zh_Hans_CN").month("2026-11-01")
        ('November 2026', '2026年11月')
        """
        found = date.fromisoformat(f"{value[:7]}-01") if isinstance(value, str) else value
        return str(format_skeleton("yMMMM", found, locale=self.writes))

    def instant(self, value: datetime | str | None) -> str:
        """Write an instant, in UTC and saying so."""
        if not value:
            return ""
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{format_datetime(found, 'medium', locale=self.writes)} UTC"

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number, its thousands grouped."""
        return str(format_decimal(round(value, digits), locale=self.writes))

    def fixed(self, value: float, digits: int) -> str:
        """Write a number with exactly so many decimals, so that a column lines up.

        Examples
        --------
        >>> Voice().fixed(-0.0723, 3), Voice().fixed(1234.5, 2)
        ('-0.072', '1,234.50')
        """
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(round(value, digits), pattern, locale=self.writes))

    def money(self, value: Decimal | float | str, currency: str, digits: int | None = None) -> str:
        """Write an amount with its ISO code: a sign alone stands for several currencies.

        Parameters
        ----------
        value : Decimal, float or str
        currency : str
        digits : int, optional
            Decimals; those of the currency's coins unless said: none for a forecast, more for an amount a unit.
        """
        places = PLACES.get(currency, 2) if digits is None else digits
        pattern = "¤¤ #,##0" + ("." + "0" * places if places else "")
        return str(format_currency(Decimal(str(value)), currency, pattern, locale=self.writes,
                                   currency_digits=False))


def money_of(market: str) -> str:
    """Return the currency of a market that is a country, or several with one; empty for any other.

    Examples
    --------
    >>> money_of("CN"), money_of("EU"), money_of("nowhere")
    ('CNY', 'EUR', '')
    """
    found = get_territory_currencies(market)
    return str(found[0]) if found else ""


def spoken(request: Request) -> Voice:
    """Return the language of a request: said in its address, kept in a cookie, or asked for by the browser."""
    accepts = request.headers.get("accept-language", "")
    for said in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if said and (known := locale_of(said)):
            return Voice(known, british(accepts))
    return Voice(preferred(accepts), british(accepts))


def locale_of(said: str) -> str | None:
    """Return the locale that an address or a cookie means; None where it is no language of ours.

    Examples
    --------
    >>> locale_of("zh"), locale_of("zh-CN"), locale_of("zh_Hans_CN"), locale_of("en-GB"), locale_of("fr")
    ('zh_Hans_CN', 'zh_Hans_CN', 'zh_Hans_CN', 'en', None)
    """
    return _ALIAS.get(said.strip().lower().replace("_", "-").split("-")[0])


@lru_cache(maxsize=256)
def british(header: str) -> bool:
    """Whether the English that an Accept-Language header likes best puts the day before the month.

    Examples
    --------
    >>> british("en-GB,en;q=0.8"), british("en-US,en-GB;q=0.5"), british("zh-CN,en-IE;q=0.7"), british("en")
    (True, False, True, False)
    """
    ranked = sorted(enumerate(header.split(",")), key=lambda part: (-_weight(part[1]), part[0]))
    for _, part in ranked:
        language, _, country = part.split(";")[0].strip().lower().partition("-")
        if language == "en":
            return country not in _AMERICAN
    return False


class KeepsLanguage:
    """Keep a language that an address says.

    Parameters
    ----------
    app : ASGI application
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or b"lang=" not in scope["query_string"]:
            await self.app(scope, receive, send)
            return
        said = locale_of(Request(scope).query_params.get("lang", ""))

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and said:
                cookie = Response()
                cookie.set_cookie(COOKIE, said, max_age=31_536_000, samesite="lax", path="/")
                MutableHeaders(scope=message).append("set-cookie", cookie.headers["set-cookie"])
            await send(message)

        await self.app(scope, receive, kept)


@lru_cache(maxsize=256)
def preferred(header: str) -> str:
    """Return the locale that an Accept-Language header likes best.

    Examples
    --------
    >>> preferred("de;q=0.9, zh-CN;q=0.8, en;q=0.5"), preferred("fr")
    ('zh_Hans_CN', 'en')
    """
    ranked = sorted(enumerate(header.split(",")), key=lambda part: (-_weight(part[1]), part[0]))
    for _, part in ranked:
        found = _ALIAS.get(part.split(";")[0].strip().lower().split("-")[0])
        if found:
            return found
    return "en"


def _weight(part: str) -> float:
    _, _, weight = part.partition("q=")
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0


def labelled(words: Mapping[str, str], key: str, voice: Voice) -> str:
    """Say the word for a key of the desk; the key itself where nobody gave it a word."""
    return voice(words[key]) if key in words else key
