"""The router: which engine a statement belongs to, whether it may run at all, and its rows."""

from ciq.router.classify import classify
from ciq.router.decide import Decision
from ciq.router.result import Result
from ciq.router.router import Router
from ciq.router.statement import Statement

__all__ = ["Decision", "Result", "Router", "Statement", "classify"]
