"""Who may do what: every route of the application, asked by every role, for their own and for others' things."""

import pytest
from fastapi import APIRouter
from tests.web.conftest import PASSWORD, SERIALS

from warrantor.desk import papers
from warrantor.desk.actor import ROLES
from warrantor.desk.claims import Opening, open_claim
from warrantor.web.app import create_app
from warrantor.web.guard import every_route_asks, rights_of
from warrantor.web.rights import RIGHTS, reach
from warrantor.web.settings import Settings

# Typed from the security model, not from the code: right -> role letter (Customer, Agent, Engineer, Finance, Owner,
# aDmin, aUditor) with o own, c centre, a all, - not at all.
MODEL = {
    "open": "Ca Aa Ea Fa Oa Da Ua", "sign_in": "Ca Aa Ea Fa Oa Da Ua", "signed_in": "Ca Aa Ea Fa Oa Da Ua",
    "coverage.ask": "C- Aa Ea Fa Oa D- Ua", "units.read": "C- Aa E- F- O- D- Ua",
    "units.import": "C- A- E- F- O- Da U-",
    "claims.read": "Co Ac Ea Fa Oa D- Ua", "claims.open": "Co Ac E- F- O- D- U-",
    "claims.act": "Co Ac Ea Fa Oa D- U-", "costs.write": "C- Ac E- Fa O- D- U-",
    "papers.add": "Co Ac E- F- O- D- U-",
    "proposals.read": "C- Ac Ea Fa Oa D- Ua", "proposals.ask": "C- Ac Ea Fa O- D- U-",
    "guarantees.read": "C- Aa Ea Fa Oa Da Ua",
    "proposals.answer": "C- A- Ea Fa Oa D- U-", "laboratory.read": "C- A- Ea Fa Oa D- Ua",
    "jobs.read": "C- A- Ea Fa Oa Da Ua", "jobs.start": "C- A- Ea Fa Oa D- U-",
    "jobs.cancel": "C- A- Eo Fo Oo Da U-", "audit.read": "C- A- E- F- O- D- Ua",
    "people.read": "C- A- E- F- O- Da Ua", "people.write": "C- A- E- F- O- Da U-",
}
LETTERS = dict(zip("CAEFODU", ROLES, strict=True))
# What stands for a route's parameters; one without a word here fails the test, so that a new one is thought about.
WORDS = {"form": "json", "serial": "356938035640000", "product": "Alder", "job": "1", "action": "check",
         "answer": "approve", "trial": "longer",
         "guarantee": "conventional@1", "place": "1", "paper": "1", "kind": "looks"}
FORMS = {"/coverage": {"serial": "x"}, "/coverage/list": {"serials": "x"},
         "/coverage/list.{form}": {"serials": "x"},
         "/coverage/public": {"serial": "x", "proof": "2026-03"}, "/jobs": {"kind": "no"},
         "/claims/review": {"serial": "x"}, "/claims": {"serial": ""}, "/people": {"name": "", "role": "none"},
         "/claims/{number}/costs/lines": {"kind": "none", "amount": "1", "currency": "CNY"},
         "/proposals": {"kind": "none"}, "/proposals/{number}/{answer}": {"version": "1"},
         "/people/{number}/close": {"version": "1"}, "/people/{number}/reopen": {"version": "1"},
         "/people/{number}/change": {"version": "1", "role": "owner"}, "/people/{number}/forget": {"version": "1"},
         "/people/{number}/password": {"version": "1", "password": PASSWORD},
         "/account/password": {"old": "x", "password": PASSWORD}, "/sign-in": {"name": "x", "password": "y"}}
BODIES = {"/api/v1/session/password": {"old": "x", "password": PASSWORD},
          "/api/v1/session": {"name": "x", "password": "y"}, "/api/v1/coverage": {"serial": "x"},
          "/api/v1/coverage:batch": {"questions": [{"serial": "x"}]}, "/api/v1/jobs": {"kind": "no"},
          "/api/v1/coverage:public": {"serial": "x", "proof": "2026-03"}, "/api/v1/claims": {"serial": " "},
          "/api/v1/claims/{number}/acts/{action}": {"inputs": {}}}
FILES = {("POST", "/claims/{number}/papers"): {"data": {"kind": "none"}, "files": {"file": ("p.pdf", b"%PDF-1.7")}},
         ("POST", "/api/v1/claims/{number}/papers"): {"params": {"kind": "none"}, "json": None, "content": b"%PDF-1.7"}}
