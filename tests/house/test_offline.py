"""The page needs no other host: no address in it, no request of a browser; and it is fit for every reader."""

import re
from datetime import date

import numpy as np
import pytest

import warrantor as wr
from warrantor.forecast.roll import rolled


@pytest.fixture(scope="module", params=["one fleet's own", "one product against the rest"])
def page(request):
    return of_products() if request.param.startswith("one product") else of_units()


def of_products():
    """Outcomes of four products, a reserve in a fleet of one cohort, and its roll-forward."""
    rows = [{"product": p, "period": t, "metric": "score", "value": 4.0 + i / 10 + t / 50} for t in range(9)
            for i, p in enumerate(("Alder", "Birch", "Cedar", "Dogwood"))]
    compared = wr.compare(wr.Outcomes.of(rows), "Cedar", ["Alder", "Birch", "Dogwood"], "score", begins=4)
    tally = wr.Tally.of(by=(), strata=((),), stratum=np.zeros(4, int), age=np.array([0.0, 30.0, 90.0, 180.0]),
                        entered=np.array([1000.0, 0, 0, 0]), claimed=np.array([0.0, 6, 8, 0]),
                        open=np.array([0.0, 0, 0, 986]), claims=np.array([0.0, 6, 8, 0]), currency="EUR",
                        cost=np.array([0.0, 300, 400, 0]), cost_squared=np.array([0.0, 16000, 21000, 0]))
    fleet = wr.Cohorts(by=(), strata=((),), stratum=np.zeros(1, int), as_of=date(2019, 12, 31), guarantees=("a@1",),
                       guarantee=np.zeros(1, int), start_day=np.array([18081]), end_day=np.array([18446]),
                       units=np.array([1000.0]), claimed=np.array([14.0]), gone=np.zeros(1))
    return wr.report(compared, wr.reserve(tally, fleet, lengths=[12, 18], draws=400),
                     rolled([wr.roll_forward(period="FY2011", currency="USD", opening=5744, accruals=4232, change=1084,
                                             settlements=4750)]), title="Products")


def of_units():
    rng = np.random.default_rng(5)
    age, end = np.ceil(rng.weibull(1.2, 4000) * 3000), rng.integers(100, 366, 4000)
    tally = wr.tally_of_ages(np.minimum(age, end), age <= end)
    risk = wr.AtRisk(by=(), strata=((),), stratum=np.zeros(1, int), until=np.array([np.inf]), units=np.array([900.0]))
    finding = wr.Finding("claims.csv", 7, "cost", "-3", "cost-negative", "A cost is below zero.", "Correct it.")
    return wr.report(wr.life_table(tally), wr.fit(tally, "weibull"), wr.fit(tally, "lognormal"),
                     wr.extend(tally, risk, start=12, end=18), tally, finding, title="Simulated units")


def test_no_address_of_another_host_and_no_script(page):
    text = page.html.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"(?:https?:)?//[a-z0-9]", text, re.IGNORECASE)
    assert not re.search(r"<script|<iframe|<object|@import|javascript:", text, re.IGNORECASE)
    assert "default-src 'none'" in text


def test_the_page_is_small_and_names_its_language(page):
    assert len(page.html.encode()) < 1_000_000
    assert '<html lang="en">' in page.html


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_a_browser_asks_nobody_and_every_reader_is_served(page, chromium, tmp_path, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    asked, said = [], []
    view = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    view.on("request", lambda request: asked.append(request.url))
    view.on("console", lambda message: said.append(message.text))
    view.on("pageerror", lambda error: said.append(str(error)))
    view.goto(page.save(tmp_path / "page.html").as_uri())
    view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(view)
    assert [v["id"] for v in found.response["violations"]] == []
    assert asked
    assert all(url.startswith("file:") for url in asked)
    assert said == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    view.close()
