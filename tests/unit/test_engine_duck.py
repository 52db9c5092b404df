"""DuckDB behind the door: settings, sources and what is said when something is wrong."""

import sys

import pyarrow as pa
import pytest

from warrantor.engine import Engine, EngineError, open_engine
from warrantor.engine.source import files_of, header_of, quoted, whole


@pytest.fixture
def engine():
    with open_engine(threads=1) as opened:
        yield opened


def test_it_is_an_engine_and_bounded():
    with open_engine("duckdb", threads=1, memory="512MiB") as engine:
        assert isinstance(engine, Engine)
        told = engine.sql("SELECT current_setting('threads') AS t, current_setting('memory_limit') AS m").to_pylist()[0]
        assert told == {"t": 1, "m": "512.0 MiB"}
        for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
            assert engine.sql(f"SELECT current_setting('{setting}') AS s").column("s")[0].as_py() is False


def test_the_environment_bounds_it(monkeypatch):
    monkeypatch.setenv("WARRANTOR_THREADS", "1")
    with open_engine() as engine:
        assert engine.sql("SELECT current_setting('threads') AS t").to_pydict() == {"t": [1]}
    monkeypatch.setenv("WARRANTOR_THREADS", "many")
    with pytest.raises(EngineError, match="WARRANTOR_THREADS='many'"):
        open_engine()


def test_csv_is_text_and_an_empty_field_is_missing(engine, tmp_path):
    page = tmp_path / "units.csv"
    page.write_text('\ufeffserial,made,note\n007,2020-01-01,"a ""b"", c"\n1e5,,\n')
    engine.add("units", page)
    assert engine.sql("SELECT * FROM units").to_pylist() == [
        {"serial": "007", "made": "2020-01-01", "note": 'a "b", c'}, {"serial": "1e5", "made": None, "note": None}]


def test_a_folder_a_glob_and_one_file_are_read_alike(engine, tmp_path):
    for part in (1, 2):
        engine.write(f"SELECT {part} AS part", tmp_path / f"p{part}.parquet")
    for source in (tmp_path, str(tmp_path / "p*.parquet")):
        engine.add("parts", source)
        assert engine.sql("SELECT sum(part) AS s FROM parts").to_pydict() == {"s": [3]}
    engine.add("parts", tmp_path / "p2.parquet")
    assert engine.sql("SELECT part FROM parts").to_pydict() == {"part": [2]}


def test_a_name_can_be_given_anew_from_a_table_to_a_file_and_back(engine, tmp_path):
    engine.add("t", pa.table({"a": [1]}))
    engine.write("SELECT 2 AS a", tmp_path / "t.parquet")
    engine.add("t", tmp_path / "t.parquet")
    assert engine.sql("SELECT a FROM t").to_pydict() == {"a": [2]}
    engine.add("t", pa.table({"a": [3]}))
    assert engine.sql("SELECT a FROM t").to_pydict() == {"a": [3]}


def test_sums_of_whole_numbers_are_int64(engine):
    assert engine.sql("SELECT sum(n) AS s FROM (VALUES (1), (2)) AS v(n)").schema.field("s").type == pa.int64()


def test_only_whole_decimals_are_made_int64():
    kinds = whole(pa.table({"n": pa.array([1], pa.decimal128(38, 0)), "m": pa.array([1], pa.decimal128(9, 2))})).schema
    assert kinds.types == [pa.int64(), pa.decimal128(9, 2)]


@pytest.mark.parametrize(("text", "told"), [
    ("SELECT 1 +", "syntax"), ("SELEC 1", "only a SELECT"), ("SELECT nothing FROM nowhere", "nowhere"),
    ("CREATE TABLE t (a INT)", "only a SELECT"), ("-- SELECT\nDROP TABLE units", "only a SELECT")])
def test_what_is_wrong_with_a_text_is_told(engine, text, told):
    with pytest.raises(EngineError, match=told):
        engine.sql(text)


def test_python_variables_are_no_tables(engine):
    secret = pa.table({"a": [1]})
    with pytest.raises(EngineError, match="secret"):
        engine.sql("SELECT * FROM secret")
    assert len(secret) == 1


def test_sources_that_are_not_there_or_of_two_kinds(tmp_path):
    with pytest.raises(EngineError, match="no Parquet or CSV file there"):
        files_of(tmp_path)
    for name in ("a.csv", "b.parquet"):
        (tmp_path / name).write_text("x")
    with pytest.raises(EngineError, match="both Parquet and CSV"):
        files_of(tmp_path)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(EngineError, match="the file is empty"):
        header_of(tmp_path / "empty.csv")


def test_a_closed_engine_says_so():
    engine = open_engine()
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.sql("SELECT 1")
    assert "closed" in repr(engine)


def test_a_quote_cannot_leave_a_name():
    with pytest.raises(EngineError, match="cannot name"):
        quoted('a" FROM claims --')


def test_an_unknown_engine_is_told_what_there_is():
    with pytest.raises(EngineError, match="'spark://host:port'"):
        open_engine("oracle")


def test_spark_without_pyspark_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(EngineError, match=r"warrantor\[spark\]"):
        open_engine("spark")


def test_spark_without_java_says_so(monkeypatch, tmp_path):
    pytest.importorskip("pyspark")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="needs Java"):
        open_engine("spark")
