"""The page says what its document says: every number, every text, and nothing of another host."""

import base64
import importlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import warrantor as wr
from warrantor.report.words import look, plain, shown

HOSTILE = '<script>alert(1)</script>" onload="alert(2)'


def simulated(names=("Alder", "Birch"), units=4000, seed=1):
    """Simulated Weibull ages in days, each unit watched for 100 to 365 of them."""
    rng, parts = np.random.default_rng(seed), []
    for s in range(len(names)):
        age, end = np.ceil(rng.weibull(1.2 - 0.3 * s, units) * 3000), rng.integers(100, 366, units).astype(float)
        claim = age <= end
        parts += [(s, np.zeros(units), np.ones(units), np.zeros(units), np.zeros(units)),
                  (s, np.minimum(age, end), np.zeros(units), claim * 1.0, 1.0 - claim)]
    columns = [np.concatenate([p[i] for p in parts]) for i in range(1, 5)]
    stratum = np.concatenate([np.full(units, p[0]) for p in parts])
    return wr.Tally.of(by=("product",), strata=tuple((n,) for n in names), stratum=stratum, age=columns[0],
                       entered=columns[1], claimed=columns[2], open=columns[3], how=("simulated",))


def risk_of(tally, units=900.0):
    s = len(tally.strata)
    return wr.AtRisk(by=tally.by, strata=tally.strata, stratum=np.arange(s), until=np.full(s, np.inf),
                     units=np.full(s, units))


@pytest.fixture(scope="module")
def results():
    tally = simulated()
    found = [wr.Finding("claims.csv", 1207, "cost", "-3", "cost-negative", "A cost is below zero.", "Correct it."),
             wr.Finding(HOSTILE, None, HOSTILE, HOSTILE, "r", HOSTILE, "d")]
    return [wr.life_table(tally), wr.fit(tally, "weibull"), wr.fit(tally, "lognormal"),
            wr.extend(tally, risk_of(tally), start=12, end=18), tally, *found]


@pytest.fixture(scope="module")
def page(results):
    return wr.report(*results, title="June", how=("Said once.",))


class Reader(HTMLParser):
    """Collects the marked numbers and the text outside them, figures and code left out."""

    def __init__(self):
        super().__init__()
        self.marked, self.text, self.tags, self.attributes = [], [], [], []
        self._open, self._hidden = None, 0

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag in {"svg", "pre", "style", "footer"}:
            self._hidden += 1
        if "data-path" in said:
            self._open = [said["data-path"], said["data-kind"], said.get("data-value", said.get("value")), ""]

    def handle_endtag(self, tag):
        if tag in {"svg", "pre", "style", "footer"}:
            self._hidden -= 1
        if self._open is not None and tag in {"td", "th", "data"}:
            self.marked.append(tuple(self._open))
            self._open = None

    def handle_data(self, data):
        if self._hidden:
            return
        if self._open is not None:
            self._open[3] += data
        else:
            self.text.append(data)


@pytest.fixture(scope="module")
def read(page):
    reader = Reader()
    reader.feed(page.html)
    return reader


def test_every_number_of_the_page_is_the_documents(page, read):
    document = json.loads(json.dumps(page.to_dict(), allow_nan=False))
    assert len(read.marked) > 300
    for path, kind, raw, text in read.marked:
        value = look(document, path)
        assert json.loads(raw) == value, path
        assert text == shown(value, kind), path


