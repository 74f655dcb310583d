#!/usr/bin/env python3
"""Installs or upgrades the dashboards in a Superset.

import_bundle.py BASE BUNDLE.zip
User and password of Superset from SUPERSET_USER and SUPERSET_PASSWORD. VEKHA_BI_PASSWORD is the database's, for a bundle
that was made with --uri …://LOGIN:XXXXXXXXXX@…; Superset keeps it encrypted, and later imports need it no more.
"""

import os
import sys
from pathlib import Path

from make_bundle import DATABASE_FILE
from superset_api import Refused, Superset

if len(sys.argv) != 3:
    sys.exit(__doc__)
base, bundle = sys.argv[1:]
password = os.environ.get("VEKHA_BI_PASSWORD")
try:
    superset = Superset(base, os.environ["SUPERSET_USER"], os.environ["SUPERSET_PASSWORD"])
    superset.import_assets(Path(bundle), {DATABASE_FILE: password} if password else None)
except Refused as refusal:
    sys.exit(str(refusal))
print(f"imported {bundle} into {base}")
