#!/usr/bin/env python3
"""Writes tests/golden/bpe.txt: a text, the merges that byte pair encoding learns on it, and how it then cuts words.

A plain restatement of src/sequence/bpe.h: after every merge the whole text is cut anew and all pairs are counted anew.
Lines: `text LINE`, `merge LEFT RIGHT`, `cut WORD PIECE...`, between tabs.
"""
import random
import sys


def spell(word):
    return [" "] + list(word)


def cut(word, merges):
    """Joins neighbours, the earliest merge first, until none can be joined."""
    pieces = spell(word)
    while True:
        known = [merges[pair] for pair in zip(pieces, pieces[1:]) if pair in merges]
        if not known:
            return pieces
        first, joined, i = min(known), [], 0
        while i < len(pieces):
            if i + 1 < len(pieces) and merges.get((pieces[i], pieces[i + 1])) == first:
                joined.append(pieces[i] + pieces[i + 1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined


def learn(lines, count):
    words = {}
    for word in " ".join(lines).split():
        words[word] = words.get(word, 0) + 1
    merges = {}
    while len(merges) < count:
        pairs = {}
        for word, times in words.items():
            pieces = cut(word, merges)
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] = pairs.get(pair, 0) + times
        best = max(pairs, key=pairs.get, default=None)  # of equal ones the first that was seen
        if best is None or pairs[best] < 2:
            break
        merges[best] = len(merges)
    return merges


def text():
    """Words that repeat letters and syllables, so that merges overlap and one symbol has two histories."""
    draw = random.Random(20)
    syllables = ["ba", "na", "an", "a", "aa", "ab", "abc", "bc", "c", "é", "ß", "世", "界", "o", "on", "no"]
    lines = ["low lower lowest new newer newest wide wider widest", "banana bananas ana na nana anana aaaa aaa aaaaa"]
    for _ in range(60):
        words = ["".join(draw.choice(syllables) for _ in range(draw.randint(1, 5))) for _ in range(draw.randint(1, 9))]
        lines.append(" ".join(words))
    return lines


def main():
    lines = text()
    merges = learn(lines, 10**9)
    seen = sorted({word for line in lines for word in line.split()})
    unseen = ["wwwww", "abcabcabc", "bananabara", "nonono", "世界世", "lowlow"]
    with open(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/bpe.txt", "w", encoding="utf-8") as out:
        for line in lines:
            out.write(f"text\t{line}\n")
        for left, right in merges:
            out.write(f"merge\t{left}\t{right}\n")
        for word in seen + unseen:
            out.write("\t".join(["cut", word] + cut(word, merges)) + "\n")


main()
