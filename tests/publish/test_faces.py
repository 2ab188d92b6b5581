"""Faces are pointed elsewhere in place: what hangs on them stays, who reads them notices nothing, breaks are found."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from postgres_server import execute
from soaking import campaign
from sqlglot import exp

from ciq.errors import LimitExceeded, UsageError
from ciq.postgres import Server, connect, roles
from ciq.publish import faces

TABLES = """
CREATE SCHEMA inside;
CREATE TABLE inside.one AS SELECT 1 AS v, 'a' AS g FROM generate_series(1, 1000);
CREATE TABLE inside.two AS SELECT 2 AS v, 'b' AS g FROM generate_series(1, 1000);
CREATE TABLE inside.more AS SELECT now() AS t, 3 AS v, 'c' AS g FROM generate_series(1, 1000);
CREATE TABLE inside.less AS SELECT 4.5 AS v, now() AS t;
"""
FACE = exp.table_("study", db="api", quoted=True)


def table(name: str) -> exp.Table:
    return exp.table_(name, db="inside", quoted=True)


@pytest.fixture
def server(database: Server) -> Server:
    """A database with two versions of a table and one with a column more."""
    roles.ensure(database)
    with closing(connect(database, roles.WRITER)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
    return database


@pytest.fixture
def cursor(server: Server) -> Iterator[Any]:
    with closing(connect(server, roles.WRITER)) as connection, connection.cursor() as cursor:
        faces.show(cursor, [(FACE, table("one"))])
        faces.grant(cursor, FACE, [roles.READER])
        faces.describe(cursor, FACE, "The study", {"v": "The value"})
        connection.commit()
        yield cursor


def rows(server: Server, query: str = "SELECT DISTINCT v FROM api.study") -> list[tuple[Any, ...]]:
    return execute(server, query)


def test_grants_comments_and_views_of_others_stay(cursor: Any, server: Server) -> None:
    execute(server, "CREATE VIEW public.mine AS SELECT sum(v) AS total FROM api.study")
    execute(server, "COMMENT ON VIEW api.study IS 'as ann says'")
    execute(server, "CREATE ROLE ciq_test_bob NOLOGIN")
    try:
        execute(server, "GRANT SELECT ON api.study TO ciq_test_bob")
        for name in ("two", "more", "more", "more"):
            faces.show(cursor, [(FACE, table(name))])
            faces.grant(cursor, FACE, [roles.READER])
            faces.describe(cursor, FACE, "Another text", {"v": "Another", "t": "New"})
            cursor.connection.commit()
        assert rows(server, "SELECT total FROM public.mine") == [(3000,)]
        assert list(faces.columns_of(cursor, FACE)) == ["v", "g", "t"]
        cursor.execute(
            "SELECT obj_description(c), col_description(c, 1), col_description(c, 3),"
            " has_table_privilege('ciq_test_bob', c, 'SELECT'), has_table_privilege('ciq_reader', c, 'SELECT')"
            " FROM (SELECT 'api.study'::regclass::oid AS c) AS face"
        )
        assert cursor.fetchone() == ("as ann says", "The value", "New", True, True)
        cursor.connection.commit()
    finally:
        execute(server, "DROP OWNED BY ciq_test_bob")
        execute(server, "DROP ROLE ciq_test_bob")


def test_a_break_is_refused_with_columns_and_views(cursor: Any, server: Server) -> None:
    execute(server, "CREATE VIEW public.mine AS SELECT g FROM api.study")
    faces.show(cursor, [(FACE, table("more"))])
    cursor.connection.commit()
    with pytest.raises(UsageError, match="P520") as refused:
        faces.show(cursor, [(FACE, table("less"))])
    cursor.connection.rollback()
    for said in ("g is gone", "v becomes numeric, was integer", "mine stand"):
        assert said in str(refused.value)
    assert rows(server) == [(3,)]
    faces.show(cursor, [(FACE, table("less"))], allow_breaking=True)
    cursor.connection.commit()
    assert rows(server, "SELECT v, has_table_privilege('ciq_reader', 'api.study', 'SELECT') FROM api.study") == [
        (4.5, True)
    ]
    assert rows(server, "SELECT to_regclass('public.mine')") == [(None,)]


def test_a_schema_of_its_own_is_made_and_opened_to_the_readers_alone(cursor: Any, server: Server) -> None:
    face = exp.table_("study", db="research", quoted=True)
    faces.make_room(cursor, "research")
    faces.show(cursor, [(face, table("one"))])
    faces.grant(cursor, face, [roles.READER])
    cursor.connection.commit()
    with closing(connect(server, roles.READER)) as connection, connection.cursor() as reading:
        reading.execute("SELECT DISTINCT v FROM research.study")
        assert reading.fetchall() == [(1,)]
    assert rows(server, "SELECT has_schema_privilege('public', 'research', 'USAGE')") == [(False,)]


def test_a_schema_of_another_is_refused_with_the_statement_that_opens_it(cursor: Any, server: Server) -> None:
    execute(server, "CREATE SCHEMA closed")
    with pytest.raises(UsageError, match=r'P523 (?s:.*)GRANT USAGE, CREATE ON SCHEMA "closed" TO ciq_writer'):
        faces.make_room(cursor, "closed")
    cursor.connection.rollback()
    execute(server, "GRANT USAGE, CREATE ON SCHEMA closed TO ciq_writer")
    faces.make_room(cursor, "closed")
    faces.show(cursor, [(exp.table_("study", db="closed", quoted=True), table("one"))])
    with pytest.raises(UsageError, match=r'P523 (?s:.*)GRANT USAGE ON SCHEMA "closed" TO "ciq_reader"'):
        faces.grant(cursor, exp.table_("study", db="closed", quoted=True), [roles.READER])


def test_a_role_that_is_not_there_is_named(cursor: Any) -> None:
    with pytest.raises(UsageError, match="P522 the server has no role nobody_here"):
        faces.grant(cursor, FACE, ["nobody_here"])


def test_a_long_reader_makes_neither_fail_nor_others_wait(cursor: Any, server: Server) -> None:
    with closing(connect(server)) as long, long.cursor() as reading:
        reading.execute("SELECT count(*) FROM api.study")
        threading.Timer(1.5, long.commit).start()
        waits: list[float] = []
        done = threading.Event()

        def read() -> None:
            with closing(connect(server)) as connection, connection.cursor() as other:
                connection.autocommit = True
                while not done.is_set():
                    start = time.monotonic()
                    other.execute("SELECT DISTINCT v FROM api.study")
                    waits.append(time.monotonic() - start)

        reader = threading.Thread(target=read)
        reader.start()
        faces.show(cursor, [(FACE, table("two"))])
        cursor.connection.commit()
        done.set()
        reader.join()
    assert rows(server) == [(2,)]
    # Without the short lock time-out readers would wait for the long one's whole 1.5 s.
    assert max(waits) < 1


def test_a_reader_that_never_ends_stops_the_swap_alone(
    cursor: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "PATIENCE", 0.3)
    with closing(connect(server)) as long, long.cursor() as reading:
        reading.execute("SELECT count(*) FROM api.study")
        with pytest.raises(LimitExceeded, match="P521"):
            faces.show(cursor, [(FACE, table("two"))])
        cursor.connection.rollback()
    assert rows(server) == [(1,)]


def test_readers_see_one_version_in_two_faces_and_no_error(cursor: Any, server: Server) -> None:
    other = exp.table_("beside", db="api", quoted=True)
    faces.show(cursor, [(other, table("one"))])
    cursor.connection.commit()
    execute(server, "CREATE VIEW public.mine AS SELECT v, g FROM api.study")
    stop = threading.Event()
    seen: list[set[tuple[Any, ...]]] = []
    failed: list[Exception] = []

    def read() -> None:
        query = (
            "SELECT v, g, count(*), (SELECT min(v) FROM api.beside), (SELECT max(v) FROM api.beside)"
            " FROM public.mine GROUP BY v, g"
        )
        with closing(connect(server)) as connection, connection.cursor() as reading:
            connection.autocommit = True
            while not stop.is_set():
                try:
                    reading.execute(query)
                    seen.append(set(reading.fetchall()))
                except psycopg2.Error as error:
                    failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(campaign(4, 10)):
        version = table("two" if number % 2 else "one")
        faces.show(cursor, [(face, version) for face in (FACE, other)])
        cursor.connection.commit()
        time.sleep(0.02)
    stop.set()
    for reader in readers:
        reader.join()
    assert failed == []
    assert {frozenset(one) for one in seen} == {frozenset({(1, "a", 1000, 1, 1)}), frozenset({(2, "b", 1000, 2, 2)})}


def test_a_reader_of_one_face_keeps_all_where_they_are(
    cursor: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = exp.table_("beside", db="api", quoted=True)
    faces.show(cursor, [(other, table("one"))])
    cursor.connection.commit()
    monkeypatch.setattr(faces, "PATIENCE", 0.3)
    with closing(connect(server)) as long, long.cursor() as reading:
        reading.execute("SELECT count(*) FROM api.beside")
        with pytest.raises(LimitExceeded, match=r"P521 .*beside"):
            faces.show(cursor, [(FACE, table("two")), (other, table("two"))])
    assert rows(server, "SELECT DISTINCT s.v, b.v FROM api.study AS s, api.beside AS b") == [(1, 1)]
