"""What is found of whole files: unreadable headers, columns some files lack; columns are joined by name."""

import pyarrow.parquet as pq
import pytest

from warrantor import Findings, records

UNIT = "A,phone,2020-01-01\n"


def test_a_header_with_a_line_break_in_a_name_is_refused(tmp_path):
    (tmp_path / "units.csv").write_text('"se\nrial",product\n1,2\n')
    with pytest.raises(Findings) as caught:
        records.check(units=tmp_path / "units.csv")
    assert [f.rule for f in caught.value.found] == ["header-unread"]


@pytest.mark.parametrize("head", [b"\n" + UNIT.encode(), b"s\xe9rial,product\nA,b\n", b'serial,a"b\nA,b\n'])
def test_other_headers_nobody_can_read_are_refused(head, tmp_path):
    (tmp_path / "units.csv").write_bytes(head)
    with pytest.raises(Findings) as caught:
        records.check(units=tmp_path / "units.csv")
    assert {f.rule for f in caught.value.found} == {"header-unread"}


def test_files_of_one_folder_are_joined_by_name_and_each_has_its_own_lines(tmp_path):
    folder = tmp_path / "units"
    folder.mkdir()
    (folder / "a.csv").write_text("serial,product,sold_on,lot\nA,phone,2020-01-01,L\n")
    (folder / "b.csv").write_text("sold_on,serial,product\n2020-02-01,B,phone\n2020-02-32,C,phone\n")
    seen = records.check(units=folder)
    assert [(f.file.rsplit("/", 1)[-1], f.line, f.column, f.rule) for f in seen.findings] == [
        ("b.csv", 1, "lot", "column-not-everywhere"), ("b.csv", 3, "sold_on", "unparsable")]
    records.load(folder, None, out=tmp_path / "fleet", accept_good=True)
    assert pq.read_table(tmp_path / "fleet" / "units.parquet")["lot"].to_pylist() == ["L", None]


def test_a_file_without_a_needed_column_is_refused(tmp_path):
    folder = tmp_path / "units"
    folder.mkdir()
    (folder / "a.csv").write_text("serial,product,sold_on\nA,phone,2020-01-01\n")
    (folder / "b.csv").write_text("product,sold_on\nphone,2020-02-01\n")
    with pytest.raises(Findings) as caught:
        records.check(units=folder)
    assert [(f.rule, f.column) for f in caught.value.found] == [("column-missing", "serial")]


def test_serials_that_are_no_imeis_are_named_in_the_map(tmp_path):
    (tmp_path / "units.csv").write_text("serial,product,sold_on\n490154203237519,phone,2020-01-01\n")
    found = {kind: [f.rule for f in records.check(units=tmp_path / "units.csv", map=text).findings]
             for kind, text in (("none", None), ("text", {"units": {"serial_kind": "text"}}),
                                ("imei", {"units": {"serial_kind": "imei"}}))}
    assert found == {"none": ["imei-check-digit"], "text": [], "imei": ["imei-check-digit"]}
