"""warrantor trial: the experiment, from its plan to its verdict; a verb of its own for each step."""

from __future__ import annotations

from cyclopts import App

STEPS = {
    "design": ("trial_design:design", "Say a plan in words, with what every design can tell and its formulas."),
    "simulate": ("trial_simulate:simulate", "How often each verdict would come out, and when, before a unit is sold."),
    "register": ("trial_register:register", "Fix a plan and its hash before the first unit is shipped."),
    "allocate": ("trial_allocate:allocate", "Write the arm and the promise of every serial."),
    "look": ("trial_look:look", "Look at a trial on a day, from what was known then; the look is kept."),
    "verdict": ("trial_look:verdict", "Say the verdict of the last planned look, or decide against it with a reason."),
    "freeze": ("trial_product:freeze", "Freeze the forecast of the months a longer promise adds, before they come."),
    "observed": ("trial_product:observed", "What came over what the frozen forecast expected."),
    "compare": ("trial_product:compare", "A product's measured outcomes against other products'."),
}
"""Name, where it lives, what it does; steps come in the order in which they are taken."""

app = App(name="trial", help="The experiment: one promise against another.", help_format="plaintext",
          result_action="return_value")
for _name, (_target, _summary) in STEPS.items():
    app.command(f"warrantor.cli.{_target}", name=_name, help=_summary)
