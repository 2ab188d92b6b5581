"""Contract and staged version in, SQLMesh blueprint variables and model properties out."""