ENDS = ("/sign-out", "/api/v1/session")  # would end the session that the next question needs
EVERYWHERE = "/account/sign-out"  # ends whatever session it is asked with, and every other

# What refuses everybody who sends a wrong password, or a sign-in that was not begun here.
OF_THEIRS = {("POST", "/sign-in"): 401, ("POST", "/api/v1/session"): 401, ("GET", "/sign-in/openid/back"): 403}


def all_routes(app):
    return [(method, route.path, right) for route, right in rights_of(app) for method in sorted(route.methods)]


def request(shared, name, method, path, number):
    """One request for a route, its parameters filled, with a body that changes nothing."""
    filled = path.replace(":path}", "}")
    for key, value in {**WORDS, "number": number}.items():
        filled = filled.replace(f"{{{key}}}", str(value))
    assert "{" not in filled, f"say in WORDS what stands for the parameter of {path}"
    more = {"data": FORMS.get(path), "json": BODIES.get(path)} if method in ("POST", "PUT") else {}
    more |= FILES.get((method, path), {})
    client = shared.as_(name)
    if path in ENDS and name is not None:
        more["headers"] = {"authorization": f"Bearer {shared.token(name)}"}
    if path == EVERYWHERE and name is not None:
        shared.clients["left", name, path] = shared.clients.pop(name)  # the next question begins a session of its own
    return client.request(method, filled, **more)


def test_the_table_is_the_security_model():
    assert set(MODEL) == set(RIGHTS)
    for right, cells in MODEL.items():
        for cell in cells.split():
            told = {"o": "own", "c": "centre", "a": "all", "-": None}[cell[1]]
            assert reach(right, LETTERS[cell[0]]) == told, (right, LETTERS[cell[0]])
        assert (reach(right, "visitor") == "all") == (right in ("open", "sign_in"))


def test_a_route_without_a_right_is_not_served(served):
    app = create_app(served.store, Settings(served.app.state.counter.settings.home))
    bare = APIRouter()
    bare.add_api_route("/bare", lambda: None)
    app.router.routes.extend(bare.routes)
    with pytest.raises(ValueError, match="/bare"):
        every_route_asks(app)


def test_routes_that_hide_their_rights_are_not_served(served):
    app = create_app(served.store, Settings(served.app.state.counter.settings.home))
    hidden = APIRouter()
    hidden.add_api_route("/hidden", lambda: None)
    app.mount("/under", hidden)
    with pytest.raises(TypeError, match="right can be read"):
        every_route_asks(app)


