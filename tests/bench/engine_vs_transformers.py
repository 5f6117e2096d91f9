# SPDX-License-Identifier: GPL-3.0-or-later
"""Side by side with transformers on one model folder: first token (image encoding and prompt) and decoding.

    engine_vs_transformers.py --model DIR --bench build/release/bin/engine_bench [--rounds 5] [--threads 1 2] [--dtypes float32 bfloat16]

Both sides get the same number of visual and text tokens and take turns in one run on the same cores, so that load from elsewhere hits both;
each round gives one ratio. transformers runs with eager and with sdpa attention, and the faster of the two counts in each round; its decoding
is a bare loop over the model with its cache, without the overhead of generate(). A ratio above 1 means that the engine is faster.
Prints one JSON object. Needs torch 2.11, transformers 5.23.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time

import torch
import transformers
from transformers import LlavaForConditionalGeneration


class Engine:
    """The C++ side: a process that answers one command a line."""

    def __init__(self, bench, model, dtype, threads):
        self.process = subprocess.Popen([bench, model, "--dtype", dtype, "--threads", str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("engine_bench ended")
        return json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Transformers:
    def __init__(self, model, dtype, attention):
        self.model = LlavaForConditionalGeneration.from_pretrained(model, dtype=getattr(torch, dtype), attn_implementation=attention).eval()
        vision = self.model.config.vision_config
        self.visual = (vision.image_size // vision.patch_size) ** 2
        side = vision.image_size
        self.pixels = torch.sin((torch.arange(3 * side * side) % 977).float() * 0.37).mul(1.5).view(1, 3, side, side).to(getattr(torch, dtype))

    def prompt(self, text, visual):
        ids = [5 + i for i in range(text // 2)] + [self.model.config.image_token_id] * visual + [5 + i for i in range(text // 2, text)]
        return torch.tensor([ids])

    @torch.inference_mode()
    def run(self, text, more):
        ids = self.prompt(text, self.visual)
        start, processor = time.perf_counter(), time.process_time()
        out = self.model(input_ids=ids, pixel_values=self.pixels, use_cache=True, logits_to_keep=1)
        token = out.logits[:, -1].argmax(-1, keepdim=True)
        first, processor_first = time.perf_counter(), time.process_time()
        for _ in range(more):
            out = self.model(input_ids=token, past_key_values=out.past_key_values, use_cache=True, logits_to_keep=1)
            token = out.logits[:, -1].argmax(-1, keepdim=True)
        end, processor_end = time.perf_counter(), time.process_time()
        return {"first_ms": 1e3 * (first - start), "decode_ms": 1e3 * (end - first), "first_cpu_ms": 1e3 * (processor_first - processor),
                "decode_cpu_ms": 1e3 * (processor_end - processor_first)}


def spread(values):
    values = sorted(values)
    return {"median": round(statistics.median(values), 3), "low": round(values[0], 3), "high": round(values[-1], 3)}


def compare(arguments, dtype, threads):
    torch.set_num_threads(threads)
    peers = {name: Transformers(arguments.model, dtype, name) for name in ("eager", "sdpa")}
    engine = Engine(arguments.bench, arguments.model, dtype, threads)
    command = f"decode {arguments.text} {arguments.tokens}"
    rows = {"engine": [], "eager": [], "sdpa": []}
    for round_ in range(arguments.rounds + 1):
        measured = {}
        for name, peer in peers.items():
            measured[name] = peer.run(arguments.text, arguments.tokens)
            ours = engine.ask(command)
            assert ours["tokens"] == arguments.tokens + 1
            measured.setdefault("engine", []).append(ours)
        if round_ == 0:
            continue  # warm-up
        for name in peers:
            rows[name].append(measured[name])
        rows["engine"].append({key: statistics.mean(m[key] for m in measured["engine"]) for key in ("first_ms", "decode_ms", "vision_ms", "prefill_ms", "first_cpu_ms", "decode_cpu_ms")})
    engine.close()
    best = lambda key, i: min(rows["eager"][i][key], rows["sdpa"][i][key])
    count = range(arguments.rounds)
    per_second = lambda name: spread([1e3 * arguments.tokens / r["decode_ms"] for r in rows[name]])
    return {
        "dtype": dtype, "threads": threads, "rounds": arguments.rounds,
        "first_token_ratio": spread([best("first_ms", i) / rows["engine"][i]["first_ms"] for i in count]),
        "decode_ratio": spread([best("decode_ms", i) / rows["engine"][i]["decode_ms"] for i in count]),
        # Processor time: with one thread it is the time that the program would take on a core of its own.
        "first_token_cpu_ratio": spread([best("first_cpu_ms", i) / rows["engine"][i]["first_cpu_ms"] for i in count]),
        "decode_cpu_ratio": spread([best("decode_cpu_ms", i) / rows["engine"][i]["decode_cpu_ms"] for i in count]),
        "first_cpu_ms": {name: spread([r["first_cpu_ms"] for r in rows[name]]) for name in rows},
        "decode_cpu_ms_per_token": {name: spread([r["decode_cpu_ms"] / arguments.tokens for r in rows[name]]) for name in rows},
        "first_ms": {name: spread([r["first_ms"] for r in rows[name]]) for name in rows},
        "tokens_per_second": {name: per_second(name) for name in rows},
        "engine_vision_ms": spread([r["vision_ms"] for r in rows["engine"]]),
        "engine_prefill_ms": spread([r["prefill_ms"] for r in rows["engine"]]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--bench", required=True, help="the program engine_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--text", type=int, default=44, help="text tokens of the prompt")
    parser.add_argument("--tokens", type=int, default=64, help="tokens to decode after the first")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    results = []
    for dtype in arguments.dtypes:
        for threads in arguments.threads:
            results.append(compare(arguments, dtype, threads))
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    print(json.dumps({"schema": "prunescope.engine_vs_transformers/1", "torch": torch.__version__, "transformers": transformers.__version__,
                      "text_tokens": arguments.text, "decoded_tokens": arguments.tokens, "results": results}, indent=1))


if __name__ == "__main__":
    main()
