"""warrantor trial: the experiment, from its plan to its verdict; a verb of its own for each step."""

from __future__ import annotations

from cyclopts import App

STEPS = {
    "freeze": ("trial_product:freeze", "Freeze the forecast of the months a longer promise adds, before they come."),
    "observed": ("trial_product:observed", "What came over what the frozen forecast expected."),
    "compare": ("trial_product:compare", "A product's measured outcomes against other products'."),
}
"""Name, where it lives, what it does; steps come in the order in which they are taken."""

app = App(name="trial", help="The experiment: one promise against another.", help_format="plaintext",
          result_action="return_value")
for _name, (_target, _summary) in STEPS.items():
    app.command(f"warrantor.cli.{_target}", name=_name, help=_summary)
