"""warrantor trial allocate: the arm of every serial, before the first unit is shipped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, progress

if TYPE_CHECKING:
    import pyarrow as pa

    from warrantor.trial.plan import Trial


def allocate(
    plan: Path,
    units: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    json: bool = False,
) -> None:
    """Write the arm and the promise of every serial: serial, arm (1 extended, 0 conventional), guarantee.

    Parameters
    ----------
    plan
        The trial's plan.
    units
        CSV or Parquet with a column serial (and the plan's key, where it is another).
    output
        Where to write it: .csv or .parquet.
    json
        Print the counts as JSON.
    """
    from warrantor.trial.plan import Trial

    if output.suffix not in (".csv", ".parquet"):
        raise UsageError(f"{output}: name a file that ends in .csv or .parquet")
    trial = Trial.load(plan)
    with progress("allotting"):
        arms = _arms(trial, units)
        _write(arms, output)
    counts = arms.group_by("arm").aggregate([("serial", "count")]).to_pylist()
    found = {row["arm"]: row["serial_count"] for row in counts}
    note(f"Wrote {output}")
    rows: list[list[Any]] = [[name, trial.versions[arm], found.get(arm, 0), found.get(arm, 0) / max(len(arms), 1)]
                             for arm, name in enumerate(("conventional", "extended"))]
    emit({"schema": "warrantor.allocate/1", "plan": trial.hash, "output": str(output),
          "units": {name: row[2] for name, row in zip(("conventional", "extended"), rows, strict=True)}},
         Sheet(f"{trial.name}: {len(arms):,} serials", ["arm", "guarantee", "units", "share"], rows,
               [f"{float(trial.share):.2%} were planned for the extended arm; a serial has the same arm for ever."]),
         json=json)


def _arms(trial: Trial, units: Path) -> pa.Table:
    """Allot every record of a file, in its order."""
    from tempfile import TemporaryDirectory

    from warrantor.engine import open_engine
    from warrantor.exposure.arms import allot
    from warrantor.records.reading import hold

    with TemporaryDirectory(prefix="warrantor-") as scratch, open_engine("duckdb") as engine:
        source = hold(engine, "units", units, Path(scratch))
        if lacking := [c for c in ("serial", trial.allotment.key) if c not in source.columns]:
            raise UsageError(f"{units} has no column {lacking[0]}; it has {', '.join(source.columns)}")
        return allot(engine, trial.allotment)


def _write(arms: pa.Table, output: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    if output.suffix == ".csv":
        pyarrow.csv.write_csv(arms, output)
    else:
        pyarrow.parquet.write_table(arms, output)
