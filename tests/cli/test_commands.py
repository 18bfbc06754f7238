"""The command as a person types it: what it prints, where, and with which status."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from steadfit.cli import app, main
from steadfit.cli.network import Network
from steadfit.kinds import Tables
from steadfit.kinds.images import Images
from steadfit.kinds.sequences import Sequences
from steadfit.models import usual_steps, usual_training
from steadfit.recipe import Recipe
from steadfit.tasks import ALWAYS

STUDY = ["study", "digits", "--limit", "200", "--model", "mlp", "--epochs", "2", "--samples", "3"]


def run(arguments: list, capsys) -> tuple[int, str, str]:
    status = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        status = stopped.code if isinstance(stopped.code, int) else 1
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "run"
    command = [sys.executable, "-m", "steadfit"]
    done = subprocess.run(
        [*command, *STUDY, "--remedy", "l2", "--out", folder],
        capture_output=True,
        text=True,
        check=True,
    )
    return folder, done.stdout


def test_a_study_prints_the_table_and_where_things_are(finished):
    folder, text = finished
    for words in (
        "digits · ",
        "baseline",
        "l2=0.001",
        "is variance",
        "repetition 1: 10 of 10",
        "replicas for the variance: ",
    ):
        assert words in text
    assert "\x1b" not in text, "no colour where there is no terminal"
    files = {"study.json", "run.json", "points.npz", "report.html", "model", "store"}
    assert files <= {path.name for path in folder.iterdir()}
    assert "all training data: 1 of 1" in text, "the folds have none that is trained on all"


def test_crossed_seeds_are_asked_for(capsys, tmp_path):
    options = ["--seeds", "3", "--crossed", "--processes", "1", "--out", tmp_path]
    run([*STUDY, *options, "--remedy", "l2"], capsys)
    sampling = json.loads((tmp_path / "study.json").read_text())["analysis"]["sampling"]
    assert (sampling["samples"], sampling["seeds"], sampling["crossed"]) == (3, 3, True)


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "steadfit"]
    long = [*STUDY[:6], "--epochs", "400", "--out", tmp_path / "run"]
    process = subprocess.Popen(
        [*command, *long], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        # which shells have ignored by what runs in the background, these tests perhaps
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 120
    claims = (tmp_path / "run" / "store" / ".claims").glob
    while not list(claims("*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: to the workers too
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"the same command goes on" in err
    assert b"Traceback" not in err


def test_show_loads_no_network_library(finished):
    code = (
        "import sys; from steadfit.cli import main; main(['show', sys.argv[1]])\n"
        "assert not {'torch', 'sklearn', 'scipy', 'plotly', 'pyarrow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, finished[0]], check=True, capture_output=True)


def test_show_repeats_it(finished, capsys):
    folder, text = finished
    status, out, _ = run(["show", folder], capsys)
    assert status == 0
    assert "l2=0.001" in out
    assert out.splitlines()[0] in text
    status, out, _ = run(["show", folder, "--json"], capsys)
    assert json.loads(out)["arms"][1]["name"] == "l2=0.001"


def test_report_makes_the_page_and_the_table_again_without_training(finished, tmp_path):
    """In a copy of the folder, so the data and the place it was read from are not needed."""
    folder = shutil.copytree(finished[0], tmp_path / "copy")
    page = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    command = [sys.executable, "-m", "steadfit", "report", folder]  # with as many threads
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[0] in finished[1]
    assert "--seeds 2" in out
    assert (folder / "report.html").read_bytes() == page


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        ("study.json", "is not finished. The command that began it"),
        ("points.npz", "holds no test points"),
        ("store", "lacks 13 of the study's 13 replicas"),
        ("model", "There is no model in"),
    ],
)
def test_report_says_what_it_lacks(finished, capsys, tmp_path, gone, sentence):
    folder = shutil.copytree(finished[0], tmp_path / "copy")
    path = folder / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    status, _, err = run(["report", folder], capsys)
    assert status == 2
    assert sentence in err


def test_a_result_of_an_earlier_release_is_a_sentence(capsys, tmp_path):
    old = {"data": {}, "design": {}, "loss": "brier", "arms": [], "sentences": []}
    (tmp_path / "study.json").write_text(json.dumps(old))
    status, _, err = run(["show", tmp_path], capsys)
    assert status == 2
    assert "must have schema 3, got 1. Read it with" in err


def test_predict_writes_what_the_model_says(finished, capsys, tmp_path):
    from sklearn.datasets import load_digits

    images = load_digits().images[:5].astype(np.uint8)
    np.savez(tmp_path / "new.npz", x=images)
    status, out, _ = run(["predict", finished[0], tmp_path / "new.npz"], capsys)
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["input"] for row in rows] == [f"row {i}" for i in range(5)]
    for row in rows:
        probabilities = {k[2:]: float(v) for k, v in row.items() if k.startswith("p_")}
        assert sum(probabilities.values()) == pytest.approx(1)
        assert row["class"] == max(probabilities, key=lambda name: probabilities[name])
        assert 0 <= float(row["disagreement"]) < 1


def test_shapes_of_a_text(capsys):
    _, out, _ = run(["shapes", "language", "--input", "9", "--tokens", "50"], capsys)
    table = {line.split("  ")[0]: line for line in out.splitlines()}
    assert table["Input"].split()[1:] == ["9", "1", "36"]
    assert "3,200" in table["Embedding (50 -> 64)"]


def test_shapes_prints_the_lectures_table(capsys):
    _, out, _ = run(["shapes", "convnet", "--input", "1x28x28"], capsys)
    for row in ("20 x 28 x 28  20 x 1 x 5 x 5", "50 x 7 x 7", "2450 x 500", "1,256,080"):
        assert row in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["study", "digit"], 'no file, folder or data set "digit". Did you mean "digits"?'),
        (["study", "digits", "--model", "convnett"], 'Did you mean "convnet"?'),
        (["study", "digits", "--remedy", "drop"], 'no remedy "drop"'),
        (["study", "digits", "--set", "widht=2"], 'Did you mean "width"?'),
        (["study", "digits", "--remedy", "drop"], 'Did you mean "dropout"?'),
        (
            ["study", "digits", "--train", "lr=0.1"],
            'no setting "lr". Did you mean "optimizer.learning_rate"?',
        ),
        (["study", "digits", "--set", "width"], "takes NAME=VALUE"),
        (["study", "digits", "--train", "loss"], "--train takes NAME=VALUE"),
        (["study", "digits", "--train", "loss=hinge"], "loss must be "),
        (["study", "digits", "--train", "optimiser.name=sgd"], 'Did you mean "optimizer'),
        (
            ["study", "digits", "--train", "optimizer.nam=sgd"],
            'no setting "nam" in optimizer. Did you mean "name"?',
        ),
        (["study", "digits", "--train", "epochs.x=1"], "epochs must be "),
        (
            ["study", "digits", "--train", "optimizer=1", "--learning-rate", "0.1"],
            "optimizer must be ",
        ),
        (["study", "digits", "--part", "train"], "digits has none"),
        (["study", "digits", "--epochs", "0"], "epochs must be "),
        (["study", "digits", "--samples", "1"], "at least 2 samples"),
        (["study", "digits", "--size", "8"], "size"),
        (["study", "digits", "--seed", "-1"], "seed must be 0 or more, got -1"),
        (["fit", "digits", "--seed", str(2**63)], "seed must be below"),
        (
            ["study", "digits", "--limit", "99", "--processes", "-1"],
            "processes must be 1 or more, got -1",
        ),
        (
            ["study", "digits", "--limit", "99", "--processes", "0"],
            "processes must be 1 or more, got 0",
        ),
        (["study", "no/such/folder"], "no file or folder"),
        (["fit", "digits", "--remedy", "drop"], 'no remedy "drop"'),
        (["show", "nowhere"], "There is no study in nowhere"),
        (["predict", "nowhere", "x.npz"], "There is no model in nowhere"),
        (["shapes", "convnet", "--input", "banana"], "like 1x28x28"),
        (["shapes", "language", "--input", "3x9", "--tokens", "5"], "the steps of a text"),
        (["shapes", "conv 5 9", "--input", "1x4x4"], "window spans 9 and the side has 4"),
    ],
)
def test_a_mistake_is_a_sentence(arguments, sentence, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(arguments, capsys)
    assert status == 2
    assert err.startswith("steadfit: ")
    assert sentence in err
    assert "Traceback" not in err


HEAVY = "torch numpy sklearn scipy plotly pyarrow jinja2 pandas pydantic markdown_it"


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from steadfit.cli import main\n"
        "try: main(['study', '--help'])\n"
        f"finally: print(*set('{HEAVY}'.split()) & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "--remedy" in done.stdout
    assert done.stderr.strip() == ""


def test_help_tells_the_defaults_there_are():
    recipe = Recipe().training
    told = {
        argument.name: argument.parameter.help.partition("[default: ")[2].rstrip("]")
        for argument in app["study"].assemble_argument_collection()
        if argument.parameter.help
    }
    for option, default in {
        "--epochs": f"{recipe.epochs}; over few examples more, for {Tables.least_steps} steps of "
        f"tables, {Images.least_steps} of images and {Sequences.least_steps} of series and texts; "
        f"{usual_steps('resnet1d')} of resnet1d",
        "--batch": f"{recipe.batch}, of resnet1d {usual_training('resnet1d')['batch']}",
        "--learning-rate": str(recipe.optimizer.learning_rate),
        "--truncation": str(recipe.truncation),
        "--arithmetic": recipe.precision,
        "--remedy": f"{', '.join(ALWAYS)}, and one or two for this kind of data",
    }.items():
        assert told[option] == default


def test_the_surface_is_what_it_was():
    """A new option is a decision: it is made here too."""
    found = {}
    for name in ("study", "fit", "predict", "show", "report", "shapes"):
        arguments = app[name].assemble_argument_collection()
        found[name] = sorted(one.name for one in arguments if one.name != "*")
    training = ["--arithmetic", "--batch", "--epochs", "--learning-rate", "--model", "--out"]
    assert set(found["study"]) - set(found["fit"]) == {
        "--address",
        "--arms",
        "--budget",
        "--crossed",
        "--decide-by",
        "--engine",
        "--folds",
        "--hand-over",
        "--learning-curve",
        "--measure",
        "--other-sets",
        "--per-gpu",
        "--processes",
        "--repetitions",
        "--replace",
        "--samples",
        "--sbatch",
        "--scheme",
        "--seeds",
        "--trainings",
        "--variance",
    }
    assert set(training) <= set(found["fit"]) <= set(found["study"])
    assert found["show"] == ["--json", "RUN"]
    assert found["report"] == ["RUN"]
    assert found["predict"] == [
        "--day-first",
        "--decimal",
        "--delimiter",
        "--encoding",
        "--fill",
        "--json",
        "--labels",
        "--missing",
        "--out",
        "--prompt",
        "--score",
        "--seed",
        "--sheet",
        "--target",
        "--temperature",
        "--tokens",
        "--top-k",
        "--top-p",
        "INPUT",
        "RUN",
    ]
    assert found["shapes"] == ["--input", "--outputs", "--set", "--tokens", "MODEL"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["shapes", "mlp", "--input", "0x0x0"], "sizes from 1"),
        (["shapes", "convnet", "--input", "1x99999999999x8"], "sizes from 1"),
        (["shapes", "mlp", "--input", "1x8x8", "--outputs", "0"], "--outputs must be 1 or more"),
        (["fit", "digits", "--remedy", "early_stopping=0"], "patience"),
        (["fit", "adding", "--length", "5", "--batch", "0"], "batch must be greater"),
    ],
)
def test_a_size_that_cannot_be_is_a_sentence(words, sentence, capsys):
    with pytest.raises(SystemExit):
        main(words)
    assert sentence in capsys.readouterr().err


def test_settings_of_the_training_are_nested_by_their_dots():
    given = ["optimizer.name=sgd", "optimizer.momentum=0.5", "loss=brier", "max_norm=2"]
    assert Network(train=given, epochs=7, learning_rate=0.1).training() == {
        "optimizer": {"name": "sgd", "momentum": 0.5, "learning_rate": 0.1},
        "loss": "brier",
        "max_norm": 2,
        "epochs": 7,
    }
