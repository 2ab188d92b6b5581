"""The data contract: its model and the strict loader."""

from ciq.contract.load import load, load_all, load_each
from ciq.contract.model import Contract, Limits

__all__ = ["Contract", "Limits", "load", "load_all", "load_each"]
