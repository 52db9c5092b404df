"""Parts of the pages that need no desk: files, cursors, languages, words, the policy."""

import csv
import hashlib
import io
import json
import re
import sys
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest

from warrantor.report.sketch import Figure, Line, sketch
from warrantor.web.cursor import opened, seal
from warrantor.web.headers import POLICY, masked
from warrantor.web.language import LANGUAGES, Voice, catalog, preferred
from warrantor.web.offer import Sheet, offered
from warrantor.web.problem import Problem
from warrantor.web.signin import inside

ROOM = Path(__file__).parents[2] / "src" / "warrantor" / "web"
sys.path.insert(0, str(ROOM.parents[2] / "docs"))
SHEET = Sheet("claims", "warrantor.test/1", ("claim", "said", "on", "cost"),
              [{"claim": "c1", "said": "=1+1", "on": date(2026, 11, 23), "cost": Decimal("9.90")},
               {"claim": "c2", "said": "屏幕", "on": None, "cost": None}], {"bucket": "open"})


def test_a_person_gets_a_mark_and_no_formula_and_a_program_neither():
    person, program = offered(SHEET, "csv").body, offered(SHEET, "csv", person=False).body
    assert person.startswith(b"\xef\xbb\xbf")
    assert not program.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(program.decode())))
    assert rows == [{"claim": "c1", "said": "=1+1", "on": "2026-11-23", "cost": "9.90"},
                    {"claim": "c2", "said": "屏幕", "on": "", "cost": ""}]
    assert "'=1+1" in person.decode("utf-8-sig")


def test_a_workbook_keeps_text_as_text_and_says_what_was_filtered():
    with zipfile.ZipFile(io.BytesIO(offered(SHEET, "xlsx").body)) as book:
        rows, words = book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()
        about = book.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in rows
    assert "<t>=1+1</t>" in words
    assert '<c r="D2"><v>9.9</v></c>' in rows
    assert re.search(r'<c r="C2" s="\d+"><v>46349</v></c>', rows), "a day is a day"
    assert "bucket" in words
    assert about.count("<row ") == 1


def test_json_is_what_the_page_shows():
    document = json.loads(offered(SHEET, "json").body)
    assert document["schema"] == "warrantor.test/1"
    assert document["rows"][0]["cost"] == "9.90"


def test_a_cursor_of_another_list_is_refused():
    made = seal(b"key", [7], "claims?bucket=open")
    assert opened(b"key", made, "claims?bucket=open") == [7]
    for key, cursor, scope in ((b"key", made, "claims?bucket=done"), (b"other", made, "claims?bucket=open"),
                               (b"key", "AAAA", "claims?bucket=open"), (b"key", "é", "claims?bucket=open")):
        with pytest.raises(Problem):
            opened(key, cursor, scope)


@pytest.mark.parametrize(("header", "locale"), [
    ("zh-CN,zh;q=0.9,en;q=0.8", "zh_Hans_CN"), ("zh", "zh_Hans_CN"), ("en-GB", "en"), ("fr, zh;q=0.1", "zh_Hans_CN"),
    ("", "en"), ("en;q=x", "en")])
def test_the_browser_is_heard(header, locale):
    assert preferred(header) == locale


def test_money_says_its_currency_in_full():
    assert "CNY" in Voice("zh_Hans_CN").money(Decimal("1234.5"), "CNY")
    assert Voice("en").day(date(2026, 11, 23)) == "November 23, 2026"


def named(text):
    """The names in braces; one that says how it is quoted, {value!r}, is the same name."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_catalogue_holds_every_text_translated_and_is_compiled(locale):
    import catalogs
    from babel.messages.pofile import read_po

    path = catalogs.path_of(locale, "po")
    with path.open("rb") as file:
        held = read_po(file, locale=locale)
    said = {m.id for m in catalogs.gathered() if m.id}
    assert {m.id for m in held if m.id} == said
    assert [m.id for m in held if m.id and (not m.string or m.fuzzy)] == []
    for message in held:
        if message.id and isinstance(message.id, str):
            assert named(message.id) == named(str(message.string)), message.id
    assert catalogs.path_of(locale, "mo").read_bytes() == catalogs.compiled(held)
    catalog.cache_clear()
    assert Voice(locale)("Sign in") == {"en": "Sign in", "zh_Hans_CN": "登录"}[locale]


def test_no_text_of_a_page_escapes_the_catalogue():
    bare = []
    for page in sorted((ROOM / "templates").glob("*.html")):
        silent = r"{#.*?#}|{%.*?%}|{{.*?}}|<pre.*?</pre>|<code>.*?</code>|<[^>]*>"
        text = re.sub(silent, " ", page.read_text(), flags=re.DOTALL)
        bare += [(page.name, w) for w in re.findall(r"[A-Za-z]{3,}", text) if w not in
                 {"warrantor", "CSV", "JSON", "XLSX", "Enter", "openapi", "json"}]
    assert bare == []


def test_the_policy_allows_nothing_unsafe_and_the_log_no_serial():
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
    assert masked("/units/356938035643809") == "/units/-"
    assert masked("/units/356938035643809.csv") == "/units/-.csv"


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example",
                                "javascript:1", "", "/a\nb"])
def test_signing_in_leads_nowhere_else(to):
    assert inside(to) == "/"


def test_the_static_files_are_ours_and_name_no_host():
    for path in (p for p in (ROOM / "static").iterdir() if p.suffix != ".LICENSE"):
        assert not re.search(r"https?://(?!www\.w3\.org/)[a-z0-9]", path.read_text()), path.name
    light = (ROOM / "static" / "style.css").read_text().split("@media")[0]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", light))
    from warrantor.report.palette import NAMES
    assert {name: colour for colour, name in NAMES.items()}.items() <= colours.items()


def test_the_script_of_the_figures_is_made_from_what_stands_here():
    bundle = ROOM.parents[2] / "bundle"
    made = hashlib.sha256(b"".join((bundle / name).read_bytes() for name in ("chart.js", "package-lock.json")))
    first = (ROOM / "static" / "chart.js").read_text().splitlines()[0]
    assert made.hexdigest() in first, "run npm ci && npm run build in bundle/"
    wanted = json.loads((bundle / "package.json").read_text())["dependencies"]
    assert all(f"{name} {version}" in first for name, version in wanted.items())
    held = (ROOM / "static" / "chart.LICENSE").read_text()
    assert all(f"{name} {version} (" in held for name, version in wanted.items())


def test_a_sketch_holds_at_most_so_many_points_and_its_ends():
    n = 5000
    drawn = sketch(Figure([Line("a <b>", list(range(n)), [x * x for x in range(n)])], 'say "it"', "x", "y"))
    points = re.search(r'polyline points="([^"]*)"', drawn)[1].split()
    assert len(points) <= 401
    assert points[-1] == "704.0,16.0"
    assert "a &lt;b&gt;" in drawn
    with pytest.raises(ValueError, match="points"):
        Figure([Line("a", [], [])], "nothing", "x", "y")
