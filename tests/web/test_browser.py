"""The pages in a browser: a claim from the door to the hand-back, every reader served, no other host asked."""

import datetime as dt

import pytest
from tests.web.conftest import PASSWORD, SERIALS

pytestmark = pytest.mark.browser
READERS = {"agent": ("/", "/coverage", "/coverage/list", "/claims", "/claims?bucket=done", "/claims/new", "/claims/1",
                     "/claims/3", f"/units/{SERIALS[0]}", "/proposals", "/guarantees", "/guarantees/conventional@1",
                     "/guarantees/cn_statutory_mobile@1"),
           "customer": ("/", "/claims", "/claims/3", "/claims/new"),
           "engineer": ("/", "/proposals", "/products", "/forecast", "/findings", "/jobs", "/claims",
                        "/trials", "/trials/longer"),
           "auditor": ("/audit", "/people", "/people/2"),
           "admin": ("/people", "/people/2", "/people/2/forget", "/account", "/jobs"),
           None: ("/", "/coverage", "/sign-in", "/docs", "/nothing-here")}
HEAVIEST = 100_000  # bytes of a page with everything it loads, without charts


class View:
    """A tab that writes down every request and every word on its console."""

    def __init__(self, browser, served, name=None, **more):
        self.served = served
        self.context = browser.new_context(base_url=served.url, **more)
        if name is not None:
            self.context.add_cookies([{"name": "session", "value": served.token(name), "url": served.url}])
        self.page = self.context.new_page()
        self.asked, self.said, self.bytes = [], [], 0
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("response", self.weigh)

    def weigh(self, response):
        if not 300 <= response.status < 400:
            self.bytes += len(response.body())

    def go(self, path):
        self.bytes = 0
        answer = self.page.goto(path)
        self.page.wait_for_load_state("networkidle")
        return answer

    def close(self):
        self.context.close()


@pytest.fixture
def tab(chromium):
    opened = []

    def made(served, name=None, **more):
        opened.append(View(chromium, served, name, **more))
        return opened[-1]

    yield made
    for one in opened:
        one.close()


def test_every_page_of_the_router_is_looked_at():
    """A page that is added is added to READERS too."""
    seen = {path.split("?")[0] for paths in READERS.values() for path in paths}
    known = {"/claims/{number}": "/claims/1", "/units/{serial:path}": f"/units/{SERIALS[0]}",
             "/trials/{trial}": "/trials/longer", "/guarantees/{guarantee}": "/guarantees/conventional@1",
             "/people/{number}": "/people/2", "/people/{number}/forget": "/people/2/forget"}
    elsewhere = {"/products/{product:path}", "/jobs/{job}", "/jobs/{job}/result", "/sign-in/openid",
                 "/sign-in/openid/back", "/openapi.json", "/products/{product:path}/figure",
                 "/forecast/figures/{place}", "/trials/{trial}/figure", "/jobs/events",
                 "/claims/{number}/papers/{paper}"}
    from warrantor.web import app

    routes = [r for resource in app.RESOURCES for r in resource.routes.routes if "GET" in r.methods]
    paths = {r.path for r in routes if not r.path.startswith(("/api/", "/health")) and "." not in r.path}
    assert {known.get(p, p) for p in paths - elsewhere} <= seen


