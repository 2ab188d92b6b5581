"""Which server is used, and what is ever said of it."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extensions import make_dsn
from whole_project import Project

from ciq.errors import ConnectionRefused
from ciq.postgres import Server, connect, resolve, resolved


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test sets."""
    monkeypatch.delenv("PG_DSN")


def test_none_without_variables_and_embedded_server(tmp_path: Path) -> None:
    assert resolve(tmp_path) is None
    with pytest.raises(ConnectionRefused, match="P501"):
        resolved(tmp_path)


def test_pg_dsn_goes_before_libpq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    assert resolve(tmp_path) == Server("", "libpq")
    monkeypatch.setenv("PG_DSN", "postgresql://here/x")
    assert resolve(tmp_path) == Server("postgresql://here/x", "PG_DSN")
    monkeypatch.setenv("PG_DSN", "off")
    assert resolve(tmp_path) is None


def test_libpq_variables_connect(postgres: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in psycopg2.extensions.parse_dsn(postgres.dsn).items():
        monkeypatch.setenv({"dbname": "PGDATABASE"}.get(name, f"PG{name.upper()}"), value)
    server = resolve(tmp_path)
    assert server is not None
    assert (server.origin, server.masked) == ("libpq", f"PGHOST={os.environ['PGHOST']}")
    connect(server).close()


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://ann:hush@db.example/x?sslmode=require",
        "postgres://ann:hu%2Fsh%40@db.example:5432/x",
        "postgresql://db.example/x?user=ann&password=hush&sslpassword=hush",
        "host=db.example password=hush user=ann",
        "host=db.example password = 'hu sh' user=ann",
        r"password='hu\'sh' host=db.example user=ann",
        "user=ann host=db.example sslpassword=hush",
    ],
)
def test_a_password_is_masked(dsn: str) -> None:
    server = Server(dsn, "PG_DSN")
    for said in (server.masked, repr(server)):
        assert "hu" not in said.replace("hub", "")
        assert "***" in said
        assert "db.example" in said
        assert "ann" in said or "user" not in dsn


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=6))
def test_any_password_is_masked(password: str) -> None:
    secret = "Z9" + password + "9Z"
    assert secret not in Server(make_dsn(host="h", user="u", password=secret, dbname="d"), "PG_DSN").masked


@pytest.mark.parametrize("dsn", ["host=127.0.0.1 port=1 password=hush1", "postgresql://ann:hush1@127.0.0.1:1/x"])
def test_a_server_that_is_not_there_is_refused_by_name(dsn: str) -> None:
    with pytest.raises(ConnectionRefused, match=r"P502 .*127\.0\.0\.1") as refused:
        connect(Server(dsn, "PG_DSN"))
    assert "hush1" not in str(refused.value)
    assert refused.value.exit_code == 3


def test_what_is_no_connection_string_is_not_repeated() -> None:
    with pytest.raises(ConnectionRefused, match="P502") as refused:
        connect(Server("hush1 and more", "PG_DSN"))
    assert "hush1" not in str(refused.value)


def test_settings_and_role_survive_a_reset(database: Server) -> None:
    with closing(connect(database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE ciq_test_guest NOLOGIN")
    try:
        with closing(connect(database, "ciq_test_guest", default_transaction_read_only="on")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("RESET ALL")
                cursor.execute("RESET ROLE")
                cursor.execute("SELECT current_user, current_setting('transaction_read_only')")
                assert cursor.fetchone() == ("ciq_test_guest", "on")
    finally:
        with closing(connect(database)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("DROP ROLE ciq_test_guest")


def test_status_and_dsn(project: Project, postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    said = project.ciq("pg", "status")
    assert (said.code, said.out) == (3, "")
    assert "P501 there is no PostgreSQL server" in said.err
    assert "`ciq pg start`" in said.err
    monkeypatch.setenv("PG_DSN", make_dsn(postgres.dsn, password="hush1"))
    said = project.ciq("pg", "status")
    assert said.code == 0
    assert said.out.startswith("PG_DSN: ")
    assert ", PostgreSQL 1" in said.out
    said = project.ciq("pg", "dsn")
    assert (said.code, said.err) == (0, "")
    assert "password=***" in said.out
    assert "hush1" not in said.out
