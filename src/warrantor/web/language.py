"""English and Chinese: which one is spoken, and how words, days, numbers and money are written in it."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_currency, format_decimal
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warrantor.terms.money import PLACES

LANGUAGES = {"en": "English", "zh_Hans_CN": "中文"}
COOKIE = "language"
_ALIAS = {"zh": "zh_Hans_CN", "en": "en"}


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
    """

    locale: str = "en"

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
        return str(format_date(found, "long", locale=Locale.parse(self.locale)))

    def month(self, value: date | str) -> str:
        """Write a month of a year.

        Examples
        --------
        >>> Voice().month("2026-11-01"), Voice("zh_Hans_CN").month("2026-11-01")
        ('November 2026', '2026年11月')
        """
        found = date.fromisoformat(f"{value[:7]}-01") if isinstance(value, str) else value
        return str(format_skeleton("yMMMM", found, locale=Locale.parse(self.locale)))

    def instant(self, value: datetime | str | None) -> str:
        """Write an instant, in UTC and saying so."""
        if not value:
            return ""
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{format_datetime(found, 'medium', locale=Locale.parse(self.locale))} UTC"

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number, its thousands grouped."""
        return str(format_decimal(round(value, digits), locale=Locale.parse(self.locale)))

    def fixed(self, value: float, digits: int) -> str:
        """Write a number with exactly so many decimals, so that a column lines up.

        Examples
        --------
        >>> Voice().fixed(-0.0723, 3), Voice().fixed(1234.5, 2)
        ('-0.072', '1,234.50')
        """
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(round(value, digits), pattern, locale=Locale.parse(self.locale)))

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
        return str(format_currency(Decimal(str(value)), currency, pattern, locale=Locale.parse(self.locale),
                                   currency_digits=False))


def spoken(request: Request) -> Voice:
    """Return the language of a request: said in its address, kept in a cookie, or asked for by the browser."""
    for said in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if said in LANGUAGES:
            return Voice(str(said))
    return Voice(preferred(request.headers.get("accept-language", "")))


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
        said = Request(scope).query_params.get("lang")

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and said in LANGUAGES:
                cookie = Response()
                cookie.set_cookie(COOKIE, str(said), max_age=31_536_000, samesite="lax", path="/")
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
