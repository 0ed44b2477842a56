# SPDX-License-Identifier: Apache-2.0
"""Indexes a folder of text files and searches it: search.py ADDRESS FOLDER [QUERY...]

Without queries it asks for them until there is an empty line.
"""

import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import quoin
from quoin.search.v1 import QueryResponse

INDEX = "folder"
FIELDS: list[Any] = [
    {"name": "path", "type": "FIELD_TYPE_TEXT", "weight": 2},
    {"name": "text", "type": "FIELD_TYPE_TEXT", "analyzer": "english"},
    {"name": "kind", "type": "FIELD_TYPE_TAG"},
    {"name": "bytes", "type": "FIELD_TYPE_NUMBER"},
]


def documents(folder: pathlib.Path) -> Iterator[Any]:
    """The text files of a folder. Their times are versions, so an unchanged file costs nothing."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.stat().st_size < 500_000:
            fields = {
                "path": str(file.relative_to(folder)),
                "text": file.read_text(errors="ignore"),
                "kind": file.suffix.lstrip(".") or "none",
                "bytes": file.stat().st_size,
            }
            yield {
                "id": fields["path"],
                "version": file.stat().st_mtime_ns // 1000,
                "fields": fields,
            }


def show(found: QueryResponse) -> None:
    print(f"{found.total} files")
    for hit in found.hits:
        print(f"\n{hit.score:6.2f}  {hit.id}")
        for highlight in hit.highlights:
            for fragment in highlight.fragments:
                marked = (
                    f"\033[1m{p.text}\033[0m" if p.matched else p.text for p in fragment.parts
                )
                print("       ", " ".join("".join(marked).split()))
    kinds = ", ".join(f"{value.value} {value.count}" for value in found.facets[0].values)
    print(f"\nkinds: {kinds}")


def main(address: str, folder: pathlib.Path, queries: list[str]) -> None:
    with quoin.connect(address) as q:
        q.search.create_index(index=INDEX, fields=FIELDS)
        requests = ({"index": INDEX, "document": document} for document in documents(folder))
        outcomes = [answer.outcome for answer in q.search.bulk_put(requests)]
        print(f"{len(outcomes)} files looked at")
        for query in queries or iter(lambda: input("\nsearch: "), ""):
            try:
                show(
                    q.search.query(
                        index=INDEX,
                        query=query,
                        highlight=["text"],
                        facets=[{"field": "kind", "disjunctive": True}],
                        page_size=5,
                    )
                )
            except quoin.InvalidRequestError as refused:
                print(refused)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:])
