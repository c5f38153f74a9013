"""python -m services.identification api|worker|migrate"""

from services.identification.app import service
from shared.running import run

if __name__ == "__main__":
    run(service)
