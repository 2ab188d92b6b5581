"""The control plane: what happened, when and by whom, in PostgreSQL or, without one, in a local file."""

from ciq.record.book import Book, opened

__all__ = ["Book", "opened"]
