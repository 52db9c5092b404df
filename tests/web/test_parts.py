"""Parts of the pages that need no desk: files, cursors, languages, words, the policy."""

import asyncio
import csv
import hashlib
import io
import json
import re
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter
from urllib.parse import unquote

import pytest

from warrantor.report.sketch import Figure, Line, sketch
from warrantor.web.cursor import opened, seal
from warrantor.web.headers import POLICY, masked
from warrantor.web.language import LANGUAGES, Voice, british, catalog, preferred
from warrantor.web.offer import Sheet, Taken, bound, harmless, offered
from warrantor.web.problem import Problem
from warrantor.web.signin import inside

ROOM = Path(__file__).parents[2] / "src" / "warrantor" / "web"
sys.path.insert(0, str(ROOM.parents[2] / "docs"))
SHEET = Sheet("claims", "warrantor.test/1", ("claim", "said", "on", "cost"),
              [{"claim": "c1", "said": "=1+1", "on": date(2026, 11, 23), "cost": Decimal("-9.90")},
               {"claim": "c2", "said": "屏幕", "on": None, "cost": None}], {"bucket": "open"})


def taken(sheet, form, path="/claims", query="", accept="*/*"):
    """What is sent for a table: its headers and its bytes."""
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(),
             "headers": [(b"accept", accept.encode())], "asgi": {"spec_version": "2.4"}}
    made = sheet if isinstance(sheet, Taken) else offered(sheet, form)
    with ThreadPoolExecutor(1) as alone:  # the browser of an earlier test leaves its loop in this thread
        alone.submit(asyncio.run, made(scope, receive, send)).result()
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return headers, b"".join(m.get("body", b"") for m in sent)


def cells(book, number=1):
    """The cells of a sheet as they are kept: A1 to value."""
    text = book.read(f"xl/worksheets/sheet{number}.xml").decode()
    shared = re.findall(r"<si><t[^>]*>(.*?)</t></si>", book.read("xl/sharedStrings.xml").decode(), re.DOTALL)
    found = {}
    for at, kind, value in re.findall(r'<c r="([A-Z]+[0-9]+)"[^>]*?(?: t="(\w)")?><v>(.*?)</v>', text):
        found[at] = shared[int(value)] if kind == "s" else float(value)
    return found


def test_a_person_gets_a_mark_and_no_formula_and_a_program_neither():
    person = taken(SHEET, "csv", accept="text/html,*/*")[1]
    program = taken(SHEET, "csv", accept="text/csv")[1]
    assert person.startswith(b"\xef\xbb\xbf")
    assert not program.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(program.decode())))
    assert rows == [{"claim": "c1", "said": "=1+1", "on": "2026-11-23", "cost": "-9.90"},
                    {"claim": "c2", "said": "屏幕", "on": "", "cost": ""}]
    assert "'=1+1" in person.decode("utf-8-sig")
    assert ",-9.90" in person.decode("utf-8-sig"), "an amount below zero is no formula"


