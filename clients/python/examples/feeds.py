# SPDX-License-Identifier: Apache-2.0
"""Plays statuses at a chosen speed, and shows a filtered stream, its matches marked, and the trends.

    feeds.py ADDRESS [FILE [STATUSES_A_SECOND [PHRASE...]]]

A file has a status as JSON on each line: {"author": "ann", "text": "..."}.
"""

import json
import re
import sys
import threading
import time
import uuid
from pathlib import Path

import quoin

STATUSES = [
    {"author": "ann", "text": "Redis is fast #db"},
    {"author": "bob", "text": "lunch?"},
    {"author": "cy", "text": "@ann how fast is #db with Redis on a laptop?"},
    {"author": "dee", "text": "sunset https://pics.example/1"},
    {"author": "ann", "text": "fast enough, see https://pics.example/1"},
]


def marked(text: str, phrases: list[str]) -> str:
    words = "|".join(re.escape(word) for phrase in phrases for word in phrase.split())
    return re.sub(f"(?i)({words})", r"[\1]", text) if words else text


def play(q: quoin.Quoin, statuses: list[dict[str, str]], per_second: float, run: str) -> None:
    for number, status in enumerate(statuses):
        q.feeds.publish({"id": f"{run}-{number}", **status})
        time.sleep(1 / per_second)


address, *rest = sys.argv[1:] or ["localhost:7400"]
lines = Path(rest[0]).read_text("utf-8").splitlines() if rest else []
statuses = [json.loads(line) for line in lines] if rest else STATUSES
per_second = float(rest[1]) if len(rest) > 1 else 50
phrases = rest[2:] or ["redis fast", "#db"]
wanted = 2 if not rest else None

with quoin.connect(address) as q:
    stream = q.feeds.filter(track=phrases)
    next(stream)  # The first heartbeat: everything published from here on is told.
    player = threading.Thread(target=play, args=(q, statuses, per_second, uuid.uuid4().hex))
    player.start()
    for message in stream:
        if message.HasField("status_created"):
            status = message.status_created.status
            matched = list(message.status_created.matched.track)
            print(f"{status.author}: {marked(status.text, matched)}")
            if wanted is not None:
                wanted -= 1
                if wanted == 0:
                    break
        elif not player.is_alive():
            break
    player.join()

    interval = q.feeds.get_trends(window="2m").intervals[0]
    print(interval.count, "statuses")
    for name, trends in (
        ("#", interval.top_tags),
        ("@", interval.top_mentions),
        ("", interval.top_links),
    ):
        for trend in trends:
            print(f"{trend.count} x {name}{trend.name}")
