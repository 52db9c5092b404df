"""Units in exchange: which stands for which is decided for all rows of a file at once, and chained root first."""

from __future__ import annotations

from typing import Any

from warrantor.desk import tables
from warrantor.desk.staging import Said, Stage, day
from warrantor.desk.starting import START, WHO, Starts, evidence
from warrantor.desk.units import CLAIMED, EXCHANGE
from warrantor.desk.writing import Writing

SOME = "SELECT 1 FROM {table} WHERE other IS NOT NULL LIMIT 1"
HELD = ("SELECT l.line, 'replaces', NULL FROM links AS l WHERE l.held IS NOT NULL AND l.held <> l.over")
TAKEN = ("SELECT l.line, 'replaces', NULL FROM links AS l WHERE "
         "EXISTS (SELECT 1 FROM units AS x WHERE x.replaces = l.over AND x.number <> l.id) "
         "OR EXISTS (SELECT 1 FROM links AS o WHERE o.over = l.over AND o.line < l.line)")
UNKNOWN = "SELECT line, 'replaces', NULL FROM links WHERE over IS NULL OR over = id"
# Units have their number; rows of the file, which have none yet, their line below zero.
LINKS = ("INSERT INTO links (line, id, over, held) SELECT s.line, COALESCE(u.number, -s.line), "
         "COALESCE(p.number, -o.line), u.replaces FROM {table} AS s LEFT JOIN units AS u ON u.mark = s.mark "
         "LEFT JOIN units AS p ON p.mark = s.other LEFT JOIN {table} AS o ON o.mark = s.other "
         "WHERE s.other IS NOT NULL")
LOST = ("WITH RECURSIVE lost (id) AS (SELECT l.id FROM links AS l WHERE l.over < 0 AND NOT EXISTS "
        "(SELECT 1 FROM {table} AS s WHERE s.line = -l.over) "
        "UNION SELECT l.id FROM links AS l JOIN lost ON l.over = lost.id WHERE lost.id < 0) "
        "SELECT line, 'replaces', NULL FROM links WHERE id IN (SELECT id FROM lost)")


def check(stage: Stage, asked: Starts | None) -> None:
    """Leave rows out whose `replaces` cannot be; of the others say what guarantee they have and how deep they stand.

    Parameters
    ----------
    stage : Stage
        Rows; nothing else is wrong with them.
    asked : Starts or None
        What the terms say of a later start; None where nobody knew the units before.
    """
    if stage.run(SOME.format(table=stage.name)).first() is None:
        return
    stage.run("DELETE FROM links")
    stage.run(LINKS.format(table=stage.name))
    for wrong, say in ((UNKNOWN, _unknown), (HELD, _held), (TAKEN, _taken)):
        _leave_out(stage, wrong, say)
    _walk(stage)
    _leave_out(stage, "SELECT l.line, 'replaces', NULL FROM links AS l JOIN nodes AS n ON n.id = l.id "
                      "JOIN nodes AS top ON top.id = n.over WHERE top.over IS NOT NULL", _circle)
    _leave_out(stage, LOST.format(table=stage.name), _unknown)
    if asked is not None:
        _no_later(stage, asked)
        _leave_out(stage, LOST.format(table=stage.name), _unknown)
    stage.run(f"UPDATE {stage.name} SET depth = n.dist, "
              f"guarantee = CASE WHEN {stage.name}.guarantee = '' THEN n.given ELSE {stage.name}.guarantee END "
              f"FROM links AS l JOIN nodes AS n ON n.id = l.id WHERE l.line = {stage.name}.line")


def _leave_out(stage: Stage, wrong: Any, say: Any) -> None:
    stage.leave_out(wrong, say)
    stage.run(f"DELETE FROM links WHERE line NOT IN (SELECT line FROM {stage.name})")


def _unknown(_row: Any) -> Said:
    return ("replaces", None, "replaces-unknown", "No other unit has the serial that this one is said to replace.",
            "Add the unit, or correct the serial.")


def _held(_row: Any) -> Said:
    return ("replaces", None, "duplicate-serial", "The desk has this serial already, standing for another unit.",
            "Correct the serial of the unit it replaces.")


def _taken(_row: Any) -> Said:
    return ("replaces", None, "replaces-twice", "Another unit stands for the one that this one is said to replace.",
            "Correct the serial: one unit stands for another, never two.")


def _circle(_row: Any) -> Said:
    return ("replaces", None, "replaces-circle", "The units are said to replace each other in a circle.",
            "Say which of them was sold first, and take its replaces out.")


