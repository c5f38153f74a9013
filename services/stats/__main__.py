"""python -m services.stats api|worker|migrate"""

from services.stats.app import service
from shared.runtime.running import run

if __name__ == "__main__":
    run(service)