@pytest.mark.parametrize(("scheme", "width", "language"), [("light", 1200, "en"), ("dark", 390, "zh_Hans_CN")])
@pytest.mark.parametrize("name", READERS)
def test_every_reader_is_served_and_nobody_else_is_asked(shared, tab, name, scheme, width, language):
    from axe_playwright_python.sync_playwright import Axe

    view = tab(shared, name, color_scheme=scheme, viewport={"width": width, "height": 900})
    view.context.add_cookies([{"name": "language", "value": language, "url": shared.url}])
    for path in READERS[name]:
        answer = view.go(path)
        assert answer.status in (200, 404), (path, answer.status)
        assert view.bytes < HEAVIEST, (path, view.bytes)
        view.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found = Axe().run(view.page).response["violations"]
        assert [(path, v["id"], v["nodes"][0]["html"][:120]) for v in found] == []
        assert view.page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert view.page.get_attribute("html", "lang") == language.replace("_", "-")
    assert all(url.startswith(shared.url) for url in view.asked)
    assert [s for s in view.said if "404" not in s] == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_claim_from_the_door_to_the_hand_back(served, tab, scripts):
    view = tab(served, java_script_enabled=scripts)
    page = view.page
    page.goto("/claims")
    page.fill("#name", "agent")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Claims')")
    page.goto("/coverage")
    page.fill("#serial", SERIALS[5])
    page.click("text=Look it up")
    page.wait_for_selector(".answer.covered")
    page.click("text=New claim")
    assert page.input_value("#serial") == SERIALS[5]
    page.fill("#symptom", "no power")
    page.fill("#said", "It went dark <b>yesterday</b>.")
    page.click("text=Review")
    page.wait_for_selector("text=Please review")
    assert page.request.get(f"{served.url}/claims.json?bucket=review",
                            headers={"cookie": f"session={served.token('agent')}"}).json()["rows"] == []
    page.click("text=Submit the claim")
    page.wait_for_selector("h1:has-text('Claim 1')")
    assert "<b>yesterday</b>" in page.inner_text("main")
    page.fill("#cancel-reason", "")
    for button in ("Check entitlement", "Authorise", "Receive the unit", "Enter the diagnosis", "Start the repair",
                   "Repair is done", "Hand back"):
        if button == "Receive the unit":
            page.fill("#receive-serial", SERIALS[5])
        if button == "Enter the diagnosis":
            page.fill("#diagnose-fault", "performance")
        page.click(f"button:has-text('{button}')")
        page.wait_for_selector(f".time b:has-text('{button}')")
    assert page.inner_text(".badge") == "Closed"
    assert page.locator(".time li").count() == 8
    assert all(url.startswith(served.url) for url in view.asked)
    assert view.said == []


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_the_days_of_many_people_with_one_unit_and_the_one_given_for_it(served, tab, language):
    """Through the pages alone, by what the forms are called, so that both languages are worked in."""
    clock = [dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)]
    served.store.clock = lambda: clock[0]
    on = {name: tab(served, name, viewport={"width": 1200, "height": 900}) for name in (None, "agent", "owner")}
    for view in on.values():
        view.context.add_cookies([{"name": "language", "value": language, "url": served.url}])
    public, agent, owner = (view.page for view in on.values())

    def does(act, **inputs):
        for name, value in inputs.items():
            box = agent.locator(f"#{act}-{name}")
            box.check() if value is True else box.fill(value)
        agent.wait_for_selector(f"form[action$='/{act}']")
        agent.click(f"form[action$='/{act}'] button")
        agent.wait_for_selector("ol.time")
        assert agent.locator("[role=alert]").count() == 0, agent.locator("[role=alert]").inner_text()

    def opens(serial):
        agent.goto(f"/claims/new?serial={serial}")
        agent.fill("#symptom", "no power")
        agent.fill("#said", "屏幕黑了")
        agent.click("form[action='/claims/review'] button")
        agent.wait_for_selector("form[action='/claims']")
        agent.click("form[action='/claims'] button:not([name])")
        agent.wait_for_selector("ol.time")

    def ends():
        answer = served.as_("agent").post("/api/v1/coverage", json={"serial": SERIALS[7]}).json()
        return max(layer["to"] for layer in answer["layers"] if layer["alive"])

    public.goto("/coverage")
    public.fill("#serial", SERIALS[7])
    public.fill("#proof", "2026-03")
    public.click("form[action='/coverage/public'] button")
    public.wait_for_selector(".answer.covered")
    before = ends()
    opens(SERIALS[7])
    assert "屏幕黑了" in agent.inner_text("main")
    does("check")
    does("authorise")
    does("receive", serial=SERIALS[7])
    does("diagnose", fault="performance")
    does("start_repair")
    clock[0] += dt.timedelta(days=10)
    for name in ("agent", "owner"):  # nobody stays signed in for ten days
        on[name].context.add_cookies([{"name": "session", "value": served.token(name), "url": served.url}])
    served.clients.pop("agent").close()
    agent.reload()
    does("repair_done")
    does("hand_back")
    assert (dt.date.fromisoformat(ends()) - dt.date.fromisoformat(before)).days == 10
    opens(SERIALS[7])
    does("check")
    agent.select_option("#goodwill-remedy", "exchange")
    agent.fill("#goodwill-reason", "twice")
    agent.click("form:has(#goodwill-reason) button")
    agent.wait_for_selector("#proposals + ul")
    owner.goto("/proposals")
    owner.click("form[action='/proposals/1/approve'] button:not([formaction])")
    owner.wait_for_selector(".empty")
    agent.reload()
    does("authorise")
    does("receive", serial=SERIALS[7])
    does("diagnose", fault="performance")
    agent.set_input_files("#paper-file", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff x"})
    agent.select_option("#paper-kind", "photograph")
    agent.click("form[action$='/papers'] button")
    agent.wait_for_selector("#papers + div table")
    does("exchange")
    does("exchange_done", replacement="GIVEN-1", unregistered=True)
    does("hand_back")
    agent.goto("/units/GIVEN-1")
    chain = agent.locator("main ol").first.inner_text()
    assert SERIALS[7] in chain
    assert "GIVEN-1" in chain
    for view in on.values():
        assert view.page.get_attribute("html", "lang") == language.replace("_", "-")
        assert all(url.startswith(served.url) for url in view.asked)
        assert view.said == []


def test_an_act_on_an_old_page_changes_nothing(served, tab):
    served.as_("agent").post("/api/v1/claims", json={"serial": SERIALS[0], "symptom": "no power"})
    first, second = (tab(served, "agent").page for _ in range(2))
    for page in (first, second):
        page.goto("/claims/1")
    first.click("button:has-text('Check entitlement')")
    first.wait_for_selector("button:has-text('Authorise')")
    second.click("button:has-text('Check entitlement')")
    second.wait_for_selector("[role=alert]")
    assert served.as_("agent").get("/api/v1/claims/1").json()["version"] == 2


def test_keys_move_and_are_silent_while_typing(shared, tab):
    page = tab(shared, "agent").page
    page.goto("/claims")
    focused = "document.activeElement.textContent"
    rows = page.locator("a[data-row]").all_inner_texts()
    page.keyboard.press("j")
    assert page.evaluate(focused) == rows[0]
    page.keyboard.press("j")
    assert page.evaluate(focused) == rows[1]
    page.keyboard.press("k")
    assert page.evaluate(focused) == rows[0]
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("jk?/")
    assert page.input_value("#q") == "jk?/"
    page.focus("main button")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


def test_the_theme_is_kept(shared, tab):
    page = tab(shared, color_scheme="light").page
    page.goto("/")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.click("[data-theme-switch]")
    dark = page.evaluate(colour)
    assert dark != light
    page.goto("/coverage")
    assert page.evaluate(colour) == dark


def test_the_answer_comes_without_loading_the_page_again(shared, tab):
    view = tab(shared, "agent")
    view.go("/coverage")
    view.page.evaluate("window.kept = true")
    view.page.fill("#serial", SERIALS[9])
    view.page.click("text=Look it up")
    view.page.wait_for_selector(".answer.covered")
    assert view.page.evaluate("window.kept") is True
    assert view.said == []


def test_a_figure_is_moved_in_under_the_policy_of_the_pages(shared, tab):
    from axe_playwright_python.sync_playwright import Axe

    view = tab(shared, "engineer")
    view.go("/trials/longer")
    assert not any("chart.js" in url for url in view.asked), "it is loaded when somebody asks for it"
    view.page.click("text=Move in the figure")
    view.page.wait_for_selector(".live svg .role-legend")
    assert view.page.locator("[data-still]").is_hidden()
    box = view.page.locator(".live svg").bounding_box()
    assert box["width"] > 600
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    view.page.mouse.move(*middle)
    view.page.wait_for_selector(".tip:not([hidden])")
    told = view.page.inner_text(".tip")
    assert "planned look" in told
    assert "CNY a unit" in told
    before = view.page.text_content(".live svg")
    view.page.mouse.wheel(0, -400)
    view.page.wait_for_function("before => document.querySelector('.live svg').textContent !== before", arg=before)
    violations = Axe().run(view.page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in violations] == []
    assert all(url.startswith(shared.url) for url in view.asked)
    assert view.said == []


def test_a_first_password_is_changed_without_scripts(served, tab):
    from axe_playwright_python.sync_playwright import Axe

    first, own = "given by an admin", "chosen by oneself"
    served.as_("admin").post("/people", data={"name": "mei", "role": "agent", "centre": "north", "password": first})
    view = tab(served, java_script_enabled=False)
    page = view.page
    page.goto("/claims?bucket=done")
    page.fill("#name", "mei")
    page.fill("#password", first)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=choose one of your own first")
    looked = tab(served)
    looked.context.add_cookies(view.context.cookies())
    looked.go("/account")
    assert [v["id"] for v in Axe().run(looked.page).response["violations"]] == []
    page.fill("#old", first)
    page.fill("#password", own)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Your password is changed")
    page.goto("/claims")
    page.wait_for_selector("h1:has-text('Claims')")
    assert view.said == looked.said == []


def test_a_person_is_forgotten_without_scripts_after_a_second_look(served, tab):
    page = tab(served, "admin", java_script_enabled=False).page
    page.goto("/people")
    page.click("text=customer-other")
    page.click("text=Forget this person")
    page.click("text=No, go back")
    page.click("text=Forget this person")
    page.click("text=Forget customer-other for good")
    page.wait_for_selector("h1:has-text('People')")
    assert "customer-other" not in page.inner_text("main")
