"""Takes guards against hostile files, folders and users away, one by one; a test of each fails.

    python tests/faults/planted_faults.py [WORDS OF A FAULT'S NAME]

Each fault is a change of the text of steadfit's source, in a copy, on which the test is run that
should fail. The exit status is the number of faults that were not found.
"""

import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent / "src"
PATIENCE = 600  # seconds for a test
ROOM = 8 * 10**9  # bytes that it may take, as without a guard some would take all there are


@dataclass(frozen=True)
class Fault:
    """What a guard is against, the text of a file of `steadfit` that is replaced once, the test."""

    name: str
    file: str
    right: str
    wrong: str
    test: str


MODELS = "training/test_models_from_others.py"
ENDLESS = "faults/test_endless_files.py"
FAULTS = (
    Fault(
        "workers import from the current folder",
        "workers.py",
        '    os.environ[_SAFE_PATH] = "1"',
        '    os.environ[_SAFE_PATH] = ""',
        "test_foreign_code.py -k script_elsewhere",
    ),
    Fault(
        "the cache is a folder that others can write",
        "cells/cache.py",
        "        if reason := unsafe(folder):",
        "        if reason := None:",
        "cells/test_cache.py -k folder_that_others",
    ),
    Fault(
        "a library that others can write is loaded",
        "cells/cache.py",
        " or unsafe(library) is not None",
        "",
        "cells/test_cache.py -k library_that_others",
    ),
    Fault(
        "a kernel's source is written through a link",
        "cells/cache.py",
        "    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)",
        "    return path.write_bytes(content)",
        "cells/test_cache.py -k link_in_place",
    ),
    Fault(
        "names of cells and weights lead into paths and C++",
        "cells/language.py",
        "    if not name.isidentifier():\n        _refuse",
        "    if not name:\n        _refuse",
        "cells/test_cache.py -k identifiers",
    ),
    Fault(
        "a fit removes files of others from model/",
        "files.py",
        "    if others:",
        "    if not folder:",
        f"{MODELS} -k not_ours",
    ),
    Fault(
        "results are written through a planted link",
        "files.py",
        "        if stat.S_ISREG(mode):",
        "        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):",
        "cli/test_places.py -k link",
    ),
    Fault(
        "a pipe or a folder takes a result's place, and is met after the training",
        "study/folder.py",
        "        check_file(folder / name)",
        "        pass",
        "cli/test_places.py -k among_the_results",
    ),
    Fault(
        "a report of one's own is replaced",
        "study/folder.py",
        "    if report.exists() and not",
        "    if not report and not",
        "cli/test_places.py -k report_of_ones_own",
    ),
    Fault(
        "a file's name leads out of runs/",
        "api/runs.py",
        'name if name.strip(". ") else "data"',
        "name",
        "cli/test_places.py -k names_of_dots",
    ),
    Fault(
        "long names are compared letter by letter",
        "errors.py",
        "_COMPARED = 100",
        "_COMPARED = 10**9",
        f"{ENDLESS} -k best",
    ),
    Fault(
        "the number of arms is not bounded",
        "study/result.py",
        '    if len(arms := _list(found.get("arms"))) > MOST_ARMS:',
        "    if not found:",
        f"{ENDLESS} -k arms",
    ),
    Fault(
        "claims are made behind a planted link",
        "study/store.py",
        "    if claims.is_symlink():",
        "    if not claims:",
        "cli/test_places.py -k claims",
    ),
    Fault(
        "predictions overwrite their input",
        "cli/commands/predict.py",
        "        if same:",
        "        if same is None:",
        "cli/test_text_of_others.py -k overwritten",
    ),
    Fault(
        "control characters of names reach the terminal",
        "cli/__init__.py",
        "printable_lines(COMMAND_LINE.said(error))",
        "COMMAND_LINE.said(error)",
        "cli/test_text_of_others.py -k names_of_files",
    ),
    Fault(
        "control characters of generated text reach the terminal",
        "cli/terminal.py",
        "    print(printable_lines(text), file",
        "    print(text, file",
        "cli/test_text_of_others.py -k generated",
    ),
    Fault(
        "a class name is a formula in the predictions' CSV",
        "prediction.py",
        "harmless_cell(name) for",
        "name for",
        "cli/test_text_of_others.py -k predictions",
    ),
    Fault(
        "pipes and devices are read as files",
        "regular_files.py",
        "    if kind is not None:",
        "    if kind == 0:",
        f"{ENDLESS} -k sane_size",
    ),
    Fault(
        "a file of a terabyte is read",
        "regular_files.py",
        'b"" if size > allowed else file.read(allowed + 1)',
        "file.read()",
        f"{ENDLESS} -k 'sane_size and table'",
    ),
    Fault(
        "small npz and Parquet files and images unpack to gigabytes",
        "machine.py",
        "    if needed > max(_SMALL, _RATIO * packed):",
        "    if needed > free_memory():",
        f"{ENDLESS} -k 'npz or Parquet or PNG'",
    ),
    Fault(
        "an npz file has a list of millions of arrays",
        "formats/npz.py",
        "_Parts(opened.raw)",
        "open(path, 'rb')",
        f"{ENDLESS} -k 'million and arrays'",
    ),
    Fault(
        "a Parquet footer lies about the size of its pages",
        "formats/parquet.py",
        "_COPIES * pages.unpacked",
        "_COPIES * sum(file.metadata.row_group(i).total_byte_size for i in range(1))",
        f"{ENDLESS} -k footer",
    ),
    Fault(
        "a Parquet text is written once and in all rows",
        "formats/parquet.py",
        "most = max(1, min(_ROWS, _BATCH // max(1, _row(pages, schema))))",
        "most = _ROWS",
        f"{ENDLESS} -k 'Parquet and (text or texts or category)'",
    ),
    Fault(
        "a Parquet list is as long as it wants",
        "formats/parquet.py",
        "        _refuse_nested(path, schema)",
        "        pass",
        f"{ENDLESS} -k 'Parquet and list'",
    ),
    Fault(
        "the memory of a container is taken for the machine's",
        "machine.py",
        "        for line in _OWN_GROUPS.read_text().splitlines():",
        "        for line in []:",
        "test_machine.py",
    ),
    Fault(
        "a million columns",
        "formats/columns.py",
        "    if columns > MOST_COLUMNS:",
        "    if columns < 0:",
        f"{ENDLESS} -k 'columns and not Parquet'",
    ),
    Fault(
        "a text takes more memory than is free",
        "machine.py",
        "    if needed > free:",
        "    if needed < 0:",
        "data/test_text.py -k memory",
    ),
    Fault(
        "JSON of small values takes 30 times its size",
        "regular_files.py",
        "    if len(content) > _LONGEST_JSON or values > _MOST_VALUES:",
        "    if len(content) < 0:",
        f"{ENDLESS} -k nested",
    ),
    Fault(
        "the shape of a model's examples is not bounded",
        "training/limits.py",
        "    if values > LARGEST_IMAGE or max(shape, default=0) > LONGEST:",
        "    if values < 0:",
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "the number of members is not bounded",
        "training/limits.py",
        "    if count > MOST_MEMBERS:",
        "    if count < 0:",
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "the number of layers is not bounded",
        "recipe.py",
        "Field(max_length=20_000)",
        "Field(max_length=20_000_000)",
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "settings ask for more weights than there are",
        "training/limits.py",
        "    if wanted > found:",
        "    if wanted < 0:",
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "layers without weights make terabytes of an image",
        "training/limits.py",
        ' > LARGEST_IMAGE:\n        raise SteadfitError(f"a layer',
        ' < 0:\n        raise SteadfitError(f"a layer',
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "members of a model are links to one large file",
        "training/trained.py",
        '        limits.check_weights(f"The model in {folder}", size)',
        "        pass",
        f"{MODELS} -k links_to_one",
    ),
    Fault(
        "a replica is named a million times",
        "study/result.py",
        "        if len(set(keys)) < len(keys):",
        "        if keys is None:",
        f"{MODELS} -k 'too_many and twice'",
    ),
    Fault(
        "replicas are larger than the memory",
        "prediction.py",
        "    check_weights(f",
        "    print(f",
        f"{MODELS} -k replicas_larger",
    ),
    Fault(
        "a reference forecasts a billion steps",
        "training/trained_reference.py",
        "        limits.check_outputs(task.outputs)",
        "        pass",
        f"{ENDLESS} -k 'forecast and steps'",
    ),
    Fault(
        "arrays of a reference have any shape",
        "training/trained_reference.py",
        "        reference.check(learned, facts.schema)",
        "        pass",
        f"{ENDLESS} -k 'repeated'",
    ),
    Fault(
        "a reference has any number of trees",
        "references/trees.py",
        "    if trees > _MOST_TREES",
        "    if trees < 0 * _MOST_TREES",
        f"{ENDLESS} -k 'million and trees'",
    ),
    Fault(
        "a tree of a reference is as deep as it has nodes",
        "references/trees.py",
        "_DEEPEST = 100 ",
        "_DEEPEST = 10**9 ",
        f"{ENDLESS} -k deep",
    ),
    Fault(
        "the number of tensors is not bounded",
        "training/weights.py",
        "    if header > _LONGEST_HEADER:",
        "    if header < 0:",
        f"{MODELS} -k million_tensors",
    ),
    Fault(
        "the number of replicas is not bounded",
        "prediction.py",
        "    if len(keys) > MOST_MEMBERS:",
        "    if len(keys) < 0:",
        f"{MODELS} -k too_many",
    ),
    Fault(
        "an empty list of replicas",
        "prediction.py",
        "    if len(keys) < 2 or",
        "    if",
        f"{MODELS} -k too_many",
    ),
    Fault(
        "a key in the store of any length, that leads anywhere",
        "study/store.py",
        "_KEY.fullmatch(key) is not None and ",
        "",
        f"{MODELS} -k names_no_folder",
    ),
    Fault(
        "links that loop among images",
        "data/readers/image_folders.py",
        "            target = Path(os.path.realpath(path))",
        "            target = path.resolve(strict=True)",
        f"{ENDLESS} -k 'sane_size and png'",
    ),
    Fault(
        "weights that are NaN",
        "training/weights.py",
        "        if not given.isfinite().all():",
        "        if given is None:",
        f"{MODELS} -k no_training_gives",
    ),
    Fault(
        "weights that are integers",
        "training/weights.py",
        "        if given.dtype != own.dtype:",
        "        if given is None:",
        f"{MODELS} -k no_training_gives",
    ),
    Fault(
        "an infinite mean",
        "kinds/preparation.py",
        "            if not math.isfinite(number):",
        "            if number is None:",
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "a deviation of 0",
        "kinds/preparation.py",
        "            if not (math.isfinite(number) and number > 0):\n"
        '                raise SteadfitError(f"A deviation',
        '            if number is None:\n                raise SteadfitError(f"A deviation',
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "a model of an unknown format",
        "training/facts.py",
        "        elif found != FORMAT:",
        "        elif found is None:",
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "two classes of one name",
        "training/limits.py",
        "    if len(set(classes)) < len(classes):",
        "    if not classes and classes:",
        f"{MODELS} -k settings_that",
    ),
    Fault(
        "a pickle inside an npz file is loaded",
        "formats/npz.py",
        "_Parts(opened.raw), allow_pickle=False",
        "_Parts(opened.raw), allow_pickle=True",
        "faults/test_hostile_files.py -k 'whole_files and npz'",
    ),
    Fault(
        "a pickle as data is not called one",
        "data/registry.py",
        "    if suffix in _CODE:",
        "    if not suffix:",
        "data/test_registry.py -k pickle",
    ),
    Fault(
        "names in the report are taken for HTML",
        "report/document.py",
        "autoescape=True",
        "autoescape=False",
        "report/test_page_in_chromium.py -k name_in_the_data",
    ),
    Fault(
        "a store that may not be read counts as absent",
        "study/store.py",
        "    except (FileNotFoundError, NotADirectoryError):\n        return None",
        "    except OSError:\n        return None",
        "faults/test_second_user.py -k leaves_him",
    ),
    Fault(
        "values of a fit contradict each other",
        "cli/commands/show.py",
        "    with agreeing(run):",
        "    if run:",
        "cli/test_show_fit.py -k belong",
    ),
    Fault(
        "512 images are predicted together whatever their size",
        "kinds/images.py",
        "min(_IMAGES, _VALUES // ",
        "min(_IMAGES, _IMAGES * ",
        "kinds/test_images.py -k batch",
    ),
    Fault(
        "images to predict are larger than the memory",
        "kinds/image_inputs.py",
        "    check_free(f",
        "    print(f",
        "kinds/test_images.py -k refused",
    ),
    Fault(
        "512 wide series are predicted together",
        "kinds/sequences.py",
        "min(_STEPS, _NUMBERS // ",
        "min(_STEPS, _STEPS * ",
        "training/test_sequences.py -k many_numbers",
    ),
    Fault(
        "a trial is given up for one lost worker",
        "study/dispatch.py",
        "            training.alone(trial)",
        "            training._finish(trial.key, Outcome.NO_MEMORY)",
        "study/test_lost_workers.py -k changes_no_result",
    ),
)


