"""What grew between two snapshots, told without a judgement."""

from __future__ import annotations

from leakguard.analysis.growth_diff import diff
from leakguard.analysis.growth_survey import Survey
from leakguard.image import TypeKind


def test_what_leakguard_keeps_of_each_snapshot_is_not_the_applications(heap):
    taken = []
    for at in (1, 2):
        made = type(heap)()
        for name, kind in (("CARTS", "shop.Cart"), ("KEPT", "leakguard.endpoint.timeline.Kept")):
            holder = made.variable(made.shop, name, "list", 56, TypeKind.LIST)
            made.fill(holder, 100 * at, 500, kind)
        with made.builder.image() as image:
            survey = Survey(image, taken[0].keys if taken else None)
            taken.append(survey.summary(requests=100 * at))
    assert [row.type for row in diff(*taken, 1, 2).types] == ["shop.Cart"]
