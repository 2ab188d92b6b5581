"""A first contract for a file: what its cells allow to be said, and guesses marked as guesses."""

from ciq.draft.draft import draft
from ciq.draft.roles import Roles

__all__ = ["Roles", "draft"]
