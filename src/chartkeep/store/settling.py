"""What follows from all objects together, worked out in the database: its words, and their order.

What replaced what, which wraps and labels were dropped by what came later, which labels stand: the
running store does this with each commit, a database that is filled does it once at its end.
"""

from collections.abc import Collection
from typing import Final

import apsw

from chartkeep.store.sqlite import INDEXES

NOTES: Final = """
CREATE TEMP TABLE later (entry BLOB);
CREATE TEMP TABLE late (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE rewrapped (chart BLOB, key BLOB);
CREATE TEMP TABLE said (label BLOB, chart BLOB, stands INTEGER, at INTEGER);
"""
# An older version was replaced by the next one there is.
_LATER: Final = """
CREATE INDEX temp_entry ON record (entry, version) WHERE type = 2;
UPDATE record SET replaced = (SELECT new.id FROM record AS new WHERE new.entry = record.entry
    AND new.type = 2 AND new.version > record.version ORDER BY new.version LIMIT 1)
  WHERE type = 2 AND entry IN (SELECT entry FROM later);
"""
# A view of an earlier time: what came later counts as replaced, the newest before it as current.
_LATE: Final = """
UPDATE record SET replaced = id WHERE id IN (SELECT id FROM late) AND replaced IS NULL;
UPDATE record SET replaced = NULL WHERE type = 2 AND id NOT IN (SELECT id FROM late)
  AND replaced IN (SELECT id FROM late);
"""
_REWRAPPED: Final = """
CREATE INDEX temp_key ON record (chart, key) WHERE type IN (1, 7);
UPDATE record SET object = NULL, replaced = (SELECT min(new.id) FROM record AS new
    WHERE (new.chart, new.key) = (record.chart, record.key) AND new.type IN (1, 7)
    AND new.id > record.id)
  WHERE type IN (1, 7) AND (chart, key) IN (SELECT chart, key FROM rewrapped)
    AND EXISTS (SELECT 1 FROM record AS new WHERE (new.chart, new.key) = (record.chart, record.key)
      AND new.type IN (1, 7) AND new.id > record.id);
DROP INDEX temp_key;
"""
_SHREDDED: Final = """
UPDATE record SET object = NULL WHERE type IN (1, 3, 4, 7)
  AND chart IN (SELECT chart FROM record WHERE type = 5);
"""
_LABELS: Final = """
INSERT INTO label SELECT label, chart FROM
    (SELECT label, chart, stands, max(at) FROM said GROUP BY label)
  WHERE stands AND chart NOT IN (SELECT chart FROM record WHERE type = 5) ORDER BY label;
"""
# Without a wrap nobody opens them again; asked only where a wrap's object is not there.
WRAPLESS: Final = """
SELECT id, type, chart FROM record WHERE type IN (2, 6) AND object IS NOT NULL AND NOT EXISTS
  (SELECT 1 FROM record AS wrap WHERE (wrap.chart, wrap.key) = (record.chart, record.key)
    AND wrap.type IN (1, 7) AND wrap.replaced IS NULL AND wrap.object IS NOT NULL)
  AND chart NOT IN (SELECT chart FROM record WHERE type = 5)
"""


def settle(db: apsw.Connection, noted: Collection[str]) -> None:
    """Work out what follows and build the indexes; `noted` names what there was to note."""
    if "later" in noted or "late" in noted:
        db.execute(_LATER)
        db.execute(_LATE if "late" in noted else "")
        db.execute("DROP INDEX temp_entry")
    if "rewrapped" in noted:
        db.execute(_REWRAPPED)
    db.execute(INDEXES)
    if "shredded" in noted:
        db.execute(_SHREDDED)
    db.execute(_LABELS)