@pytest.mark.parametrize("text", ["=A1", "+A1", "-A1", "@A1", "\tA1", "＝A1", "＋A1", "－A1", "＠A1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_told_apart(text):
    assert harmless(text) == f"'{text}"


def test_a_long_table_is_told_to_its_end_piece_by_piece():
    rows = ({"n": i} for i in range(25_000))
    body = taken(Sheet("long", "warrantor.test/1", ("n",), rows, {}), "csv", accept="text/csv")[1]
    assert body.decode().split() == ["n", *map(str, range(25_000))]


def test_a_file_of_any_name_is_saved_under_it():
    sheet = Sheet('life-"红米', "warrantor.test/1", ("n",), [{"n": 1}], {"as_of": "2026-11-23"})
    for form in ("csv", "json", "xlsx"):
        said = taken(sheet, form, query="bucket=done&q=356938035643809&cursor=x")[0]["content-disposition"]
        assert said.isascii()
        assert said.count('"') == 2
        assert unquote(said.split("UTF-8''")[1]) == f"life-红米-done-2026-11-23.{form}"


def test_a_workbook_holds_days_numbers_and_text_as_such_and_says_what_it_is():
    rows = [{"claim": 7, "said": "=1+1", "on": date(2026, 11, 23), "cost": Decimal("9.90"), "share": float("nan"),
             "made_on": "2026-11-24", "asked_at": "2026-11-24T06:00:00+08:00", "month": "2026-11"},
            {"claim": 8, "said": "屏幕", "cost": Decimal("1234.50"), "share": 0.25}]
    columns = ("claim", "said", "on", "cost", "share", "made_on", "asked_at", "month")
    sheet = Sheet("claims", "warrantor.web.claims/1", columns, rows, {"bucket": "open"})
    body = taken(sheet, "xlsx", "/units/356938035643809/layers.xlsx", "bucket=open")[1]
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        found, told = cells(book), cells(book, 2)
        page, names = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "workbook"))
        table, formats = (book.read(f"xl/{name}.xml").decode() for name in ("tables/table1", "styles"))
    assert "<f>" not in page
    assert "pane" in page
    assert 'ref="A1:H3"' in table
    assert [re.findall(r'<sheet name="([^"]*)"', names)] == [["claims", "About"]]
    assert found["B2"] == "=1+1"
    assert (found["C2"], found["F2"], found["H2"]) == (46349, 46350, 46327), "a day is a day, a month its first"
    assert found["G2"] == pytest.approx(46349 + 22 / 24, abs=1e-6), "an instant is told in UTC"
    assert found["G1"] == "asked_at (UTC)"
    assert (found["D2"], found["D3"]) == (9.9, 1234.5)
    assert "E2" not in found
    assert all(form in formats for form in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd", "#,##0.00", "0.0000"))
    said = {told[at]: told[f"B{at[1:]}"] for at in told if at[0] == "A" and f"B{at[1:]}" in told}
    assert said["Address"] == "/units/-/layers.xlsx?bucket=open"
    assert {"What", "Bucket", "When", "Version"} <= said.keys()


def test_several_tables_are_one_workbook():
    body = taken(bound(SHEET, SHEET), "xlsx")[1]
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        names = re.findall(r'<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode())
    assert names == ["claims", "claims 2", "About"]


def test_json_is_what_the_page_shows_and_no_number_is_nothing():
    sheet = Sheet("claims", "warrantor.test/1", ("cost", "share"),
                  [{"cost": Decimal("9.90"), "share": float("nan")}], {})
    document = json.loads(taken(sheet, "json")[1])
    assert document["schema"] == "warrantor.test/1"
    assert document["rows"] == [{"cost": "9.90", "share": None}]
    assert document["about"]["address"] == "/claims"


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


@pytest.mark.parametrize(("header", "day"), [("en-GB,en;q=0.9", "23 November 2026"), ("en-US", "November 23, 2026"),
                                             ("en", "November 23, 2026"), ("zh-CN, en-IE;q=0.5", "2026年11月23日")])
def test_days_are_written_as_the_browser_asks(header, day):
    assert Voice(preferred(header), british(header)).day(date(2026, 11, 23)) == day


def test_money_says_its_currency_in_full():
    assert Voice("en").money(Decimal("1234.5"), "JPY") == "JPY 1,234"
    assert Voice("en").money(Decimal("0.7584"), "CNY", 3) == "CNY 0.758"
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
    assert masked("/api/v1/units/26098/F0VD00131") == "/api/v1/units/-"
    assert masked("/units/26098/F0VD.00131/layers.csv") == "/units/-/layers.csv"
    assert masked("/units/26098\n/layers.csvx") == "/units/-"


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


def test_points_that_stand_apart_are_told_by_their_days():
    days = [18_169 + 30 * i for i in range(11)]  # 2019-09-30 and every thirtieth day after
    drawn = sketch(Figure([Line("a", days, [1] * 11, [0] * 11, [2] * 11, apart=True)], "x", "look", "y", days=True))
    told = re.findall(r">(\d{4}-\d{2}-\d{2})<", drawn)
    assert told == ["2019-10-30", "2020-01-28", "2020-04-27", "2020-07-26"], "at most five, the last of them always"


def test_a_sketch_holds_at_most_so_many_points_and_its_ends():
    n = 5000
    drawn = sketch(Figure([Line("a <b>", list(range(n)), [x * x for x in range(n)])], 'say "it"', "x", "y"))
    points = re.search(r'polyline points="([^"]*)"', drawn)[1].split()
    assert len(points) <= 401
    assert points[-1] == "704.0,16.0"
    assert "a &lt;b&gt;" in drawn
    with pytest.raises(ValueError, match="points"):
        Figure([Line("a", [], [])], "nothing", "x", "y")
