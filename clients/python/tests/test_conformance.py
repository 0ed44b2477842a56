# SPDX-License-Identifier: Apache-2.0
"""What every client of Quoin must get from a server: one test per case of clients/conformance."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conformance import Case
from waiting import in_loop

import quoin

FOLDER = Path(__file__).parents[2] / "conformance"


class Yaml(yaml.SafeLoader):
    """YAML 1.2: only true and false are booleans, and times are texts."""


Yaml.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if not tag.endswith((":bool", ":timestamp"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        file = yaml.load(path.read_text(), Yaml)
        for case in file["cases"]:
            name = f"{file['feature']}: {case['name']}"
            found.append(pytest.param(file["service"], case, id=name))
    return found


@pytest.mark.parametrize(("service", "case"), cases())
@in_loop
async def test_conformance(
    request: pytest.FixtureRequest, namespace: str, service: str, case: dict[str, Any]
) -> None:
    address = request.getfixturevalue("guarded_address" if "server" in case else "address")
    options: dict[str, Any] = {"namespace": namespace, "deadline": 60, "token": case.get("token")}
    async with quoin.aio.connect(address, **options) as q:
        run = Case(q, service)
        try:
            for step in case["steps"]:
                await run.run(step)
        finally:
            await run.close()
