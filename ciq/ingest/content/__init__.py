"""The bytes of a raw file: as they are, decompressed and recoded, guarded, and still the same."""
