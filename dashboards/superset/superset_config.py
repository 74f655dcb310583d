"""Settings of the Superset that `run` starts; everything that differs between machines comes from the environment."""

import os

HOME = os.environ["SUPERSET_HOME"]

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME}/superset.db"
SQLALCHEMY_EXAMPLES_URI = SQLALCHEMY_DATABASE_URI

BABEL_DEFAULT_LOCALE = "ru"
LANGUAGES = {"ru": {"flag": "ru", "name": "Русский"}, "en": {"flag": "us", "name": "English"}}
D3_FORMAT = {"decimal": ",", "thousands": "\u00a0", "grouping": [3], "currency": ["", "\u00a0₽"]}

# Not SimpleCache: each worker has its own, so two workers tell two truths.
CACHE = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": f"{HOME}/cache"}
CACHE_CONFIG = {**CACHE, "CACHE_DEFAULT_TIMEOUT": 300}
DATA_CACHE_CONFIG = {**CACHE, "CACHE_DEFAULT_TIMEOUT": 60}
FILTER_STATE_CACHE_CONFIG = {**CACHE, "CACHE_DEFAULT_TIMEOUT": 86400}
EXPLORE_FORM_DATA_CACHE_CONFIG = {**CACHE, "CACHE_DEFAULT_TIMEOUT": 86400}

ROW_LIMIT = 5000
# Plain HTTP on loopback: the wall against a foreign network is the proxy in front of a real installation.
TALISMAN_ENABLED = False
# The page of the login is asked once and the importer asks in a row.
RATELIMIT_ENABLED = False