def leaves_of(value):
    """Every text and number of a document."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inside is None:
        yield value
        return
    for one in inside:
        yield from leaves_of(one)


def test_no_number_stands_outside_the_marked_ones(page, read):
    # what is left: headers, file names, sentences of the document itself
    leaves = list(leaves_of(page.to_dict()))
    strings = [v for v in leaves if isinstance(v, str)]
    numbers = {t for v in leaves if isinstance(v, (int, float)) for t in (f"{v:g}", f"{100 * v:g}", str(v))}
    numbers |= {"1,000", "50", "90", "5", "25", "75", "95"}  # per 1,000 units; the bands of the fan and its quantiles
    for text in (t.strip() for t in read.text):
        if any(text in s for s in strings):
            continue
        for number in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text):
            assert number in numbers, (number, text)


def test_the_page_carries_the_same_document(page):
    carried = re.search(r'href="data:application/json;base64,([^"]+)"', page.html)[1]
    assert json.loads(base64.b64decode(carried)) == page.to_dict()


def test_a_number_changed_in_the_document_would_be_seen(page):
    path = "sections/0/ahead/strata/0/expected"
    assert look(page.to_dict(), path) > 0
    assert f'data-path="{path}"' in page.html
    assert plain(("about ", ), {}) == "about "
    with pytest.raises(KeyError):
        look(page.to_dict(), "sections/0/ahead/nothing")


def test_sections_carry_the_results_own_documents(page, results):
    life, weibull, _, ahead = results[:4]
    sections = {s["kind"]: s for s in page.to_dict()["sections"]}
    assert sections["life"]["life"] == life.to_dict()
    assert sections["life"]["laws"]["weibull"] == weibull.to_dict()
    assert sections["ahead"]["ahead"] == ahead.to_dict()
    assert page.to_dict()["answer"][0].startswith("Alder: of 900 units without a claim at month 12, about ")


def test_hostile_text_stays_text(page, read):
    assert "script" not in read.tags
    assert "onload" not in read.attributes
    assert "&lt;script&gt;alert(1)" in page.html
    tally = simulated((HOSTILE, "b"), 500)
    reader = Reader()
    reader.feed(wr.report(wr.life_table(tally), wr.fit(tally, "weibull"), tally, title=HOSTILE).html)
    assert "script" not in reader.tags
    assert "onload" not in reader.attributes


def test_every_figure_is_an_image_with_a_sentence_and_has_its_table(page):
    figures = re.findall(r"<svg [^>]*>", page.html)
    assert len(figures) == 6  # three figures, each for a wide and a narrow window
    assert all('role="img" aria-label="' in f for f in figures)
    label = page.to_dict()["sections"][0]["label"]
    assert "about" in label
    assert re.search(r"\d", label)
    assert page.html.count("<details>") == page.html.count("<figure>") == 3
    assert not re.search(r"<g[^>]* aria-", page.html)


def test_colours_follow_the_reader(page):
    drawings = "".join(re.findall(r"<svg .*?</svg>", page.html, re.DOTALL))
    assert "var(--c0,#0068a8)" in drawings
    assert not re.findall(r'(?:fill|stroke)="#[0-9a-f]+"', drawings)


def test_names_inside_figures_are_unique(page):
    names = re.findall(r'\bid="([^"]+)"', page.html)
    assert len(names) == len(set(names))
    for used in re.findall(r"url\(#([^)]+)\)", page.html):
        assert used in names


def test_the_room_is_callable_however_it_was_imported(results):
    module = importlib.import_module("warrantor.report")
    assert wr.report is module
    assert wr.report(results[0]).to_dict() == module(results[0]).to_dict()


def test_a_page_shows_itself_in_a_notebook_and_is_saved(page, tmp_path):
    bundle = page._repr_mimebundle_()
    assert bundle["text/html"].startswith("<iframe srcdoc=")
    assert page.save(tmp_path / "june.html").read_text(encoding="utf-8") == page.html


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(wr.Refused, match="needs a result"):
        wr.report()
    with pytest.raises(wr.Refused, match="cannot show a str"):
        wr.report("life")
    with pytest.raises(wr.Refused, match="no chart of a int"):
        wr.chart(3)


def test_a_refused_stratum_says_why_and_has_no_number():
    tally = simulated(("Alder", "Nobody"))
    tally = wr.Tally.of(by=tally.by, strata=tally.strata, stratum=tally.stratum, age=tally.age, entered=tally.entered,
                        claimed=np.where(tally.stratum == 1, 0.0, tally.claimed), open=tally.open)
    page = wr.report(wr.extend(tally, risk_of(tally), start=12, end=18), wr.fit(tally, "weibull"))
    assert "Nobody: refused." in page.to_dict()["answer"][1]
    assert page.to_dict()["sections"][0]["rates"][1]["expected"] is None
    assert "nan" not in page.html.lower().replace("nanum", "")