def plant(fault: Fault, folder: Path) -> None:
    """A copy of steadfit with the fault."""
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    file = folder / "steadfit" / fault.file
    text = file.read_text()
    assert text.count(fault.right) == 1, f"{fault.file} has changed: {fault.right}"
    file.write_text(text.replace(fault.right, fault.wrong))


def found(fault: Fault) -> str:
    """How the test failed on a copy with the fault; empty where it passed."""
    with tempfile.TemporaryDirectory() as folder:
        plant(fault, Path(folder))
        environment = {**os.environ, "PYTHONPATH": folder, "STEADFIT_FULL_SIZE": "1"}
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-p", "no:cacheprovider"]
        try:
            done = subprocess.run(
                [*command, *shlex.split(fault.test)],
                env=environment, cwd=TESTS, capture_output=True, text=True, timeout=PATIENCE,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (ROOM, ROOM)),
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"it did not end in {PATIENCE} s"
    if done.returncode not in (0, 1):  # neither that all passed nor that one failed
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    errors = [line[1:].strip() for line in done.stdout.splitlines() if line.startswith("E  ")]
    return done.returncode * (errors[0] if errors else done.stdout[-500:])


def main() -> int:
    """Print which fault was found by which test; the number of faults that were not."""
    missed = 0
    for fault in FAULTS:
        if all(word in fault.name for word in sys.argv[1:]):
            how = found(fault)
            missed += not how
            print(f"| {fault.name} | `{fault.test}` | {how or '**not found**'} |", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
