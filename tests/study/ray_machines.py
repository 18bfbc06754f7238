"""Runs `steadfit` with these words, a folder for --out last, on a cluster of two machines, of which
one is taken away whenever a replica has been stored, and replaced. All are processes of this one;
the study has a process of its own, as Ray's connection is one for all threads of a process.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from ray.cluster_utils import Cluster

if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    store = Path(sys.argv[-1]) / "store"
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    there = [cluster.add_node(num_cpus=1) for _ in range(2)]
    words = [*sys.argv[1:], "--engine", "ray", "--address", cluster.address]
    study = subprocess.Popen([sys.executable, "-m", "steadfit", *words])
    removed = stored = 0
    while study.poll() is None:
        time.sleep(0.2)
        now = len(list(store.glob("[0-9a-f]*")))
        if now > stored and study.poll() is None:
            stored = now
            cluster.remove_node(there.pop(0), allow_graceful=False)
            there.append(cluster.add_node(num_cpus=1))
            removed += 1
    cluster.shutdown()
    print(f"{removed} machines removed")
    sys.exit(study.returncode)
