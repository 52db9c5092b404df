"""Requests that no page sends: numbers no database counts to, texts none keeps, bodies without an end."""

import pytest
from tests.desk.conftest import fresh, pattern, postgres  # noqa: F401  a real PostgreSQL for one of these
from tests.web.conftest import Served

from warrantor.desk.store import open as open_desk
from warrantor.web.problem import PROBLEM

HUGE = 2**63


@pytest.mark.parametrize("path", [f"/claims/{HUGE}", "/claims/abc", "/claims/0", f"/claims/{HUGE}/layers.csv",
                                  f"/claims/1/papers/{HUGE}", f"/claims/{HUGE}/costs.json"])
def test_a_number_that_names_nothing_is_not_here(served, path):
    answer = served.as_("agent").get(path)
    assert answer.status_code in (404, 422), answer.text
    if "." not in path:
        assert "There is nothing at this address." in answer.text


def test_a_number_in_a_form_that_names_nothing_is_said(served):
    told = {"kind": "goodwill", "claim": str(HUGE), "reason": "x", "remedy": "repair"}
    assert served.as_("agent").post("/proposals", data=told).status_code == 422


@pytest.mark.parametrize(("path", "kind"), [
    ("/api/v1/claims", "application/json"), ("/api/v1/coverage", "application/json"),
    ("/claims/review", "application/x-www-form-urlencoded"), ("/sign-in", "application/x-www-form-urlencoded")])
def test_a_body_without_a_length_that_is_too_large_is_refused_as_such(served, path, kind):
    def parts():
        for _ in range(20):
            yield b"x" * 100_000

    for client in (served.as_("agent"), served.entered("agent")):
        answer = client.post(path, content=parts(), headers={"content-type": kind})
        assert answer.status_code == 413, answer.text
        assert answer.headers["content-type"] == PROBLEM


def test_a_text_that_no_database_keeps_is_refused_on_each(request, tmp_path):
    request.getfixturevalue("postgres")
    import tests.desk.conftest as of_the_desk

    engine, uri = request.getfixturevalue("postgres")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE odd TEMPLATE pattern")
    store = open_desk(of_the_desk.named(uri, "odd"), key=of_the_desk.KEY)
    served = Served(store, {}, home=tmp_path, floor=0.0)
    try:
        answer = served.as_().post("/api/v1/session", json={"name": "a\u0000b", "password": "x"})
        assert answer.status_code in (401, 422), answer.text
        assert answer.headers["content-type"] == PROBLEM
    finally:
        served.close()
        with engine.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE odd WITH (FORCE)")
