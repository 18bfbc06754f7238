"""The page as text: whole, escaped, and asking nothing of any other."""

import base64
import dataclasses
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from report.made import FOLDS, Case, judged, no_replicas
from steadfit.analysis.decomposition import Components
from steadfit.analysis.result import ArmAnalysis
from steadfit.analysis.terms import Failure, Verdict
from steadfit.data import from_texts
from steadfit.recipe import Recipe
from steadfit.report import disputed, sections
from steadfit.report import page as page_for
from steadfit.report.headline import headline
from steadfit.report.pictures import data_uris, line_uris
from steadfit.report.voice import COMMAND_LINE, PYTHON
from steadfit.study.result import StudyResult
from steadfit.study.store import Finished
from steadfit.study.tested import ArmReplicas
from steadfit.tasks import Classes

CASES = ["digits", "two_classes", "hundred_classes", "hostile", "numbers"]


def page(case: Case, **changes) -> str:
    """The page of a run with some of its parts changed, as the command line writes it."""
    return page_for(dataclasses.replace(case, **changes), COMMAND_LINE)


class Elements(HTMLParser):
    """Every element with its attributes, the page's words, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.scripts[-1] += data
        elif self.lasttag != "style":
            self.words += data

    def handle_endtag(self, tag: str) -> None:
        self.lasttag = "" if tag in ("script", "style") else self.lasttag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return request.getfixturevalue(f"{request.param}_case")


def test_every_page_is_whole_and_reaches_nowhere(case: Case):
    elements = Elements(page(case))
    addresses = [
        a[name] for _, a in elements.found for name in ("src", "href", "srcset") if a.get(name)
    ]
    assert all(address and address.startswith("data:image/png;base64,") for address in addresses)
    assert not elements.all("link")
    assert len(elements.all("h1")) == 1
    policy = next(m["content"] for m in elements.all("meta") if "http-equiv" in m)
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert sum(len(script) > 1_000_000 for script in elements.scripts) == 1


def test_every_page_can_be_read_without_seeing_it(case: Case):
    elements = Elements(page(case))
    assert all(image["alt"] for image in elements.all("img"))
    assert all(head.get("scope") for head in elements.all("th"))
    assert len(elements.all("table")) == len(elements.all("caption"))
    assert len(elements.all("figure")) == len(elements.all("figcaption"))
    plots = [a for a in elements.all("div") if a.get("class") == "plot"]
    assert plots
    assert all(plot["role"] == "img" and plot["aria-label"] for plot in plots)


def test_names_stay_words(hostile_case: Case):
    elements = Elements(page(hostile_case))
    plots = [a for a in elements.all("div") if a.get("class") == "plot"]
    assert len(elements.all("script")) == len(plots) + 3  # their JSON, the palette, two programs
    assert len(elements.all("img")) == 12 + 15  # of points that differ, and of surest mistakes
    assert not any(name.startswith("on") for _, a in elements.found for name in a)
    assert "<script>window.hurt=1</script>" in elements.words
    assert "{{ 7 * 7 }}" in elements.words
    assert "\x1b" not in elements.words
    for script, attributes in zip(elements.scripts, elements.all("script"), strict=True):
        if attributes.get("type") == "application/json":
            json.loads(script)
            assert "<" not in script


def test_the_page_says_what_the_result_holds(digits_case: Case):
    words = " ".join(Elements(page(digits_case)).words.split())
    assert "Cross-entropy 0.0500, about 59% of it variance; dropout=0.5 lowers it by 20%." in words
    assert "−20% [−37, −3]" in words.replace("\N{NO-BREAK SPACE}", " ")
    assert "dropout=0.5 ← handed over" in words
    assert "logistic regression3.200.1210 reference" in words
    assert (
        "l1=10.0 failed: in 10 retrainings the loss, a gradient or a prediction was not finite"
        in words
    )
    assert "training.penalties.l2: 0.0 → 0.001" in words
    assert "model.settings.dropout: default → 0.5" in words
    assert "5 training samples, each of 1,437 examples drawn with replacement" in words
    assert "1 exact duplicate; all copies are in the same fold." in words
    assert "2.13.0" in words
    assert f"SHA-256 {'ab' * 32}" in words


def test_where_the_variance_comes_from_is_said_as_far_as_it_is_told_apart(digits_case: Case):
    words = Elements(page(digits_case)).words
    assert "and that only both together explain" in words
    arms = tuple(
        dataclasses.replace(
            arm,
            variance=dataclasses.replace(arm.variance, components=Components(0.05, 0.03, None)),
        )
        if arm.variance
        else arm
        for arm in digits_case.result.analysis.arms
    )
    own = page(digits_case, result=judged(digits_case.result, arms=arms))
    words = Elements(own).words
    assert "another training sample brings and that another seed brings" in " ".join(words.split())
    assert "only both together" not in words
    assert "interaction" not in own.split("Where the variance comes from")[1].split("</section>")[0]


def test_the_same_study_gives_the_same_page(digits_case: Case):
    assert page(digits_case) == page(digits_case)


def test_a_page_without_replicas_still_has_the_tables(digits_case: Case):
    words = Elements(page(digits_case, replicas=no_replicas(digits_case.result))).words
    assert "How the error splits" in words
    assert "Where the replicas disagree" not in words


def test_a_study_whose_baseline_failed_has_a_page(digits_case: Case):
    arms = tuple(
        ArmAnalysis(arm.name, Verdict.FAILED, failed={Failure.SAMPLE: 2})
        for arm in digits_case.result.analysis.arms
    )
    broken = judged(digits_case.result, arms=arms, best="baseline", sampling=None)
    words = Elements(page(digits_case, result=broken, replicas=no_replicas(broken))).words
    assert "baseline failed, so there is nothing to compare the others with." in words
    assert "What each arm changes" not in words


def test_failed_replicas_are_left_out(digits_case: Case):
    baseline = digits_case.replicas["baseline"]
    drawn = (*baseline.drawn, (Finished.failed(Failure.DIVERGED),))
    tested = (*baseline.tested, (Finished.failed(Failure.DIVERGED),) * FOLDS)
    replicas = {**digits_case.replicas, "baseline": ArmReplicas(tested, drawn)}
    assert "Where the replicas disagree" in page(digits_case, replicas=replicas)


def test_mistakes_are_of_the_replicas_whose_errors_are_shown(digits_case: Case):
    """Those on drawn samples are right everywhere here, those that arms are compared by nowhere."""
    result, tested = digits_case.result, digits_case.tested
    right = np.eye(10, dtype=np.float32)[tested.data.y.numpy()]
    drawn = Finished(right[tested.sampled], {}, {}, 0.1)
    wrong = tuple(
        tuple(
            dataclasses.replace(drawn, logits=np.roll(right[row == fold], 1, axis=1))
            for fold in range(FOLDS)
        )
        for row in tested.folds
    )
    replicas = {arm.name: ArmReplicas(wrong, ((drawn,), (drawn,))) for arm in result.arms}
    words = " ".join(Elements(page(digits_case, replicas=replicas)).words.split())
    assert "what the replicas of dropout=0.5 predicted" in words
    assert re.search(r"the most frequent mistakes.*0 ?1 ?100\.0 ?%", words, re.IGNORECASE), words
    assert "All replicas agree on every test point." in words


def test_options_are_not_broken_and_are_those_of_the_reader(digits_case: Case):
    text = page(digits_case)
    option = '<span class="option">--{}</span>'.format
    assert f"({option('folds')} 1 tests on one side)" in text
    in_python = page_for(digits_case, PYTHON)
    assert "(folds=1 tests on one side)" in in_python
    assert 'class="option"' not in in_python


def test_replicas_that_agree_are_said_to(digits_case: Case):
    same = {
        name: ArmReplicas(own.tested, own.drawn[:1] * 3)
        for name, own in digits_case.replicas.items()
    }
    assert "All replicas agree on every test point." in page(digits_case, replicas=same)


@pytest.mark.parametrize(
    ("verdict", "best", "sentence"),
    [
        (Verdict.BETTER, "dropout=0.5", "; dropout=0.5 lowers it by 20%."),
        (Verdict.PROBABLY_BETTER, "dropout=0.5", "; dropout=0.5 probably lowers it by 20%."),
        (Verdict.CANNOT_TELL, "dropout=0.5", "; dropout=0.5 perhaps lowers it by 20%."),
        (Verdict.CANNOT_TELL, "baseline", "; no arm is better by a standard error."),
    ],
)
def test_the_headline_claims_no_more_than_the_verdict(
    digits: StudyResult, verdict: Verdict, best: str, sentence: str
):
    first, second, *_ = digits.analysis.arms
    arm = dataclasses.replace(second, verdict=verdict)
    found = dataclasses.replace(digits.analysis, arms=(first, arm), best=best)
    assert headline(found) == ("Cross-entropy 0.0500, about 59% of it variance" + sentence)


def test_the_gap_is_the_test_loss_less_that_on_own_examples(digits: StudyResult):
    assert sections.gap(digits.analysis).rows == (), "nothing is known of own examples"
    own = {"train_eval_loss": 0.01, "train_eval_error": 0.002}
    first, *others = digits.analysis.arms
    arms = (dataclasses.replace(first, facts=own), *others)
    table = sections.gap(dataclasses.replace(digits.analysis, arms=arms))
    assert table.headings == (
        "arm", "training cross-entropy", "test", "gap", "training error %", "test",
    )  # fmt: skip
    assert table.rows == (("baseline", "0.0100", "0.0500", "+0.0400", "0.20", "1.17"),)


def test_figures_that_decide_nothing_are_folded(digits_case: Case):
    open_part, folded = page(digits_case).split("<h2>A closer look</h2>")
    assert open_part.count('<div class="plot"') == 3, "changes, parts, components"
    plots = re.findall(r'<details>|</details>|<div class="plot"', folded)
    depth = 0
    for one in plots:
        depth += {"<details>": 1, "</details>": -1}.get(one, 0)
        assert one != '<div class="plot"' or depth == 1
    assert folded.count('<div class="plot"') > 3


def test_the_points_shown_are_those_of_most_disagreement(digits_case: Case):
    logits = np.zeros((5, 60, 10))
    logits[:, :, 3] = 1
    logits[:2, 7, 4] = 2  # two of five say 4
    logits[:1, 9, 5] = 2  # one of five says 5
    y = np.full(60, 3)
    test = digits_case.tested.data.take(torch.arange(60))
    shown = disputed.disagreements(test, y, {"baseline": logits}, list("0123456789"))
    assert [point.id for point in shown] == ["test point 8", "test point 10"]
    assert [(v.word, v.count, v.right) for v in shown[0].said[0].votes] == [
        ("3", 3, True),
        ("4", 2, False),
    ]


def test_differences_name_each_setting_once():
    plain = Recipe().training_with(clip=1.0)
    other = Recipe().training_with(early_stopping={"patience": 7}).model_with(width=0.5)
    plain, other = (recipe.model_dump(mode="json") for recipe in (plain, other))
    assert sections.differences(plain, plain) == ()
    assert sections.differences(other, plain) == (
        "model.settings.width: default → 0.5",
        "training.clip: 1.0 → none",
        "training.early_stopping.patience: none → 7",
        "training.early_stopping.share: none → 0.2",
    )


def test_a_picture_is_the_test_point_pixel_for_pixel():
    image = torch.randint(0, 256, (1, 3, 5, 7), dtype=torch.uint8).numpy()
    (address,) = data_uris(image, 0, 255)
    png = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    shown = np.asarray(Image.open(io.BytesIO(png)))
    np.testing.assert_array_equal(shown, image[0].transpose(1, 2, 0))


def test_a_picture_uses_the_whole_grey_scale_of_the_data():
    dark, bright = np.zeros((1, 2, 2)), np.full((1, 2, 2), 16.0)
    addresses = data_uris(np.stack([dark, bright]), 0, 16)
    shown = [Image.open(io.BytesIO(base64.b64decode(a.partition(",")[2]))) for a in addresses]
    assert [image.getpixel((0, 0)) for image in shown] == [0, 255]


def test_a_series_is_drawn_from_its_least_to_its_largest_value():
    series = [np.array([[0.0], [2.0], [1.0]]), np.array([[2.0], [0.0]])]
    addresses = line_uris(series, np.zeros(1), np.full(1, 2.0))
    drawn = [base64.b64decode(a.removeprefix("data:image/svg+xml;base64,")) for a in addresses]
    first, second = (ElementTree.fromstring(svg)[0].attrib["points"] for svg in drawn)
    assert first == "0.0,60.0 60.0,0.0 120.0,30.0"
    assert second == "0.0,0.0 60.0,60.0", "as long as its share of the longest"


def test_points_that_are_texts_are_shown_as_words():
    test = from_texts(["so good", "so <b>bad</b>"], ["pos", "neg"])
    logits = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
    (point,) = disputed.disagreements(test, test.y.numpy(), {"baseline": logits}, test.classes)
    assert (point.text, point.picture, point.label) == ("so good", "", "pos")


def test_blank_tokens_can_be_seen():
    test = from_texts(["a\n b", "b"], ["pos", "neg"], unit="characters")
    logits = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
    (point,) = disputed.disagreements(test, test.y.numpy(), {"baseline": logits}, ["␣", "neg"])
    assert point.text == "a↵ b"


def test_next_tokens_are_labelled_and_counted_by_themselves(digits_case: Case):
    result, test = digits_case.result, digits_case.tested.data
    data = dataclasses.replace(result.data, task="tokens", classes=(), shape=(64,), test=900)
    named = dataclasses.replace(test.schema, task=Classes((" ", *test.classes[1:])))
    test = dataclasses.replace(test, schema=named)
    tested = dataclasses.replace(digits_case.tested, data=test)
    text = page(digits_case, result=dataclasses.replace(result, data=data), tested=tested)
    assert "1,797 texts of up to 64 tokens · 900 next tokens tested" in text
    assert "labelled" in text
    assert "true value" not in text
    assert "<bdi>␣</bdi>" in text


def test_the_most_frequent_mistakes_come_first():
    shares = np.array([[0.9, 0.1, 0.0], [0.3, 0.7, 0.0], [np.nan, np.nan, np.nan]])
    rows = sections.mistakes(shares, "abc").rows
    assert rows == (("b", "a", "30.0%"), ("a", "b", "10.0%"))
