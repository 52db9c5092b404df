"""A plan in words: what it estimates and why, what is fair and lawful about it, what it will not tell."""

from __future__ import annotations

from warrantor.trial.plan import Trial
from warrantor.trial.verdict import RULE

WHY = """
Under the shorter promise a failure after its end is never reported: no claims of those months exist in that arm, so
there is nothing to compare the added months with.

A longer promise moves claims: faults a customer lives with, rushed in just before the shorter end, are put off. In a
simulation 10,000 units under 12 months made 603.2 claims; under 18 they made 543.9 in months 1-12 and 382.9 in months
13-18. The policy costs 323.7 claims; counting months 13-18 alone says 382.9, 18 % too many.

Drawn by unit and told after purchase, a trial tells what a promise costs, not whom it makes buy: demand needs markets,
sellers or times that differ, or a comparison of products."""
UNKNOWN = """
Whether people would buy more or pay more: demand is not identified here.

What a promise told before purchase does to who buys, and to how they treat what they bought.

Claims after the longer promise ends, in either arm."""
STATUTE = """
Statutory rights, and the duty to repair what was defective on delivery, are the same in both arms. Whether promising
by serial needs notice to an authority or a line on the package is for the maker's counsel in each market: this plan
does not answer it."""
ESTIMAND = """
Difference in total guarantee cost a unit sold, {one} months against {other}: every payment of the maker under any
title, goodwill and repeats included, for claims opened by month {one} and known {lag} days after it, in both arms, as
allotted.

Limit {limit:g} {currency} a unit; a unit costs at most {cap:g} {currency}."""
BY_PRODUCT = """
By product: {products} under {extended}, compared with {donors} under {conventional}, units sold from {first} to {last}.
Nothing is drawn by lot: the forecast is said to have transported or not, outcomes are matched; neither is causal."""
BY_LOT = """
By {drawn}: {products}, units sold from {first} to {last}; {share} of them under {extended}, the others under
{conventional}, by the SHA-256 of the salt and the {key}.

Strata of the analysis: {strata}."""
LEVELS = """
All alarms together fire falsely in at most {spent:g} of trials; the verdict is wrong in at most {level:g} each way;
arms of the wrong size are noticed at {sizes:g}."""
EXPECTED = """
Cost and claim rate of the extended arm against {claims:.3g} claims a unit at {cost:g} {currency}, with margins for a
history of {history:g} claims and {lots} lots."""
NO_BASELINE = "Cost and claim rate against an expectation: not measured, the plan froze no baseline."
LOOKS = """
{n} planned, from {first} to {last}; alarms on any day, the effect on these days only. Without a verdict by {stop}:
inconclusive, {months} months stay."""


def said(trial: Trial) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the plan in words: headings with their sentences.

    Parameters
    ----------
    trial : Trial
    """
    looks = LOOKS.format(n=len(trial.looks), first=trial.looks[0], last=trial.looks[-1], stop=trial.stop_on,
                         months=trial.windows[0])
    estimand = ESTIMAND.format(one=trial.windows[1], other=trial.windows[0], lag=trial.lag_days, limit=trial.limit,
                               cap=trial.cap, currency=trial.currency)
    return (("Estimand", _parts(estimand)), ("Why not the added months alone", _parts(WHY)), ("Design", _design(trial)),
            ("Guardrails", _rails(trial)), ("Alarms", _alarms(trial)), ("Looks", _parts(looks)), ("Rule", (RULE,)),
            ("If it is stopped", tuple(trial.roll_back.values())),
            ("Law and fairness", (trial.fairness, *_parts(STATUTE))),
            ("What stays unknown", _parts(UNKNOWN)), ("Bound by", (f"SHA-256 {trial.hash}",)))


def _parts(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, each on one line."""
    return tuple(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _design(trial: Trial) -> tuple[str, ...]:
    text = BY_PRODUCT if trial.design == "product" else BY_LOT
    drawn = "unit" if trial.design == "unit" else f"cluster ({trial.key})"
    return _parts(text.format(
        products=", ".join(trial.products), donors=", ".join(trial.donors), extended=trial.extended, drawn=drawn,
        conventional=trial.conventional, first=trial.first_on, last=trial.last_on, share=trial.share, key=trial.key,
        strata=", ".join(trial.strata)))


def _rails(trial: Trial) -> tuple[str, ...]:
    found = []
    for rail in trial.guardrails:
        poor = "poor answers" if rail.poor is None else f"answers of {rail.poor:g} or less"
        of = {"claims": f"claims by month {trial.windows[0]}", "returns": "units given back without a fault",
              "surveys": poor}[rail.source]
        faults = f" of {', '.join(rail.faults)}" if rail.faults else ""
        told = (f"{rail.name}: {of}{faults}, at most {rail.margin:g} times those of the other arm; alarm at "
                f"{rail.level:g}")
        if rail.name == "safety" and not rail.faults:
            told = "safety: not measured, the plan names no faults for it; it blocks a roll-out"
        found.append(f"{told}; waived: {rail.waived}." if rail.waived else f"{told}.")
    return tuple(found)


def _alarms(trial: Trial) -> tuple[str, ...]:
    spent = sum(trial.alarm_levels.values()) + sum(rail.level for rail in trial.guardrails)
    told = _parts(LEVELS.format(spent=spent, level=trial.level, sizes=trial.sizes_level))
    base = trial.baseline
    if base is None:
        return (*told, NO_BASELINE)
    return (*told, *_parts(EXPECTED.format(claims=sum(base.rates), cost=base.mean_cost, currency=trial.currency,
                                           history=base.history, lots=base.lots)))
