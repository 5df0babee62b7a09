"""Node, for what receivers in JavaScript do."""

import os
import shutil

import pytest


def node_program() -> str:
    program = shutil.which("node")
    if program is None:
        message = "Node is missing: install Node 20 or newer"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return program
