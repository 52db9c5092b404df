"""From a plan's TOML to a `Trial`: every key has a reader that refuses what cannot mean anything, at its line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any

from warrantor.finding import Refused
from warrantor.terms.lines import line_of_error, lines_of, nearest
from warrantor.terms.period import Term, end_of
from warrantor.terms.read import WrongError, count, one_of, table, text
from warrantor.trial.difference import difference_stakes
from warrantor.trial.plan import Baseline, Expected, Guardrail, Trial
from warrantor.trial.spending import check_split

STOP_LEVEL = 0.05
ALARMS = {"cost": 0.015, "claim rate": 0.005}
RAILS: dict[str, dict[str, Any]] = {  # the claim rate's .01 is split between its two alarms
    "safety": {"source": "claims", "margin": 1.5, "level": 0.02},
    "claims": {"source": "claims", "margin": 1.1, "level": 0.005},
    "returns": {"source": "returns", "margin": 1.2, "level": 0.0025},
    "satisfaction": {"source": "surveys", "margin": 1.2, "level": 0.0025},
}
FAIRNESS = ("Which promise a unit has is drawn by its serial, after it was made and before anybody chose it; the "
            "promise is shown at activation, after purchase. Statutory rights are untouched in both arms. No unit's "
            "promise is ever made shorter than the one it was sold with.")
ROLL_BACK = {"sold": "Every unit sold keeps the promise it was allotted.",
             "stock": "Units still in the channel keep the promise sent with them; new units get the shorter one.",
             "published": "A published promise of the longer term is kept for every unit sold while it stood."}


def load(path: str | Path) -> Trial:
    """Read a plan.

    Parameters
    ----------
    path : path
        A TOML file; docs/trial.md lists its keys.

    Raises
    ------
    Refused
        No TOML, a key that is none, a value that cannot be; says the file, the line and what to do.

    Examples
    --------
    >>> load("docs/examples/trial/trial.toml").windows
    (12, 18)
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise Refused(f"{path}: there is no such plan.")
    return read_plan(file.read_text(encoding="utf-8"), str(path))


def read_plan(told: str, where: str) -> Trial:
    """Read a plan's text; `where` names it in messages."""
    try:
        document = tomllib.loads(told)
    except tomllib.TOMLDecodeError as error:
        line, why = line_of_error(error, told)
        raise Refused(f"{where}, line {line}: this is no TOML: {why}") from error
    try:
        return _built(_whole(document))
    except WrongError as wrong:
        line = nearest(lines_of(told), wrong.path)
        at = where if line is None else f"{where}, line {line}"
        raise Refused(f"{at}: {wrong.why}") from wrong


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _above(value: Any) -> float:
    found = _number(value)
    if not found > 0:
        raise ValueError(f"{value!r} is not above zero")
    return found


def _level(value: Any) -> float:
    found = _number(value)
    if not 0 < found < 1:
        raise ValueError(f"{value!r} is no share between 0 and 1")
    return found


def _margin(value: Any) -> float:
    found = _number(value)
    if not found > 1:
        raise ValueError(f"{value!r} is no margin: say how many times the other arm's rate is still borne, such as 1.2")
    return found


def _share(value: Any) -> Fraction:
    try:
        found = Fraction(value if isinstance(value, (str, int)) else repr(value))
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f'{value!r} is no share: write it as in "1/2"') from error
    if not 0 < found < 1:
        raise ValueError(f"{value!r} allots nothing to one of the arms: give a share between 0 and 1")
    return found


def _day(value: Any) -> date:
    if type(value) is not date:
        raise ValueError(f"{value!r} is no day: write it as in 2024-01-31, without quotes")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{value!r} is no list of texts")
    return tuple(text(v) for v in value)


