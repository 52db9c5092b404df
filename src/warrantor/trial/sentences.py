"""What a look says, as sentences with named places: one text each, so that a page may say it in another language.

A kept look holds its sentences in English and is never changed; whoever shows it finds the sentence here again.
"""

from __future__ import annotations

SAYS = ("STOP", "ROLL OUT", "CONTINUE", "INCONCLUSIVE")
WHY = {
    "alarm": "the alarm on {alarms} fired.",
    "above": "the longer promise is shown to cost more than {limit} {currency} a unit over the other.",
    "below": "the longer promise is shown to cost less than {limit} {currency} a unit over the other, and every "
             "guardrail not waived is within its margin.",
    "ended": "the trial ended on {day} without proof: keep {months} months.",
    "hidden": "no alarm has fired; the effect is shown on planned looks only.",
    "waits": "a roll-out waits for {waits}.",
}
WAITS = {
    "below": "proof that the difference is below the limit",
    "cohort": "the first matured cohort",
    "unmeasured": "{name}, which is not measured ({why})",
    "rails": "proof that {name} are within their margin",
    "rail": "proof that {name} is within its margin",
    "maturity": "maturity ({share} of {needed})",
    "check": "the {name} to be put right",
}
UNMEASURED = {
    "faults": "the plan names no faults for it",
    "surveys": "no surveys were loaded",
    "returns": "no returns were loaded",
    "answers": "an arm has no answer yet",
    "units": "an arm has no unit yet",
    "nobody": "no unit was given back in either arm",
    "claims frozen": "the plan froze no expected claims",
    "cost frozen": "the plan froze no expected cost",
    "expected": "no claim was expected yet",
}
HEALTH = {
    "sizes": "{share} of units are in the extended arm, {planned} were planned: fine.",
    "sizes differ": "{share} of units are in the extended arm, {planned} were planned: no chance of the allotment (p "
                    "at most {p}). Units are missing from an arm; find out which lots, channels or days before any "
                    "figure of this trial is used.",
    "still sold": "{share} of units are past month {month} and {lag} days of lag, {cohorts} of {of} cohorts; units are "
                  "sold until {day}.",
    "mature": "{share} of units are past month {month} and {lag} days of lag, {cohorts} of {of} cohorts: enough.",
    "not mature": "{share} of units are past month {month} and {lag} days of lag, {cohorts} of {of} cohorts; a "
                  "roll-out needs {needed}, or the last planned look.",
    "cap": "No unit cost more than {cap} {currency}: fine.",
    "over the cap": "{n} units cost more than {cap} {currency}, which the plan says is impossible. They stand at the "
                    "cap in the evidence: correct their costs, or amend the cap.",
    "costs": "All {of} matured claims have a cost: fine.",
    "no costs": "{n} of {of} matured claims have no cost and count as nothing: load their costs.",
    "goodwill": "{conventional} goodwill claims in the conventional arm ({spent} a unit), {extended} in the extended "
                "({other}): fine.",
    "much goodwill": "{conventional} goodwill claims in the conventional arm ({spent} a unit), {extended} in the "
                     "extended ({other}): the conventional arm is partly treated like the other. The difference is "
                     "that of the policies as lived, goodwill included; find out who grants it, and whether it will "
                     "go on.",
    "alike": "the largest standardised difference is {gap}, at {name} {level}: fine, below {bound}.",
    "unlike": "the largest standardised difference is {gap}, at {name} {level}, above {bound}: the lot does not do "
              "that to many units. With few it is chance; else find out how units of that {name} came into one arm.",
    "promises": "{wrong} of {of} conventional and {other} of {others} extended units have not the promise of their "
                "arm: fine.",
    "other promises": "{wrong} of {of} conventional and {other} of {others} extended units have not the promise of "
                      "their arm: they stay where the lot put them, which draws the difference towards none. Load the "
                      "fleet with --trial, or correct the activation that granted them {versions}.",
    "starts": "{share} of conventional and {other} of extended units have no known start: fine.",
    "no starts": "{share} of conventional and {other} of extended units have no known start: activations are missed, "
                 "or a longer promise gets more units registered. Units are counted as sold, not as registered; check "
                 "that sale days are complete.",
}
NAMES = ("overspend", "claim rate", "safety", "returns", "satisfaction", "claims", "sizes of the arms", "maturity",
         "cap", "costs", "goodwill", "balance of {name}", "promises", "activation", "lot", "product", "market",
         "channel")
SENTENCES = (*WHY.values(), *WAITS.values(), *UNMEASURED.values(), *HEALTH.values(), *NAMES, *SAYS)
"""Every text that a kept look may hold, but the free words of a plan."""
