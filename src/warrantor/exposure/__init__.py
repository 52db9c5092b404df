"""THE WINDOWS: a calendar and the records become a Tally or Cohorts, as of any day, by any strata.

The question SQL stands beside this file, one text for every engine; `QUESTIONS` lists it.
"""

from __future__ import annotations

from warrantor.exposure.cohort import cohorts_of
from warrantor.exposure.heard import heard_of
from warrantor.exposure.question import QUESTIONS, Question
from warrantor.exposure.repeat import repeats_of
from warrantor.exposure.scope import Scope, calendar_table
from warrantor.exposure.settled import Settled, begun_of, settled_of
from warrantor.exposure.window import tally_of

__all__ = ["QUESTIONS", "Question", "Scope", "Settled", "begun_of", "calendar_table", "cohorts_of", "heard_of",
           "repeats_of", "settled_of", "tally_of"]
