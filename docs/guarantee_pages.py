"""Write docs/guarantees/: a page a market, from the packs that are shipped.

Run ``python docs/guarantee_pages.py``; a test compares the pages with what the packs say.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from warrantor.terms import MARKS, Guarantee, Rule, shipped
from warrantor.terms.pack import shipped_markets

HOME = Path(__file__).parent / "guarantees"
DISCLAIMER = ("**Not legal advice.** Copies and digests were read, not gazettes; each rule shows how well it is known. "
              "Ask a lawyer before a promise is printed.")
KEY = "Marks: " + "; ".join(f"**{mark}** {what}" for mark, what in MARKS.items()) + "."
FACTS = (
    ("layer", lambda g: g.layer), ("owed by", lambda g: f"the {g.party}"),
    ("markets", lambda g: "everywhere" if "*" in g.markets else ", ".join(g.markets)),
    ("brands", lambda g: "" if "*" in g.brands else ", ".join(g.brands)),
    ("products", lambda g: "" if "*" in g.products else ", ".join(g.products)),
    ("sold in", lambda g: "" if "*" in g.sold_in else ", ".join(g.sold_in)),
    ("activated in", lambda g: "" if "*" in g.activated_in else ", ".join(g.activated_in)),
    ("sold and served in", lambda g: "" if "*" in g.territories else ", ".join(g.territories)),
    ("served in", lambda g: "" if "*" in g.served_in else ", ".join(g.served_in)),
    ("sales", lambda g: f"{g.sold_from or 'ever'} to {g.sold_to or 'now'}" if g.sold_from or g.sold_to else ""),
    ("starts", lambda g: ", else ".join(f"`{s}`" for s in g.start)),
    ("counting", lambda g: "the start day is not counted" if g.counting == "exclude_start" else
     "the start day is counted"),
    ("time zone", lambda g: g.zone),
    ("holidays", lambda g: "" if g.holidays is None else f"ends on the next day that is none, by {g.holidays.name}: "
     + "; ".join(f"{a} to {b}" for a, b in g.holidays.spans)),
    ("time in repair", lambda g: "not added" if g.suspension == "none" else "added in whole days"),
    ("after an exchange", lambda g: {"restart": "the period starts anew", "remainder": "what was left",
                                     "remainder_or_min": f"what was left, at least {g.replacement_min_days} days"}[
        g.replacement]),
    ("extended", lambda g: "" if g.extension is None else f"once by {g.extension.by}, by a repair as the remedy, for "
     f"contracts from {g.extension.contracts_from}"),
    ("later owners", lambda g: "have it too" if g.transferable else "do not have it"),
    ("second-hand", lambda g: "" if g.second_hand_floor is None else f"not below {g.second_hand_floor}"),
    ("burden of proof", lambda g: "" if g.burden_of_proof is None else f"on the seller for {g.burden_of_proof}"),
    ("battery", lambda g: "" if g.min_capacity is None else f"defective below {g.min_capacity} of its rated capacity"),
    ("mark", lambda g: f"**{g.mark}** {g.note}"),
)
OWED = (
    ("choices", lambda r: ", ".join(r.choices)),
    ("windows", lambda r: "; ".join(f"to day {d}: {', '.join(c)}" for d, c in r.windows)),
    ("faults", lambda r: ", ".join(r.faults)),
    ("without proof of sale", lambda r: ", ".join(r.without_proof or ())),
    ("exchange after repairs", lambda r: _n(r.repairs_before_exchange)),
    ("refund after repairs", lambda r: _n(r.repairs_before_refund)),
    ("exchange after waiting", lambda r: "; ".join(f"more than {d} days for the {w}" for w, d in r.waits.items())),
    ("accessories", lambda r: "" if r.accessory_exchanges_before_refund is None else
     f"exchanged; refunded after {r.accessory_exchanges_before_refund} exchanges"),
    ("depreciation", lambda r: "" if r.depreciation_per_day is None else
     f"{r.depreciation_per_day} of the price a day"),
    ("refund within", lambda r: _n(r.refund_days, " days, the day of agreement being the first")),
    ("reject within", lambda r: _n(r.reject_days, " days")),
    ("left after a repair", lambda r: _n(r.reject_min_after_repair, " days at least")),
    ("say it was not fixed within", lambda r: _n(r.unresolved_notice_days, " days")),
)


def _n(number: int | None, unit: str = "") -> str:
    return "" if number is None else f"{number}{unit}"


def pages() -> dict[str, str]:
    """Every page by name: the markets, the general rules, and the list of them."""
    texts = {name: tomllib.loads(text) for name, text in shipped_markets().items()}
    found = {name: _market(name, document) for name, document in texts.items() if name != "rules"}
    found["rules"] = _general()
    said = "Written by `docs/guarantee_pages.py` from the packs in `src/warrantor/terms/packs`."
    lines = ["# Guarantee packs", "", DISCLAIMER, "", said, "", "| pack | guarantees |", "|---|---|"]
    for name, document in texts.items():
        held = ", ".join(f"`{g['name']}@{g['version']}`" for g in document.get("guarantee", []))
        title = document.get("pack", {}).get("title", "Rules that stand in every market")
        lines.append(f"| [{title}]({name}.md) | {held or 'general rules'} |")
    found["README"] = "\n".join(lines) + "\n"
    return found


def _market(name: str, document: dict[str, Any]) -> str:
    known = shipped()
    keys = [f"{g['name']}@{g['version']}" for g in document.get("guarantee", [])]
    own = [known[key] for key in keys]
    about = document["pack"]
    lines = [f"# {about['title']} ({about['zh']})", "", DISCLAIMER, "", KEY, "",
             f"Written from `packs/{name}.toml`; general rules are on [their own page](rules.md)."]
    for one in own:
        lines += _guarantee(one)
    named = {r for g in own for r in (*g.topics.values(), *g.duties)} | set(document.get("rules", {}))
    lines += _rules([known.rules[r] for r in sorted(named)])
    cited = {s for g in own for s in g.sources} | {s for r in named for s in known.rules[r].sources}
    return "\n".join([*lines, *_sources(cited)]) + "\n"


def _guarantee(one: Guarantee) -> list[str]:
    lines = ["", f"## {one.title or one.name}", "", f"`{one.key}`", "", "| | |", "|---|---|"]
    lines += [f"| {label} | {said} |" for label, say in FACTS if (said := say(one))]
    lines += [f"| sources | {', '.join(one.sources)} |"] if one.sources else []
    lines += ["", "| component | term |", "|---|---|"]
    lines += [f"| {part.replace('_', ' ')} | {term} |" for part, term in one.terms.items()]
    lines += ["| any other | as the host |" if one.rest == "host" else "| any other | nothing |"]
    lines += ["", "| owed | |", "|---|---|"]
    return lines + [f"| {label} | {said} |" for label, say in OWED if (said := say(one.remedies))]


def _general() -> str:
    known = shipped()
    own = [known.rules[name] for name in tomllib.loads(shipped_markets()["rules"])["rules"]]
    lines = ["# Rules that stand in every market", "", DISCLAIMER, "", KEY, *_rules(own)]
    return "\n".join([*lines, *_sources({s for r in own for s in r.sources})]) + "\n"


def _rules(rules: list[Rule]) -> list[str]:
    lines = ["", "## Rules", "", "| rule | mark | what it says | 中文 | sources |", "|---|---|---|---|---|"]
    return lines + [f"| {r.name} | {r.mark} | {r.text} | {r.zh} | {', '.join(r.sources)} |" for r in rules]


def _sources(names: set[str]) -> list[str]:
    known = shipped().sources
    lines = ["", "## Sources", "", "| source | what was read | where |", "|---|---|---|"]
    return lines + [f"| {n} | {known[n].what} | `{known[n].url}` |" for n in sorted(names)]


def main() -> None:
    """Write every page."""
    HOME.mkdir(exist_ok=True)
    for name, text in pages().items():
        (HOME / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
