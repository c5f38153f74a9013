"""The languages there are codes for: ISO 639-3, and those of ISO 639-2 that it has not (groups, bibliographic codes)."""

import json
from pathlib import Path
from typing import Final

_PUBLISHED: Final = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

LANGUAGES: Final = frozenset(code for codes in _PUBLISHED["codes"].values() for code in codes.split())
