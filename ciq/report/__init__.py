"""Facts in, documents out."""
