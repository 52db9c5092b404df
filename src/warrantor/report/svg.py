"""A figure as inline SVG: one picture for light, dark and paper, and one sentence for who cannot see it."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from warrantor.report.palette import NAMES, variable

if TYPE_CHECKING:
    import altair as alt

_MARKED = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"')
_NAMED = re.compile(r'(\bid="|url\(#|href="#)')
_COLOUR = re.compile("|".join(NAMES), re.IGNORECASE)


def inline(chart: alt.TopLevelMixin, label: str) -> str:
    """Render a chart as SVG to stand inside a page.

    Colours become style variables, so that the picture follows the reader's light or dark setting; the background is
    left out; the marks' own labels are replaced by one sentence; names inside are made unique on the page.

    Parameters
    ----------
    chart : altair chart
    label : str
        What the figure says, with its numbers.

    Returns
    -------
    str
        An `<svg>` element, safe to insert.
    """
    spec = chart.to_dict()
    spec["background"] = "transparent"
    text = json.dumps(spec, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:8]
    svg = _NAMED.sub(rf"\g<1>f{name}-", _MARKED.sub("", _rendered(text)))
    svg = _COLOUR.sub(lambda found: variable(found[0].lower()), svg)
    said = f'<svg role="img" aria-label="{escape(label, quote=True)}" style="max-width:100%;height:auto" '
    return svg.replace("<svg ", said, 1).replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "", 1)


@lru_cache(maxsize=128)
def _rendered(spec: str) -> str:
    """Render a Vega-Lite document; the same one is rendered once in a process."""
    import vl_convert

    settings: dict[str, Any] = {"allowed_base_urls": [], "show_warnings": False}
    return str(vl_convert.vegalite_to_svg(spec, **settings))
