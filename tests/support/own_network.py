"""Importing this first puts a test into network and mount namespaces of its own: every port on 127.0.0.0/8 is free, and files
such as /etc/resolv.conf can be the test's own."""
import os
import subprocess
import sys

if os.environ.get("MAILSTEAD_TEST_NETWORK") != "own":
    os.environ["MAILSTEAD_TEST_NETWORK"] = "own"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])

subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=60)
