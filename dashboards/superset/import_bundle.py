#!/usr/bin/env python3
"""import_bundle.py BASE BUNDLE.zip: installs or upgrades the dashboards; user and password from SUPERSET_USER, SUPERSET_PASSWORD."""

import os
import sys
from pathlib import Path

from superset_api import Refused, Superset

base, bundle = sys.argv[1:]
try:
    Superset(base, os.environ["SUPERSET_USER"], os.environ["SUPERSET_PASSWORD"]).import_assets(Path(bundle))
except Refused as refusal:
    sys.exit(str(refusal))
print(f"imported {bundle} into {base}")
