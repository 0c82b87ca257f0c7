"""`GET /_leak/images` and `/_leak/view/...`: who may ask, what is said, what a browser keeps."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from leakguard.endpoint.views import Views
from leakguard.explore.errors import ViewError


class Source:
    """Images "a" and "b"; answers with what was asked."""

    def __init__(self):
        self.asked = []
        self.go = threading.Event()
        self.go.set()
        self.error = None

    def images(self):
        return {"images": [{"id": "a"}, {"id": "b"}], "note": ""}

    def has(self, image):
        return image in ("a", "b")

    def ask(self, view, images, given):
        self.asked.append((view, list(images), dict(given)))
        assert self.go.wait(20)
        if self.error is not None:
            raise self.error
        for image in images:
            if not self.has(image):
                raise ViewError(404, f"There is no image {image!r}.")
        return b'{"asked":1}'


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def endpoint(make_endpoint, source):
    made = make_endpoint()
    made._views = Views(source)
    return made


def document(answer):
    assert dict(answer.headers)["content-type"] == "application/json"
    return json.loads(answer.body)


def test_the_images_are_listed_and_never_stored(endpoint, ask):
    answer = ask(endpoint, path="/images")
    assert answer.status == 200
    assert [image["id"] for image in document(answer)["images"]] == ["a", "b"]
    assert ("cache-control", "no-store") in answer.headers


def test_a_view_is_asked_for_with_its_parameters(endpoint, ask, source):
    answer = ask(endpoint, "image=a&suspect=1&limit=20&expand=4%2C5", path="/view/graph")
    assert document(answer) == {"asked": 1}
    assert source.asked == [("graph", ["a"], {"suspect": "1", "limit": "20", "expand": "4,5"})]
    ask(endpoint, "from=a&to=b", path="/view/compare")
    assert source.asked[1] == ("compare", ["a", "b"], {})


def test_a_browser_may_keep_a_view_and_asks_whether_it_still_holds(endpoint, ask, source):
    headers = dict(ask(endpoint, "image=a", path="/view/types").headers)
    assert headers["cache-control"] == "private, no-cache"
    assert headers["x-content-type-options"] == "nosniff"
    tag = headers["etag"]
    same = ask(endpoint, "image=a", path="/view/types", headers=[("if-none-match", tag)])
    assert (same.status, same.body) == (304, b"")
    assert dict(same.headers)["etag"] == tag
    assert len(source.asked) == 1
    for query in ("image=b", "image=a&search=x"):
        other = ask(endpoint, query, path="/view/types", headers=[("if-none-match", tag)])
        assert other.status == 200


def test_what_a_browser_has_of_an_image_that_is_gone_is_gone(endpoint, ask, source):
    tag = dict(ask(endpoint, "image=a", path="/view/types").headers)["etag"]
    source.has = lambda image: False
    answer = ask(endpoint, "image=a", path="/view/types", headers=[("if-none-match", tag)])
    assert answer.status == 404


@pytest.mark.parametrize(
    ("path", "query", "status", "says"),
    [
        ("/view/grph", "image=a", 404, "did you mean 'graph'"),
        ("/view/", "image=a", 404, "no view ''"),
        ("/view/graph/x", "image=a", 404, "no view"),
        ("/view/graph", "image=a&suspct=1", 400, "did you mean 'suspect'"),
        ("/view/graph", "suspect=1", 400, "image= and its id"),
        ("/view/graph", "image=a&image=b", 400, "given twice"),
        ("/view/graph", "image=a&suspect=x", 400, "from 1 to 50"),
        ("/view/graph", "image=zz&suspect=1", 404, "no image 'zz'"),
        ("/view/compare", "from=a", 400, "to= and its id"),
        ("/view/compare", "image=a", 400, "there are: from, to"),
        ("/view/types", "image=a&search=%ff", 400, "cannot be read"),
        ("/images", "image=a", 400, "it has none"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
def test_a_wrong_question_is_told_what_is_possible_as_json(
    endpoint, ask, path, query, status, says, accept
):
    answer = ask(endpoint, query, path=path, headers=[("accept", accept)])
    assert answer.status == status
    assert says in document(answer)["error"]["message"]
    assert ("cache-control", "no-store") in answer.headers


@pytest.mark.parametrize("path", ["/images", "/view/graph"])
def test_views_are_protected_as_the_report_is(endpoint, ask, source, path):
    refused = ask(endpoint, "image=a&suspect=1", path=path, token=None)
    assert refused.status == 401
    assert "message" in document(refused)["error"]
    foreign = [("origin", "https://elsewhere.example")]
    assert ask(endpoint, "image=a", path=path, headers=foreign).status == 403
    post = ask(endpoint, "image=a", path=path, method="POST")
    assert post.status == 405
    assert ("allow", "GET, HEAD") in post.headers
    assert source.asked == []


def test_the_event_loop_goes_on_while_a_view_is_computed(endpoint, a_request, source):
    source.go.clear()

    async def run():
        view = asyncio.create_task(endpoint.answer(a_request("image=a", path="/view/types")))
        images = await endpoint.answer(a_request(path="/images"))
        assert images.status == 200
        assert not view.done()
        source.go.set()
        return await view

    assert asyncio.run(run()).status == 200


def test_when_many_wait_the_next_is_told_to_come_again(endpoint, a_request, source):
    source.go.clear()

    async def run():
        asked = [endpoint.answer(a_request("image=a", path="/view/types")) for _ in range(12)]
        tasks = [asyncio.create_task(one) for one in asked]
        while sum(task.done() for task in tasks) < 4:
            await asyncio.sleep(0.005)
        source.go.set()
        return [(await task).status for task in tasks]

    statuses = asyncio.run(run())
    assert sorted(statuses) == [200] * 8 + [503] * 4
    again = asyncio.run(endpoint.answer(a_request("image=a", path="/view/types")))
    assert again.status == 200


def test_an_unexpected_error_stays_in_the_log(endpoint, ask, source, caplog):
    source.error = ZeroDivisionError("a value of the app")
    answer = ask(endpoint, "image=a", path="/view/types")
    assert answer.status == 500
    assert "a value" not in document(answer)["error"]["message"]
    assert "a value of the app" in caplog.text


def test_without_images_the_list_is_empty_and_says_why(make_endpoint, ask):
    endpoint = make_endpoint(keep_images=0, app_name="keeps-none")
    assert document(ask(endpoint, path="/images")) == {
        "images": [],
        "note": "No images are kept: keep_images is 0.",
    }
    assert ask(endpoint, "image=1a2b&suspect=1", path="/view/graph").status == 404


def test_the_pipeline_is_told_what_to_keep(make_endpoint, ask, examine):
    endpoint = make_endpoint(app_name="keeps-two")
    ask(endpoint)
    assert callable(examine.calls[0]["keep"])
