"""The life of a claim is the one that was agreed: 19 states, the transitions, and who may do them."""

import pytest
import yaml

from warrantor.desk import life_cycle as cycles
from warrantor.desk.actor import ROLES
from warrantor.desk.life_cycle import life_cycle
from warrantor.desk.refusals import ConflictError, InputsError
from warrantor.desk.steps import STEPS


@pytest.mark.data
def test_the_states_and_transitions_are_those_agreed(data_folder):
    agreed = yaml.safe_load((data_folder / "guarantee_rules.yaml").read_text(encoding="utf-8"))["claim_lifecycle"]
    cycle = life_cycle()
    assert list(cycle.states) == agreed["states"]
    assert len(cycle.states) == 19
    told = {(before, name, after) for befores, name, after in agreed["transitions"] for before in befores.split("|")}
    # What was agreed has no way out of an exchange for which there is no unit; the law has one: it is paid back.
    told.add(("waiting_exchange", "no_unit", "waiting_refund"))
    assert {(b, a.name, a.after) for a in cycle.actions if a.after for b in a.before} == told


def test_every_act_is_known_reachable_and_read():
    cycle = life_cycle()
    reached, todo = {"draft"}, ["draft"]
    while todo:
        here = todo.pop()
        for action in cycle.actions:
            if here in action.before and action.after and action.after not in reached:
                reached.add(action.after)
                todo.append(action.after)
    assert reached == set(cycle.states)
    assert {s.bucket for s in cycle.states.values()} == set(cycle.buckets)
    for action in cycle.actions:
        assert set(action.before) <= set(cycle.states)
        assert set(action.by) <= set(ROLES)
        assert {*action.needs, *action.may} <= set(cycle.inputs)
        assert not {"admin", "auditor"} & set(action.by)
    assert set(cycle.inputs.values()) <= set(cycles.READERS)
    assert set(STEPS) <= {a.name for a in cycle.actions}


def test_what_takes_two_persons_is_asked_and_answered_by_different_roles_or_people():
    proposals = life_cycle().proposals
    assert set(proposals) == {"goodwill", "evidence", "campaign"}
    assert all("admin" not in roles for who in proposals.values() for roles in who.values())
    assert "agent" not in proposals["goodwill"]["answers"]


@pytest.mark.parametrize(("reader", "good", "bad"), [
    (cycles.a_day, ["2026-02-28"], ["2026-02-30", "x", 7, None, "20260228", "2026-2-8", "2026-W48-1", []]),
    (cycles.a_flag, [True, "yes", "0", "False"], ["perhaps", None, 2]),
    (cycles.an_amount, ["0", "12.345", 7], ["-1", "nan", "inf", "1e12", "0.0001", "x", None]),
    (cycles.a_currency, ["eur", "CNY"], ["EU", "EURO", "12A", 7, None, "\u20ac\u20ac\u20ac"]),
    (cycles.a_name, ["x", "\u7535\u6c60"], ["", " ", "x" * 121, "a\nb", "a\x1b", "\ud800", 7]),
    (cycles.a_text, ["x\ny"], ["", "x" * 4001, "\x00"]),
])
def test_inputs_are_read_or_refused_by_name(reader, good, bad):
    for value in good:
        reader("it", value)
    for value in bad:
        with pytest.raises(InputsError) as raised:
            reader("it", value)
        assert raised.value.name == "it"


def test_an_act_that_a_state_does_not_know_says_what_is_possible():
    with pytest.raises(ConflictError, match="submit, cancel"):
        life_cycle().action("fly", "draft")
