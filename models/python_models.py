"""Registers the models of python_models/, which SQLMesh doesn't scan by itself."""

import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "python_models"

for module in [name for name in sys.modules if name.split(".")[0] == FOLDER.name]:
    del sys.modules[module]
for path in sorted(FOLDER.glob("*.py")):
    importlib.import_module(f"{FOLDER.name}.{path.stem}")
