"""python -m services.accommodation api|worker|migrate"""

from shared.kernel.loading import loading

with loading():
    from services.accommodation.app import service
    from shared.runtime.running import run

if __name__ == "__main__":
    run(service)
