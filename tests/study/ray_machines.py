"""Runs `steadfit` with these words, a folder for --out last, on a cluster of two machines, of which
one is taken away whenever a replica has been stored, and replaced. All are processes of this one.
"""

import os
import sys
import threading
import time
from pathlib import Path

from ray.cluster_utils import Cluster

from steadfit.cli import main


def study(words: list[str], status: list[int]) -> None:
    try:
        main(words)
        status.append(0)
    except SystemExit as end:
        status.append(int(end.code or 0))


if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    store = Path(sys.argv[-1]) / "store"
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    there = [cluster.add_node(num_cpus=1) for _ in range(2)]
    status: list[int] = []
    words = [*sys.argv[1:], "--engine", "ray", "--address", cluster.address]
    running = threading.Thread(target=study, args=(words, status))
    running.start()
    removed = stored = 0
    while running.is_alive():
        time.sleep(0.2)
        now = len(list(store.glob("[0-9a-f]*")))
        if now > stored and running.is_alive():
            stored = now
            cluster.remove_node(there.pop(0), allow_graceful=False)
            there.append(cluster.add_node(num_cpus=1))
            removed += 1
    cluster.shutdown()
    print(f"{removed} machines removed")
    sys.exit(status[0] if status else 1)
