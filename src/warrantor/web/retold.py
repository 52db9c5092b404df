"""Sentences that other rooms wrote in English, kept as they were written, said in the reader's language.

A kept look and a job's document are never changed, so a sentence is not translated where it is made but found again
where it is shown: by the text with named places that it was made from.
"""

from __future__ import annotations

import re
from functools import cache

from warrantor.trial.sentences import SENTENCES
from warrantor.web.language import Voice
from warrantor.web.words import HOW, N_

LISTS = {"waits": ("; ", N_("; ")), "alarms": (" and on ", N_(" and on ")), "versions": (" or ", N_(" or ")),
         "laws": (", ", N_(", "))}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return every sentence as what finds it, the one with most text of its own first."""
    known = sorted((*SENTENCES, *HOW), key=lambda text: -len(re.sub(r"{\w+}", "", text)))
    return tuple((_finding(text), text) for text in known)


def _finding(text: str) -> re.Pattern[str]:
    """Return the pattern of a sentence: a place is any text, and the same text where it comes again."""
    met: set[str] = set()

    def place(found: re.Match[str]) -> str:
        again = found[1] in met
        met.add(found[1])
        return f"(?P={found[1]})" if again else f"(?P<{found[1]}>.+?)"

    return re.compile(re.sub(r"\\{(\w+)\\}", place, re.escape(text)), re.DOTALL)


def retold(text: str, voice: Voice) -> str:
    """Return a sentence in a language; as it stands where nobody knows it.

    Parameters
    ----------
    text : str
        As the other room wrote it.
    voice : Voice
        Who says it.

    Examples
    --------
    >>> retold("the alarm on safety and on returns fired.", Voice("zh_Hans_CN"))
    '安全、退货的警报已触发。'
    >>> retold("the trial ended on 2026-11-23 without proof: keep 12 months.", Voice())
    'the trial ended on November 23, 2026 without proof: keep 12 months.'
    """
    for pattern, template in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            return voice(template, **{name: _part(name, part, voice) for name, part in found.groupdict().items()})
    return text


def _part(name: str, text: str, voice: Voice) -> str:
    """Return what stands in a named place: a day, a list, a sentence of its own, or itself."""
    if _DAY.fullmatch(text):
        return voice.day(text)
    if name in LISTS:
        between, said = LISTS[name]
        return voice(said).join(retold(one, voice) for one in text.split(between))
    return retold(text, voice)
