"""What arrays of predictions say: how much of an error is variance, and what changes it.

NumPy, and SciPy where a distribution is needed; no torch, no files, no sentences. Usable alone.

- `decomposition` and `zero_one` split a loss into bias+noise and variance; `jackknife` corrects the
  variance for few replicas.
- `intervals` and `sources` give confidence intervals of these, `clusters` takes test points in
  groups, and `variance` and `other_sets` say what drawn samples show.
- `comparison` compares two arms by `measures`, and `deciding` gives the words.
"""