def _walk(stage: Stage) -> None:
    """Walk every chain to its first unit, twice as far each time: what then still goes on goes in a circle.

    `given` is the guarantee of the nearest unit before that has one.
    """
    stage.run("DELETE FROM nodes")
    stage.run("INSERT INTO nodes (id, over, dist, given) SELECT l.id, l.over, 1, "
              "CASE WHEN s.named = 1 THEN s.guarantee ELSE COALESCE(u.guarantee, '') END "
              f"FROM links AS l JOIN {stage.name} AS s ON s.line = l.line LEFT JOIN units AS u ON u.number = l.id")
    stage.run("INSERT INTO nodes (id, over, dist, given) "
              "WITH RECURSIVE up (id, over) AS (SELECT u.number, u.replaces FROM links AS l "
              "JOIN units AS u ON u.number = l.over UNION SELECT u.number, u.replaces FROM up "
              "JOIN units AS u ON u.number = up.over) "
              "SELECT up.id, up.over, CASE WHEN up.over IS NULL THEN 0 ELSE 1 END, u.guarantee FROM up "
              "JOIN units AS u ON u.number = up.id WHERE up.id NOT IN (SELECT id FROM nodes)")
    stage.run("INSERT INTO nodes (id, over, dist, given) SELECT -s.line, NULL, 0, s.guarantee FROM links AS l "
              f"JOIN {stage.name} AS s ON s.line = -l.over WHERE -s.line NOT IN (SELECT id FROM nodes)")
    count = int(stage.run("SELECT count(*) FROM nodes").scalar_one())
    for _ in range(count.bit_length() + 1):
        moved = stage.run(
            "UPDATE nodes SET over = p.over, dist = nodes.dist + p.dist, "
            "given = CASE WHEN nodes.given = '' THEN p.given ELSE nodes.given END "
            "FROM nodes AS p WHERE p.id = nodes.over AND p.over IS NOT NULL").rowcount
        if not moved:
            break
    stage.run("UPDATE nodes SET given = p.given FROM nodes AS p WHERE p.id = nodes.over AND nodes.given = '' "
              "AND p.over IS NULL")


def _no_later(stage: Stage, asked: Starts) -> None:
    """Leave out units that had days of their own, and would begin later by those of the first of their chain."""
    own = ", ".join(f"u.{c} AS u_{c}, COALESCE(top.{c}, r.{c}) AS f_{c}" for c in START)
    rows = stage.run(
        f"SELECT l.line, u.product, u.brand, u.market, u.channel, n.given AS guarantee, {own} FROM links AS l "
        "JOIN units AS u ON u.number = l.id JOIN nodes AS n ON n.id = l.id "
        f"LEFT JOIN units AS top ON top.number = n.over LEFT JOIN {stage.name} AS r ON r.line = -n.over "
        f"WHERE l.held IS NULL AND u.origin <> '{CLAIMED}' "
        f"AND ({' OR '.join(f'u.{c} IS NOT NULL' for c in START)})").mappings()
    wrong = [(row["line"], "replaces", None) for row in rows if asked.later(
        tuple(row[c] for c in WHO), *(evidence({c: day(row[f"{of}_{c}"]) for c in START}) for of in "uf"))]
    _leave_out(stage, wrong, lambda _: (
        "replaces", None, "start-day-moves",
        "By the unit it replaces its cover would begin later than what the desk knows of it says.",
        "Correct the serial, or have two persons change its days, as evidence."))


def link(writing: Writing, stage: Stage) -> int:
    """Have units stand for those they replace, with their guarantee where they have none; return how many.

    Units that the log names are changed one by one, so that it says so; the others are counted.
    """
    if stage.run(SOME.format(table=stage.name)).first() is None:
        return 0
    both = f"{stage.name} AS s JOIN units AS p ON p.mark = s.other"
    logged = stage.run(f"SELECT u.number, u.guarantee, s.guarantee AS given, p.number AS over FROM {both} "
                       "JOIN units AS u ON u.mark = s.mark WHERE u.replaces IS NULL AND u.version > 0 "
                       "ORDER BY s.depth").all()
    for row in logged:
        writing.change(tables.units, row.number, {"replaces": row.over, "origin": EXCHANGE,
                                                  "guarantee": row.guarantee or row.given})
    return len(logged) + int(stage.run(
        f"UPDATE units SET replaces = p.number, origin = '{EXCHANGE}', "
        "guarantee = CASE WHEN units.guarantee = '' THEN s.guarantee ELSE units.guarantee END "
        f"FROM {both} WHERE s.mark = units.mark AND units.replaces IS NULL AND units.version = 0").rowcount)
