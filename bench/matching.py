"""The assignment of experts on made-up instances of two sizes: how fast, how good, and what is proven of it."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable

from bench import matching_instances
from bench.figures import figure
from bench.matching_families import FAMILIES, SHORT, Size
from review.matching import Infeasible, Instance, repair, solve

SIZES: dict[str, Callable[[], Instance]] = {"dense": matching_instances.dense, "sparse": matching_instances.sparse}
FAMILY_SIZES = (Size(400, 100, 5), Size(2000, 500, 5))
DECLINED = 10  # one pair in so many is declined before the repair


def matching() -> None:
    """Each instance in a process of its own, so that the peak of memory is its own too."""
    for name in SIZES:
        _apart(measure, name)
    for size in FAMILY_SIZES:
        _apart(measure_families, size)


def _apart(target: Callable[..., None], *args: object) -> None:
    process = multiprocessing.get_context("spawn").Process(target=target, args=args)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def measure_families(size: Size) -> None:
    """Level and sum beside their bounds; CPU seconds, for other programs may be running."""
    for name, made in {**FAMILIES, **SHORT}.items():
        instance, before = made(size), time.process_time()
        try:
            stats = solve(instance).stats
        except Infeasible as refused:
            stats = {"relaxations": len(refused.relaxations)}
        told = ("fairness_level", "fairness_bound", "mean_affinity", "gap", "relaxations")
        figure(
            f"assignment of experts, {name}", time.process_time() - before, "s CPU",
            size=f"{size.proposals} × {size.experts} × {size.demand}", **{key: stats[key] for key in told if key in stats},
        )  # fmt: skip


def measure(name: str) -> None:
    instance = SIZES[name]()
    size = f"{len(instance.proposals)} × {len(instance.experts)} × {instance.proposals[0].demand}"
    before = time.process_time()
    match = solve(instance)
    stats = match.stats
    figure(
        f"assignment of experts, {name}", stats["seconds"], "s", size=size, cpu=round(time.process_time() - before, 2),
        pairs=len(match.pairs), mean=stats["mean_affinity"], worst=stats["worst_proposal"], worst_bound=stats["fairness_bound"],
        total=stats["total_affinity"], bound=stats["total_bound"], gap=stats["gap"], peak_mib=_peak(),
    )  # fmt: skip
    gone = match.pairs[::DECLINED]
    began = time.perf_counter()
    repaired = repair(instance, match.pairs, gone_pairs=gone)
    figure(
        f"repair after declines, {name}", time.perf_counter() - began, "s", declined=len(gone),
        added=len(repaired.added), moved=len(repaired.moved),
    )  # fmt: skip


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    matching()
