"""Awkward files: findings stand on the physical line of their record's first character, and no record is lost."""

import pyarrow.parquet as pq
import pytest

from warrantor import Refused, records

H = b"serial,product,sold_on\n"
BAD = b"C,p,2019-13-01\n"


@pytest.mark.parametrize(("text", "read", "found"), [
    (H + b"A,p,2019-01-01\nB,p,2019-01-01,x\n" + BAD, 3, {(3, "ragged-row"), (4, "unparsable")}),
    (H + b"A,p,2019-01-01\n\n\n" + BAD, 2, {(5, "unparsable")}),
    (H + b"A,p,2019-01-01\n   \n" + BAD, 3, {(3, "ragged-row"), (4, "unparsable")}),
    (H + b'A,p "x" y,2019-01-01\n' + BAD, 2, {(3, "unparsable")}),
    (H + b'A,"p\n\nq",2019-01-01\n' + BAD, 2, {(5, "unparsable")}),
    (H + b"A,p\xe9,2019-01-01\n" + BAD, 2, {(2, "not-utf8"), (3, "unparsable")}),
    (H + b"A,p,9999-12-01\nB,p,0001-01-01\n", 2, {(2, "unparsable"), (3, "unparsable")}),
    (H + b'A,p,2019-01-01\nB,"p,2019-01-01\n' + BAD, 2, {(3, "ragged-row")}),
    (b"\xef\xbb\xbfserial,product,sold_on\r\nA,p,2019-01-01\nB,p,2019-01-01\r\n" + BAD, 3, {(4, "unparsable")}),
    (b'serial;product;sold_on\nA;"a;\nb";2019-01-01\nC;p;2019-13-01\n', 2, {(4, "unparsable")}),
    (b"serial\nA\n\nB\nB\n", 4, {(3, "serial-missing"), (5, "duplicate-serial")}),
    (H + b'A,"' + b"x\n" * 100_000 + b'",2019-01-01\n' + BAD, 2, {(100_003, "unparsable")}),
    (H, 0, set()),
], ids=["long row", "empty lines", "white line", "quote inside", "quoted lines", "latin", "far days", "open quote",
        "mark and mixed ends", "semicolons", "one column", "long cell", "header only"])
def test_where_findings_stand(tmp_path, text, read, found):
    path = tmp_path / "units.csv"
    path.write_bytes(text)
    done = records.check(path)
    assert {(f.line, f.rule) for f in done.refused} == found
    assert done.read["units"] == read == done.counts["units"] + sum(done.left_out["units"].values())


def test_starts_follow_the_evidence_of_the_promise(tmp_path):
    promise = tmp_path / "promise.toml"
    promise.write_text('[[guarantee]]\nname = "g"\nversion = "1"\n'
                       'start = ["later_of:delivered_on,sold_on", "activated_on", "made_on+90"]\n'
                       "[guarantee.terms.host]\nmonths = 12\n")
    path = tmp_path / "units.csv"
    path.write_text("serial,made_on,sold_on,delivered_on,activated_on\n"
                    "A,1970-01-01,1970-01-05,1970-01-09,\nB,1970-01-01,1970-01-05,,1970-01-07\nC,1970-01-01,,,\n")
    records.load(path, None, tmp_path / "fleet", guarantees=promise, data_until="1971-01-01")
    assert pq.read_table(tmp_path / "fleet" / "units.parquet")["start_day"].to_pylist() == [8, 6, 90]


def test_the_promise_follows_the_sale_day(tmp_path):
    promise = tmp_path / "promise.toml"
    one = ('[[guarantee]]\nname = "{}"\nversion = "1"\n{}start = ["sold_on"]\n[guarantee.terms.host]\nmonths = {}\n')
    promise.write_text(one.format("long", "sold_from = 2019-06-01\n", 18) + one.format("short", "", 12))
    path = tmp_path / "units.csv"
    path.write_text("serial,sold_on,guarantee\nA,2019-05-31,\nB,2019-06-01,\nC,2019-07-01,short@1\nD,,\n")
    records.load(path, None, tmp_path / "fleet", guarantees=promise)
    assert pq.read_table(tmp_path / "fleet" / "units.parquet")["guarantee"].to_pylist() == [
        "short@1", "long@1", "short@1", "short@1"]


def test_suspensions_move_the_end_until_resumed_or_the_last_day(tmp_path):
    units, events = tmp_path / "units.csv", tmp_path / "events.csv"
    units.write_text("serial,sold_on\nA,2019-01-01\nB,2019-01-01\nC,2019-01-01\nD,2019-01-01\n")
    events.write_text("serial,kind,on,until\nA,suspended,2019-02-01,2019-02-08\nA,suspended,2019-03-01,2019-03-02\n"
                      "B,suspended,2019-02-01,\nB,resumed,2019-02-04,\nC,suspended,2019-02-27,\n")
    records.load(units, None, tmp_path / "fleet", events=events, data_until="2019-03-01")
    assert pq.read_table(tmp_path / "fleet" / "units.parquet")["end_shift"].to_pylist() == [8, 3, 2, 0]


def test_a_unit_given_in_exchange_starts_when_it_was_handed_over(tmp_path):
    units, claims = tmp_path / "units.csv", tmp_path / "claims.csv"
    units.write_text("serial,sold_on,replaces\nA,1970-01-01,\nB,,A\nC,1970-01-05,A\n")
    claims.write_text("claim,serial,opened_on,handed_back_on,replacement\nC1,A,1970-01-03,1970-01-11,B\n")
    records.load(units, claims, tmp_path / "fleet", data_until="1970-12-31")
    fleet = pq.read_table(tmp_path / "fleet" / "units.parquet")
    assert fleet["start_day"].to_pylist() == [0, 10, 4]
    assert fleet["origin"].to_pylist() == ["sold", "exchange", "exchange"]
    assert fleet["replaces"].to_pylist() == [None, 0, 0]


def test_records_without_any_day_are_not_dated_by_guess(tmp_path):
    path = tmp_path / "units.csv"
    path.write_text("serial,product\nA,p\n")
    with pytest.raises(Refused, match="data_until"):
        records.load(path, None, tmp_path / "fleet")
    assert not (tmp_path / "fleet").exists()
    assert records.load(path, None, tmp_path / "fleet", data_until="2020-01-01").counts["units"] == 1
