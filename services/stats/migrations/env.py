from services.stats.models import metadata
from shared.data.migrations import run_environment

run_environment(metadata)
