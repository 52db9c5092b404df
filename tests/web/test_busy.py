"""A writer that waits in vain is told to come again, and nothing is done."""

from warrantor.desk import store as stores
from warrantor.desk.store import open as open_desk
from warrantor.web.problem import PROBLEM


def test_who_waits_too_long_for_the_writer_is_told_to_come_again(served, monkeypatch):
    assert served.as_("agent").get("/api/v1/claims").status_code == 200
    path = served.store.engine.url.database
    monkeypatch.setattr(stores, "PATIENCE", 0.3)
    served.store.engine.dispose()
    with open_desk(path, key=served.store.key) as other, other.turn():
        from sqlalchemy import event

        @event.listens_for(served.store.engine, "connect")
        def hurried(connection, _):
            connection.execute("PRAGMA busy_timeout = 200")

        answer = served.as_("agent").post("/api/v1/claims", json={"serial": "X1", "symptom": "no power"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == PROBLEM
    assert "nothing was done" in answer.json()["detail"]
    again = served.as_("agent").post("/api/v1/claims", json={"serial": "X1", "symptom": "no power"})
    assert again.status_code == 201