@pytest.mark.parametrize("name", [None, *ROLES])
def test_every_route_for_every_role(shared, name):
    wrong = []
    for method, path, right in all_routes(shared.app):
        answer = request(shared, name, method, path, 10**9)
        allowed = reach(right, name or "visitor") is not None
        sent_away = answer.status_code in (401, 403) or (
            answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?to="))
        if OF_THEIRS.get((method, path)) == answer.status_code:
            sent_away = not allowed
        if allowed == sent_away or answer.status_code >= 500:
            wrong.append((method, path, right, answer.status_code))
    assert wrong == []


SEEN = {"customer": {"customer"}, "customer-other": {"customer_other"},
        "agent": {"agent", "customer", "customer_other", "held"},
        "agent-south": {"agent_south", "customer", "customer_other"},
        "engineer": {"all"}, "finance": {"all"}, "owner": {"all"}, "auditor": {"all"}, "admin": set()}
OF_A_CLAIM = [("GET", "/claims/{number}"), ("GET", "/api/v1/claims/{number}"), ("POST", "/claims/{number}/{action}"),
              ("POST", "/api/v1/claims/{number}/acts/{action}"), ("POST", "/claims/{number}/costs/lines"),
              ("POST", "/claims/{number}/papers"), ("GET", "/claims/{number}/papers.{form}"),
              ("POST", "/api/v1/claims/{number}/papers"), ("GET", "/api/v1/claims/{number}/papers"),
              ("GET", "/claims/{number}/costs.{form}"), ("GET", "/claims/{number}/layers.{form}")]


OF_A_PAPER = [("GET", "/claims/{number}/papers/{paper}"), ("GET", "/api/v1/claims/{number}/papers/{paper}")]


def test_every_route_of_a_claim_is_asked_for_others_claims(shared):
    routes = [(m, p) for m, p, _ in all_routes(shared.app) if "claims/{number}" in p]
    assert sorted(routes) == sorted(OF_A_CLAIM + OF_A_PAPER)


@pytest.mark.parametrize("name", SEEN)
def test_own_and_others_papers(served, name):
    """One receipt of a customer and one of an agent: a customer reads their own, an engineer none, an admin nothing."""
    made = {owner: open_claim(served.store, served.who[owner].actor, Opening(SERIALS[n], bought="2026-03")).number
            for n, owner in enumerate(("customer", "agent"))}
    kept = {owner: papers.add(served.store, number, served.who[owner].actor, "receipt", b"%PDF-1.7").number
            for owner, number in made.items()}
    readers = {"customer": {"customer"}, "agent": {"customer", "agent"}, "agent-south": {"customer"},
               **{role: {"customer", "agent"} for role in ("finance", "owner", "auditor")}}
    for owner, number in made.items():
        for path in (f"/claims/{number}/papers/{kept[owner]}", f"/api/v1/claims/{number}/papers/{kept[owner]}"):
            answer = served.as_(name).get(path)
            reads = owner in readers.get(name, set())
            assert answer.status_code == (200 if reads else 403 if name == "admin" else 404), (owner, path)
            if reads:
                assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
                assert answer.headers["content-disposition"].startswith("attachment")
            other = made["agent" if owner == "customer" else "customer"]
            elsewhere = path.replace(f"claims/{number}/", f"claims/{other}/")
            assert served.as_(name).get(elsewhere).status_code in (403, 404), "a paper is of one claim"


@pytest.mark.parametrize("name", SEEN)
@pytest.mark.parametrize(("method", "path"), OF_A_CLAIM)
def test_own_and_others_claims(shared, name, method, path):
    numbers = {**vars(shared.claims), "held": shared.held}
    for owner, number in numbers.items():
        answer = request(shared, name, method, path, number)
        if owner in SEEN[name] or "all" in SEEN[name]:
            right = next(r for m, p, r in all_routes(shared.app) if (m, p) == (method, path))
            if reach(right, name.partition("-")[0]) is None:
                assert answer.status_code == 403
            else:
                assert answer.status_code != 404, (name, owner, answer.text[:200])
        else:
            right = next(r for m, p, r in all_routes(shared.app) if (m, p) == (method, path))
            refused = reach(right, name.partition("-")[0]) is None
            assert answer.status_code == (403 if refused else 404), (name, owner)


@pytest.mark.parametrize("name", SEEN)
def test_lists_hold_only_what_may_be_seen(shared, name):
    numbers = {**vars(shared.claims), "held": shared.held}
    answer = shared.as_(name).get("/api/v1/claims", params={"size": 500})
    if name == "admin":
        assert answer.status_code == 403
        return
    seen = {row["claim"] for row in answer.json()["rows"]}
    assert seen == {n for owner, n in numbers.items() if owner in SEEN[name] or "all" in SEEN[name]}


@pytest.mark.parametrize("name", [None, *ROLES])
def test_a_result_is_taken_away_by_who_reads_jobs(shared, name):
    from warrantor.desk import jobs

    shared.app.state.counter.jobs.stop()
    number = jobs.ask(shared.store, "life", shared.who["engineer"].number, lambda n: ["life", str(n)])
    with shared.store.turn() as connection:
        connection.execute(jobs.table.update().where(jobs.table.c.number == number).values(state=jobs.DONE))
    folder = shared.app.state.counter.settings.home / "jobs" / str(number)
    folder.mkdir(parents=True)
    (folder / "out.json").write_text('{"schema": "warrantor.life/1"}')
    reads = reach("jobs.read", name or "visitor") is not None
    for path in (f"/jobs/{number}/result", f"/api/v1/jobs/{number}/result"):
        answer = shared.as_(name).get(path)
        assert (answer.status_code == 200) == reads, path
        assert reads or "schema" not in answer.text
    (folder / "out.json").unlink()


def test_a_job_is_cancelled_by_who_asked_for_it_or_an_admin(shared):
    from warrantor.desk import jobs

    counter = shared.app.state.counter
    counter.jobs.stop()
    number = jobs.ask(shared.store, "life", shared.who["engineer"].number, lambda n: ["life", str(n)])
    assert shared.as_("finance").delete(f"/api/v1/jobs/{number}").status_code == 403
    assert shared.as_("auditor").delete(f"/api/v1/jobs/{number}").status_code == 403
    assert shared.as_("engineer").delete(f"/api/v1/jobs/{number}").json()["state"] == "cancelled"
    assert shared.as_("admin").delete(f"/api/v1/jobs/{number}").status_code == 409
