"""Who gets how many when not all can have what they want."""

from collections.abc import Sequence


def fair(left: int, wanted: Sequence[int], weights: Sequence[int], turn: int) -> list[int]:
    """Share `left` letters: who wants little gets it, the others get equal parts (by weight: of so many groups each).

    What cannot be divided goes round, beginning with another one each `turn`.
    """
    if sum(wanted) <= left:
        return list(wanted)
    got = [0] * len(wanted)
    rest, weight = left, sum(weights)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i] / weights[i])
    modest = 0
    while wanted[order[modest]] * weight <= rest * weights[order[modest]]:
        one = order[modest]
        got[one], rest, weight, modest = wanted[one], rest - wanted[one], weight - weights[one], modest + 1
    for one in order[modest:]:
        got[one] = rest * weights[one] // weight
    rest -= sum(got[one] for one in order[modest:])
    begin = _whose(turn % sum(weights), weights)
    for step in range(len(wanted)):
        one = (begin + step) % len(wanted)
        if rest and got[one] < wanted[one]:
            got[one] += 1
            rest -= 1
    return got


def _whose(place: int, weights: Sequence[int]) -> int:
    for one, weight in enumerate(weights):
        if place < weight:
            return one
        place -= weight
    raise ValueError("the place lies outside of all weights")
