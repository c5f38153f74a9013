"""This service's dated tables: `NAME-VERSION.json`, read by `shared.rules.decision_tables.Versions` and by lawyers."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
