"""The PostgreSQL server: which one, how to reach it, who may do what there."""

from ciq.postgres.connection import connect
from ciq.postgres.server import Server, resolve, resolved

__all__ = ["Server", "connect", "resolve", "resolved"]
