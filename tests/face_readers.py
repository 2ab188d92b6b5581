"""Consumers at work: connections in a loop on a view that stands on faces, until stdin ends; then what they saw.

``python face_readers.py DSN READERS QUERY CONTROL``: QUERY gives one row, whose values are all the same unless versions
are mixed; CONTROL is a query that nobody disturbs: what it takes is the machine's, not the publisher's. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import closing
from typing import Any

import psycopg2

PAUSE = 0.005


def read(dsn: str, query: str, control: str, seen: dict[str, list[Any]], stop: threading.Event) -> None:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        while not stop.is_set():
            for kind, text in (("face", query), ("control", control)):
                start = time.perf_counter()
                try:
                    cursor.execute(text)
                    row = cursor.fetchone()
                except psycopg2.Error as error:
                    seen["errors"].append(str(error))
                    return
                seen[kind].append(time.perf_counter() - start)
                if kind == "face" and len(set(row or ())) != 1:
                    seen["mixed"].append(row)
            time.sleep(PAUSE)


def waiting(dsn: str, seen: dict[str, list[Any]], stop: threading.Event) -> None:
    """How long readers have waited for a lock, sampled: what they wait for is the publisher."""
    query = (
        "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0)::float8 FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND application_name = 'reader'"
    )
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        while not stop.is_set():
            cursor.execute(query)
            seen["locked"].append(cursor.fetchone()[0])
            time.sleep(PAUSE)


def main(dsn: str, readers: str, query: str, control: str) -> None:
    seen: dict[str, list[Any]] = {name: [] for name in ("errors", "mixed", "face", "control", "locked")}
    stop = threading.Event()
    as_reader = f"{dsn} application_name=reader"
    threads = [threading.Thread(target=read, args=(as_reader, query, control, seen, stop)) for _ in range(int(readers))]
    threads.append(threading.Thread(target=waiting, args=(dsn, seen, stop)))
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
