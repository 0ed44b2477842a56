# SPDX-License-Identifier: Apache-2.0
"""Keeps packages without stubs from being built."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StubsAreThere(BuildHookInterface):  # type: ignore[misc,type-arg,unused-ignore]
    """Fails the build when the stubs were not generated."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Looks for one of them."""
        package = Path(self.root, "src", "quoin")
        if not (package / "locks" / "v1" / "locks_pb2.py").exists():
            raise FileNotFoundError("the stubs are missing: run scripts/generate-python first")
