"""python -m services.referrals api|worker|migrate"""

from shared.kernel.loading import loading

with loading():
    from services.referrals.app import service
    from shared.runtime.running import run

if __name__ == "__main__":
    run(service)
