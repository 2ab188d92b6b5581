"""The router: which engine a statement belongs to, and whether it may run at all."""

from ciq.router.classify import classify
from ciq.router.statement import Statement

__all__ = ["Statement", "classify"]
