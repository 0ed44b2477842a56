# SPDX-License-Identifier: Apache-2.0
"""Three advertisers, and 3,000 viewers whose taste is known: who wins, spends and learns what."""

import random
import sys

import quoin

CLICKS = {  # how many of a hundred viewers of a page click on an ad
    ("car", "sport"): 10, ("car", "toy"): 1,
    ("doll", "sport"): 1, ("doll", "toy"): 8,
}  # fmt: skip
BUDGETS = {"car": 100_000_000, "doll": 80_000_000, "bank": 5_000_000}

with quoin.connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400") as q:
    ads, chance = q.ad_server, random.Random(7)
    settings = {"prior_views": 200, "prior_per_thousand": 30, "learning_interval": 20,
                "reservation_window": 1}  # fmt: skip
    ads.put_network(network="fair", settings=settings)
    for ad, bid in (("car", 500_000), ("doll", 400_000)):
        words = ["sport", "toy", "red"]
        ads.put_ad(network="fair", ad={"id": ad, "pricing": "cpc", "bid_micros": bid,
                                       "locations": ["c/US"], "words": words})  # fmt: skip
    ads.put_ad(network="fair", ad={"id": "bank", "pricing": "cpm", "bid_micros": 9_000_000,
                                   "locations": ["c/US"]})  # fmt: skip
    for ad, total in BUDGETS.items():
        ads.set_budget(network="fair", ad_id=ad, total_micros=total)

    won = dict.fromkeys(((ad, page) for ad in BUDGETS for page in ("sport", "toy")), 0)
    for viewer in range(3_000):
        page = ("sport", "toy")[viewer % 2]
        decision = ads.target(network="fair", locations=["c/US"], words=[page, "news"])
        for shown in decision.ads:
            won[shown.ad_id, page] += 1
            ads.report_view(target_token=decision.target_token)
            if chance.randrange(100) < CLICKS.get((shown.ad_id, page), 0):
                ads.report_click(target_token=decision.target_token)

    print("ad     on sport  on toy  clicks    spent of budget   learned for a thousand views")
    for ad, total in sorted(BUDGETS.items()):
        stats = ads.get_stats(network="fair", ad_id=ad).stats
        learned = ", ".join(f"{word.word} {word.bonus_micros / 1e6:+.2f}"
                            for word in stats.word_stats if word.word)  # fmt: skip
        print(f"{ad:5} {won[ad, 'sport']:9} {won[ad, 'toy']:7} {stats.clicks:7} "
              f"{stats.spend_micros / 1e6:8.2f} {total / 1e6:9.2f}   "
              f"{stats.ecpm_micros / 1e6:.2f} {learned}".rstrip())  # fmt: skip
