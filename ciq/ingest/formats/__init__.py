"""One reader a format: the names a file has, a guarded pass over it, typed rows, and places in it."""
