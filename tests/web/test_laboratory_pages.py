"""Pages that show what a job found: looked at by axe and by a narrow screen, in both languages."""

import pytest
from tests.web.test_browser import HEAVIEST, View
from tests.web.test_jobs import finished, fleet, running, started

pytestmark = pytest.mark.browser
__all__ = ["fleet", "running"]  # the fixtures


@pytest.mark.parametrize(("scheme", "width", "language"), [("light", 1200, "en"), ("dark", 390, "zh_Hans_CN")])
def test_pages_of_finished_jobs_are_clean(running, chromium, scheme, width, language):
    from axe_playwright_python.sync_playwright import Axe

    jobs = [started(running, kind) for kind in ("life", "returns", "forecast", "reserve", "backtest")]
    states = [finished(running, job)["state"] for job in jobs]
    view = View(chromium, running, "engineer", color_scheme=scheme, viewport={"width": width, "height": 900})
    view.context.add_cookies([{"name": "language", "value": language, "url": running.url}])
    try:
        for path in ("/products", "/products/Alder", "/products/Birch 4/64", "/forecast", "/findings",
                     *(f"/jobs/{job}" for job in jobs)):
            assert view.go(path).status == 200, path
            view.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            found = Axe().run(view.page).response["violations"]
            assert [(path, v["id"], v["nodes"][0]["html"][:120]) for v in found] == []
            assert view.page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert view.bytes < 2 * HEAVIEST, (path, view.bytes)
        assert states.count("done") >= 2
        assert all(url.startswith(running.url) for url in view.asked)
        assert view.said == []
    finally:
        view.close()
