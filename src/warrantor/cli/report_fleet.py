"""What a page says of a fleet: the longer promise, the coming months, the reserve, and what forecasts were worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MONTHS = 12


def said(folder: Path, by: tuple[str, ...], soft: list[str], window: tuple[float, float], *, as_of: str | None,
         engine: str, level: float) -> str:
    """Return Python that asks the same again."""
    return (f"from pathlib import Path\nfrom warrantor.cli.report_fleet import answers\n"
            f"told, _ = answers(Path({str(folder)!r}), {by!r}, {soft!r}, {window!r},\n"
            f"                  as_of={as_of!r}, engine={engine!r}, level={level!r})")


def answers(folder: Path, by: tuple[str, ...], soft: list[str], window: tuple[float, float], *, as_of: str | None,
            engine: str, level: float) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Ask what a page of a fleet shows beside its life.

    Parameters
    ----------
    folder : Path
        A fleet folder.
    by : tuple of str
        Columns of the strata; the guarantee version is one more.
    soft : list of str
        Faults that customers live with for a while.
    window : (float, float)
        Months of the promise as it is, and as it might be.
    as_of, engine, level
        As the verb takes them.

    Returns
    -------
    (results, how)
        A Longer, an Outlook of twelve months, a Reserve under several lengths of the promise, and the record of
        earlier forecasts; what could not be asked is said in `how`.
    """
    from warrantor.cli import forecast, lengthen, reserve
    from warrantor.finding import Refused
    from warrantor.forecast.kept import record_of

    said: dict[str, Any] = {"as_of": as_of, "engine": engine}
    longer = lengthen.asked(folder, by, soft, window, level=level, **said)
    found: list[Any] = [longer]
    how: list[str] = []
    for name, ask in (
        ("forecast of the coming months", lambda: forecast.asked(folder, by, soft, months=MONTHS, level=level, **said)),
        ("reserve", lambda: reserve.asked(folder, by, soft, level=0.95, rate=None, what_if=True, seed=0, draws=2000,
                                          **said)[0]),
    ):
        try:
            found.append(ask())
        except Refused as why:
            how.append(f"There is no {name} on this page: {why}")
    return (*found, *record_of(folder)), tuple(how)
