"""Runs `steadfit` with these words and the address of a cluster of two machines, one of which is
taken away every few seconds, and replaced. All are processes of this machine."""

import os
import sys
import threading

from ray.cluster_utils import Cluster

from steadfit.cli import main

SECONDS = 6.0
ended = threading.Event()
removed = 0


def come_and_go(cluster: Cluster) -> None:
    global removed
    there = [cluster.add_node(num_cpus=1) for _ in range(2)]
    while not ended.wait(SECONDS):
        cluster.remove_node(there.pop(0), allow_graceful=False)
        removed += 1
        there.append(cluster.add_node(num_cpus=1))


if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    changing = threading.Thread(target=come_and_go, args=(cluster,))
    changing.start()
    try:
        main([*sys.argv[1:], "--address", cluster.address])
    except SystemExit as end:
        if end.code:
            raise
    finally:
        ended.set()
        changing.join()
        cluster.shutdown()
    print(f"{removed} machines removed")
