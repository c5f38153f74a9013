"""python -m services.accommodation api|worker|migrate"""

from services.accommodation.app import service
from shared.runtime.running import run

if __name__ == "__main__":
    run(service)
