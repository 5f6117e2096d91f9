# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads a checkpoint with transformers and compares with the trainer's own network.

`python -m train_lib.selfcheck MODEL SUITE.jsonl [N]`: logits of the first answer token, generated answers.
"""
import json
import os
import sys

import numpy as np
import torch
from PIL import Image

from .export import load
from .measure import ALL, Plain
from .net import Llava, Shape, to_patches
from .rows import Asked, Rows, decode_rows
from .tokens import Words


def own_logits(model, words, im, question):
    with torch.no_grad():
        f, _ = model.vision(to_patches(torch.from_numpy(im[None])), torch.from_numpy(ALL)[None], False)
        rows = Rows(words, [Plain], [[Asked(question, "yes", "")]], [ALL], [ALL])
        return decode_rows(model, rows, model.projector(f))[0][0]


def main(folder, suite, n=24):
    from transformers import AutoProcessor, LlavaForConditionalGeneration
    hf = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(folder)
    words = Words()
    own = load(Llava(Shape(words.size)), folder).eval()
    worst, same, right, count = 0.0, 0, 0, 0
    with open(suite, encoding="utf-8") as f:
        lines = [json.loads(x) for x in f][:n]
    for q in lines:
        im = Image.open(os.path.join(os.path.dirname(suite), q["image"])).convert("RGB")
        talk = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": q["question"]}]}]
        text = processor.apply_chat_template(talk, add_generation_prompt=True)
        b = processor(images=im, text=text, return_tensors="pt")
        with torch.no_grad():
            logits = hf(**b).logits[0, -1]
            ids = hf.generate(**b, max_new_tokens=6, do_sample=False)[0, b["input_ids"].shape[1]:]
        mine = own_logits(own, words, np.array(im), q["question"])
        worst = max(worst, float((mine - logits).abs().max()))
        said = processor.tokenizer.decode(ids, skip_special_tokens=True)
        same += said == words.tok.decode([int(mine.argmax())])
        right += said == q["answer"]
        count += 1
    print(f"{count} questions: logits differ by at most {worst:.2e}; the same answer {same} times; right {right} times")
    return 0 if worst < 1e-2 and same == count else 6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 24))
