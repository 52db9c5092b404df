"""The page needs no other host: no address in it, no request of a browser; and it is fit for every reader."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

import warrantor as wr

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="module")
def page():
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


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        what = f"Chromium is not at {CHROMIUM}"
        if os.environ.get("CI") == "true":
            pytest.fail(what)
        pytest.skip(what)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_a_browser_asks_nobody_and_every_reader_is_served(page, browser, tmp_path, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    asked, said = [], []
    view = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
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
