"""Lists are read to their end, and a list that changes meanwhile is never taken for a whole one."""

import pytest

from fortnox import COST_CENTRES, ChangedMeanwhile, Client, UnreadableAnswer
from fortnox.testing import FreePermits, Said, Script


def page(*codes: str, total: int, pages: int) -> Said:
    meta = {"@TotalResources": str(total), "@TotalPages": pages, "@CurrentPage": 1}
    return Said(200, {"MetaInformation": meta, "CostCenters": [{"Code": code} for code in codes]})


BEYOND_THE_END = page(total=0, pages=0)


async def codes(script: Script) -> list[str]:
    async with Client(FreePermits("token"), transport=script) as fortnox:
        return [centre.code for centre in await fortnox.every(COST_CENTRES)]


async def test_all_pages_are_read_in_order() -> None:
    script = Script(page("a", "b", total=3, pages=2), page("c", total=3, pages=2))

    assert await codes(script) == ["a", "b", "c"]
    assert [request.url.params["page"] for request in script.requests] == ["1", "2"]


async def test_a_list_that_grew_between_its_pages_is_read_again() -> None:
    script = Script(
        page("a", "b", total=3, pages=2),
        page("b", "c", total=4, pages=2),  # somebody put one in front: b twice
        page("0", "a", total=4, pages=2),
        page("b", "c", total=4, pages=2),
    )

    assert await codes(script) == ["0", "a", "b", "c"]


async def test_a_list_that_shrank_is_read_again() -> None:
    script = Script(page("a", "b", total=3, pages=2), BEYOND_THE_END, page("b", "c", total=2, pages=1))

    assert await codes(script) == ["b", "c"]


async def test_a_list_that_never_rests_is_given_up() -> None:
    steps = [page("a", "b", total=total, pages=2) for total in range(3, 12)]

    with pytest.raises(ChangedMeanwhile):
        await codes(Script(*steps))


async def test_the_page_beyond_the_end_is_empty_and_the_last() -> None:
    async with Client(FreePermits("token"), transport=Script(BEYOND_THE_END)) as fortnox:
        beyond = await fortnox.page(COST_CENTRES, 9, limit=2)

    assert (beyond.items, beyond.total, beyond.pages, beyond.number, beyond.last) == ([], 0, 0, 9, True)


async def test_pages_without_end_end_with_the_first_empty_one() -> None:
    script = Script(page("a", total=1, pages=10**9), page(total=1, pages=10**9))

    assert await codes(script) == ["a"]


async def test_a_full_page_that_does_not_say_how_many_there_are_is_no_whole_list() -> None:
    script = Script(Said(200, {"CostCenters": [{"Code": "a"}, {"Code": "b"}]}))

    async with Client(FreePermits("token"), transport=script) as fortnox:
        assert (await fortnox.page(COST_CENTRES, limit=3)).total == 2
        with pytest.raises(UnreadableAnswer, match="MetaInformation"):
            await fortnox.page(COST_CENTRES, limit=2)


@pytest.mark.parametrize(("number", "limit"), [(0, 10), (1, 0), (1, 501)])
async def test_pages_and_limits_keep_to_fortnox_bounds(number: int, limit: int) -> None:
    async with Client(FreePermits("token"), transport=Script()) as fortnox:
        with pytest.raises(ValueError, match="limit"):
            await fortnox.page(COST_CENTRES, number, limit=limit)
