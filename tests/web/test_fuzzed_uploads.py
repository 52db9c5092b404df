"""Files sent to the server: whatever they hold, what is wrong is said by file, line and what to do; never a failure."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.conftest import Served, desk

from warrantor.web import bounded, uploads
from warrantor.web.problem import PROBLEM

HEADER = "serial,product,market,sold_on,delivered_on,guarantee,replaces\n"
PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
ODD = ("", "SN-1", "2026-02-30", "2026-01-05", "9999-12-31", "0000-00-00", '"', '"a""b"', "a\nb", "\x00", "é", "=1+1",
       "x" * 3000, "NaN")
CELL = st.one_of(st.text(max_size=12), st.sampled_from(ODD))
ROWS = st.lists(st.lists(CELL, min_size=0, max_size=9), max_size=12)


@pytest.fixture(scope="module")
def open_desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uploads")
    served = Served(*desk(folder), home=folder, floor=0.0)
    yield served
    served.close()


def send(served, body, name="admin", **query):
    return served.as_(name).post("/api/v1/units", content=body, params=query, headers={"content-type": "text/csv"})


def said(answer):
    """An answer is a count of what was done, or a problem that says what to do."""
    assert answer.status_code in (201, 413, 422), (answer.status_code, answer.text[:300])
    told = answer.json()
    if answer.status_code == 201:
        assert told["schema"].startswith("warrantor.")
    else:
        assert answer.headers["content-type"] == PROBLEM
        assert told["detail"]
        for found in told.get("findings", ()):
            assert found["file"] == uploads.NAME
            assert found["why"]
            assert found["what_to_do"]
            assert "/" not in found["file"]
    return told


@settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=PATIENT)
@given(body=st.binary(max_size=400))
def test_bytes_that_are_no_file_are_told_to_be_none(open_desk, body):
    said(send(open_desk, body))


@settings(max_examples=200, deadline=None, database=None, derandomize=True, suppress_health_check=PATIENT)
@given(rows=ROWS, good=st.booleans())
def test_rows_of_anything_are_registered_or_named(open_desk, rows, good):
    body = HEADER + "".join(",".join(row) + "\n" for row in rows)
    said(send(open_desk, body.encode("utf-8", "surrogatepass"), accept_good=good))


@settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=PATIENT)
@given(header=st.text(max_size=60), rest=st.text(max_size=120),
       encoding=st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_headers_of_anything_are_read_or_named(open_desk, header, rest, encoding):
    said(send(open_desk, f"{header}\n{rest}".encode(encoding, "replace")))


@pytest.mark.parametrize("body", [
    b"", b"\n", b"serial\n", b"\xef\xbb\xbf", b"PK\x03\x04" + b"\x00" * 200, b"PAR1" + b"\x00" * 50 + b"PAR1",
    b"\x1f\x8b\x08\x00" + b"\x00" * 100, HEADER.encode() + b'"unclosed,phone\n' * 3, b"serial,serial\nA,B\n",
    HEADER.encode() + b"A," * 5000 + b"\n", b"\x00" * 1000, HEADER.replace(",", ";").encode() + b"A;B;C\n",
], ids=range(12))
def test_files_of_other_kinds_are_told_apart(open_desk, body):
    told = said(send(open_desk, body))
    assert "findings" in told or told["schema"]


def test_a_finding_names_its_line_and_nothing_is_registered(open_desk):
    body = HEADER + "GOOD-1,phone,CN,2026-01-05,,,\nBAD-1,phone,CN,2026-02-30,,,\n"
    told = said(send(open_desk, body.encode()))
    assert [(f["line"], f["column"], f["value"]) for f in told["findings"]] == [(3, "sold_on", "2026-02-30")]
    asked = open_desk.as_("agent").get("/api/v1/units/GOOD-1")
    assert asked.status_code == 404
    done = said(send(open_desk, body.encode(), accept_good=True))
    assert open_desk.as_("agent").get("/api/v1/units/GOOD-1").status_code == 200
    assert json.dumps(done).count("BAD-1") <= 1


def test_a_file_that_is_too_large_is_stopped_while_it_comes(open_desk, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_SENT", 10_000)

    def parts():
        for _ in range(100):
            yield b"x" * 1000

    told = said(send(open_desk, parts()))
    assert "in parts" in told["detail"]
    assert bounded.MOST_SENT > 10_000
    assert list((open_desk.app.state.counter.settings.home / "uploads").iterdir()) == []


@pytest.mark.parametrize("name", ["agent", "engineer", "auditor", "customer", None])
def test_only_who_may_sends_a_file(open_desk, name):
    assert send(open_desk, HEADER.encode(), name).status_code == (401 if name is None else 403)