def _numbers(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not value or any(_number(v) < 0 for v in value):
        raise ValueError(f"{value!r} is no list of numbers that are not below zero")
    return tuple(float(v) for v in value)


def _pair(value: Any) -> tuple[float, float]:
    found = _numbers(value)
    if len(found) != 2:
        raise ValueError(f"{value!r} are not two numbers: conventional, extended")
    return found[0], found[1]


def _windows(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or not 0 < count(value[0]) < count(value[1]):
        raise ValueError(f"{value!r}: give the months of both promises, the shorter first, as in [12, 18]")
    return value[0], value[1]


def _looks(value: Any) -> Any:
    if isinstance(value, list):
        days = tuple(_day(v) for v in value)
        if not days or list(days) != sorted(set(days)):
            raise ValueError("looks are days in their order, each once")
        return days
    return table({"first": _day, "count": count}, ("count",))(value)


_RAIL = table({"name": text, "source": one_of("claims", "returns", "surveys"), "margin": _margin, "level": _level,
               "faults": _texts, "poor": _number, "waived": text}, ("name",))
_BASELINE = table({"rates": _numbers, "history": _above, "lots": count, "lot_variation": _number,
                   "report_lag": _numbers, "counted": one_of("all claims", "first claims"), "mean_cost": _above,
                   "overspend": _margin},
                  ("rates", "history", "mean_cost"))
_EXPECTED = table({"units_a_month": _above, "months_of_sale": count, "shares": _pair, "mean_cost": _above,
                   "cost_variation": _above, "cluster_units": _above, "cluster_variation": _above,
                   "past_error": _above, "outcome_spread": _above},
                  ("units_a_month", "months_of_sale", "shares", "mean_cost", "cost_variation"))


def _rails(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise ValueError("write [[guardrail]], with two brackets: there may be more than one")  # noqa: TRY004  a file's
    found = []
    for place, one in enumerate(value):
        try:
            found.append(_RAIL(one))
        except WrongError as wrong:
            raise WrongError(f"{place}.{wrong.path}", wrong.why) from wrong
        except ValueError as error:
            raise WrongError(str(place), str(error)) from error
    return found


KEYS = {
    "name": text, "design": one_of("unit", "cluster", "product"), "products": _texts, "donors": _texts,
    "conventional": text, "extended": text, "salt": text, "share": _share, "key": text, "strata": _texts,
    "windows": _windows, "lag_days": count, "currency": text, "cap": _above, "limit": _above, "level": _level,
    "alarm_levels": table({"cost": _level, "claim rate": _level}), "sizes_level": _level, "maturity": _level,
    "stakes": _numbers, "guardrail": _rails, "baseline": _BASELINE, "expected": _EXPECTED, "first_on": _day,
    "last_on": _day, "looks": _looks, "stop_on": _day, "forecast": text, "fairness": text,
    "roll_back": table({"sold": text, "stock": text, "published": text}),
}
NEEDED = ("name", "products", "conventional", "extended", "first_on", "last_on", "currency")
OF_ARMS = ("salt", "cap", "limit")


def _whole(document: Mapping[str, Any]) -> dict[str, Any]:
    """Read every key; name what is unknown and what is missing."""
    for key in document:
        if key not in KEYS:
            near = get_close_matches(key, KEYS, 1)
            raise WrongError(key, f"{key}: no such key; {f'did you mean {near[0]}?' if near else ', '.join(KEYS)}")
    by_product = document.get("design") == "product"
    needed = (*NEEDED, "donors") if by_product else (*NEEDED, *OF_ARMS)
    if lacking := [key for key in needed if key not in document]:
        raise WrongError("", f"the plan says no {', '.join(lacking)}; docs/trial.md tells what each means")
    return table(KEYS)(document)


def _built(told: dict[str, Any]) -> Trial:
    """Fill in what the plan leaves to the defaults, check that its parts fit, and freeze it."""
    windows, lag = told.get("windows", (12, 18)), told.get("lag_days", 60)
    first, last = told["first_on"], told["last_on"]
    if last < first:
        raise WrongError("last_on", f"last_on: sales end on {last}, before they begin on {first}")
    cap, limit = told.get("cap", 1.0), told.get("limit", 0.5)
    if not limit < cap:
        raise WrongError("limit", f"limit: {limit:g} is not below the cap of {cap:g}, the most that one unit can cost")
    looks = _planned(told.get("looks"), first, last, windows[1], lag)
    stop = told.get("stop_on", looks[-1])
    if stop < looks[-1]:
        raise WrongError("stop_on", f"stop_on: the trial ends on {stop}, before its last look on {looks[-1]}")
    rails = _guardrails(told.get("guardrail", []))
    alarms = ALARMS | told.get("alarm_levels", {})
    _spent(alarms, rails)
    return Trial(
        name=told["name"], design=told.get("design", "unit"), products=told["products"], salt=told.get("salt", ""),
        conventional=told["conventional"], extended=told["extended"], share=told.get("share", Fraction(1, 2)),
        key=told.get("key", "serial"), strata=told.get("strata", ("product",)), windows=windows, lag_days=lag,
        currency=told["currency"], cap=cap, limit=limit, level=told.get("level", 0.025), alarm_levels=alarms,
        sizes_level=told.get("sizes_level", 0.01), maturity=told.get("maturity", 0.8), stakes=_stakes(told, cap),
        guardrails=rails, baseline=_baseline(told.get("baseline"), windows[1]),
        expected=Expected(**told["expected"]) if "expected" in told else None, first_on=first, last_on=last,
        looks=looks, stop_on=stop, forecast=told.get("forecast", ""), roll_back=ROLL_BACK | told.get("roll_back", {}),
        fairness=told.get("fairness", FAIRNESS), donors=told.get("donors", ()))


def _stakes(told: Mapping[str, Any], cap: float) -> tuple[float, ...]:
    # processors differ in the last digits of a power, and a plan's hash is one on every machine
    stakes = told.get("stakes") or tuple(float(f"{stake:.12g}") for stake in difference_stakes(cap))
    if not all(0 < stake * cap < 1 for stake in stakes):
        raise WrongError("stakes", f"stakes: each must be above 0 and below 1 / cap = {1 / cap:g}")
    return tuple(stakes)


def _planned(told: Any, first: date, last: date, months: int, lag: int) -> tuple[date, ...]:
    """Return the days of the looks: as told, or month ends from the day the first month of sale is mature."""
    if isinstance(told, tuple):
        return told
    end = min(_month_end(first, 0), last)
    mature = end_of(end, Term(months, "months")) + timedelta(days=lag)
    begin = (told or {}).get("first", mature)
    sale = (last.year - first.year) * 12 + last.month - first.month + 1
    many = (told or {}).get("count", sale)
    if not many:
        raise WrongError("looks.count", "count: a trial without a look has no verdict")
    return tuple(_month_end(begin, k) for k in range(many))


def _month_end(day: date, later: int) -> date:
    month = day.year * 12 + day.month + later
    return date(month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _guardrails(told: list[dict[str, Any]]) -> tuple[Guardrail, ...]:
    """Return the four guardrails, each as told, and the plan's own."""
    names = [one["name"] for one in told]
    if twice := [name for i, name in enumerate(names) if name in names[:i]]:
        raise WrongError(f"guardrail.{len(names) - 1}", f"the guardrail {twice[0]} stands twice")
    found = []
    for place, one in enumerate([*told, *({"name": name} for name in RAILS if name not in names)]):
        whole = RAILS.get(one["name"], {}) | one
        if lacking := [key for key in ("source", "margin", "level") if key not in whole]:
            raise WrongError(f"guardrail.{place}", f"the guardrail {one['name']} says no {', '.join(lacking)}")
        if whole["source"] == "surveys" and "poor" not in whole and "waived" not in whole:
            whole["poor"] = 6.0
        found.append(Guardrail(**whole))
    return tuple(found)


def _baseline(told: dict[str, Any] | None, months: int) -> Baseline | None:
    if told is None:
        return None
    whole: dict[str, Any] = {"lots": 1, "lot_variation": 0.0, "report_lag": (1.0,), "counted": "all claims",
                             "overspend": 1.25} | told
    if len(whole["rates"]) != months:
        raise WrongError("baseline.rates", f"rates: {len(whole['rates'])} months of age are given, the longer "
                         f"promise has {months}")
    if not 0 < sum(whole["report_lag"]) <= 1 + 1e-9:
        raise WrongError("baseline.report_lag", "report_lag: shares by month that sum to at most 1")
    if not whole["lots"]:
        raise WrongError("baseline.lots", "lots: 0 lots hold no unit")
    return Baseline(**whole)


def _spent(alarms: Mapping[str, float], rails: tuple[Guardrail, ...]) -> None:
    """Refuse alarms that together may fire falsely more often than the trial allows."""
    levels = {**alarms, **{f"guardrail {g.name}": g.level for g in rails}}
    try:
        check_split(levels, STOP_LEVEL)
    except Refused as refused:
        told = ", ".join(f"{name} {level:g}" for name, level in levels.items())
        raise WrongError("alarm_levels", f"{refused} They are: {told}.") from refused
