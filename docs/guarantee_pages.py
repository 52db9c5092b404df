"""Write docs/guarantees/: a page a market, from the packs that are shipped.

Run ``python docs/guarantee_pages.py``; a test compares the pages with what the packs say.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from warrantor.terms import MARKS, Guarantee, Rule, shipped
from warrantor.terms.pack import shipped_markets
from warrantor.web.language import Voice
from warrantor.web.promise import facts, lengths, owed

HOME = Path(__file__).parent / "guarantees"
DISCLAIMER = ("**Not legal advice.** Copies and digests were read, not gazettes; each rule shows how well it is known. "
              "Ask a lawyer before a promise is printed.")
KEY = "Marks: " + "; ".join(f"**{mark}** {what}" for mark, what in MARKS.items()) + "."
ENGLISH = Voice("en")


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
    lines += [f"| {label} | {said} |" for label, said in facts(one, ENGLISH)]
    lines += [f"| mark | **{one.mark}** {one.note} |"]
    lines += [f"| sources | {', '.join(one.sources)} |"] if one.sources else []
    lines += ["", "| component | term |", "|---|---|"]
    lines += [f"| {part} | {said} |" for part, said in lengths(one, ENGLISH)]
    lines += ["", "| owed | |", "|---|---|"]
    return lines + [f"| {label} | {said} |" for label, said in owed(one.remedies, ENGLISH)]


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
