"""The same fleet from files, frames and one flat file through a map."""

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warrantor import Findings, records
from warrantor.records.mapping import MapError, condition, read_map
from warrantor.records.schema import TABLES

ROOT = Path(__file__).parents[2]
UNITS = {"serial": ["A1", "007", "A3"], "product": ["phone", "phone", "watch"],
         "sold_on": ["2019-02-01", "2019-02-02", None]}
CLAIMS = {"claim": ["C1", "C2"], "serial": ["007", "A1"], "opened_on": ["2019-03-01", "2019-05-01"],
          "reported_on": ["2019-03-03", "2019-05-01"], "cost": ["10.5", "0"], "currency": ["CNY", "CNY"]}


def as_csv(folder, table):
    path = folder / f"{len(list(folder.iterdir()))}.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    return path


def as_parquet(folder, table):
    path = folder / f"{len(list(folder.iterdir()))}.parquet"
    pq.write_table(pa.table(table), path)
    return path


FORMS = {
    "csv": as_csv, "parquet": as_parquet, "pyarrow": lambda _, t: pa.table(t), "pandas": lambda _, t: pd.DataFrame(t),
    "polars": lambda _, t: pl.DataFrame(t), "lazy polars": lambda _, t: pl.LazyFrame(t),
    "typed polars": lambda _, t: pl.DataFrame(t).with_columns(
        pl.col(*[c for c in t if c.endswith("_on")]).str.to_date(), *[pl.col("cost").cast(float)] * ("cost" in t)),
    "typed pandas": lambda _, t: pd.DataFrame(t).assign(**{c: pd.to_datetime(t[c]) for c in t if c.endswith("_on")}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_fleet(tmp_path, form):
    source = tmp_path / "source"
    source.mkdir()
    done = records.load(FORMS[form](source, UNITS), FORMS[form](source, CLAIMS), tmp_path / "fleet")
    units = pq.read_table(tmp_path / "fleet" / "units.parquet")
    claims = pq.read_table(tmp_path / "fleet" / "claims.parquet")
    assert units["serial"].to_pylist() == ["A1", "007", "A3"]
    assert units["start_day"].to_pylist() == [17928, 17929, None]
    assert claims["unit"].to_pylist() == [1, 0]
    assert claims["opened_day"].to_pylist() == [17956, 18017]
    assert claims["cost"].to_pylist() == [10.5, 0.0]
    assert (done.currency, str(done.data_until)) == ("CNY", "2019-05-01")
    assert done.by_rule == {"start-unknown": 1}


def test_types_of_the_fleet_folder(tmp_path):
    records.load(pa.table(UNITS), pa.table(CLAIMS), tmp_path)
    units, claims = (pq.read_schema(tmp_path / f"{t}.parquet") for t in ("units", "claims"))
    for schema in (units, claims):
        assert schema.field("unit").type == pa.int64()
        assert {schema.field(n).type for n in schema.names if n.endswith("_day") or n == "end_shift"} == {pa.int32()}
    assert units.field("replaces").type == pa.int64()
    assert claims.field("cost").type == pa.float64()


def test_units_alone_are_a_fleet(tmp_path):
    done = records.load(pa.table(UNITS), None, tmp_path)
    assert done.counts == {"units": 3, "claims": 0}
    assert str(done.data_until) == "2019-02-02"
    assert done.currency is None


def test_one_flat_file_through_a_map(tmp_path):
    path = tmp_path / "flat.csv"
    path.write_text("vin;state;sold;fixed\nV1;broken;2019-01-01;2019-02-30\nV2;fine;2019-01-01;\n")
    names = {"units": {"serial": "vin", "sold_on": "sold", "product": "constant:car"},
             "claims": {"claim_if": "state == 'broken'", "serial": "vin", "opened_on": "fixed"}}
    done = records.check(path, map=names)
    assert [(f.line, f.column, f.value, f.rule) for f in done.findings] == [(2, "fixed", "2019-02-30", "unparsable")]
    assert (done.read, done.counts) == ({"units": 2, "claims": 1}, {"units": 2, "claims": 0})


def test_a_map_that_names_no_column_of_the_file():
    with pytest.raises(Findings) as caught:
        records.check(pa.table(UNITS), map={"units": {"serial": "imei"}})
    assert [(f.rule, f.column) for f in caught.value.found] == [("column-missing", "imei")]


@pytest.mark.parametrize("text", ["status = 1", "status", "drop table x", "1 == 1", "a == 1 and", "a == b", "a == (1)"])
def test_a_condition_is_a_condition_and_nothing_else(text):
    with pytest.raises(MapError, match="claim_if"):
        condition(text)


def test_conditions_join_and_name_their_columns():
    sql, columns = condition("`repair date` != 'it' and km >= -2.5 or status == 1")
    assert columns == ("repair date", "km", "status")
    assert sql.count(" AND ") == sql.count(" OR ") == 1


@pytest.mark.parametrize("names", [{"cars": {}}, {"units": {"vin": "serial"}}, {"units": {"serial": 3}}])
def test_a_map_of_unknown_words_is_refused(names):
    with pytest.raises(MapError):
        read_map(names)


def test_every_column_is_on_the_page():
    page = (ROOT / "docs" / "records.md").read_text()
    for table, columns in TABLES.items():
        part = page.split(f"### {table}\n")[1].split("###")[0]
        assert [c.name for c in columns if f"`{c.name}`" not in part] == []


def test_dated_months_say_how_long_after_its_sale_a_return_came(tmp_path):
    path = tmp_path / "dated.csv"
    path.write_text("sold,units,2019-02,2019-03,2019-04\n2019-01,100,1,2,3\n2019-03,80,,,2\n")
    tally = records.read_sales_returns(path)
    assert tally.claimed.tolist() == [3.0, 2.0, 3.0, 0.0]
    assert tally.age.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert tally.open[tally.age == 1].item() == 78


def test_a_dated_month_left_out_is_a_finding_not_a_shift(tmp_path):
    path = tmp_path / "gap.csv"
    path.write_text("sold,units,2019-02,2019-04\n2019-01,100,1,2\n")
    with pytest.raises(Findings, match="does not follow 2019-02"):
        records.read_sales_returns(path)


def test_a_return_dated_in_the_sale_month_is_a_finding(tmp_path):
    path = tmp_path / "early.csv"
    path.write_text("sold,units,2019-01,2019-02\n2019-01,100,1,2\n")
    with pytest.raises(Findings, match="return-before-sale"):
        records.read_sales_returns(path)
