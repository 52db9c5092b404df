"""The parts of the promise, each at its edges: periods, holidays, money, IMEI, the counter, remedies, evidence."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from warrantor.terms import (
    Complaint,
    Door,
    Event,
    Evidence,
    Extension,
    Guarantee,
    Guarantees,
    Holidays,
    Money,
    PackError,
    Remedies,
    Term,
    battery_defect,
    beside,
    burden_of_proof,
    conflicts,
    coverage,
    days_later,
    default_guarantees,
    end_of,
    evidence_status,
    idempotency,
    imei_status,
    intake_decision,
    load_guarantees,
    local_day,
    notice_in_time,
    refund_amount,
    refund_due_by,
    reject_until,
    remedy,
    shipped,
    start_of,
)
from warrantor.terms.coverage import started, suspensions
from warrantor.terms.imei import check_digit
from warrantor.terms.lines import lines_of, nearest
from warrantor.terms.pack import shipped_markets
from warrantor.terms.read import evidence_step

DAY = date.fromisoformat
YEAR = Guarantee("year", "1", {"host": Term(12, "months")})
START = DAY("2019-01-15")


@pytest.mark.parametrize(("one", "other", "both"), [
    (Term(1, "years"), Term(2, "years"), Term(3, "years")), (Term(5, "days"), Term(7, "days"), Term(12, "days")),
    (Term(1, "years"), Term(2, "months"), Term(14, "months")),
    (Term(2, "months"), Term(1, "years"), Term(14, "months")),
    (Term(6, "months", (("cycles", 9),)), Term(6, "months"), Term(12, "months", (("cycles", 9),))),
    (Term(1, "years", (("cycles", 9),)), Term(6, "months"), Term(18, "months", (("cycles", 9),))),
])
def test_terms_of_one_kind_add_up(one, other, both):
    assert one.longer(other) == both


@pytest.mark.parametrize(("one", "other"), [(Term(5, "days"), Term(1, "months")), (Term(1, "years"), Term(9, "days"))])
def test_days_and_months_do_not_add_up(one, other):
    with pytest.raises(ValueError, match=rf"^{one} and {other} do not add up to a term$"):
        one.longer(other)


def test_terms_say_what_they_are_and_refuse_what_they_cannot_be():
    assert str(Term(18, "months", (("cycles", 500), ("hours", 9)))) == "18 months or 500 cycles or 9 hours"
    assert Term(0, "days").length == 0
    with pytest.raises(ValueError, match=r"^a term of -1 days is below zero$"):
        Term(-1, "days")
    with pytest.raises(ValueError, match=r"^'moons' is no unit of a term: use days, months or years$"):
        Term(1, "moons")


def test_no_period_leaves_the_calendar():
    assert end_of(DAY("9999-01-31"), Term(11, "months")) == DAY("9999-12-31")
    assert end_of(DAY("9999-01-31"), Term(12, "months")) == date.max
    assert end_of(DAY("9999-12-30"), Term(9, "days")) == date.max
    assert end_of(date.min, Term(0, "days"), "include_start") == date.min
    assert days_later(date.min, -1) == date.min
    assert days_later(DAY("2019-01-02"), -1) == DAY("2019-01-01")


def test_holidays_move_an_end_over_spans_and_weekends():
    spans = ((DAY("2019-10-01"), DAY("2019-10-04")), (DAY("2019-10-08"), DAY("2019-10-08")))
    week = Holidays("w", spans, weekends=True)
    assert [week.roll(DAY(f"2019-{d}")) for d in ("09-27", "09-28", "09-30", "10-01", "10-04", "10-07", "10-08")] == [
        DAY(f"2019-{d}") for d in ("09-27", "09-30", "09-30", "10-07", "10-07", "10-07", "10-09")]
    plain = Holidays("p", week.spans)
    assert plain.roll(DAY("2019-10-02")) == DAY("2019-10-05")
    assert not Holidays("e", ()).knows(START)
    assert Holidays("e", ((date.max, date.max),)).roll(date.max) == date.max
    across = Holidays("a", ((DAY("2019-12-31"), DAY("2020-01-01")),))
    assert [across.knows(DAY(f"{y}-06-01")) for y in (2018, 2019, 2020, 2021)] == [False, True, True, False]


def test_an_instant_falls_on_the_day_of_the_zone_and_stays_inside_the_calendar():
    assert local_day(datetime(2020, 7, 15, 16, tzinfo=UTC), "Asia/Shanghai") == DAY("2020-07-16")
    assert local_day(datetime(2020, 7, 15, 23, 59), "Asia/Shanghai") == DAY("2020-07-15")  # noqa: DTZ001  local already
    assert local_day(datetime(9999, 12, 31, 23, tzinfo=UTC), "Asia/Shanghai") == date.max


@pytest.mark.parametrize(("amount", "currency", "rounded"), [
    ("0.005", "CNY", "0.01 CNY"), ("0.004", "CNY", "0.00 CNY"), ("-0.005", "CNY", "-0.01 CNY"), ("2.5", "JPY", "3 JPY"),
    ("1.0005", "KWD", "1.001 KWD"),
    ("10.5", "XOF", "11 XOF"), ("1.2345", "IQD", "1.235 IQD"),
    ("549.45", "EUR", "549.45 EUR"), (0.1, "EUR", "0.10 EUR"),
])
def test_money_is_rounded_half_up_in_the_coins_of_its_currency(amount, currency, rounded):
    assert str(Money.of(amount, currency).rounded()) == rounded


def test_money_is_exact_and_of_one_currency():
    three = Money.of("0.1", "EUR") + Money.of("0.2", "EUR")
    assert three == Money(Decimal("0.3"), "EUR")
    assert Money.of(10, "EUR") - Money.of("0.5", "EUR") == Money(Decimal("9.5"), "EUR")
    assert Money.of(10, "EUR") * 3 == Money(Decimal(30), "EUR")
    for add in (lambda: three + Money.of(1, "CNY"), lambda: three - Money.of(1, "CNY")):
        with pytest.raises(ValueError, match=r"^EUR and CNY cannot be added; convert one first$"):
            add()
    for nothing in ("much", "nan", float("inf")):
        with pytest.raises(ValueError, match=r"is no amount of money; write it as in 999\.00$"):
            Money.of(nothing, "EUR")
    assert str(Money.of("1.0", "")) == "1.0"


@pytest.mark.parametrize(("text", "status"), [
    ("490154203237518", "valid"), ("490154203237519", "bad_check_digit"), ("49015420323751", "incomplete:cd=8"),
    ("4901542032375101", "imeisv:imei=490154203237518"), ("000000000000000", "reserved_tac"),
    ("00000000000000", "reserved_tac"), ("0000000000000001", "reserved_tac"), ("000000000000001", "bad_check_digit"),
    ("49-015420-323751-8", "valid"), ("49 015420/323751.8\t", "valid"), ("49015420323751A", "invalid_chars"),
    ("4901542032375１8", "invalid_chars"), ("4901542032375", "invalid_length"), ("49015420323751012", "invalid_length"),
    ("", "invalid_length"), ("--", "invalid_length"), ("356938035643809", "valid"), ("352099001761481", "valid"),
])
def test_the_digits_of_an_imei_say_what_it_is(text, status):
    assert imei_status(text) == status


def test_the_type_code_must_be_the_makers_where_it_is_asked():
    assert imei_status("490154203237518", {"49015420"}) == "valid"
    assert imei_status("490154203237518", {"35693803"}) == "foreign_tac"
    assert imei_status("49015420323751", {"35693803"}) == "foreign_tac"
    assert check_digit("35693803564380") == "9"
    assert check_digit("0" * 14) == "0"


@pytest.mark.parametrize(("door", "decision"), [
    (Door(), "accept"), (Door(claims_30d=3), "accept"), (Door(claims_30d=4), "hold:velocity"),
    (Door(claim_before_activation=True), "hold:claim_before_activation"),
    (Door(shipped=False, superseded=True, open_claim=True), "hold:serial_not_shipped"),
    (Door(superseded=True, open_claim=True, claims_30d=9), "reject:superseded_unit"),
    (Door(open_claim=True, claims_30d=9), "reject:duplicate_open_claim"),
    (Door(claims_30d=9, claim_before_activation=True), "hold:velocity"),
    (Door(claim_before_activation=True, serial_differs=True), "hold:claim_before_activation"),
    (Door(serial_differs=True, invoice_reused=True), "hold:serial_differs"),
    (Door(refunded=True, open_claim=True), "reject:refunded_unit"),
    (Door(superseded=True, refunded=True), "reject:superseded_unit"),
    (Door(given_back=True, claims_30d=9), "hold:given_back"),
    (Door(given_back=True, open_claim=True), "reject:duplicate_open_claim"),
    (Door(invoice_reused=True, centre_today=500, centre_28d=28), "hold:invoice_reused"),
    (Door(centre_today=21, centre_28d=28), "hold:centre_velocity"),
    (Door(centre_today=20, centre_28d=28), "accept"), (Door(centre_today=500, centre_28d=27), "accept"),
    (Door(centre_today=40, centre_28d=280), "accept"), (Door(centre_today=41, centre_28d=280), "hold:centre_velocity"),
])
def test_the_counter_decides_by_the_gravest_reason(door, decision):
    assert intake_decision(door) == decision


def test_how_many_claims_pass_is_the_makers_to_say():
    assert intake_decision(Door(claims_30d=2), most_in_30d=1) == "hold:velocity"


@pytest.mark.parametrize(("key", "body", "in_flight", "answer"), [
    ("k1", "A", False, "same_claim"), ("k1", "B", False, "422"), ("k2", "A", False, "new_claim"),
    ("k1", "A", True, "409"), ("k2", "A", True, "409"), ("k1", "B", True, "422"),
])
def test_a_repeated_request_makes_no_second_claim(key, body, in_flight, answer):
    assert idempotency({"k1": "A"}, key, body, in_flight=in_flight) == answer
    if not in_flight:
        assert idempotency({"k1": "A"}, key, body) == answer


def test_evidence_is_taken_in_its_order_and_the_later_of_two_needs_both():
    one = Guarantee("g", "1", {"host": Term(1, "days")}, start=("later_of:sold_on,delivered_on", "activated_on",
                                                              "made_on+90"))
    both = Evidence(DAY("2019-01-03"), DAY("2019-01-05"), DAY("2019-01-09"), None, DAY("2018-01-01"))
    assert (start_of(one, both).day, start_of(one, both).lacking) == (DAY("2019-01-05"), ())
    found = start_of(one, Evidence(None, DAY("2019-01-05"), DAY("2019-01-09")))
    assert (found.day, found.by) == (DAY("2019-01-09"), "activated_on")
    assert found.lacking == ("later_of:sold_on,delivered_on",)
    assert start_of(one, Evidence(made_on=DAY("2018-01-01"))).day == DAY("2018-04-01")
    assert start_of(one, Evidence(shipped_on=DAY("2018-01-01"))) is None
    for step in ("sold_on+", "made_on-1", "later_of:sold_on", "bought_on", "", "later_of:sold_on,bought_on"):
        with pytest.raises(ValueError, match="is no evidence; use delivered_on, sold_on, activated_on, shipped_on, "):
            evidence_step(step)


def test_what_cannot_be_in_the_evidence_is_said_with_both_days():
    shown = Evidence(DAY("2019-01-04"), DAY("2019-01-05"), DAY("2019-01-03"), None, DAY("2019-01-06"))
    told = conflicts(shown, DAY("2019-01-04"))
    assert [(c.status, c.first, c.second) for c in told] == [
        ("evidence_error", "sold_on", "today"), ("evidence_error", "made_on", "today"),
        ("evidence_error", "made_on", "sold_on"), ("evidence_error", "made_on", "delivered_on"),
        ("start_conflict", "sold_on", "activated_on")]
    assert (told[0].first_day, told[0].second_day) == (DAY("2019-01-05"), DAY("2019-01-04"))
    same = Evidence(START, START, START, None, START)
    assert conflicts(same, START) == ()
    assert evidence_status(same, None) == "ok"
    late = Evidence(sold_on=START, activated_at=datetime(2019, 1, 14, 17, tzinfo=UTC))
    assert [c.status for c in conflicts(late, None)] == ["start_conflict"]
    assert conflicts(late, None, "Asia/Shanghai") == ()


def test_suspensions_are_merged_where_they_touch_and_end_with_the_next_resumption():
    told = [Event("suspended", DAY("2019-06-05"), DAY("2019-06-09")),
            Event("suspended", DAY("2019-06-01"), DAY("2019-06-05")), Event("suspended", DAY("2019-06-11")),
            Event("resumed", DAY("2019-06-10")), Event("resumed", DAY("2019-06-14")),
            Event("resumed", DAY("2019-06-20")), Event("suspended", DAY("2019-07-01")),
            Event("suspended", DAY("2019-08-09"), DAY("2019-08-01"))]
    spans = [(DAY("2019-06-01"), DAY("2019-06-09")), (DAY("2019-06-11"), DAY("2019-06-14"))]
    last = (DAY("2019-08-09"), DAY("2019-08-09"))
    assert suspensions(told, DAY("2019-07-09")) == [*spans, (DAY("2019-07-01"), DAY("2019-07-09")), last]
    assert suspensions(told, None) == [*spans, (DAY("2019-07-01"), DAY("2019-07-01")), last]
    assert started([Event("started", START), Event("started", DAY("2019-02-01")), Event("resumed", DAY("2020-01-01"))]
                   ) == DAY("2019-02-01")
    assert started([]) is None


def ends(one, *events, **more):
    return str(coverage(one, START, events=events, **more).end)


def test_a_repair_counts_where_it_was_handed_in_in_time():
    assert ends(YEAR, Event("suspended", DAY("2020-01-15"), DAY("2020-01-20"))) == "2020-01-20"
    assert ends(YEAR, Event("suspended", DAY("2020-01-16"), DAY("2020-01-20"))) == "2020-01-15"
    assert ends(YEAR, Event("suspended", DAY("2019-12-01"), DAY("2019-12-02")),
                Event("suspended", DAY("2020-01-16"), DAY("2020-01-20"))) == "2020-01-20"
    assert ends(YEAR, Event("suspended", DAY("2019-01-10"), DAY("2019-01-20"))) == "2020-01-20"
    assert ends(YEAR, Event("suspended", DAY("2018-01-10"), DAY("2018-01-20"))) == "2020-01-15"
    assert ends(YEAR, Event("suspended", DAY("2019-06-01"), DAY("2019-06-01"))) == "2020-01-15"


def test_both_ends_count_where_the_guarantee_says_so():
    one = Guarantee("g", "1", YEAR.terms, suspension="extend_inclusive")
    assert ends(one, Event("suspended", DAY("2019-06-01"), DAY("2019-06-01"))) == "2020-01-16"
    assert ends(one, Event("suspended", DAY("2019-06-01"), DAY("2019-06-11"))) == "2020-01-26"
    assert ends(one, Event("suspended", DAY("2018-01-10"), DAY("2019-01-14"))) == "2020-01-15"


def test_an_exchange_gives_what_the_guarantee_says():
    anew, least = (Guarantee("g", "1", YEAR.terms, replacement=how, replacement_min_days=90)
                   for how in ("restart", "remainder_or_min"))
    last = Event("exchanged", DAY("2020-01-15"))
    assert ends(anew, last) == "2021-01-15"
    assert ends(least, last) == "2020-04-14"
    assert ends(YEAR, last) == "2020-01-15"
    late = Event("exchanged", DAY("2020-01-16"))
    assert ends(anew, late) == ends(least, late) == "2020-01-15"
    held = Event("suspended", DAY("2020-01-10"), DAY("2020-01-20"))
    assert ends(anew, held, last) == "2021-01-20"
    assert ends(least, held, last) == "2020-04-14"
    assert ends(least, last, Event("exchanged", DAY("2020-04-14"))) == "2020-07-13"
    assert ends(least, last, Event("exchanged", DAY("2020-01-02"))) == "2020-04-14"
    assert ends(least, Event("exchanged", DAY("2019-02-01")), Event("suspended", DAY("2019-03-01"), DAY("2019-03-11"))
                ) == "2020-01-25"
    feb = Guarantee("g", "1", YEAR.terms, replacement="restart")
    window = coverage(feb, DAY("2020-02-01"), events=[
        Event("suspended", DAY("2020-02-01"), DAY("2020-03-01")), Event("exchanged", DAY("2020-03-01"))])
    assert str(window.end) == "2021-03-02"  # what the suspension had given is not taken away by the exchange


def test_a_repair_extends_once_for_late_contracts_only():
    one = Guarantee("g", "1", YEAR.terms, extension=Extension(Term(12, "months"), DAY("2026-07-31")))
    twice = (Event("extended", DAY("2019-06-01")), Event("extended", DAY("2019-07-01")))
    assert ends(one, *twice, contract_on=DAY("2026-07-31")) == "2021-01-15"
    assert ends(one, *twice, contract_on=DAY("2026-07-30")) == ends(one, *twice) == "2020-01-15"
    assert ends(YEAR, *twice, contract_on=DAY("2026-07-31")) == "2020-01-15"
    assert ends(one, Event("extended", DAY("2020-01-16")), contract_on=DAY("2026-07-31")) == "2020-01-15"
    held = Event("suspended", DAY("2019-03-01"), DAY("2019-03-11"))
    second = Guarantee("g", "1", YEAR.terms, extension=one.extension, second_hand_floor=Term(100, "days"))
    assert ends(second, held, *twice, contract_on=DAY("2026-07-31"), agreed=Term(200, "days")) == "2020-08-13"


def test_second_hand_terms_lie_between_the_floor_and_the_full_term():
    one = Guarantee("g", "1", {"host": Term(24, "months")}, second_hand_floor=Term(12, "months"))
    for agreed, end in ((6, "2020-01-15"), (12, "2020-01-15"), (18, "2020-07-15"), (36, "2021-01-15")):
        assert ends(one, agreed=Term(agreed, "months")) == end
    assert ends(YEAR, agreed=Term(6, "months")) == "2020-01-15"
    used = Guarantee("g", "1", {"host": Term(24, "months", (("cycles", 500),))}, second_hand_floor=Term(12, "months"))
    assert coverage(used, START, agreed=Term(18, "months")).term == Term(18, "months", (("cycles", 500),))


def test_a_transfer_ends_what_is_not_transferable_and_nothing_else():
    one = Guarantee("g", "1", YEAR.terms, transferable=False)
    moved = Event("transferred", DAY("2019-06-01"))
    assert ends(one, moved) == "2019-06-01"
    assert ends(one, moved, Event("suspended", DAY("2019-06-01"), DAY("2019-06-09"))) == "2019-06-01"
    assert ends(one, Event("transferred", DAY("2021-06-01"))) == "2020-01-15"
    assert ends(YEAR, moved) == "2020-01-15"


LADDER = Guarantee("g", "1", {"host": Term(12, "months"), "charger": Term(6, "months")}, remedies=Remedies(
    ("repair",), ((7, ("refund", "exchange", "repair")), (15, ("exchange", "repair"))), ("performance", "noise"),
    ("repair",), 2, 3, {"parts": 60, "repairer": 30}, 2, Decimal("0.005"), 14, 30, 7, 60))


@pytest.mark.parametrize(("on", "component", "asked", "choices"), [
    ("2019-01-14", "host", {}, ""), ("2019-01-15", "host", {}, "refund|exchange|repair"),
    ("2019-01-22", "host", {}, "refund|exchange|repair"), ("2019-01-23", "host", {}, "exchange|repair"),
    ("2019-01-30", "host", {"repairs": 2}, "exchange|repair"), ("2019-01-31", "host", {}, "repair"),
    ("2020-01-15", "host", {}, "repair"), ("2020-01-16", "host", {}, ""),
    ("2019-06-01", "host", {"fault": "noise"}, "repair"), ("2019-06-01", "host", {"fault": "scratch"}, ""),
    ("2019-06-01", "host", {"user_damage": True}, ""), ("2019-01-20", "host", {"proof": False}, "repair"),
    ("2019-06-01", "charger", {"proof": False}, "repair"), ("2019-06-01", "charger", {}, "exchange"),
    ("2019-01-16", "charger", {"exchanges": 1}, "exchange"), ("2019-06-01", "charger", {"exchanges": 2}, "refund"),
    ("2019-06-01", "host", {"repairs": 1}, "repair"), ("2019-06-01", "host", {"repairs": 2}, "exchange"),
    ("2019-06-01", "host", {"wait_days": 60, "wait_cause": "parts"}, "repair"),
    ("2019-06-01", "host", {"wait_days": 61, "wait_cause": "parts"}, "exchange"),
    ("2019-06-01", "host", {"wait_days": 31, "wait_cause": "repairer"}, "exchange"),
    ("2019-06-01", "host", {"wait_days": 99, "wait_cause": "weather"}, "repair"),
    ("2019-06-01", "host", {"wait_days": 99}, "repair"),
])
def test_the_ladder_of_remedies(on, component, asked, choices):
    found, why = remedy(LADDER, START, DAY("2020-01-15"), DAY(on), component, asked=Complaint(**asked))
    assert "|".join(found) == choices
    assert why


def test_without_a_ladder_what_is_owed_is_repair():
    assert remedy(YEAR, START, DAY("2020-01-15"), DAY("2019-01-16"))[0] == ("repair",)
    part = remedy(YEAR, START, DAY("2020-01-15"), DAY("2019-01-16"), "charger", asked=Complaint("x", proof=False))
    assert part[0] == ("repair",)
    british = Guarantee("g", "1", YEAR.terms, remedies=Remedies(repairs_before_refund=1))
    assert remedy(british, START, DAY("2020-01-15"), START, asked=Complaint(repairs=1))[0] == ("refund",)
    assert remedy(british, START, DAY("2020-01-15"), START)[0] == ("repair",)


def test_refunds_keep_back_the_days_of_use_and_never_more_than_the_price():
    price = Money.of("3000", "CNY")
    back = {(on, days, stock): str(refund_amount(LADDER, price, START, DAY(on), repair_days=days,
                                                 same_model_in_stock=stock).amount)
            for on, days, stock in (("2019-01-25", 0, True), ("2019-01-25", 4, True), ("2019-01-25", 40, True),
                                    ("2019-01-25", 0, False), ("2029-01-25", 0, True), ("2019-01-14", 0, True))}
    assert list(back.values()) == ["2850.00", "2910.00", "3000.00", "3000.00", "0.00", "3000.00"]
    assert str(refund_amount(LADDER, price, START, DAY("2019-01-25")).amount) == "2850.00"
    assert str(refund_amount(YEAR, Money.of("9.999", "CNY"), START, DAY("2029-01-25")).amount) == "10.00"


def test_days_of_rejection_refund_and_notice():
    assert refund_due_by(LADDER, DAY("2026-03-01")) == DAY("2026-03-14")
    assert refund_due_by(YEAR, DAY("2026-03-01")) is None
    assert reject_until(YEAR, START) is None
    assert reject_until(LADDER, DAY("2026-01-10")) == DAY("2026-02-09")
    for asked, back, until in (("2026-01-20", "2026-01-30", "2026-02-20"), ("2026-02-08", "2026-02-18", "2026-02-25"),
                               ("2026-02-09", "2026-02-18", "2026-02-25"), ("2026-02-10", "2026-02-18", "2026-02-09"),
                               ("2026-02-03", "2026-02-03", "2026-02-10"), ("2026-02-02", "2026-02-02", "2026-02-10")):
        assert reject_until(LADDER, DAY("2026-01-10"), (DAY(asked), DAY(back))) == DAY(until)
    bare = Guarantee("g", "1", YEAR.terms, remedies=Remedies(reject_days=30))
    assert reject_until(bare, DAY("2026-01-10"), (DAY("2026-02-08"), DAY("2026-02-18"))) == DAY("2026-02-20")
    assert notice_in_time(LADDER, DAY("2026-01-20"), DAY("2026-03-21"))
    assert not notice_in_time(LADDER, DAY("2026-01-20"), DAY("2026-03-22"))
    assert not notice_in_time(YEAR, DAY("2026-01-20"), DAY("2026-01-21"))


def test_the_burden_of_proof_is_the_sellers_to_the_last_day():
    one = Guarantee("g", "1", YEAR.terms, burden_of_proof=Term(12, "months"))
    from_first = Guarantee("g", "1", YEAR.terms, burden_of_proof=Term(6, "months"), counting="include_start")
    assert burden_of_proof(one, START, DAY("2020-01-15")) == "seller"
    assert burden_of_proof(one, START, DAY("2020-01-16")) == "consumer"
    assert burden_of_proof(one, START, DAY("2020-01-16"), Term(24, "months")) == "seller"
    assert burden_of_proof(from_first, START, DAY("2019-07-14")) == "seller"
    assert burden_of_proof(from_first, START, DAY("2019-07-15")) == "consumer"
    assert burden_of_proof(YEAR, START, START) == "consumer"


def test_a_battery_is_defective_below_its_share_only_where_one_is_said():
    one = Guarantee("g", "1", YEAR.terms, min_capacity=Decimal("0.80"))
    assert [battery_defect(one, Decimal(c)) for c in ("0.79", "0.80", "0.81")] == [True, False, False]
    assert not battery_defect(YEAR, Decimal("0.1"))


def test_a_unit_has_the_first_guarantee_that_is_for_it():
    here = Guarantee("here", "1", YEAR.terms, markets=("CN",), channels=("shop",), products=("Alder",))
    abroad = Guarantee("abroad", "1", YEAR.terms, activated_in=("MY",))
    listed = Guarantee("listed", "1", YEAR.terms, territories=("DE",), sold_in=("DE", "FR"))
    pack = Guarantees((here, abroad, listed))
    assert pack.resolve(product="Alder", market="CN", channel="shop") == "here@1"
    assert pack.resolve(product="Alder", market="CN", channel="web") is None
    assert pack.resolve(product="Birch", market="CN", channel="shop") is None
    assert pack.resolve(market="DE") == "listed@1"
    assert pack.resolve(market="FR") is None
    assert pack.resolve() is None
    assert Guarantees((YEAR,)).resolve() == "year@1"
    window = Guarantee("w", "1", YEAR.terms, sold_from=START, sold_to=START)
    assert [Guarantees((window,)).resolve(sold_on=d) for d in (None, START, DAY("2019-01-14"), DAY("2019-01-16"))] == [
        None, "w@1", None, None]
    with pytest.raises(KeyError, match="there is no guarantee 'x'; there are here@1, abroad@1, listed@1"):
        pack["x"]
    assert pack.named("here") == pack.named("here@1") == (here,)


def test_who_owes_it_follows_from_the_layer_unless_said():
    layers = ("statutory", "commercial", "seller", "campaign")
    said = {layer: Guarantee("g", "1", {}, layer=layer).party for layer in layers}
    assert said == {"statutory": "seller", "commercial": "maker", "seller": "seller", "campaign": "maker"}
    assert Guarantee("g", "1", {}, owes="importer").party == "importer"


def test_what_is_shipped_and_what_is_the_default():
    assert next(iter(shipped_markets())) == "rules"
    assert {"cn", "eu", "gb", "us"} < set(shipped_markets())
    one, = default_guarantees().all
    assert (one.key, one.title) == ("conventional@1", "12 months, as the trade gives")
    assert one.terms == {"host": Term(12, "months")}
    assert default_guarantees().rule("counting").name == "R-CNT-1"
    mine = Guarantees((YEAR,), {}, {}, {"counting": "R-TZ-1"})
    both = beside(mine, ("year",))
    assert both.all[0] == YEAR
    assert {g.layer for g in both.all[1:]} == {"statutory", "seller"}
    assert both.rule("counting").name == "R-TZ-1"
    assert both.rule("zone").name == "R-TZ-1"
    assert set(both.sources) == set(shipped().sources)
    assert beside(mine, ("other",)).all == both.all[1:]


def test_a_rule_nobody_wrote_is_said_to_be_missing():
    found = Guarantees((), {}, {}, {}).rule("counting")
    assert (found.name, found.mark, found.text) == ("counting", "D", "counting: no rule is written down")


def test_lines_are_counted_through_tables_comments_and_quotes():
    text = ('# a pack\n[rules."R-1"]  # a rule\ntext = "x"\n\n[[guarantee]]\n"name" = "a"\n[guarantee.terms]\n'
            "host = { days = 1 }\n[[guarantee]]\nspans = [\n  [2019-01-01, 2019-01-02],\n]\nname = 'b'\n")
    found = lines_of(text)
    assert found == {"rules.R-1": 2, "rules.R-1.text": 3, "guarantee.0": 5, "guarantee.0.name": 6,
                     "guarantee.0.terms": 7, "guarantee.0.terms.host": 8, "guarantee.1": 9, "guarantee.1.spans": 10,
                     "guarantee.1.name": 13}
    assert nearest(found, "guarantee.0.terms.host.days") == 8
    assert nearest(found, "guarantee.1.colour") == 9
    assert nearest(found, "rules") == 2
    assert nearest(found, "nowhere") is None
    text = '[ rules . R-1 ]\ntext = """\n[x]\ny = 1\n"""\nzh = """one line"""\nmark = "S"\n'
    assert lines_of(text) == {"rules.R-1": 1, "rules.R-1.text": 2, "rules.R-1.zh": 6, "rules.R-1.mark": 7}


@pytest.mark.parametrize(("text", "line", "why"), [
    ("a = \n", 1, "this is no TOML"), ("[[guarantee]]\nname = 'a", 2, "this is no TOML"),
    ("[[guarantee]]\nname = 'a'\nname = 'b'\n", 3, "this is no TOML: Cannot overwrite a value$"),
])
def test_what_is_no_toml_is_said_with_its_line_once(text, line, why):
    with pytest.raises(PackError, match=why) as caught:
        load_guarantees(text if "\n" in text else text + "\n")
    assert caught.value.line == line
    assert str(caught.value).count("line") == 1
