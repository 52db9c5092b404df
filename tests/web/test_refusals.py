"""Refusals of the desk in the asker's language: every sentence is in the catalogue, and pages and API say it."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from string import Formatter

import pytest
from tests.web.conftest import SERIALS

from warrantor.desk.refusals import DeskError, InputsError
from warrantor.web.language import Voice, catalog
from warrantor.web.refusals import in_words

DESK = Path(__file__).parents[2] / "src" / "warrantor" / "desk"
KINDS = {kind.__name__ for kind in DeskError.__subclasses__()} | {"DeskError"}
# Said at the command line and at the start of the server, in English: no page can reach these.
UNREACHED = {"archive.py", "backup.py", "emptiness.py", "export.py", "migrations/__init__.py",
             "migrations/versions/desk_5.py", "readiness.py",
             "migrations/versions/desk_3.py", "store.py", "vault.py"}
CHINESE, ENGLISH = {"accept-language": "zh-CN"}, {"accept-language": "en"}


def calls(tree, names):
    """Every call of one of some names, however it is reached."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in names:
                yield name, node


def parsed(source):
    """A module's tree; read in a thread, for Python 3.11 counts its depth wrong where a browser was driven before."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ast.parse, source).result()


def faults(source):
    """What is wrong with the refusals of a module: line and reason."""
    for name, call in calls(parsed(source), KINDS):
        told = call.args[1:2] if name == "InputsError" else call.args[:1]
        if len(told) != 1 or not isinstance(told[0], ast.Constant):
            yield call.lineno, "the sentence is put together here: write it out, with {names} for the values"
            continue
        text = told[0].value
        if catalog("zh_Hans_CN").gettext(text) == text:
            yield call.lineno, f"not in the catalogue: {text}"
        wanted = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
        if wanted != {one.arg for one in call.keywords}:
            yield call.lineno, f"the values are not those of the sentence: {text}"


@pytest.mark.parametrize("path", sorted(DESK.rglob("*.py")), ids=lambda p: str(p.relative_to(DESK)))
def test_every_refusal_of_the_desk_can_be_said_in_another_language(path):
    if path.name != "refusals.py":
        assert list(faults(path.read_text())) == []
    if str(path.relative_to(DESK)) not in UNREACHED:
        assert [call.lineno for _, call in calls(parsed(path.read_text()), {"Refused"})] == []


@pytest.mark.parametrize(("source", "why"), [
    ('raise ConflictError(f"It is {state}.")', "put together"),
    ('raise InputsError("on", f"{day} is no day")', "put together"),
    ("raise refusals.ConflictError(text)", "put together"),
    ('raise ConflictError("Nobody ever wrote this.")', "not in the catalogue"),
    ('raise UnknownError("There is no unit {number}.", unit=7)', "values")])
def test_a_sentence_that_cannot_be_translated_is_seen(source, why):
    assert [why in reason for _, reason in faults(source)] == [True]


def test_keys_become_words_and_lists_are_joined_as_the_language_does():
    voice = Voice("zh_Hans_CN")
    stale = DeskError("{action!r} cannot be done to a claim that is {state}; possible is {possible}.",
                      action="reject", state="draft", possible=("submit", "cancel"))
    assert in_words(stale, voice) == "状态为“草稿”的报修不能执行“拒绝”；可执行的操作：提交、取消报修。"
    assert str(stale) == "'reject' cannot be done to a claim that is draft; possible is submit, cancel."
    stale.values["possible"] = ()
    assert in_words(stale, voice).endswith("：无。")
    roles = DeskError("The role {role!r} may not write costs; {roles} may.", role="owner", roles=("agent", "finance"))
    assert in_words(roles, voice) == "角色“条款负责人”不能录入费用；服务人员或财务可以。"
    told = in_words(roles, Voice("en"))
    assert told == "The role 'owner of terms' may not write costs; service agent or finance may."
    program = in_words(roles, Voice("en"), program=True)
    assert program == "The role 'owner' may not write costs; agent or finance may.", "a program reads what it must send"
    typed = InputsError("role", "there is no role {value!r}; there are {known}", value="{0}", known=("agent", "owner"))
    assert in_words(typed, voice) == "角色：没有角色“{0}”；可选：agent、owner", "what must be typed stays as it is"


def opened(served, serial=SERIALS[0]):
    """Open a claim over the API; return its number."""
    made = served.as_("agent").post("/api/v1/claims", json={"serial": serial, "symptom": "no power"})
    return made.json()["claim"]


def form(served, path, data, by="agent", headers=CHINESE):
    """Send a form as a person; return the status and the page."""
    answer = served.as_(by).post(path, data=data, headers=headers)
    return answer.status_code, answer.text


def test_a_chinese_page_of_a_claim_refuses_in_chinese(served):
    number = opened(served)
    path = f"/claims/{number}"
    assert form(served, f"{path}/check", {"version": "1"})[0] == 303
    status, page = form(served, f"{path}/authorise", {"version": "1"})
    assert status == 412
    assert f"报修 {number} 现为第 2 版，此操作依据的是第 1 版；请重新载入后再办理。" in page
    assert "read it again" not in page
    status, page = form(served, f"{path}/reject", {"version": "2", "reason": "不想修"})
    assert status == 409
    assert "按条款，结论为“在保”：在保的不能拒绝，暂缓的须先补充证据。" in page
    assert form(served, f"{path}/authorise", {"version": "2"})[0] == 303
    wrong_day = {"version": "3", "serial": SERIALS[0], "on": "2026-13-01"}
    status, page = form(served, f"{path}/receive", wrong_day)
    assert status == 422
    assert "日期：“2026-13-01”不是日期；请写作 YYYY-MM-DD" in page
    status, page = form(served, f"{path}/receive", wrong_day, headers=ENGLISH)
    assert "Day: &#39;2026-13-01&#39; is no day; write it YYYY-MM-DD" in page


def test_the_other_chinese_pages_refuse_in_chinese(served):
    number = opened(served)
    asked = {"kind": "goodwill", "claim": str(number), "reason": "快递丢了两次。", "remedy": "repair"}
    assert form(served, "/proposals", asked)[0] == 303
    for path, by, data, status, told in (
        ("/claims", "agent", {"serial": SERIALS[0]}, 422, "不能为此机器建立报修（此机器另有未结束的报修）。"),
        ("/proposals", "agent", asked, 409, "此报修已有一项待答复的“善意处理”提议。"),
        ("/proposals/9/approve", "owner", {"version": "1"}, 404, "没有提议 9。"),
        ("/people", "admin", {"name": "agent", "role": "finance", "password": "x" * 12}, 422, "已有同名账户。"),
        (f"/claims/{number}/costs/lines", "finance", {"kind": "part", "amount": "1", "currency": "yuan"}, 422,
         "币种：“yuan”不是货币代码；请写三个字母，如 CNY"),
    ):
        answered, page = form(served, path, data, by)
        assert (answered, told in page) == (status, True), path


@pytest.mark.parametrize(("headers", "told"), [
    (CHINESE, "此处没有报修 999。"), (ENGLISH, "There is no claim 999 here."), ({}, "There is no claim 999 here.")])
def test_the_api_refuses_in_the_language_it_is_asked_in(served, headers, told):
    answer = served.as_("agent").get("/api/v1/claims/999", headers=headers)
    assert answer.status_code == 404
    assert answer.json()["detail"] == told


def test_the_api_names_the_input_by_its_key_in_every_language(served):
    sent = {"serial": SERIALS[1], "opened_on": "2199-01-01"}
    for headers, told in ((CHINESE, "报修日：2199年1月1日 尚未到来；当地今天是"),
                          (ENGLISH, "opened_on: 2199-01-01 has not come yet; it is")):
        document = served.as_("agent").post("/api/v1/claims", json=sent, headers=headers).json()
        assert document["input"] == "opened_on"
        assert document["detail"].startswith(told)
