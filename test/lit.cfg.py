"""lit configuration: run tests with bin/remat-lit of a build tree.

Substitutions: remat-plan, remat-opt, remat-run, FileCheck, mlir-opt, %python (imports
`remat` from the source tree), %remat_plugin (the pass plugin), %inputs
(test/Inputs); `not` (which fails on a crash) and `diff` are lit's own.
"""

import os

import lit.formats

config.name = "Remat"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
config.excludes = ["Inputs"] + [
    entry
    for entry in sorted(os.listdir(config.test_source_root))
    if os.path.isdir(os.path.join(config.test_source_root, entry)) and entry not in config.lit_rooms
]

if config.planning_only:
    config.excludes += ["remat-opt.test", "remat-run.test"]

for tool, path in {
    "remat-plan": os.path.join(config.remat_bin, "remat-plan"),
    "remat-opt": os.path.join(config.remat_bin, "remat-opt"),
    "remat-run": os.path.join(config.remat_bin, "remat-run"),
    "FileCheck": config.filecheck,
    "mlir-opt": config.mlir_opt,
}.items():
    # The command, not the pass flag --remat-plan nor a file of that name.
    config.substitutions.append((rf"(?<![-./\w%,(]){tool}(?![-./\w])", path))
config.substitutions += [
    ("%python", config.python),
    ("%remat_plugin", os.path.join(config.remat_lib, "RematPlugin.so")),
    ("%inputs", os.path.join(config.test_source_root, "Inputs")),
]

config.environment["PYTHONPATH"] = os.path.join(config.remat_source, "python")
config.environment["REMAT_BIN"] = config.remat_bin
config.environment["JAX_PLATFORMS"] = "cpu"
