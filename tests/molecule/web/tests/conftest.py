# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of what browsers reach share."""

import re
import subprocess
import sys

import pytest


@pytest.fixture(name="tls_faults", scope="session")
def tls_faults_fixture(pbx):
    """tls_faults(port) is {rule: what breaks it} of a server's TLS beside Mozilla's "intermediate" configuration, by sslyze."""
    def faults(port):
        command = [sys.executable, "-m", "sslyze", "--mozilla_config=intermediate", f"{pbx.address}:{port}"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout
        verdict = said.partition("COMPLIANCE AGAINST TLS CONFIGURATION")[2]
        assert "Compliant" in verdict or "Not compliant" in verdict, said
        found = dict(re.findall(r"^ +\* (\w+): (.*)$", verdict, re.MULTILINE))
        found.pop("certificate_path_validation", None)      # whom to trust is not the server's to say
        return found
    return faults
