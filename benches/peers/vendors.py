"""Times the vendors' own clients reading a bucket's encryption from the loopback server whose URL is the argument."""

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "oracles"))

from alibabacloud_oss_v2 import models

import vendors

ROUNDS = 300


def main(url: str) -> None:
    key = vendors.Key("LTAI5tExampleExample", "yourAccessKeySecretOf30Letters")
    v2 = vendors.v2_client(key, url, "cn-hangzhou", path_style=True)
    oss2 = vendors.oss2_bucket(key, url, "cn-hangzhou", "examplebucket", path_style=True)
    obs = vendors.obs_client(key, url)
    clients = {
        "alibabacloud-oss-v2": lambda: v2.get_bucket_encryption(models.GetBucketEncryptionRequest("examplebucket")),
        "oss2": lambda: oss2.get_bucket_encryption(),
        "esdk-obs-python": lambda: obs.getBucketEncryption("examplebucket"),
    }
    times = {name: [] for name in clients}
    for _ in range(ROUNDS):
        for name, call in clients.items():
            started = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - started) * 1e6)
    print("\n| the vendors' clients, same server | lowest tenth, µs | median, µs |\n|---|--:|--:|")
    for name, spent in times.items():
        print(f"| {name} | {statistics.quantiles(spent, n=10)[0]:.0f} | {statistics.median(spent):.0f} |")


main(sys.argv[1])
