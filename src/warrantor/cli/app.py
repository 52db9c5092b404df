"""Words to verbs, and what went wrong to an exit code."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches

from cyclopts import App, CycloptsError

import warrantor
from warrantor.cli.verbs import VERBS
from warrantor.finding import Findings, Refused


class UsageError(Exception):
    """Words that parse but do not make a question; exit code 2."""


def app() -> App:
    """Return the command with every verb registered by name, its module unread until it is called."""
    command = App(
        name="warrantor", version=warrantor.__version__, help_format="plaintext", result_action="return_value"
    )
    for name, (target, summary) in VERBS.items():
        command.command(f"warrantor.cli.{target}", name=name, help=summary)
    return command


def run(words: list[str]) -> int:
    """Run one verb.

    Parameters
    ----------
    words : list of str
        The words after `warrantor`.

    Returns
    -------
    int
        0 done, 1 failed or refused, 2 usage, 3 findings, 4 signal or gate tripped, 130 interrupted.
    """
    if words[0] not in VERBS:
        return _say(unknown(words[0]), 2)
    try:
        answer = app()(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (CycloptsError, UsageError, Findings, Refused, ValueError, OSError, KeyboardInterrupt) as error:
        return _say(*_told(error))
    return answer if isinstance(answer, int) else 0


def _told(error: BaseException) -> tuple[str, int]:
    """What to say of an error, and the exit code it means."""
    if isinstance(error, CycloptsError):
        return f"{error}\nwarrantor VERB --help tells what a verb takes.", 2
    if isinstance(error, UsageError):
        return str(error), 2
    if isinstance(error, Findings):
        return "\n".join(str(f) for f in error.found[:50]) + _more(len(error.found)), 3
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted.", 130
    return str(error), 1


def unknown(word: str) -> str:
    """Say that a word is no verb, and which verb is near.

    Examples
    --------
    >>> unknown("extand")
    "'extand' is no verb; did you mean extend? warrantor --help lists them."
    """
    near = get_close_matches(word, VERBS, n=1)
    hint = f"; did you mean {near[0]}?" if near else "."
    return f"{word!r} is no verb{hint} warrantor --help lists them."


def _more(count: int) -> str:
    return f"\n... {count - 50:,} more findings" if count > 50 else ""


def _say(text: str, code: int) -> int:
    print(f"warrantor: {text}", file=sys.stderr)
    return code
