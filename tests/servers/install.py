"""`python -m tests.servers.install`: gets the Chromium, PostgreSQL and nginx that the tests need, where there are none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from tests.servers import browser, postgres
from webapp import embedded_redis


def main() -> int:
    """Install what is missing; 1 with one line for each thing that could not be had."""
    missing = []
    if not _has_chromium() and not _get_chromium():
        missing.append("Chromium: install it (Debian: apt install chromium) or name it: CHROMIUM=/path make test")
    if postgres.find_binaries() is None and not _apt_install("postgresql"):
        missing.append("PostgreSQL: install its server (Debian: apt install postgresql)")
    if not _has_nginx() and not _apt_install("nginx-light"):
        missing.append("nginx: install it (Debian: apt install nginx-light)")
    if embedded_redis.find_server() is None and not _apt_install("redis-server"):
        missing.append(embedded_redis.WHAT_TO_INSTALL)
    for line in missing:
        print(f"The tests need something that could not be installed. {line}", file=sys.stderr)
    return 1 if missing else 0


def _has_nginx() -> bool:
    # Debian keeps it where a plain user's PATH does not look.
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


def _has_chromium() -> bool:
    with sync_playwright() as playwright:
        try:
            browser.launch(playwright).close()
        except (PlaywrightError, OSError):
            return False
    return True


def _get_chromium() -> bool:
    print("No Chromium that starts was found; getting Playwright's own", flush=True)
    _try([sys.executable, "-m", "playwright", "install", "chromium"], seconds=300)
    if _has_chromium():
        return True
    return _apt_install("chromium") and _has_chromium()


def _apt_install(package: str) -> bool:
    """Install a Debian package as root or through sudo without a password; False where that cannot be done."""
    if shutil.which("apt-get") is None:
        return False
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and shutil.which("sudo") is None:
        return False
    print(f"Installing the system package {package}", flush=True)
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    _try([*apt, "update", "-qq"], seconds=300)
    return _try([*apt, "install", "-y", "-qq", "--no-install-recommends", package], seconds=900)


def _try(command: Sequence[str], *, seconds: float) -> bool:
    try:
        done = subprocess.run(command, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
