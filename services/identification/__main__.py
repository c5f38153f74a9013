"""python -m services.identification api|worker|migrate"""

from services.identification.app import service
from shared.runtime.running import run

if __name__ == "__main__":
    run(service)
