"""Blocks that an extension module keeps for its next object: their routes are uncertain."""

from __future__ import annotations


def test_a_type_whose_blocks_are_kept_is_found_out_and_then_weak(alone):
    out = alone("""
        import time
        from leakguard.routes._flight import Slot  # compiled with a list of blocks for the next
        sampling.start(1)

        def kinds(objects):
            found = {sample.address: sample.kind for sample in sampling.samples()}
            # some had been kept before anything was sampled
            return {found[id(object)] for object in objects if id(object) in found}

        slots = [Slot() for _ in range(40)]
        print(kinds(slots) == {_sampler.STRONG})
        places = [id(slot) for slot in slots]
        del slots
        found = {sample.address: sample.kind for sample in sampling.samples()}
        left = [found[place] for place in places if place in found]
        print(len(left) > 30, set(left) == {_sampler.WEAK})

        slots = [Slot() for _ in range(40)]  # the same blocks: once is no habit
        print(kinds(slots) == {_sampler.STRONG})
        del slots
        sampling.samples()
        time.sleep(3.1)  # still kept
        sampling.samples()
        slots = [Slot() for _ in range(60)]
        print(kinds(slots) == {_sampler.WEAK})
    """)
    assert out == ["True"] * 5


def test_an_object_that_is_being_taken_apart_teaches_nothing(alone):
    out = alone("""
        sampling.start(1)

        class Item:
            def __init__(self, inner): self.inner = inner

        class Witness:
            def __del__(self):  # what holds it has no references any more, and is still there
                kinds.append([sample.kind for sample in sampling.samples()])

        kinds = []
        for _ in range(5):
            outer = {Item(Witness())}
            del outer
        kept = [Item({number}) for number in range(300)]
        sampling.samples()
        found = {sample.address: sample.kind for sample in sampling.samples()}
        strong = [found.get(id(item.inner) - 16) == _sampler.STRONG for item in kept]
        print(len(kinds), sum(strong) > 290)
    """)
    assert out == ["5", "True"]
