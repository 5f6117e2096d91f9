# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the bundled model: scenes, stage 1 (seeing), stage 2 (answering), stage 3 (together, 576 tokens)."""
import argparse
import json
import os
import shutil
import sys

SHARE = {1: .55, 2: .45}   # the rest, none unless asked for by --stages: stage 3 (it costs the tower more than it gives, README)
GATES = {  # stage: (what, where in the last figures, at least)
    1: [("patches named right, %", ("patch",), 60), ("pointing, existence, %", ("point_exist",), 85),
        ("column R2 on object patches", ("R2", 0), .7)],
    2: [("existence F1, %", ("F1",), 65), ("colour, %", ("colour",), 45)],
    3: [("existence F1, %", ("F1",), 85), ("pointing, existence, %", ("point", "exist"), 90), ("colour, %", ("colour",), 60),
        ("left/right and above/below, %", ("relation",), 60)]}


def state_folder(seed):
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "prunescope", "training"), f"run-{seed}"


def last_figures(folder, stage):
    out = None
    with open(os.path.join(folder, "log.jsonl"), encoding="utf-8") as f:
        for line in f:
            r = json.loads(line)
            if r.get("stage") == stage and "val" in r:
                out = r["val"]
    return out or {}


def gates(folder, stage):
    """Prints each gate of a stage with the figure reached; returns whether all hold."""
    fig, fine = last_figures(folder, stage), True
    for what, path, least in GATES[stage]:
        v = fig
        for k in path:
            v = v[k] if isinstance(v, list) or (isinstance(v, dict) and k in v) else float("nan")
        ok = v >= least
        fine &= ok
        print(f"gate, stage {stage}: {what}: {v} (at least {least}) {'passed' if ok else 'NOT PASSED'}", flush=True)
    return fine


def trained(folder, stage):
    """Minutes that a stage has been trained."""
    import torch
    path = os.path.join(folder, f"stage{stage}.pt")
    return torch.load(path, mmap=True)["done"] / 60 if os.path.exists(path) else 0.0


def parse(argv):
    ap = argparse.ArgumentParser(prog="train", description=__doc__)
    ap.add_argument("--minutes", type=float, required=True, help="training time of all stages together, earlier runs included")
    ap.add_argument("--resume", action="store_true", help="go on from the checkpoints in the cache folder")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--scenes", type=int, default=12000, help="training scenes to render, once")
    ap.add_argument("--out", help="folder of the checkpoint (default: model in the state folder)")
    ap.add_argument("--threads", type=int, default=1, help="threads of each process")
    ap.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto: a GPU where there is one")
    ap.add_argument("--processes", type=int, help="processes that train as one (default: one a core; one on a GPU)")
    ap.add_argument("--stages", help="which stages to run, for pieces of a run (default: those that are not done)")
    ap.add_argument("--force", action="store_true", help="go on although a gate is not passed")
    return ap.parse_args(argv)


def main(argv=None):
    a = parse(argv)
    import torch
    from .device import choose
    device = choose(a.device)   # first: tensors made at import follow it
    from .export import export
    from .loop import run_stage1
    from .pool import SHARD, Pool, ensure
    from .stage2 import run_stage2
    from .stage3 import run_stage3
    from .team import together
    from .tokens import Words
    torch.set_num_threads(a.threads)
    base, run = state_folder(a.seed)
    folder, data = os.path.join(base, run), os.path.join(base, f"pool-{a.seed}")
    team = together(a.processes or (1 if device == "cuda" else os.cpu_count() or 1))
    if team.leads:
        if os.path.exists(folder) and not a.resume:
            shutil.rmtree(folder + ".old", ignore_errors=True)
            os.replace(folder, folder + ".old")
        os.makedirs(folder, exist_ok=True)
        ensure(data, a.seed, "val", 1, ["std"])
        ensure(data, a.seed, "train", (a.scenes + SHARD - 1) // SHARD, processes=os.cpu_count() or 1)
    team.clock(0)
    words, pool, val = Words(), Pool(data, "train"), Pool(data, "val")
    out = a.out or os.path.join(folder, "model")
    joint = os.path.exists(os.path.join(folder, "stage3.pt"))   # from there on everything is trained together
    stages = [int(s) for s in (a.stages or ("3" if joint else "1,2,3")).split(",")]
    for stage, call in ((1, run_stage1), (2, run_stage2), (3, run_stage3)):
        if stage not in stages:
            continue
        share = a.minutes * SHARE[stage] if stage < 3 else a.minutes - trained(folder, 1) - trained(folder, 2)
        print(f"stage {stage} of 3: until {share:.1f} minutes of it, {trained(folder, stage):.1f} of them done", flush=True)
        extra = {"out": lambda m: export(m, words, out, {"space": "llm", "sign": 1, "positions": "original"})} if stage == 3 else {}
        call(folder, words, pool, val, share, a.seed, team=team, **extra)
        if not gates(folder, stage) and not a.force:
            sys.exit(f"train: stage {stage} did not pass its gates; change the recipe or use --force")
    if 3 in stages and team.leads:
        from .clip_text import main as text_tower
        print("text tower, for methods that score in CLIP space", flush=True)
        text_tower(out, data, min(5., .04 * a.minutes), torch.get_num_threads())
    if team.leads:
        print(f"checkpoint: {out}")


if __name__ == "__main__":
    main()
